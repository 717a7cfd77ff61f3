"""People's requests: the register, who is meant, and what is held about them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Max, Model, Q, QuerySet

from accounts.models import User
from complaints.models import Attachment, Complainant, Complaint
from complaints.models.indexes import kept
from complaints.rules.intake import customer_key, email_key, phone_key
from complaints.states import Writer
from compliance.rules import ClockSpec, Unit, deadline
from compliance.selectors.calendars import load_calendar
from compliance.selectors.presets import presets
from retention.models import SubjectRequest
from retention.rules.masking import masked
from retention.rules.schedule import ScheduleContent
from retention.selectors.classes import hooks
from retention.states import Outcome

PAGE = 50
MOST_FOUND = 20
SHORTEST_NAME = 2


def due_for(received_at: datetime, content: ScheduleContent) -> datetime:
    """Return by when a request is to be answered: working days of the preset's calendar."""
    clock = presets()[content.rights_preset].clock()
    spec = ClockSpec(Unit.WORK_DAY, content.rights_work_days, clock.day0_counts, clock.roll)
    return deadline(spec, received_at, load_calendar(clock.calendar)).due_at


def requests(*, waiting: bool = False, before: int | None = None) -> QuerySet[SubjectRequest]:
    """Return the register, newest first; those that wait come by their due date instead."""
    rows = SubjectRequest.objects.select_related("taken_by", "answered_by")
    if waiting:
        return rows.filter(answered_at__isnull=True).order_by("due_at", "pk")
    return rows.filter(pk__lt=before) if before else rows


@dataclass(frozen=True)
class Found:
    """A person who could be meant."""

    person: Complainant
    complaints: int
    last_at: datetime | None


def people_found(actor: User, words: str) -> list[Found]:
    """Return complainants whom a number, an address or a name could mean; at most some twenty.

    Numbers and addresses are compared as the desk compares them, names by their beginning.
    """
    words = words.replace("\x00", "").strip()
    if len(words) < SHORTEST_NAME:
        return []
    keys = {
        "phone_key": phone_key(words, settings.DEFAULT_PHONE_REGION)[:60],
        "email_key": email_key(words) if "@" in words else "",
        "customer_key": customer_key(words)[:80],
    }
    asked = Q(name__istartswith=words) | Q(organisation__istartswith=words)
    for name, key in keys.items():
        if key:
            asked |= kept(name) & Q(**{name: key})
    seen = Complaint.objects.visible_to(actor)
    rows = (
        Complainant.objects.filter(asked)
        .annotate(
            n=Count("complaints", filter=Q(complaints__in=seen), distinct=True),
            last=Max("complaints__received_at", filter=Q(complaints__in=seen)),
        )
        .filter(n__gt=0)
        .order_by("-last", "-pk")
    )
    return [Found(person, person.n, person.last) for person in rows[:MOST_FOUND]]


def complaints_of(request: SubjectRequest, actor: User) -> QuerySet[Complaint]:
    """Return the complaints of the people whom a request is about."""
    return (
        Complaint.objects.visible_to(actor)
        .filter(complainant__in=request.people.all())
        .select_related("category", "complainant", "merged_into")
        .order_by("pk")
    )


def disposed_for(request: SubjectRequest) -> int:
    """Return how many complaints were disposed of because of a request."""
    counted = request.runs.filter(items__outcome=Outcome.DISPOSED).aggregate(n=Count("items"))
    return int(counted["n"] or 0)


# --- everything held about somebody -----------------------------------------------------------

_FACTS = (
    *("reference", "state", "channel", "language", "priority", "product", "order_number"),
    *("external_id", "description", "remedy_sought", "representative", "anonymous"),
    *("occurred_at", "received_at", "acknowledged_at", "assessed_at", "decided_at"),
    *("decision_sent_at", "answered_at", "closed_at", "followed_up_at", "finding", "answer"),
    *("closure_basis", "cause_code", "lessons", "no_contact_at", "emergency"),
)
_PERSON = (
    *("name", "organisation", "phone", "email", "customer_number", "address", "language", "needs"),
)
# What they and colleagues wrote about the case, by relation: fields that a person is told. Who is
# somebody else (third parties, copies to them, the person complained about), and what a machine
# noted of its own work, stays out: tests/retention/test_what_is_told.py lists each such column.
_PARTS: dict[str, tuple[str, ...]] = {
    "messages": (
        *("occasion", "channel", "state", "language", "to_address", "subject", "body"),
        *("queued_at", "sent_at"),
    ),
    "incomingmessages": ("channel", "sender", "subject", "text", "quoted", "at"),
    "assessments": (
        *("severity", "safety_hazard", "complexity", "impact", "immediate_action"),
        *("priority", "priority_reason", "at"),
    ),
    "investigations": ("findings", "cause", "evidence", "at"),
    "responses": (
        *("finding", "reasons", "remedy_kind", "remedy_detail", "amount", "currency"),
        *("subject_line", "text", "at"),
    ),
    "remedys": ("kind", "detail", "amount", "currency", "due_at", "done_at", "proof"),
    "followupattempts": (
        *("channel", "outcome", "handling_score", "outcome_score", "comment", "at"),
    ),
    "reopenrequests": ("source", "reason", "verdict", "answer", "at", "decided_at"),
    "clocks": ("stage", "started_at", "due_at", "stopped_at", "met", "extended_reason"),
    "pauses": ("reason", "evidence", "started_at", "ended_at"),
    "approvals": ("kind", "state", "reason", "decision_note", "at", "decided_at"),
    "escalations": ("level", "reason", "at"),
    "accesses": ("reason", "granted_at", "until"),
    "notes": ("text", "at"),
}
# Which of these rows are not about the complainant.
_NOT_THEIRS: dict[str, Q] = {
    "messages": Q(to_user__isnull=False),  # notices to colleagues
    "incomingmessages": ~Q(writer=Writer.COMPLAINANT) | Q(withdrawn_at__isnull=False),
}


