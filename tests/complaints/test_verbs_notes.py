"""Notes, leave to read, pauses and extensions: what the verbs do, refuse and leave behind."""

from datetime import date, timedelta

import pytest

from complaints import events
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint
from complaints.selectors.access import may_read_now
from complaints.services.clocks import extend_clock, pause_complaint, resume_complaint
from complaints.services.notes import add_note, grant_confidential_access
from complaints.states import PauseReason, Stage, State
from journal.selectors import history_of
from tests.complaints.desk import Desk, clock_of
from tests.complaints.factories import NOW, make_complaint, make_user

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT = NOW + HOUR


@pytest.fixture
def desk() -> Desk:
    return Desk()


def again(complaint: Complaint) -> Complaint:
    return Complaint.objects.get(pk=complaint.pk)


def test_a_note_is_kept_and_recorded_without_its_words(desk: Desk) -> None:
    complaint = desk.case()
    note = add_note(complaint_id=complaint.pk, text=" Phoned. ", actor=desk.agent, at=AT)
    entry = history_of(complaint).filter(kind=events.NOTE_ADDED)[0]
    assert (note.text, entry.payload["note"]) == ("Phoned.", note.pk)
    assert "Phoned" not in entry.body


def test_an_empty_note_is_none_and_auditors_write_none(desk: Desk) -> None:
    complaint = desk.case()
    with pytest.raises(BadInput) as refusal:
        add_note(complaint_id=complaint.pk, text="  ", actor=desk.agent, at=AT)
    assert refusal.value.field == "text"
    with pytest.raises(NotAllowed):
        add_note(complaint_id=complaint.pk, text="Looked.", actor=make_user("auditor"), at=AT)


def test_leave_to_read_what_is_confidential_is_given_for_a_reason_and_for_a_while(
    desk: Desk,
) -> None:
    complaint, auditor = make_complaint(confidential=True), make_user("auditor")
    assert not may_read_now(complaint, auditor, at=AT)
    with pytest.raises(BadInput) as refusal:
        grant_confidential_access(complaint_id=complaint.pk, reason="abc", actor=auditor, at=AT)
    assert refusal.value.field == "reason"
    grant_confidential_access(
        complaint_id=complaint.pk, reason="Internal audit 7", actor=auditor, at=AT
    )
    assert may_read_now(complaint, auditor, at=AT + 7 * HOUR)
    assert not may_read_now(complaint, auditor, at=AT + 9 * HOUR)
    entry = history_of(complaint).filter(kind=events.CONFIDENTIAL_READ)[0]
    assert entry.actor == auditor


def test_without_the_right_a_confidential_complaint_does_not_exist(desk: Desk) -> None:
    complaint = make_complaint(confidential=True)
    with pytest.raises(Complaint.DoesNotExist):
        grant_confidential_access(
            complaint_id=complaint.pk, reason="Curious", actor=desk.agent, at=AT
        )


# --- pauses -------------------------------------------------------------------------------------


def pause(desk: Desk, complaint: Complaint, reason: PauseReason, **given: object) -> None:
    pause_complaint(
        complaint_id=complaint.pk,
        reason=reason,
        evidence=str(given.get("evidence", "")),
        told_at=given.get("told_at"),  # type: ignore[arg-type]
        actor=desk.handler,
        at=AT,
    )


def test_a_pause_moves_the_due_dates_of_clocks_that_allow_it(desk: Desk) -> None:
    complaint = desk.case(State.ASSESSED)
    due = clock_of(complaint, Stage.RESPOND).due_at
    first_action = clock_of(complaint, Stage.FIRST_ACTION).due_at
    pause(desk, complaint, PauseReason.COMPLAINANT, evidence="Asked for a photo")
    assert again(complaint).paused
    resume_complaint(complaint_id=complaint.pk, actor=desk.handler, at=AT + 7 * DAY)
    assert clock_of(complaint, Stage.RESPOND).due_at > due
    assert clock_of(complaint, Stage.FIRST_ACTION).due_at == first_action
    assert not again(complaint).paused


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"evidence": "Order 7"}, "told_at"),
        ({"told_at": AT + DAY, "evidence": "Order 7"}, "told_at"),
        ({"told_at": AT}, "evidence"),
    ],
)
def test_a_lawful_pause_is_told_and_proven(
    desk: Desk, given: dict[str, object], field: str
) -> None:
    complaint = desk.case(State.ASSESSED)
    with pytest.raises(BadInput) as refusal:
        pause(desk, complaint, PauseReason.APPRAISAL, **given)
    assert refusal.value.field == field


def test_one_pause_at_a_time_and_none_after_the_end(desk: Desk) -> None:
    complaint = desk.case(State.ASSESSED)
    with pytest.raises(MoveRefused):
        resume_complaint(complaint_id=complaint.pk, actor=desk.handler, at=AT)
    pause(desk, complaint, PauseReason.COMPLAINANT)
    for other in (complaint, desk.case(State.CLOSED)):
        with pytest.raises(MoveRefused):
            pause(desk, other, PauseReason.COMPLAINANT)


# --- extensions ---------------------------------------------------------------------------------


def extend(desk: Desk, complaint: Complaint, day: date, **given: object) -> None:
    extend_clock(
        complaint_id=complaint.pk,
        clock_id=clock_of(complaint, Stage.RESPOND).pk,
        new_due_date=day,
        reason=str(given.get("reason", "The test takes longer.")),
        told_at=given.get("told_at", AT),  # type: ignore[arg-type]
        actor=given.get("actor", desk.manager),  # type: ignore[arg-type]
        at=given.get("at", AT),  # type: ignore[arg-type]
    )


def test_a_clock_is_extended_once_with_notice_and_keeps_its_first_promise(desk: Desk) -> None:
    complaint = desk.case(State.ASSESSED)
    before = clock_of(complaint, Stage.RESPOND)
    day = before.due_date + timedelta(days=5)
    extend(desk, complaint, day)
    after = clock_of(complaint, Stage.RESPOND)
    assert (after.due_date, after.promised_at) == (day, before.due_at)
    assert after.extended_by == desk.manager
    with pytest.raises(MoveRefused):
        extend(desk, complaint, day + timedelta(days=1))


def test_a_bad_extension_is_refused_by_field(desk: Desk) -> None:
    complaint = desk.case(State.ASSESSED)
    last = clock_of(complaint, Stage.RESPOND).due_date
    day = timedelta(days=1)
    for new, given, field in (
        (last + day, {"reason": " "}, "reason"),
        (last + day, {"told_at": None}, "told_at"),
        (last, {}, "new_due_date"),
        (last + 16 * day, {}, "new_due_date"),
    ):
        with pytest.raises(BadInput) as refusal:
            extend(desk, complaint, new, **given)
        assert refusal.value.field == field


def test_nobody_extends_what_is_over_or_without_the_right(desk: Desk) -> None:
    complaint = desk.case(State.ASSESSED)
    day = clock_of(complaint, Stage.RESPOND).due_date + timedelta(days=5)
    with pytest.raises(NotAllowed):
        extend(desk, complaint, day, actor=desk.handler)
    with pytest.raises(MoveRefused):
        extend(desk, complaint, day, at=AT + 60 * DAY)
