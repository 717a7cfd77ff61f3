"""Who is dissatisfied may ask to reopen: once per closing, and somebody not involved decides."""

from typing import Any

import pytest

from accounts.models import User
from complaints import events
from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed
from complaints.models import Complaint, Notice, ReopenRequest
from complaints.services.follow_ups import FollowUp, answer_follow_up, record_follow_up
from complaints.services.reopening import (
    Telling,
    decline_reopening,
    grant_reopening,
    reopen_complaint,
    request_reopening,
)
from complaints.states import (
    FollowUpOutcome,
    MessageChannel,
    Occasion,
    ReopenSource,
    ReopenVerdict,
    State,
)
from journal.selectors import history_of
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_user
from tests.complaints.test_record_follow_up import DAY

LATER = NOW + 2 * DAY
TOLD = Telling(MessageChannel.PHONE, "You may turn to the consumer association.", told_at=LATER)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def second() -> User:
    """Return a manager who had no hand in the complaint."""
    return make_user("manager", username="second")


def ask(desk: Desk, complaint: Complaint, **changes: Any) -> ReopenRequest:
    given: dict[str, Any] = {
        "reason": "It leaks again.",
        "source": ReopenSource.AGENT,
        "actor": desk.agent,
        "at": NOW + DAY,
    }
    return request_reopening(complaint_id=complaint.pk, **(given | changes))


def decline(request: ReopenRequest, actor: User, **changes: Any) -> ReopenRequest:
    given: dict[str, Any] = {"reason": "Nothing new.", "telling": TOLD, "at": LATER}
    return decline_reopening(request_id=request.pk, actor=actor, **(given | changes))


@pytest.mark.clause("CM-8.6b")
def test_the_wish_is_written_down_and_told_to_those_who_decide(desk, second):
    complaint = desk.case("closed")
    request = ask(desk, complaint)
    complaint.refresh_from_db()
    assert complaint.state == State.CLOSED
    assert request.verdict == ReopenVerdict.WAITING
    assert Notice.objects.filter(user=second, kind="reopening").exists()
    assert not Notice.objects.filter(user=desk.handler, kind="reopening").exists()
    entry = history_of(complaint).get(kind=events.REOPENING_ASKED)
    assert (entry.payload["request"], entry.payload["source"]) == (request.pk, "agent")
    assert "leaks" not in entry.body


@pytest.mark.clause("CM-8.6b")
def test_it_is_asked_once_for_each_closing(desk, second):
    complaint = desk.case("closed")
    request = ask(desk, complaint)
    with pytest.raises(MoveRefused):
        ask(desk, complaint)
    decline(request, second)
    with pytest.raises(MoveRefused):
        ask(desk, complaint, at=LATER + DAY)
    assert complaint.reopenrequests.count() == 1


@pytest.mark.parametrize("state", ["received", "investigating", "withdrawn"])
def test_only_what_can_be_reopened_is_asked_for(desk, state):
    complaint = desk.case(state)
    with pytest.raises(MoveRefused):
        ask(desk, complaint)
    assert not ReopenRequest.objects.exists()


def test_a_wish_needs_its_reason(desk):
    with pytest.raises(BadInput) as refusal:
        ask(desk, desk.case("closed"), reason=" ")
    assert refusal.value.field == "reason"


def test_who_only_checks_asks_for_nothing(desk):
    with pytest.raises(NotAllowed):
        ask(desk, desk.case("closed"), actor=make_user("auditor"))


@pytest.mark.clause("CM-8.6b")
def test_granting_reopens_with_the_words_of_the_complainant(desk, second):
    complaint = desk.case("followed_up")
    request = ask(desk, complaint)
    grant_reopening(
        request_id=request.pk, reason="New photos.", telling=TOLD, actor=second, at=LATER
    )
    complaint.refresh_from_db()
    request.refresh_from_db()
    assert (complaint.state, complaint.cycle) == (State.INVESTIGATING, 2)
    assert (request.verdict, request.decided_by, request.decided_at) == (
        ReopenVerdict.GRANTED,
        second,
        LATER,
    )
    assert complaint.notes.last().text == "It leaks again."
    assert complaint.messages.filter(occasion=Occasion.REOPENING_GRANTED).exists()
    kinds = [entry.kind for entry in history_of(complaint)]
    assert kinds.index(events.REOPENING_GRANTED) < kinds.index(events.REOPENED)


def test_after_a_new_closing_it_may_be_asked_for_again(desk, second):
    complaint = desk.case("closed")
    grant_reopening(request_id=ask(desk, complaint).pk, reason="", actor=second, at=LATER)
    desk.find_out(complaint, LATER)
    desk.respond(complaint, LATER)
    desk.close(complaint, LATER)
    assert ask(desk, complaint, at=LATER + DAY).cycle == 2


