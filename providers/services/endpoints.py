"""The verbs on endpoints: add, change, rotate the secret, remove, try, send again."""

import base64
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from journal.services import record
from providers import events
from providers.errors import BadInput, Conflict, NotAllowed
from providers.models import ApiClient, Delivery, Endpoint, Event
from providers.permissions import may_keep_webhooks
from providers.registry import event_types
from providers.services.feed import of_endpoint, owe_again, owe_test
from providers.states import DisabledBecause
from providers.transports import NotToldError, fault_of, seal, unseal

MOST = 10
LONGEST_OVERLAP = timedelta(days=7)
MOST_AGAIN = 10_000  # events of one replay
_CHANGEABLE = ("url", "note", "event_types", "active")
_WRONG = {
    "too_long": _("This address is too long."),
    "not_an_address": _("This is not a complete address."),
    "not_https": _("The address must begin with https://."),
    "secret_in_address": _("Leave name, password and fragment out of the address."),
    "port": _("This port may not be called."),
    "private": _("This address lies in a network that may not be called."),
}


@transaction.atomic
def add_endpoint(
    *,
    client: ApiClient,
    url: str,
    types: Collection[str],
    note: str = "",
    actor: User,
    at: datetime,
) -> Endpoint:
    """Add an address to which events are posted; its secret is read by `read_secret`.

    No types are all of them. Raises NotAllowed, Conflict when there are too many already, BadInput
    naming `url` or `event_types`.
    """
    _demand(actor, client)
    ApiClient.objects.select_for_update(of=("self",)).get(pk=client.pk)  # one count at a time
    if client.endpoints.count() >= MOST:
        raise Conflict(_("Ten endpoints are enough: remove one first."), code="too_many")
    endpoint = Endpoint(
        public_id=f"we_{secrets.token_urlsafe(16)}",
        client=client,
        url=_checked_url(url),
        note=note.strip(),
        event_types=_checked_types(types),
        secret=seal(_new_secret()),
        made_at=at,
        made_by=actor,
    )
    endpoint.save(force_insert=True)
    _note(events.ENDPOINT_ADDED, endpoint, actor, at, {"client": client.pk})
    return endpoint


