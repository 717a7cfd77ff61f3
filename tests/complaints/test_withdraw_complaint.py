"""The complainant takes it back: the record stays, nothing is owed any more."""

from datetime import timedelta

import pytest

from complaints import events
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.services.closure import withdraw_complaint
from complaints.services.response import propose_dismissal
from complaints.states import ApprovalState, State
from journal.selectors import history_of
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("state", ["received", "acknowledged", "investigating", "responded"])
def test_from_anywhere_before_the_end(desk, state):
    complaint = desk.case(state)
    withdraw_complaint(
        complaint_id=complaint.pk, reason="Settled in the shop.", actor=desk.agent, at=NOW
    )
    complaint.refresh_from_db()
    assert (complaint.state, complaint.is_open, complaint.closed_at) == (
        State.WITHDRAWN,
        False,
        NOW,
    )
    assert complaint.next_due_at is None
    assert not any(clock.running for clock in complaint.clocks.all())
    assert history_of(complaint).get(kind=events.WITHDRAWN).payload["from"] == state
    assert complaint.notes.get().text == "Settled in the shop."


def test_what_was_late_before_stays_late(desk):
    complaint = desk.case()
    withdraw_complaint(
        complaint_id=complaint.pk, reason="-", actor=desk.agent, at=NOW + timedelta(days=3)
    )
    late = complaint.clocks.get(stage="acknowledge")
    in_time = complaint.clocks.get(stage="respond")
    assert (late.met, late.dropped) == (False, False)
    assert (in_time.met, in_time.dropped) == (None, True)


def test_a_waiting_request_is_dropped_and_a_pause_ends(desk):
    complaint = desk.case("acknowledged")
    asked = propose_dismissal(complaint_id=complaint.pk, reason="-", actor=desk.manager, at=NOW)
    complaint.pauses.create(cycle=1, reason="complainant", started_at=NOW)
    withdraw_complaint(complaint_id=complaint.pk, reason="-", actor=desk.agent, at=NOW)
    asked.refresh_from_db()
    complaint.refresh_from_db()
    assert (asked.state, complaint.pending_approval) == (ApprovalState.DROPPED, "")
    assert complaint.pauses.get().ended_at == NOW


def test_it_takes_a_reason(desk):
    complaint = desk.case()
    with pytest.raises(BadInput) as refusal:
        withdraw_complaint(complaint_id=complaint.pk, reason="", actor=desk.agent, at=NOW)
    assert refusal.value.field == "reason"


@pytest.mark.parametrize("state", ["closed", "withdrawn", "merged"])
def test_what_is_at_its_end_is_not_withdrawn(desk, state):
    complaint = desk.case(state)
    with pytest.raises(MoveRefused):
        withdraw_complaint(complaint_id=complaint.pk, reason="-", actor=desk.agent, at=NOW)


def test_who_only_checks_withdraws_nothing(desk):
    complaint = desk.case()
    with pytest.raises(NotAllowed):
        withdraw_complaint(
            complaint_id=complaint.pk, reason="-", actor=make_user("auditor"), at=NOW
        )