def held_about(complaint: Complaint, *, own: Iterable[str], names: Iterable[str]) -> dict[str, Any]:
    """Return everything held about a complaint's complainant, other people masked, for JSON.

    The statement of the person complained about is theirs and left out.
    """
    own, names = set(own), set(names)

    def told(row: Model, fields: Sequence[str]) -> dict[str, Any]:
        return {name: _told(_words_of(row, name), own, names) for name in fields}

    said: dict[str, Any] = told(complaint, _FACTS)
    said["category"] = str(complaint.category) if complaint.category else ""
    for relation, fields in _PARTS.items():
        rows = getattr(complaint, relation).exclude(_NOT_THEIRS.get(relation, Q(pk__in=[])))
        said[relation] = [told(row, fields) for row in rows]
    said["other_records"] = {
        code: [_all_masked(item, own, names) for item in tell(complaint.pk)]
        for code, tell in hooks("tell")
    }
    return said


def held_besides(
    people: Sequence[Complainant], asked_by: User, *, own: Iterable[str], names: Iterable[str]
) -> dict[str, Any]:
    """Return what is held of people that lies on no complaint, others masked, for JSON."""
    own, names = set(own), set(names)
    return {
        code: [_all_masked(item, own, names) for item in loose(people, asked_by)]
        for code, loose in hooks("loose")
    }


def loose_files_of(people: Sequence[Complainant], asked_by: User) -> Iterator[tuple[str, Path]]:
    """Yield name and place of the files that go with it."""
    for _code, files in hooks("loose_files"):
        yield from files(people, asked_by)


def cannot_be_found(people: Sequence[Complainant]) -> list[str]:
    """Return what a copy for these people cannot hold, in sentences for who is in charge of it."""
    return [said for _code, unfindable in hooks("unfindable") if (said := unfindable(people))]


def facts_of(person: Complainant) -> dict[str, str]:
    """Return what is held of a person themselves."""
    return {name: getattr(person, name) for name in _PERSON}


def own_words(people: Iterable[Complainant]) -> set[str]:
    """Return what may stay in texts because it is the person's own."""
    return {
        value
        for person in people
        for name in ("name", "organisation", "phone", "email", "customer_number", "phone_key")
        if (value := getattr(person, name))
    }


def other_names(people: Iterable[Complainant], complaints: Iterable[Complaint]) -> set[str]:
    """Return the names of others that may stand in texts.

    Those of all colleagues, of third parties to these complaints, and of whom other floors name.
    """
    colleagues = User.objects.filter(is_system=False).values_list("display_name", "username")
    names = {name for pair in colleagues for name in pair if name}
    for complaint in complaints:
        names |= set(complaint.correspondents.exclude(name="").values_list("name", flat=True))
        names |= {name for _code, others in hooks("others") for name in others(complaint.pk)}
    return names - {person.name for person in people if person.name}


def files_besides(complaint: Complaint) -> Iterator[tuple[str, Path]]:
    """Yield name and place of what other floors give along with a copy."""
    for _code, files in hooks("files"):
        yield from files(complaint.pk)


def attachments_of(complaint: Complaint, *, with_internal: bool) -> list[Attachment]:
    """Return the files that go into a package."""
    rows = complaint.attachments.standing().exclude(path="").exclude(scan="infected")
    return list(rows if with_internal else rows.filter(internal=False))


def _words_of(row: Model, name: str) -> Any:
    """Return what a column says: a choice in words, since nobody knows the codes of the house."""
    in_words = getattr(row, f"get_{name}_display", None)
    return str(in_words()) if in_words else getattr(row, name)


def _told(value: Any, own: set[str], names: set[str]) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, bool | int):
        return value
    return masked(str(value), own=own, names=names)


def _all_masked(value: Any, own: set[str], names: set[str]) -> Any:
    if isinstance(value, dict):
        return {str(key): _all_masked(item, own, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_all_masked(item, own, names) for item in value]
    return _told(value, own, names)


def late(rows: QuerySet[SubjectRequest], now: datetime) -> int:
    """Return how many of these requests wait longer than they may."""
    return rows.filter(answered_at__isnull=True, due_at__lt=now).count()


def answered_in_time() -> tuple[int, int]:
    """Return how many requests were answered, and how many of them in time."""
    answered = SubjectRequest.objects.filter(answered_at__isnull=False)
    return answered.count(), answered.filter(answered_at__lte=F("due_at")).count()
