"""A complaint is closed on a named basis, and not before everything it needs is there."""

from datetime import timedelta
from typing import Any

import pytest

from complaints import events
from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed
from complaints.models import Complaint
from complaints.services.clocks import pause_complaint
from complaints.services.closure import close_complaint
from complaints.services.response import propose_dismissal
from complaints.services.sending import note_bounce, send_message
from complaints.services.triage import acknowledge_impossible
from complaints.states import Answer, MessageChannel, PauseReason, State
from journal.selectors import history_of
from journal.services import verify_subject
from tests.complaints.desk import Desk, clock_of, make_version
from tests.complaints.factories import NOW, make_team, make_user

DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def accepted(desk: Desk) -> Complaint:
    """Return a complaint whose answer was accepted."""
    complaint = desk.case("responded")
    desk.answer(complaint, Answer.ACCEPTED, NOW)
    return complaint


def close(desk: Desk, complaint: Complaint, **changes: Any) -> Complaint:
    given: dict[str, Any] = {"actor": desk.handler, "at": NOW}
    return close_complaint(complaint_id=complaint.pk, **(given | changes))


def reasons(desk: Desk, complaint: Complaint, **changes: Any) -> str:
    with pytest.raises(MoveRefused) as refusal:
        close(desk, complaint, **changes)
    complaint.refresh_from_db()
    assert complaint.is_open
    return " ".join(str(reason) for reason in refusal.value.reasons)


@pytest.mark.clause("CM-8.6c")
def test_what_was_accepted_is_closed_and_the_record_says_on_what_basis(desk, accepted):
    close(desk, accepted, lessons="Check the seals at the door.")
    accepted.refresh_from_db()
    assert (accepted.state, accepted.is_open, accepted.closed_at) == (State.CLOSED, False, NOW)
    assert (accepted.closure_basis, accepted.lessons) == (
        "accepted",
        "Check the seals at the door.",
    )
    payload = history_of(accepted).get(kind=events.CLOSED).payload
    assert (payload["basis"], payload["cause"], payload["from"]) == (
        "accepted",
        "material",
        "responded",
    )
    assert verify_subject(accepted).intact


@pytest.mark.clause("CM-8.6b")
def test_after_closing_only_the_follow_up_and_the_promised_remedy_are_owed(desk, accepted):
    close(desk, accepted)
    running = {clock.stage for clock in accepted.clocks.all() if clock.running}
    assert running == {"remedy", "follow_up"}
    assert clock_of(accepted, "follow_up").started_at == NOW
    accepted.refresh_from_db()
    assert accepted.next_due_stage == "follow_up"


@pytest.mark.clause("CM-8.6a")
def test_nothing_is_closed_whose_outcome_was_not_told(desk):
    complaint = desk.case("responded", decided={"told_at": None})
    assert "has not been told the outcome" in reasons(desk, complaint)


def test_nothing_is_closed_without_an_answer(desk):
    assert "There is no answer yet" in reasons(desk, desk.case("responded"))


def test_a_decision_that_came_back_before_any_answer_cannot_be_closed_on(desk):
    complaint = desk.case(
        "responded",
        email="ann@example.com",
        decided={"channel": MessageChannel.EMAIL, "subject": "Our decision", "told_at": None},
    )
    letter = complaint.messages.get(occasion="decision")
    send_message(message_id=letter.pk, at=NOW)
    note_bounce(message_id=letter.pk, reason="550", actor=None, at=NOW)
    assert "has not been told the outcome" in reasons(desk, complaint)


def test_what_was_upheld_is_not_closed_without_its_cause(desk):
    complaint = desk.case("responded", judged={"severity": "low"}, found={"cause_code": ""})
    desk.answer(complaint, Answer.ACCEPTED, NOW)
    assert "Name the cause" in reasons(desk, complaint)
    close(desk, complaint, cause_code="transport")
    complaint.refresh_from_db()
    assert complaint.cause_code == "transport"


def test_a_class_of_cause_the_policy_does_not_know_is_refused(desk, accepted):
    with pytest.raises(BadInput) as refusal:
        close(desk, accepted, cause_code="bad_luck")
    assert refusal.value.field == "cause_code"


def test_a_waiting_request_holds_it_open(desk, accepted):
    propose_dismissal(complaint_id=accepted.pk, reason="-", actor=desk.manager, at=NOW)
    assert "request for approval is still waiting" in reasons(desk, accepted)


def test_who_cannot_be_reached_may_be_closed_without_an_answer(desk):
    complaint = desk.case(anonymous=True)
    Complaint.objects.filter(pk=complaint.pk).update(owner=desk.handler)
    complaint = _bring_on_silently(desk, complaint)
    close(desk, complaint, cause_code="material")
    complaint.refresh_from_db()
    assert (complaint.state, complaint.closure_basis) == (State.CLOSED, "no_contact")
    assert not complaint.clocks.filter(stage="follow_up").exists()  # whom should one ask?


def _bring_on_silently(desk: Desk, complaint: Complaint) -> Complaint:
    acknowledge_impossible(complaint_id=complaint.pk, reason="Anonymous.", actor=desk.agent, at=NOW)
    desk.assess(complaint, NOW)
    desk.find_out(complaint, NOW)
    desk.respond(complaint, NOW)
    complaint.refresh_from_db()
    return complaint


@pytest.mark.clause("CM-8.6b")
def test_where_the_policy_asks_first_it_is_closed_after_the_follow_up_and_ends_there(desk):
    make_version({"follow_up": {"gate": "before_close"}}, effective_from=NOW - 9 * DAY)
    complaint = desk.case("responded")
    desk.answer(complaint, Answer.ACCEPTED, NOW)
    assert "follow-up before closing" in reasons(desk, complaint)
    desk.follow_up(complaint, NOW + DAY)
    close(desk, complaint, at=NOW + 2 * DAY)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.closed_at) == (State.FOLLOWED_UP, NOW + 2 * DAY)
    assert complaint.followed_up_at == NOW + DAY
    assert not complaint.clocks.filter(stage="follow_up").exists()


def test_closing_ends_a_pause(desk, accepted):
    pause_complaint(
        complaint_id=accepted.pk,
        reason=PauseReason.COMPLAINANT,
        evidence="",
        told_at=None,
        actor=desk.handler,
        at=NOW,
    )
    close(desk, accepted, at=NOW + DAY)
    accepted.refresh_from_db()
    assert not accepted.paused
    assert accepted.pauses.get().ended_at == NOW + DAY


def test_an_older_page_does_not_win(desk, accepted):
    with pytest.raises(Conflict):
        close(desk, accepted, expected_version=1)


def test_it_is_closed_once(desk, accepted):
    close(desk, accepted)
    with pytest.raises(MoveRefused) as refusal:
        close(desk, accepted)
    assert refusal.value.possible == ["follow_up", "reopen"]


def test_an_agent_does_not_close(desk, accepted):
    with pytest.raises(NotAllowed):
        close(desk, accepted, actor=desk.agent)


def test_handlers_close_what_they_or_their_team_own_managers_any(desk, accepted):
    team = make_team()
    Complaint.objects.filter(pk=accepted.pk).update(team=team)
    with pytest.raises(NotAllowed):
        close(desk, accepted, actor=make_user("handler"))
    with pytest.raises(Complaint.DoesNotExist):
        close(desk, accepted, actor=make_user("handler", team=make_team()))
    close(desk, accepted, actor=make_user("handler", team=team))


def test_a_manager_closes_what_others_own(desk, accepted):
    close(desk, accepted, actor=desk.manager)
