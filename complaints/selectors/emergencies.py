"""What can be proven of an emergency's notice to the people on call."""

from datetime import datetime
from typing import NamedTuple

from complaints import events
from complaints.models import Complaint
from journal.selectors import history_of


class Receipt(NamedTuple):
    """That the notice is on its way: written with the emergency itself, in one transaction.

    Its id is the hash of the entry that declares it, to which the deliveries to the people on call
    are tied (docs/adr/0001-journal-is-the-outbox.md): it cannot exist without them.
    """

    id: str
    declared_at: datetime
    levels_told: int
    people_told: int


def receipt_of(complaint: Complaint) -> Receipt | None:
    """Return the receipt of the last time a complaint was declared an emergency.

    None when nobody is being told: no level of the ladder, and no subscriber.
    """
    kinds = (events.EMERGENCY_DECLARED, events.ESCALATED)
    entries = list(history_of(complaint).filter(kind__in=kinds).order_by("seq"))
    declared = [entry for entry in entries if entry.kind == events.EMERGENCY_DECLARED]
    if not declared:
        return None
    last = declared[-1]
    climbed = [
        entry.payload
        for entry in entries
        if entry.seq > last.seq and entry.kind == events.ESCALATED
    ]
    rungs = [payload for payload in climbed if payload.get("trigger") == "emergency"]
    if not (rungs or last.deliveries.exists()):
        return None
    people = {person for payload in rungs for person in payload.get("told") or ()}
    return Receipt(last.hash, last.occurred_at, len(rungs), len(people))
