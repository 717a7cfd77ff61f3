"""Telling endpoints: signed, at least once, in the order of each complaint, with growing waits.

An endpoint is served by one worker at a time (a lease), one event after the other. Each attempt is
noted as soon as it is over; a worker that dies in between has it made once more by the next.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from standardwebhooks import Webhook

from journal.origin import origin
from journal.services import utc_now
from providers import events
from providers.models import Attempt, Delivery, Endpoint, Event
from providers.permissions import may_carry_personal
from providers.registry import told
from providers.rules.telling import DOWN, hold_after, is_down, next_wait
from providers.services.endpoints import disable_endpoint
from providers.states import DeliveryState, DisabledBecause
from providers.transports import NotToldError, post, unseal

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=120)
SERVED = timedelta(seconds=40)  # at one endpoint, before others get their turn
BATCH = 50  # are looked up at once
GONE = 410
Clock = Callable[[], datetime]


def send_webhooks(*, clock: Clock = utc_now, limit: int = 200) -> int:
    """Post what is due, endpoint by endpoint; return how many events got there."""
    done = 0
    with origin("relay"):
        served: list[int] = []
        while (endpoint := _claim(served, now=clock())) is not None:
            served.append(endpoint.pk)
            try:
                done += _serve(endpoint, clock, limit)
            finally:
                Endpoint.objects.filter(pk=endpoint.pk).update(leased_until=None)
    return done


def _claim(served: list[int], *, now: datetime) -> Endpoint | None:
    """Lease an endpoint that is at work, left alone by nobody, and owed something now."""
    due = _due(now).filter(endpoint=OuterRef("pk"))
    ready = (
        Endpoint.objects.filter(
            Q(client__provider__isnull=True) | Q(client__provider__active=True),
            Q(held_until__isnull=True) | Q(held_until__lte=now),
            Q(leased_until__isnull=True) | Q(leased_until__lt=now),
            Exists(due),
            active=True,
            client__ended_at__isnull=True,
        )
        .exclude(pk__in=served)
        .order_by("id")
    )
    if not ready.exists():
        return None
    with transaction.atomic():
        endpoint = ready.select_for_update(
            of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked
        ).first()
        if endpoint is None:
            return None
        endpoint.leased_until = now + LEASE
        endpoint.save(update_fields=["leased_until"])
    return Endpoint.objects.select_related("client__provider", "client__user").get(pk=endpoint.pk)


def _due(now: datetime) -> "QuerySet[Delivery]":
    """Return what may go now: nothing that the same complaint has something earlier before."""
    earlier = Delivery.objects.filter(
        endpoint=OuterRef("endpoint"),
        complaint_id=OuterRef("complaint_id"),
        number__lt=OuterRef("number"),
        state=DeliveryState.WAITING,
    )
    return Delivery.objects.filter(~Exists(earlier), state=DeliveryState.WAITING, next_at__lte=now)


def _serve(endpoint: Endpoint, clock: Clock, limit: int) -> int:
    """Post to one endpoint until nothing is due, it fails as a whole, or it has had its turn."""
    done, tried, began = 0, 0, clock()
    while tried < limit and clock() - began <= SERVED:
        batch = list(
            _due(clock())
            .filter(endpoint=endpoint.pk)
            .select_related("event")
            .order_by("number", "id")[: min(BATCH, limit - tried)]
        )
        if not batch:
            break
        # Of each complaint there is one in a batch: what comes next is due once this is settled.
        for delivery in batch:
            if not _still_at_work(endpoint):
                return done
            tried += 1
            sent = _tell(endpoint, delivery, clock)
            if sent is None:
                return done
            done += sent
            if clock() - began > SERVED:
                break
    return done


def _still_at_work(endpoint: Endpoint) -> bool:
    """Look again before each event: somebody may have suspended it, or ended or switched it off."""
    # As text, because every event asks: to put it together would take longer than to ask it.
    with connection.cursor() as cursor:
        cursor.execute(_AT_WORK, [endpoint.pk])
        return cursor.fetchone() is not None


_AT_WORK = (
    "SELECT 1 FROM providers_endpoint e JOIN providers_apiclient c ON c.id = e.client_id"
    " LEFT JOIN accounts_provider p ON p.id = c.provider_id"
    " WHERE e.id = %s AND e.active AND c.ended_at IS NULL AND (p.id IS NULL OR p.active)"
)


def _tell(endpoint: Endpoint, delivery: Delivery, clock: Clock) -> bool | None:
    """Make one attempt; return whether it got there, None if nothing else would now."""
    body = _body(endpoint, delivery.event)
    if body is None:
        _settle(delivery, DeliveryState.WITHHELD, clock())
        return False
    began = time.monotonic()
    try:
        status = post(endpoint.url, body, _headers(endpoint, delivery.event, body, clock()))
    except NotToldError as error:
        return _failed(endpoint, delivery, error, _elapsed(began), clock())
    _arrived(endpoint, delivery, status, _elapsed(began), clock())
    return True


def _body(endpoint: Endpoint, event: Event) -> bytes | None:
    """Return what is posted, or None where the endpoint's client may not know of the complaint."""
    what = {}
    if event.kind != events.TEST:
        client = endpoint.client
        said = told(event, client.user, personal=may_carry_personal(client.provider))
        if said is None:
            return None
        what = {"sequence": event.number, **said}
    text = {"type": event.kind, "timestamp": event.at.astimezone(UTC).isoformat(), "data": what}
    return json.dumps(text, ensure_ascii=False, separators=(",", ":")).encode()


