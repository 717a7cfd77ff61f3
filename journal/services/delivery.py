"""Delivering: at least once, each delivery its own transaction, with a lease and growing pauses."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from journal import events
from journal.models import Delivery, Entry
from journal.origin import origin
from journal.registry import Subscription, subscription
from journal.rules import GIVE_UP_AFTER, fault_line, next_pause
from journal.services.recording import record

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=120)
Clock = Callable[[], datetime]


class UnknownSubscriberError(LookupError):
    """Nobody of this name listens: its app was removed, or the name is mistyped."""


def utc_now() -> datetime:
    """Return the present instant; the default clock of work that goes on for a while."""
    return datetime.now(UTC)


def deliver_pending(*, clock: Clock = utc_now, limit: int = 500) -> int:
    """Deliver what is due, each in its own transaction; return how many were delivered.

    A delivery is claimed by a lease, so that several workers share the work and a killed worker's
    share comes back when its lease runs out.
    """
    done = 0
    with origin("relay"):
        for _ in range(limit):
            delivery = _claim(now=clock())
            if delivery is None:
                break
            done += _deliver(delivery, clock)
    return done


def _claim(*, now: datetime) -> Delivery | None:
    owed = Delivery.objects.filter(
        Q(leased_until__isnull=True) | Q(leased_until__lt=now),
        delivered_at__isnull=True,
        next_attempt_at__lte=now,
        attempts__lt=GIVE_UP_AFTER,
    ).order_by("next_attempt_at", "id")
    if not owed.exists():
        return None  # an idle look must not take SQLite's one write lock
    with transaction.atomic():
        delivery = owed.select_for_update(
            skip_locked=connection.features.has_select_for_update_skip_locked
        ).first()
        if delivery is None:
            return None
        delivery.leased_until = now + LEASE
        delivery.attempts += 1
        delivery.save(update_fields=["leased_until", "attempts"])
        return delivery


def _deliver(delivery: Delivery, clock: Clock) -> int:
    try:
        listener = subscription(delivery.subscriber)
        if listener is None:
            raise UnknownSubscriberError(delivery.subscriber)
        if listener.outside:
            return _act_outside(delivery, listener, clock)
        return _act_inside(delivery, listener, clock)
    except Exception as error:  # noqa: BLE001 - one broken subscriber must stop nobody
        _put_off(delivery, error, clock())
        return 0


def _act_outside(delivery: Delivery, listener: Subscription, clock: Clock) -> int:
    listener.handler(Entry.objects.get(pk=delivery.entry_id))
    _tick(delivery, clock())
    return 1


def _act_inside(delivery: Delivery, listener: Subscription, clock: Clock) -> int:
    """Run the handler and tick off in one transaction, unless the lease has passed to another.

    The row stays locked until the end: nobody can claim it while its handler is at work, however
    long that takes.
    """
    with transaction.atomic():
        if not _still_ours(delivery).select_for_update().exists():
            return 0
        listener.handler(Entry.objects.get(pk=delivery.entry_id))
        _tick(delivery, clock())
    return 1


def _still_ours(delivery: Delivery) -> QuerySet[Delivery]:
    """Return the delivery if nobody has claimed it since: each claim counts an attempt."""
    return Delivery.objects.filter(
        pk=delivery.pk, delivered_at__isnull=True, attempts=delivery.attempts
    )


def _tick(delivery: Delivery, now: datetime) -> None:
    Delivery.objects.filter(pk=delivery.pk, delivered_at__isnull=True).update(
        delivered_at=now, leased_until=None, last_error=""
    )


def _put_off(delivery: Delivery, error: Exception, now: datetime) -> None:
    line = fault_line(error)
    log.warning(
        "delivery_failed",
        delivery=delivery.pk,
        subscriber=delivery.subscriber,
        attempts=delivery.attempts,
        error=line,
    )
    _still_ours(delivery).update(
        next_attempt_at=now + next_pause(delivery.attempts), leased_until=None, last_error=line
    )


@transaction.atomic
def retry_delivery(
    *, delivery_id: int, at: datetime, actor: AbstractBaseUser | None = None
) -> None:
    """Let a delivery that hangs be tried again at once. Raises Delivery.DoesNotExist.

    A lease that runs is left alone: somebody is at work on it.
    """
    delivery = Delivery.objects.select_for_update().get(pk=delivery_id, delivered_at__isnull=True)
    delivery.attempts = 0
    delivery.next_attempt_at = at
    delivery.save(update_fields=["attempts", "next_attempt_at"])
    record(
        kind=events.DELIVERY_RETRIED,
        subject=delivery,
        actor=actor,
        occurred_at=at,
        payload={"entry": delivery.entry_id, "subscriber": delivery.subscriber},
    )


def replay(*, subscriber: str, since: datetime | None = None, now: datetime) -> int:
    """Owe a subscriber the entries of its kind it has never been owed; return how many."""
    listener = subscription(subscriber)
    if listener is None:
        raise UnknownSubscriberError(subscriber)
    entries = Entry.objects.filter(kind=listener.kind).exclude(deliveries__subscriber=subscriber)
    if since is not None:
        entries = entries.filter(recorded_at__gte=since)
    owed, last = 0, 0
    while ids := list(
        entries.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:1000]
    ):
        Delivery.objects.bulk_create(
            [Delivery(entry_id=pk, subscriber=subscriber, next_attempt_at=now) for pk in ids],
            ignore_conflicts=True,
        )
        owed, last = owed + len(ids), ids[-1]
    return owed
