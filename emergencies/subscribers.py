"""What this floor does when it hears of the desk's facts, and of its own calls."""

from complaints import events as desk
from emergencies import events
from emergencies.services.calling import (
    call_again,
    note_end,
    note_taken,
    open_emergency,
    resume_emergency,
)
from emergencies.services.paging import send_page
from emergencies.states import Ending
from journal.models import Entry
from journal.registry import subscribe
from journal.services import utc_now


@subscribe(desk.EMERGENCY_DECLARED, name="emergencies.open")
def open_declared(entry: Entry) -> None:
    """Begin to call."""
    open_emergency(complaint_id=entry.subject_id, declared_by=entry.actor_id, at=utc_now())


@subscribe(desk.EMERGENCY_TAKEN, name="emergencies.taken")
def stop_calling(entry: Entry) -> None:
    """Stop calling: somebody has it."""
    note_taken(complaint_id=entry.subject_id, actor_id=entry.actor_id, at=entry.occurred_at)


@subscribe(desk.HANDED_BACK, name="emergencies.call_again")
def call_for_who_left(entry: Entry) -> None:
    """Call again: the desk has taken the emergency from somebody who can no longer handle it."""
    if entry.payload.get("emergency"):
        call_again(complaint_id=entry.subject_id, at=utc_now())


@subscribe(desk.EMERGENCY_DOWNGRADED, name="emergencies.downgraded")
def end_downgraded(entry: Entry) -> None:
    """Owe the review of what was none after all."""
    note_end(complaint_id=entry.subject_id, how=Ending.DOWNGRADED, at=entry.occurred_at)


def _end(entry: Entry) -> None:
    note_end(complaint_id=entry.subject_id, how=Ending.AT_ITS_END, at=entry.occurred_at)


for _kind, _name in (
    (desk.CLOSED, "emergencies.closed"),
    (desk.WITHDRAWN, "emergencies.withdrawn"),
    (desk.DISMISSED, "emergencies.dismissed"),
    (desk.MERGED, "emergencies.merged"),
):
    subscribe(_kind, name=_name)(_end)


def _resume(entry: Entry) -> None:
    resume_emergency(complaint_id=entry.subject_id, at=entry.occurred_at)


for _kind, _name in (
    (desk.UNMERGED, "emergencies.unmerged"),
    (desk.REOPENED, "emergencies.reopened"),
):
    subscribe(_kind, name=_name)(_resume)


@subscribe(events.PAGE_QUEUED, name="emergencies.send_page", outside=True)
def send_queued_page(entry: Entry) -> None:
    """Hand one call over; called again until it is settled."""
    send_page(page_id=entry.payload["page"], at=utc_now())


@subscribe(events.TEST_PAGE_QUEUED, name="emergencies.send_test_page", outside=True)
def send_test_page(entry: Entry) -> None:
    """Hand one call of a test over."""
    send_page(page_id=entry.payload["page"], at=utc_now())