@transaction.atomic
def change_endpoint(
    *,
    endpoint_id: int,
    values: Mapping[str, Any],
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Endpoint:
    """Change `url`, `note`, `event_types` or `active`.

    Raises Endpoint.DoesNotExist, Conflict when it was changed meanwhile, BadInput naming a field.
    """
    endpoint = _take(endpoint_id, actor, expected_version)
    checks = {"url": _checked_url, "event_types": _checked_types, "note": str.strip}
    before = {name: getattr(endpoint, name) for name in _CHANGEABLE}
    for name in _CHANGEABLE:
        if name in values:
            setattr(endpoint, name, checks.get(name, bool)(values[name]))
    fields = [name for name in _CHANGEABLE if getattr(endpoint, name) != before[name]]
    if not fields:
        return endpoint
    if "active" in fields:
        fields.remove("active")
        _switch(endpoint, actor, at)
    if fields:
        _note(events.ENDPOINT_CHANGED, endpoint, actor, at, {"fields": fields})
    endpoint.version += 1
    endpoint.save(
        update_fields=[
            *_CHANGEABLE,
            *("disabled_at", "disabled_because", "failing_since", "failures", "held_until"),
            "version",
        ]
    )
    return endpoint


@transaction.atomic
def rotate_endpoint_secret(
    *,
    endpoint_id: int,
    overlap: timedelta,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Endpoint:
    """Give an endpoint a new secret; for a while the former one signs, too.

    Raises Endpoint.DoesNotExist, Conflict, BadInput naming `overlap`.
    """
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise BadInput(_("Both secrets sign for at most seven days."), field="overlap")
    endpoint = _take(endpoint_id, actor, expected_version)
    endpoint.former_secret = endpoint.secret if overlap else ""
    endpoint.former_until = at + overlap if overlap else None
    endpoint.secret = seal(_new_secret())
    endpoint.version += 1
    endpoint.save(update_fields=["secret", "former_secret", "former_until", "version"])
    until = endpoint.former_until.isoformat() if endpoint.former_until else ""
    _note(events.SECRET_ROTATED, endpoint, actor, at, {"until": until})
    return endpoint


@transaction.atomic
def read_secret(*, endpoint_id: int, actor: User, at: datetime) -> str:
    """Return an endpoint's secret; that it was read is recorded.

    Raises Endpoint.DoesNotExist, Conflict when no key of this installation opens it any more.
    """
    endpoint = _take(endpoint_id, actor)
    try:
        secret = unseal(endpoint.secret)
    except NotToldError:
        raise Conflict(
            _("This secret cannot be read any more: rotate it."), code="unreadable"
        ) from None
    _note(events.SECRET_READ, endpoint, actor, at)
    return secret


@transaction.atomic
def remove_endpoint(
    *, endpoint_id: int, actor: User, at: datetime, expected_version: int | None = None
) -> None:
    """Remove an endpoint with its secrets and its log. Raises Endpoint.DoesNotExist, Conflict."""
    endpoint = _take(endpoint_id, actor, expected_version)
    _note(events.ENDPOINT_REMOVED, endpoint, actor, at, {"client": endpoint.client_id})
    endpoint.delete()


@transaction.atomic
def send_test_event(*, endpoint_id: int, actor: User, at: datetime) -> Delivery:
    """Owe an endpoint an event about nothing, to see that it works.

    Raises Endpoint.DoesNotExist, Conflict while it is switched off.
    """
    endpoint = _take(endpoint_id, actor)
    _demand_active(endpoint)
    return owe_test(endpoint, kind=events.TEST, at=at)


@transaction.atomic
def replay_event(*, endpoint_id: int, event_id: str, actor: User, at: datetime) -> int:
    """Owe an endpoint one event again, by the id it carries. Raises Endpoint.DoesNotExist,
    Event.DoesNotExist, Conflict while it is switched off.
    """
    endpoint = _take(endpoint_id, actor)
    _demand_active(endpoint)
    found = Event.objects.filter(of_endpoint(endpoint), public_id=event_id)
    if not found:
        raise Event.DoesNotExist
    return _again(endpoint, list(found), actor, at)


@transaction.atomic
def replay_events(
    *, endpoint_id: int, since: datetime, until: datetime, actor: User, at: datetime
) -> int:
    """Owe an endpoint all events of a time again, those it was never told, too; return how many.

    Raises Endpoint.DoesNotExist, Conflict while it is switched off, BadInput naming `since`.
    """
    endpoint = _take(endpoint_id, actor)
    _demand_active(endpoint)
    if since >= until:
        raise BadInput(_("The time must begin before it ends."), field="since")
    found = Event.objects.filter(
        of_endpoint(endpoint), recorded_at__gte=since, recorded_at__lt=until
    ).order_by("number")[: MOST_AGAIN + 1]
    wanted = list(found)
    if len(wanted) > MOST_AGAIN:
        raise BadInput(_("More than 10,000 events: choose a shorter time."), field="since")
    return _again(endpoint, wanted, actor, at)


@transaction.atomic
def disable_endpoint(*, endpoint: Endpoint, because: str, at: datetime) -> None:
    """Switch an endpoint off by itself, in the transaction that saw why; people are told."""
    endpoint.active, endpoint.disabled_at, endpoint.disabled_because = False, at, because
    endpoint.version += 1
    endpoint.save(update_fields=["active", "disabled_at", "disabled_because", "version"])
    _note(events.ENDPOINT_DISABLED, endpoint, None, at, {"because": str(because)})


def _again(endpoint: Endpoint, wanted: list[Event], actor: User, at: datetime) -> int:
    count = owe_again(endpoint, wanted, at=at)
    _note(events.REPLAYED, endpoint, actor, at, {"deliveries": count})
    return count


def _switch(endpoint: Endpoint, actor: User, at: datetime) -> None:
    if endpoint.active:
        endpoint.disabled_at, endpoint.disabled_because = None, ""
        endpoint.failing_since, endpoint.failures, endpoint.held_until = None, 0, None
        _note(events.ENDPOINT_ENABLED, endpoint, actor, at)
    else:
        endpoint.disabled_at, endpoint.disabled_because = at, DisabledBecause.BY_HAND
        because = {"because": str(DisabledBecause.BY_HAND)}
        _note(events.ENDPOINT_DISABLED, endpoint, actor, at, because)


def _take(endpoint_id: int, actor: User, expected_version: int | None = None) -> Endpoint:
    endpoint = (
        Endpoint.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .select_related("client")
        .get(pk=endpoint_id)
    )
    if expected_version is not None and endpoint.version != expected_version:
        raise Conflict(_("This endpoint was changed in the meantime."), code="conflict")
    return endpoint


def _demand(actor: User, client: ApiClient) -> None:
    if not may_keep_webhooks(actor, client):
        raise NotAllowed(_("You do not keep the webhooks of this software."))
    if client.ended_at is not None:
        raise Conflict(_("This software no longer has access."), code="client_ended")


def _demand_active(endpoint: Endpoint) -> None:
    if not endpoint.active:
        raise Conflict(_("This endpoint is switched off: switch it on first."), code="disabled")


def _checked_url(url: str) -> str:
    url = url.strip()
    code = fault_of(url)
    if code:
        raise BadInput(_WRONG[code], field="url", code=code)
    return url


def _checked_types(types: Collection[str]) -> list[str]:
    known = event_types()
    for name in types:
        if name not in known:
            raise BadInput(_("There is no event “%(name)s”.") % {"name": name}, field="event_types")
    return [name for name in known if name in types]


def _new_secret() -> str:
    """Return a secret as Standard Webhooks writes it: 256 random bits."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def _note(
    kind: str,
    endpoint: Endpoint,
    actor: User | None,
    at: datetime,
    payload: Mapping[str, Any] | None = None,
) -> None:
    record(kind=kind, subject=endpoint, actor=actor, occurred_at=at, payload=payload)
