"""`/healthz`: the process answers. `/readyz`: what it needs is there and nothing is stuck."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from kombu import Connection

from complaints.selectors.clocks import oldest_unswept
from journal.selectors import outbox_state
from mailroom.selectors.health import mailroom_state

TOLERATED_DELAY = timedelta(minutes=15)
TOLERATED_FETCH_DELAY = timedelta(hours=1)


def healthz(_request: HttpRequest) -> JsonResponse:
    """Say that the process answers."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> JsonResponse:
    """Check database, broker, oldest undelivered message and oldest unswept clock."""
    now = datetime.now(UTC)
    checks: dict[str, dict[str, Any]] = {"database": _database()}
    if checks["database"]["ok"]:
        checks["outbox"] = _age(outbox_state().oldest_at, now)
        checks["clocks"] = _age(oldest_unswept(now=now), now)
        checks["mail"] = _mail(now)
    checks["broker"] = _broker()
    ready = all(check["ok"] for check in checks.values())
    return JsonResponse(
        {"status": "ready" if ready else "not ready", "checks": checks},
        status=200 if ready else 503,
    )


def _database() -> dict[str, Any]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return {"ok": False, "error": type(error).__name__}
    return {"ok": True, "engine": connection.vendor}


def _mail(now: datetime) -> dict[str, Any]:
    """Say since when the mailbox was not read, and for how long a mail has waited for a person.

    What waits for people makes no process unready; a mailbox that nobody can read does.
    """
    state = mailroom_state()
    waiting = _age(state.oldest_waiting_at, now)["oldest_seconds"]
    told: dict[str, Any] = {"ok": True, "waiting": state.waiting, "oldest_waiting_seconds": waiting}
    if state.fetching:
        read_at = state.box.succeeded_at if state.box else None
        told["fetched_seconds"] = int((now - read_at).total_seconds()) if read_at else None
        failing = state.box is not None and bool(state.box.error)
        late = read_at is None or now - read_at > TOLERATED_FETCH_DELAY
        told["ok"] = not (failing and late)
    return told


def _broker() -> dict[str, Any]:
    try:
        with Connection(
            settings.CELERY_BROKER_URL,
            transport=settings.CELERY_BROKER_TRANSPORT,
            transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS,
            connect_timeout=2,
        ) as broker:
            broker.ensure_connection(max_retries=1, timeout=3)
            return {"ok": True, "transport": broker.transport_cls}
    except Exception as error:  # noqa: BLE001 - each transport has errors of its own
        return {"ok": False, "error": type(error).__name__}


def _age(oldest: datetime | None, now: datetime) -> dict[str, Any]:
    seconds = int((now - oldest).total_seconds()) if oldest else 0
    return {"ok": seconds < TOLERATED_DELAY.total_seconds(), "oldest_seconds": max(0, seconds)}
