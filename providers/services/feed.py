"""The feed: events are written with the fact, numbered one at a time, and owed to endpoints."""

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Q

from accounts.models import Provider
from journal.services.bulk_rows import insert_rows
from providers.models import Delivery, Endpoint, Event, FeedHead

BATCH = 1000


def note_events(events: Sequence[Event]) -> None:
    """Write events in the transaction of the facts they tell of; they have no number yet."""
    insert_rows(events)


def number_news(*, at: datetime, limit: int = BATCH) -> int:
    """Number what has been committed since, and owe it to the endpoints; return how many.

    The head is locked until the numbers are committed, so whoever reads number 17 has been able to
    read 1 to 16. A transaction that commits late is numbered late: nothing appears below a number
    that somebody has read. Of one complaint, events are written one transaction after the other
    (its chain in the journal is locked), so their ids follow their order.
    """
    waiting = Event.objects.filter(number__isnull=True, complaint_id__isnull=False).order_by("id")
    if not waiting.exists():
        return 0  # an idle look must not take SQLite's one write lock
    with transaction.atomic():
        head = _head()
        events = list(waiting.select_related(None)[:limit])
        for number, event in enumerate(events, start=head.last + 1):
            event.number = number
        _save_numbers(events)
        head.last += len(events)
        head.save(update_fields=["last"])
        _owe(events, _at_work(), at)
    return len(events)


def owe_again(endpoint: Endpoint, events: Iterable[Event], *, at: datetime) -> int:
    """Owe an endpoint events once more, whatever became of them before; return how many."""
    events = list(events)
    ids = [event.pk for event in events]
    known = Delivery.objects.filter(endpoint=endpoint, event__in=ids)
    known.update(state="waiting", attempts=0, next_at=at, settled_at=None, last_fault="")
    told = set(known.values_list("event_id", flat=True))
    _owe([event for event in events if event.pk not in told], [endpoint], at)
    return len(events)


def owe_test(endpoint: Endpoint, *, kind: str, at: datetime) -> Delivery:
    """Owe an endpoint an event about no complaint, to see that it works."""
    event = Event.objects.create(
        public_id=f"evt_{secrets.token_hex(16)}",
        kind=kind,
        provider_id=endpoint.client.provider_id,
        at=at,
        recorded_at=at,
    )
    return Delivery.objects.create(event=event, endpoint=endpoint, made_at=at, next_at=at)


def clear_feed(*, at: datetime) -> int:
    """Forget events, with their deliveries and attempts, after their time; return how many."""
    before = at - timedelta(days=settings.WEBHOOK_KEEP_DAYS)
    with transaction.atomic():
        head = _head()
        old = Event.objects.filter(recorded_at__lt=before).exclude(
            number__isnull=True, complaint_id__isnull=False
        )
        gone = old.aggregate(last=Max("number"))["last"]
        if gone:
            head.cleared_to = max(head.cleared_to, gone)
            head.save(update_fields=["cleared_to"])
        return old.delete()[1].get(Event._meta.label, 0)


def of_endpoint(endpoint: Endpoint) -> Q:
    """Return the condition of an event that an endpoint is to be told."""
    wanted = Q(number__isnull=False)
    if endpoint.client.provider_id is not None:
        wanted &= Q(provider=endpoint.client.provider_id)
    if endpoint.event_types:
        wanted &= Q(kind__in=endpoint.event_types)
    return wanted


def _head() -> FeedHead:
    FeedHead.objects.get_or_create(pk=1)
    return FeedHead.objects.select_for_update().get(pk=1)


def _at_work() -> list[Endpoint]:
    return list(
        Endpoint.objects.filter(active=True, client__ended_at__isnull=True).select_related("client")
    )


def _owe(events: Sequence[Event], endpoints: Sequence[Endpoint], at: datetime) -> None:
    tried = set(Provider.objects.filter(is_test=True).values_list("pk", flat=True))
    owed = [
        Delivery(
            event=event,
            endpoint=endpoint,
            number=event.number or 0,
            complaint_id=event.complaint_id,
            made_at=at,
            next_at=at,
        )
        for event in events
        for endpoint in endpoints
        if _is_for(event, endpoint, tried)
    ]
    Delivery.objects.bulk_create(owed, batch_size=BATCH, ignore_conflicts=True)


def _is_for(event: Event, endpoint: Endpoint, tried: Collection[int]) -> bool:
    """Return whether an endpoint asked for an event; what a partner tries out is its own affair."""
    owner = endpoint.client.provider_id
    ours = owner is None and event.provider_id not in tried
    return (ours or owner == event.provider_id) and (
        not endpoint.event_types or event.kind in endpoint.event_types
    )


def _save_numbers(events: Sequence[Event]) -> None:
    """Save numbers by key; a statement with a case for each row takes ten times as long to plan."""
    rows: list[Any] = [(event.number, event.pk) for event in events]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "UPDATE providers_event SET number = given.number"
                " FROM unnest(%s::bigint[], %s::bigint[]) AS given (number, id)"
                " WHERE providers_event.id = given.id",
                [list(column) for column in zip(*rows, strict=True)] if rows else [[], []],
            )
        else:
            cursor.executemany("UPDATE providers_event SET number = %s WHERE id = %s", rows)
