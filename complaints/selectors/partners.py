"""What the API tells of complaints: rows of lists, deadlines, what a partner's references hold."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from django.db.models.functions import Left

from accounts.models import Provider, Site, User
from complaints.models import Clock, Complaint
from complaints.models.indexes import kept
from complaints.querysets import ComplaintQuerySet, Words
from complaints.selectors.paging import WORDS_SHOWN, asked
from complaints.selectors.prepared import Prepared

_AT_ONCE = 900  # names in one question


class Listed(NamedTuple):
    """What a row of the API's list knows of its complaint."""

    pk: int
    reference: str
    external_id: str
    state: str
    is_open: bool
    version: int
    channel: str
    said: str
    product: str
    order_number: str
    priority: str
    emergency: bool
    confidential: bool
    anonymous: bool
    received_at: datetime
    occurred_at: datetime | None
    recorded_at: datetime
    closed_at: datetime | None
    next_due_at: datetime | None
    next_due_stage: str
    next_due_hard: bool
    paused: bool
    missing: list[str]
    cycle: int
    category: str | None
    site: str | None
    provider: str | None
    # Who may read what is confidential (complaints.permissions.Case).
    owner_id: int | None
    recorded_by_id: int
    subject_person_id: int | None
    site_id: int | None
    team_id: int | None
    provider_id: int | None


_COLUMNS = (
    "pk",
    "reference",
    "external_id",
    "state",
    "is_open",
    "version",
    "channel",
    "said",
    "product",
    "order_number",
    "priority",
    "emergency",
    "confidential",
    "anonymous",
    "received_at",
    "occurred_at",
    "recorded_at",
    "closed_at",
    "next_due_at",
    "next_due_stage",
    "next_due_hard",
    "paused",
    "missing",
    "cycle",
    "category__code",
    "site__code",
    "provider__code",
    "owner",
    "recorded_by",
    "subject_person",
    "site",
    "team",
    "provider",
)


@cache
def _listed() -> Prepared:
    return Prepared(
        Complaint.everything.annotate(said=Left("description", WORDS_SHOWN)).values_list(*_COLUMNS)
    )


def listed(ids: Words | Sequence[int], *, order: str = "") -> list[Listed]:
    """Return rows of these complaints, in this order."""
    return list(itertools.starmap(Listed, asked(_listed(), ids, order=order)))


def listed_by_id(ids: Sequence[int]) -> list[Listed]:
    """Return rows in the order of their ids, as the search found them."""
    found = {line.pk: line for line in listed(ids)}
    return [found[pk] for pk in ids if pk in found]


def ids_of(place: str, code: str) -> list[int]:
    """Return the ids of a site or provider by its code: one or none."""
    model = {"site": Site, "provider": Provider}[place]
    return list(model._default_manager.filter(code=code).values_list("pk", flat=True))


class Deadline(NamedTuple):
    """One time limit, as the API tells it."""

    stage: str
    code: str
    due_at: datetime
    hard: bool
    stopped_at: datetime | None
    met: bool | None
    paused: bool


def deadlines_of(clocks: Iterable[Clock]) -> list[Deadline]:
    """Return the time limits of these clocks, the first to end in front."""
    told = [
        Deadline(
            clock.stage,
            clock.code,
            clock.due_at,
            clock.hard,
            clock.stopped_at,
            clock.met,
            clock.paused_at is not None,
        )
        for clock in clocks
        if not clock.dropped
    ]
    return sorted(told, key=lambda item: (item.stopped_at is not None, item.due_at, item.code))


class Held(NamedTuple):
    """What is held under a partner's reference."""

    external_id: str
    reference: str
    state: str
    version: int
    received_at: datetime


def held_under(external_ids: Sequence[str], actor: User) -> list[Held]:
    """Return which of a partner's references are held, in what state, as far as it may see them."""
    found: list[Held] = []
    columns = ("external_id", "reference", "state", "version", "received_at")
    for start in range(0, len(external_ids), _AT_ONCE):
        named = external_ids[start : start + _AT_ONCE]
        rows = _of_client(actor).filter(kept("external_id"), external_id__in=named).order_by("pk")
        found += itertools.starmap(Held, rows.values_list(*columns))
    return found


def also_held(actor: User, *, since: datetime | None, until: datetime, limit: int) -> list[str]:
    """Return references of the partner that it handed over in a time, as we hold them."""
    rows = _of_client(actor).filter(received_at__lte=until).exclude(external_id="")
    if since is not None:
        rows = rows.filter(received_at__gte=since)
    named = rows.order_by("-received_at", "-pk").values_list("external_id", flat=True)
    return list(named[:limit])


def _of_client(actor: User) -> ComplaintQuerySet:
    seen = Complaint.objects.visible_to(actor)
    provider = actor.provider
    return seen.filter(provider=provider.pk) if provider else seen.filter(recorded_by=actor.pk)


def shown_fields(provider: Provider | None) -> frozenset[str] | None:
    """Return which fields of complainants a client is shown; None for all of them."""
    return None if provider is None else frozenset(provider.shown_fields)
