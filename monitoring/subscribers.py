"""What monitoring does when it hears of facts: an emergency is an alert at once."""

from complaints import events as desk
from journal.models import Entry
from journal.registry import subscribe
from journal.services import utc_now
from monitoring import events
from monitoring.services.digest import deliver_digest
from monitoring.services.returning import raise_emergency


@subscribe(desk.EMERGENCY_DECLARED, name="monitoring.raise_emergency")
def raise_for_emergency(entry: Entry) -> None:
    """Raise an alert, whatever statistics say."""
    raise_emergency(complaint_id=entry.subject_id, at=entry.occurred_at)


@subscribe(events.DIGEST_QUEUED, name="monitoring.send_digest", outside=True)
def send_queued_digest(entry: Entry) -> None:
    """Hand a summary over; called again until the mail has left."""
    deliver_digest(digest_id=entry.subject_id, at=utc_now())
