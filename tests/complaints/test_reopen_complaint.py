"""A new cycle with new clocks; what was measured in the earlier ones is never altered."""

from datetime import timedelta
from typing import Any

import pytest

from complaints import events
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint, Remedy
from complaints.services.clocks import pause_complaint, resume_complaint
from complaints.services.reopening import reopen_complaint
from complaints.services.response import mark_remedy_done
from complaints.services.sending import confirm_told, send_message
from complaints.states import Answer, MessageChannel, PauseReason, State
from journal.selectors import history_of
from tests.complaints.desk import Desk, clock_of, clocks_said, make_version
from tests.complaints.factories import NOW, make_user

DAY = timedelta(days=1)
AGAIN = NOW + 5 * DAY  # a Monday

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def reopen(desk: Desk, complaint: Complaint, **changes: Any) -> Complaint:
    given: dict[str, Any] = {"reason": "It leaks again.", "actor": desk.agent, "at": AGAIN}
    reopen_complaint(complaint_id=complaint.pk, **(given | changes))
    complaint.refresh_from_db()
    return complaint


def measured(complaint: Complaint, cycle: int) -> list[tuple[Any, ...]]:
    """Return everything that was measured in a cycle."""
    return list(
        complaint.clocks.filter(cycle=cycle)
        .exclude(stage__in=["remedy", "follow_up"])
        .order_by("pk")
        .values_list("code", "started_at", "due_at", "stopped_at", "met", "dropped")
    )


@pytest.mark.parametrize("state", ["responded", "closed", "followed_up"])
def test_a_new_cycle_begins_with_clocks_of_its_own(desk, state):
    complaint = desk.case(state)
    before = measured(complaint, 1)
    reopen(desk, complaint)
    assert (complaint.state, complaint.cycle, complaint.is_open) == (State.INVESTIGATING, 2, True)
    assert measured(complaint, 1) == before
    fresh = complaint.clocks.filter(cycle=2)
    assert {(clock.stage, clock.started_at) for clock in fresh} == {
        ("progress", AGAIN),
        ("respond", AGAIN),
    }
    entry = history_of(complaint).get(kind=events.REOPENED)
    assert (entry.payload["from"], entry.payload["cycle"]) == (state, 2)
    assert complaint.notes.get().text == "It leaks again."


def test_what_was_missed_in_the_first_cycle_stays_missed_whatever_the_second_brings(desk):
    late = NOW + 30 * DAY
    complaint = desk.case("investigating")
    desk.respond(complaint, late)
    desk.close(complaint, late)
    before = measured(complaint, 1)
    assert ("respond", False) in {(row[0], row[4]) for row in before}
    reopen(desk, complaint, at=late + DAY)
    desk.find_out(complaint, late + DAY)
    desk.respond(complaint, late + DAY)
    assert clock_of(complaint, "respond", cycle=2).met
    assert measured(complaint, 1) == before


def test_the_outcome_is_open_again_and_the_investigation_too(desk):
    complaint = reopen(desk, desk.case("closed"))
    assert (complaint.finding, complaint.answer, complaint.closure_basis) == ("", "", "")
    assert complaint.decision_sent_at is None
    with pytest.raises(MoveRefused) as refusal:
        desk.respond(complaint, AGAIN)
    assert "not yet as deep" in str(refusal.value.reasons[0])


def test_a_complaint_may_come_back_more_than_once(desk):
    complaint = desk.case("responded")
    for cycle in (2, 3):
        reopen(desk, complaint)
        desk.find_out(complaint, AGAIN)
        desk.respond(complaint, AGAIN)
        complaint.refresh_from_db()
        assert complaint.cycle == cycle
    assert complaint.clocks.filter(stage="respond").count() == 3


def test_a_decision_of_the_new_cycle_was_not_told_before_it_began(desk):
    complaint = reopen(desk, desk.case("closed"))
    desk.find_out(complaint, AGAIN)
    with pytest.raises(BadInput) as refusal:
        desk.respond(complaint, AGAIN, told_at=AGAIN - timedelta(seconds=1))
    assert refusal.value.field == "told_at"


def test_a_letter_of_the_first_cycle_that_leaves_late_tells_nothing_of_the_second(desk):
    complaint = desk.case(
        "responded",
        email="ann@example.com",
        decided={"channel": MessageChannel.EMAIL, "subject": "-", "told_at": None},
    )
    reopen(desk, complaint)
    send_message(message_id=complaint.messages.get(occasion="decision").pk, at=AGAIN)
    complaint.refresh_from_db()
    assert complaint.decision_sent_at is None
    assert clock_of(complaint, "respond").running


