"""What partners are told of a complaint: which events there are, and what one of them says.

Ids, codes, states and deadlines; who complains only where the contract grants it, and then as it is
known at this moment: an event keeps nothing that would have to be erased.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Prefetch

from accounts.models import User
from complaints import events
from complaints.models import Clock, Complaint
from complaints.permissions import may_see
from journal.models import Entry
from journal.services.bulk_rows import made
from providers.errors import FeedCleared
from providers.models import Event
from providers.selectors.webhooks import feed_reach, numbered

# All that changes a complaint; not who read it, nor what keeps or opens it within the house.
ANNOUNCED = (
    events.RECEIVED,
    events.IMPORTED,
    events.CORRECTED,
    events.ASSIGNED,
    events.HANDED_BACK,
    events.ACKNOWLEDGED,
    events.ASSESSED,
    events.REASSESSED,
    events.INVESTIGATED,
    events.RESPONSE_PROPOSED,
    events.RESPONSE_RETURNED,
    events.RESPONDED,
    events.DECISION_RECORDED,
    events.REMEDIES_TOLD,
    events.REMEDY_ORDERED,
    events.REMEDY_DONE,
    events.CLOSED,
    events.FOLLOW_UP_ATTEMPTED,
    events.FOLLOWED_UP,
    events.FOLLOW_UP_HELD,
    events.FOLLOW_UP_RELEASED,
    events.REOPENING_ASKED,
    events.REOPENING_GRANTED,
    events.REOPENING_DECLINED,
    events.REOPENED,
    events.WITHDRAWN,
    events.DISMISSAL_PROPOSED,
    events.DISMISSED,
    events.APPROVAL_GRANTED,
    events.APPROVAL_RETURNED,
    events.MERGED,
    events.MERGE_RECEIVED,
    events.UNMERGED,
    events.REPEAT_LINKED,
    events.ESCALATED,
    events.ESCALATION_TAKEN,
    events.EMERGENCY_DECLARED,
    events.EMERGENCY_CALLED,
    events.EMERGENCY_TAKEN,
    events.EMERGENCY_DOWNGRADED,
    events.PAUSED,
    events.RESUMED,
    events.EXTENDED,
    events.CLOCK_WARNED,
    events.CLOCK_BREACHED,
    events.NOTE_ADDED,
    events.ATTACHED,
    events.INFORMATION_ADDED,
    events.CONTACT_STOPPED,
    events.CONTACT_RESUMED,
    events.CONTACT_REFUSED,
    events.CONTACT_ALLOWED,
    events.CORRESPONDENT_ADDED,
    events.CORRESPONDENT_REMOVED,
    events.MESSAGE_QUEUED,
    events.MESSAGE_NOTED,
    events.MESSAGE_SENT,
    events.MESSAGE_FAILED,
    events.MESSAGE_BOUNCED,
    events.MESSAGE_UNCERTAIN,
    events.MESSAGE_RECEIVED,
    events.MESSAGE_WITHDRAWN,
    events.ANONYMISED,
)
# Of what an entry holds, only what means something outside: codes and states, no ids of ours.
_SAID = {
    *("state", "from", "cycle", "channel", "missing", "trigger", "level", "step", "reason"),
    *("clock", "to", "finding", "remedy", "currency", "outcome", "basis", "depth", "priority"),
    *("occasion", "fields", "routes", "reopen_offered", "stage", "percent"),
}
_PLAIN = (str, int, bool)
_OF_PERSON = ("name", "organisation", "phone", "email", "customer_number", "address", "needs")


# What an event says of a complaint, and what decides who may know of it.
_NEEDED = (
    *("reference", "external_id", "state", "emergency", "version", "provider"),
    *("owner", "recorded_by", "subject_person", "confidential", "site", "team"),
)
RUNNING = Clock.objects.filter(stopped_at__isnull=True, dropped=False).order_by("due_at", "id")
_WINDOWS = 20  # of events that are looked through for one page, however few of them may be seen


def event_of(complaint: Complaint, entry: Entry) -> Event:
    """Return the unsaved event that tells of an entry of a complaint.

    Its id follows from the entry's hash: opaque, and the same however often it is asked for.
    """
    return made(
        Event,
        public_id=f"evt_{entry.hash[:32]}",
        kind=entry.kind,
        complaint_id=complaint.pk,
        provider_id=complaint.provider_id,
        at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        payload=_codes_in(entry),
    )


def _codes_in(entry: Entry) -> dict[str, Any]:
    said = _SAID
    if entry.kind in {events.ASSIGNED, events.HANDED_BACK}:
        said = _SAID - {"from", "to"}  # people
    held = entry.payload.items()
    return {name: value for name, value in held if name in said and _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return isinstance(value, _PLAIN)


def told_of(event: Event, client: User, personal: bool) -> Mapping[str, Any] | None:  # noqa: FBT001 - the shape of providers.registry.Teller
    """Return what an event says to a client, or None where the complaint is not for it."""
    tries_out = client.provider is not None and client.provider.is_test
    named = Complaint.everything.filter(pk__in=[event.complaint_id or 0], is_test=tries_out)
    complaint = next(iter(named.only(*_NEEDED).order_by()), None)
    if complaint is None or not may_see(client, complaint):
        return None
    said = said_of(event, complaint)
    shown = client.provider.shown_fields if personal and client.provider else ()
    if shown:
        said["complainant"] = _complainant(complaint, shown)
    return said


def said_of(event: Event, complaint: Complaint) -> dict[str, Any]:
    """Return what an event says: the codes of its moment, and where the complaint stands now."""
    codes = dict(event.payload)
    return {
        "reference": complaint.reference,
        "external_id": complaint.external_id or None,
        "status": codes.pop("state", str(complaint.state)),
        "details": codes,
        "now": {
            "status": str(complaint.state),
            "emergency": complaint.emergency,
            "version": complaint.version,
            "deadlines": [_deadline(clock) for clock in _running(complaint)],
        },
    }


def _running(complaint: Complaint) -> Iterable[Clock]:
    """Return the running clocks; a page of news has read them for all its complaints at once."""
    known: list[Clock] | None = getattr(complaint, "running", None)
    return RUNNING.filter(complaint=complaint) if known is None else known


def _deadline(clock: Clock) -> dict[str, Any]:
    return {
        "stage": str(clock.stage),
        "due_at": _instant(clock.due_at),
        "paused": clock.paused_at is not None,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _complainant(complaint: Complaint, shown: Collection[str]) -> dict[str, str]:
    person = complaint.complainant
    known = {name: getattr(person, name) for name in _OF_PERSON} if person else {}
    known["representative"] = complaint.representative
    return {name: value for name, value in known.items() if name in shown and value}


@dataclass(frozen=True)
class NewsPage:
    """Some changes in order, the number up to which all has been read, whether there is more."""

    rows: list[dict[str, Any]]
    read_to: int
    more: bool


def news_for(actor: User, *, after: int | None, size: int) -> NewsPage:
    """Return what has changed in the actor's complaints since a number; None: all that is kept.

    Up to the head of the feed every number is committed and stays (providers.services.feed), so
    who reads on from `read_to` misses nothing. Raises FeedCleared when the feed begins later.
    """
    reach = feed_reach()
    if after is not None and after < reach.first:
        raise FeedCleared
    read_to = min(reach.first if after is None else after, reach.last)
    provider_id = actor.provider.pk if actor.provider else None
    rows: list[dict[str, Any]] = []
    for _ in range(_WINDOWS):
        wanted = size - len(rows)
        found = numbered(after=read_to, up_to=reach.last, provider_id=provider_id)
        window = list(found[:wanted])
        rows += _rows(window, actor)
        if len(window) < wanted:
            return NewsPage(rows, reach.last, more=False)
        read_to = window[-1].number or read_to
        if len(rows) == size:
            break
    return NewsPage(rows, read_to, more=read_to < reach.last)


def _rows(window: list[Event], actor: User) -> list[dict[str, Any]]:
    ids = {event.complaint_id for event in window if event.complaint_id is not None}
    visible = Complaint.objects.visible_to(actor).filter(pk__in=ids)
    clocks = Prefetch("clocks", queryset=RUNNING, to_attr="running")
    seen = {complaint.pk: complaint for complaint in visible.prefetch_related(clocks)}
    return [
        {
            "sequence": event.number,
            "id": event.public_id,
            "type": event.kind,
            "at": event.at,
            "recorded_at": event.recorded_at,
            **said_of(event, seen[event.complaint_id]),
        }
        for event in window
        if event.complaint_id in seen
    ]