@pytest.mark.clause("CM-8.6d")
def test_declining_tells_why_and_where_else_to_turn(desk, second):
    complaint = desk.case("closed")
    request = decline(ask(desk, complaint), second)
    complaint.refresh_from_db()
    assert complaint.state == State.CLOSED
    assert (request.verdict, request.answer) == (ReopenVerdict.DECLINED, "Nothing new.")
    letter = complaint.messages.get(occasion=Occasion.REOPENING_DECLINED)
    assert (letter.state, letter.sent_at) == ("noted", LATER)


@pytest.mark.parametrize(
    ("changes", "field"), [({"reason": " "}, "reason"), ({"telling": None}, "text")]
)
def test_declining_needs_a_reason_and_a_letter(desk, second, changes, field):
    request = ask(desk, desk.case("closed"))
    with pytest.raises(BadInput) as refusal:
        decline(request, second, **changes)
    assert refusal.value.field == field
    request.refresh_from_db()
    assert request.verdict == ReopenVerdict.WAITING


@pytest.mark.clause("CM-8.6b")
def test_the_handler_does_not_decide_whether_the_own_decision_stands(desk, second):
    owner = make_user("manager", username="owner")
    complaint = desk.case("closed")
    Complaint.objects.filter(pk=complaint.pk).update(owner=owner)
    request = ask(desk, complaint)
    for verb in (decline, grant_as):
        with pytest.raises(NotAllowed):
            verb(request, owner)
    decline(request, second)


def grant_as(request: ReopenRequest, actor: User) -> ReopenRequest:
    return grant_reopening(request_id=request.pk, reason="-", actor=actor, at=LATER)


def test_whoever_investigated_before_handing_it_on_does_not_decide_either(desk, second):
    former = make_user("manager", username="former")
    complaint = desk.case("assessed")
    Complaint.objects.filter(pk=complaint.pk).update(owner=former)
    desk.__dict__["handler"] = former
    desk.find_out(complaint, NOW)
    desk.respond(complaint, NOW)
    desk.close(complaint, NOW)
    Complaint.objects.filter(pk=complaint.pk).update(owner=second)
    with pytest.raises(NotAllowed):
        decline(ask(desk, complaint), former)


def test_whoever_asked_does_not_decide(desk, second):
    request = ask(desk, desk.case("closed"), actor=second)
    with pytest.raises(NotAllowed):
        grant_as(request, second)


def test_an_agent_does_not_decide(desk):
    request = ask(desk, desk.case("closed"))
    with pytest.raises(NotAllowed):
        grant_as(request, make_user("agent"))


def test_it_is_decided_once(desk, second):
    request = decline(ask(desk, desk.case("closed")), second)
    with pytest.raises(MoveRefused):
        grant_as(request, second)


def test_a_decision_on_what_has_changed_meanwhile_is_a_conflict(desk, second):
    complaint = desk.case("closed")
    seen = complaint.version
    request = ask(desk, complaint)
    with pytest.raises(Conflict):
        decline(request, second, expected_version=seen)


def test_reopening_for_another_reason_overtakes_the_wish(desk):
    complaint = desk.case("closed")
    request = ask(desk, complaint)
    reopen_complaint(complaint_id=complaint.pk, reason="A recall.", actor=desk.agent, at=LATER)
    request.refresh_from_db()
    assert (request.verdict, request.decided_by) == (ReopenVerdict.OVERTAKEN, desk.agent)


@pytest.mark.clause("CM-8.6b")
def test_a_dissatisfied_answer_with_a_reason_becomes_a_wish_at_once(desk):
    complaint = desk.case("closed")
    answer = FollowUp("phone", FollowUpOutcome.ANSWERED, 8, 2, reopen_reason="It leaks again.")
    record_follow_up(complaint_id=complaint.pk, follow_up=answer, actor=desk.agent, at=LATER)
    request = complaint.reopenrequests.get()
    assert (request.source, request.reason) == (ReopenSource.FOLLOW_UP, "It leaks again.")
    complaint.refresh_from_db()
    assert complaint.state == State.FOLLOWED_UP


@pytest.mark.clause("CM-8.6b")
def test_complainants_answer_and_ask_by_themselves(desk):
    complaint = desk.case("closed")
    answer = FollowUp("email", FollowUpOutcome.ANSWERED, 8, 2, reopen_reason="It leaks again.")
    attempt = answer_follow_up(complaint_id=complaint.pk, follow_up=answer, at=LATER)
    assert attempt.by.is_system
    assert complaint.reopenrequests.get().source == ReopenSource.COMPLAINANT
    with pytest.raises(MoveRefused):
        answer_follow_up(complaint_id=complaint.pk, follow_up=answer, at=LATER)


def test_a_second_wish_with_the_answer_is_refused_and_the_answer_with_it(desk):
    complaint = desk.case("closed")
    ask(desk, complaint)
    answer = FollowUp("phone", FollowUpOutcome.ANSWERED, 8, 2, reopen_reason="Still.")
    with pytest.raises(BadInput) as refusal:
        record_follow_up(complaint_id=complaint.pk, follow_up=answer, actor=desk.agent, at=LATER)
    assert refusal.value.field == "reopen_reason"
    assert not complaint.followupattempts.exists()