def test_a_text_of_the_first_cycle_that_is_read_out_late_tells_nothing_of_the_second(desk):
    complaint = desk.case("responded", decided={"told_at": None})
    reopen(desk, complaint)
    confirm_told(
        message_id=complaint.messages.get(occasion="decision").pk,
        told_at=AGAIN,
        actor=desk.agent,
        at=AGAIN,
    )
    assert clock_of(complaint, "respond").running


# --- what was promised -------------------------------------------------------------------------


@pytest.mark.clause("CM-8.5")
def test_a_promised_remedy_stays_owed_with_its_legal_clock(desk):
    complaint = desk.case("closed")
    before = clock_of(complaint, "remedy")
    reopen(desk, complaint)
    after = complaint.clocks.get(stage="remedy")
    assert (after.running, after.due_at, after.cycle) == (True, before.due_at, 1)
    assert complaint.next_due_at == min(after.due_at, clock_of(complaint, "progress").due_at)
    mark_remedy_done(
        remedy_id=complaint.remedys.get().pk,
        proof="Bank slip",
        done_at=AGAIN,
        actor=desk.agent,
        at=AGAIN,
    )
    assert complaint.clocks.get(stage="remedy").met


def test_a_second_promise_has_its_own_clock_and_each_is_kept_for_itself(desk):
    complaint = reopen(desk, desk.case("closed"))
    desk.find_out(complaint, AGAIN)
    desk.respond(complaint, AGAIN)
    first, second = complaint.remedys.order_by("pk")
    mark_remedy_done(remedy_id=second.pk, proof="Slip", done_at=AGAIN, actor=desk.agent, at=AGAIN)
    assert not complaint.clocks.get(stage="remedy", cycle=2).running
    assert complaint.clocks.get(stage="remedy", cycle=1).running
    assert Remedy.objects.get(pk=first.pk).done_at is None


def test_a_promise_that_was_never_scheduled_does_not_hold_the_next_cycle_for_ever(desk):
    said = [item for item in clocks_said() if item["stage"] != "remedy"]
    make_version({"clocks": said}, effective_from=NOW - 9 * DAY)
    complaint = desk.case("responded")
    assert not complaint.remedy_settled
    reopen(desk, complaint)
    desk.find_out(complaint, AGAIN)
    desk.respond(complaint, AGAIN, remedy_kind="none", amount=0)
    desk.answer(complaint, Answer.ACCEPTED, AGAIN)
    mark_remedy_done(
        remedy_id=complaint.remedys.get().pk,
        proof="Slip",
        done_at=AGAIN,
        actor=desk.agent,
        at=AGAIN,
    )
    complaint.refresh_from_db()
    assert complaint.remedy_settled


# --- pauses and requests -----------------------------------------------------------------------


def test_reopening_ends_a_pause_and_a_new_one_may_begin(desk):
    complaint = desk.case("responded")
    pause = {
        "complaint_id": complaint.pk,
        "reason": PauseReason.COMPLAINANT,
        "evidence": "",
        "told_at": None,
        "actor": desk.handler,
    }
    pause_complaint(**pause, at=NOW)
    reopen(desk, complaint)
    assert not complaint.paused
    due = clock_of(complaint, "respond").due_at
    pause_complaint(**pause, at=AGAIN + DAY)
    resume_complaint(complaint_id=complaint.pk, actor=desk.handler, at=AGAIN + 2 * DAY)
    assert clock_of(complaint, "respond").due_at == due + DAY


# --- refusals ----------------------------------------------------------------------------------


def test_it_takes_a_reason(desk):
    complaint = desk.case("closed")
    with pytest.raises(BadInput) as refusal:
        reopen(desk, complaint, reason=" ")
    assert refusal.value.field == "reason"


@pytest.mark.parametrize("state", ["received", "investigating", "withdrawn", "merged"])
def test_only_what_was_answered_is_reopened(desk, state):
    complaint = desk.case(state)
    with pytest.raises(MoveRefused):
        reopen(desk, complaint, actor=desk.manager)


def test_who_only_checks_does_not_reopen(desk):
    complaint = desk.case("closed")
    with pytest.raises(NotAllowed):
        reopen(desk, complaint, actor=make_user("auditor"))
