"""GET complaints/: a page of what the client may see, in the order of an index."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from complaints.api.v1.telling import rows_told
from complaints.models import Complaint
from complaints.models.indexes import kept
from complaints.querysets import ComplaintQuerySet
from complaints.selectors.paging import rows_of
from complaints.selectors.partners import ids_of, listed, listed_by_id
from complaints.selectors.register import (
    DUE_FIRST,
    NEWEST,
    OLDEST,
    OVERDUE,
    Known,
    due_within,
)
from complaints.selectors.search import find
from providers.api.operations import Answer, Call
from providers.api.pages import PAGE, BadCursor, page_answer, place_of

_ORDERS = {"-received_at": NEWEST, "received_at": OLDEST, "next_due_at": DUE_FIRST}


def a_page(call: Call) -> Answer:
    """Return the page that a call asks for."""
    size = call.asked.get("page_size", PAGE)
    conditions = list(_conditions(call))
    if call.asked.get("q"):
        return _found_by_words(call, conditions, size)
    order = _ORDERS[call.asked.get("ordering", "-received_at")]
    place = place_of(call)
    parts = [part.filter(*conditions) for part in Complaint.objects.parts_visible_to(call.actor)]
    page = rows_of(
        listed, parts, order, after=place.after or None, before=place.before or None, size=size
    )
    rows = rows_told(page.lines, call.actor, now=call.at)
    return page_answer(call, rows, after=page.after, before=page.before)


def _found_by_words(call: Call, conditions: list[Q], size: int) -> Answer:
    """Return what holds the words, newest first."""
    place = place_of(call)
    if place.before or (place.after and not place.after.isdecimal()):
        raise BadCursor
    behind = int(place.after[:18]) if place.after else None
    among: ComplaintQuerySet = Complaint.objects.visible_to(call.actor).filter(*conditions)
    hits = find(
        among,
        call.asked["q"],
        actor=call.actor,
        at=call.at,
        limit=size,
        before_id=behind,
        counted=False,
    )
    rows = rows_told(listed_by_id(hits.ids), call.actor, now=call.at)
    return page_answer(call, rows, after=str(hits.next_before or ""))


def _conditions(call: Call) -> Iterator[Q]:
    """Yield what the rows must fulfil, of what was asked."""
    asked = call.asked
    for name, condition in _FILTERS.items():
        if asked.get(name) not in {None, ""}:
            yield condition(asked[name], call.at)
    if asked.get("ordering") == "next_due_at":
        yield Q(is_open=True)


def _late(wanted: Any, now: datetime) -> Q:
    late = Q(is_open=True) & due_within(OVERDUE, now)
    if wanted:
        return late
    return Q(is_open=False) | Q(next_due_at__isnull=True) | Q(next_due_at__gt=now)


_FILTERS: Mapping[str, Callable[[Any, datetime], Q]] = {
    "status": lambda value, _now: Q(state=value),
    "channel": lambda value, _now: Q(channel=value),
    "external_id": lambda value, _now: Q(external_id=value) & kept("external_id"),
    "emergency": lambda value, _now: Q(emergency=value),
    "category": lambda value, _now: Q(category__in=Known().below(value)),
    "severity": lambda value, _now: Q(severity=value) & kept("severity"),
    "site": lambda value, _now: Q(site__in=ids_of("site", value)),
    "provider": lambda value, _now: Q(provider__in=ids_of("provider", value)),
    "received_after": lambda value, _now: Q(received_at__gte=value),
    "received_before": lambda value, _now: Q(received_at__lt=value),
    "overdue": _late,
}