def _headers(endpoint: Endpoint, event: Event, body: bytes, now: datetime) -> dict[str, str]:
    """Return what proves to the other side that it is us, now (Standard Webhooks 1.0.0)."""
    now = now.astimezone(UTC)  # the library takes the clock's face for UTC
    sealed = [endpoint.secret]
    if endpoint.former_until is not None and now < endpoint.former_until:
        sealed.append(endpoint.former_secret)
    text = body.decode()
    signatures = [Webhook(unseal(one)).sign(event.public_id, now, text) for one in sealed]
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Redress-Webhooks/1",
        "webhook-id": event.public_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


@transaction.atomic
def _arrived(
    endpoint: Endpoint, delivery: Delivery, status: int, milliseconds: int, now: datetime
) -> None:
    Attempt.objects.create(delivery=delivery, at=now, status=status, milliseconds=milliseconds)
    delivery.attempts += 1
    delivery.last_status, delivery.last_fault = status, ""
    _settle(delivery, DeliveryState.DELIVERED, now)
    if endpoint.failing_since is None:
        return
    # It is back: what only waited for that goes now; what it refused by itself keeps its wait.
    endpoint.failing_since, endpoint.failures, endpoint.held_until = None, 0, None
    endpoint.save(update_fields=["failing_since", "failures", "held_until"])
    Delivery.objects.filter(
        Q(last_status__isnull=True) | Q(last_status__in=DOWN),
        endpoint=endpoint,
        state=DeliveryState.WAITING,
    ).update(next_at=now)


@transaction.atomic
def _failed(
    endpoint: Endpoint, delivery: Delivery, error: NotToldError, milliseconds: int, now: datetime
) -> bool | None:
    """Note a failed attempt; return None where the endpoint as a whole is to be left alone."""
    log.warning("webhook_failed", delivery=delivery.pk, fault=str(error.fault), status=error.status)
    Attempt.objects.create(
        delivery=delivery,
        at=now,
        status=error.status,
        fault=error.fault,
        milliseconds=milliseconds,
    )
    delivery.attempts += 1
    delivery.last_status, delivery.last_fault = error.status, error.fault
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.failures += 1
    wait = next_wait(delivery.attempts)
    if wait is None:
        _settle(delivery, DeliveryState.FAILED, now)
    else:
        delivery.next_at = now + wait
        delivery.save(update_fields=["attempts", "next_at", "last_status", "last_fault"])
    down = is_down(error.status)
    if down:
        endpoint.held_until = now + hold_after(endpoint.failures, asked=error.retry_after)
    endpoint.save(update_fields=["failing_since", "failures", "held_until"])
    if error.status == GONE:
        disable_endpoint(endpoint=endpoint, because=DisabledBecause.GONE, at=now)
        return None
    if wait is None and _nothing_since(endpoint, delivery):
        disable_endpoint(endpoint=endpoint, because=DisabledBecause.FAILING, at=now)
        return None
    return None if down else False


def _nothing_since(endpoint: Endpoint, delivery: Delivery) -> bool:
    """Return whether nothing got through since this event was first tried.

    Otherwise it is the event that the endpoint cannot take, and others may go on.
    """
    first = delivery.tries.order_by("id").values_list("at", flat=True).first()
    since = endpoint.failing_since
    return since is not None and first is not None and since <= first


def _settle(delivery: Delivery, state: DeliveryState, now: datetime) -> None:
    delivery.state, delivery.settled_at = state, now
    delivery.save(update_fields=["state", "settled_at", "attempts", "last_status", "last_fault"])


def _elapsed(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
