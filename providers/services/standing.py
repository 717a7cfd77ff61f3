"""What a provider may do now: settled after each change of its file, and by the scheduler.

No other code writes `Provider.active`, `granted`, `shown_fields` or `webhooks_personal`.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider, User
from accounts.rules import PERMISSIONS_OF
from accounts.services import system_user
from accounts.services.changes import changed_fields, set_fields
from accounts.states import Role
from journal.origin import origin
from journal.selectors import history_of
from providers import events
from providers.errors import BadInput, Conflict
from providers.models import AccessToken, Contract, Evaluation, Suspension
from providers.permissions import MANAGE, demand_file
from providers.rules.matrix import PERSONAL_FIELDS
from providers.rules.standing import reasons_against, reminder_due, warning_due
from providers.selectors.file import (
    contract_on,
    is_confirmed,
    newest_requirements,
    open_suspension,
)
from providers.services.noting import digest, locked, note
from providers.states import ContractState


def settle(provider: Provider, *, actor: User | None, at: datetime) -> None:
    """Write down what a locked provider is granted from now on, and record it if that changed.

    Its tokens end with the right to use them.
    """
    if provider.is_test:
        _settle_test(provider, actor, at)
        return
    contract = contract_on(provider, timezone.localdate(at))
    because = reasons_against(
        contract=contract is not None,
        confirmed=is_confirmed(provider),
        suspended=open_suspension(provider) is not None,
    )
    active = contract is not None and not because
    said = {
        "active": active,
        "granted": list(contract.granted) if active and contract else [],
        "shown_fields": list(contract.shown_fields) if active and contract else [],
        "webhooks_personal": bool(active and contract and contract.webhooks_personal),
    }
    _write_down(provider, said, because, actor, at)


def _settle_test(provider: Provider, actor: User | None, at: datetime) -> None:
    """Grant everything that can be granted: without a contract, for there is nothing but tests."""
    suspended = open_suspension(provider) is not None
    said = {
        "active": not suspended,
        "granted": [] if suspended else sorted(PERMISSIONS_OF[Role.PROVIDER_STAFF]),
        "shown_fields": [] if suspended else list(PERSONAL_FIELDS),
        "webhooks_personal": not suspended,
    }
    _write_down(provider, said, ["suspended"] if suspended else [], actor, at)


def _write_down(
    provider: Provider,
    said: Mapping[str, Any],
    because: Iterable[str],
    actor: User | None,
    at: datetime,
) -> None:
    changed = changed_fields(provider, said)
    if not changed:
        return
    set_fields(provider, said)
    provider.save(update_fields=changed)
    if provider.active:
        payload = {"granted": provider.granted, "shown": provider.shown_fields}
        note(events.GRANTED, provider, actor, at, payload)
        return
    ended, _counts = AccessToken.objects.filter(client__provider=provider).delete()
    note(events.STOPPED, provider, actor, at, {"because": list(because), "tokens": ended})


@transaction.atomic
def suspend_provider(*, provider_id: int, reason: str, actor: User, at: datetime) -> Suspension:
    """Stop everything a provider does here, at once. Raises NotAllowed, Conflict, BadInput."""
    demand_file(actor, MANAGE)
    provider = locked(provider_id)
    if open_suspension(provider) is not None:
        raise Conflict(_("This provider is suspended already."))
    if not reason.strip():
        raise BadInput(_("Say why."), field="reason")
    suspension = Suspension.objects.create(
        provider=provider, reason=reason.strip(), began_at=at, began_by=actor
    )
    payload = {"suspension": suspension.pk, "sha256": digest(suspension.reason)}
    note(events.SUSPENDED, provider, actor, at, payload)
    settle(provider, actor=actor, at=at)
    return suspension


@transaction.atomic
def resume_provider(*, provider_id: int, reason: str, actor: User, at: datetime) -> Suspension:
    """Let a suspended provider go on, as far as its contract holds.

    Whoever suspended it may resume it: to stop is quick, and to go on is a decision with a reason.
    Raises NotAllowed, Conflict, BadInput naming `reason`.
    """
    demand_file(actor, MANAGE)
    provider = locked(provider_id)
    suspension = open_suspension(provider)
    if suspension is None:
        raise Conflict(_("This provider is not suspended."))
    if not reason.strip():
        raise BadInput(_("Say why."), field="reason")
    suspension.ended_at, suspension.ended_by, suspension.end_reason = at, actor, reason.strip()
    suspension.save(update_fields=["ended_at", "ended_by", "end_reason"])
    note(events.RESUMED, provider, actor, at, {"suspension": suspension.pk})
    settle(provider, actor=actor, at=at)
    return suspension


def sweep_contracts(*, now: datetime) -> None:
    """Let contracts begin and run out on their day; warn before one runs out. By the scheduler."""
    with origin("scheduler"):
        for pk in Provider.objects.order_by("pk").values_list("pk", flat=True):
            with transaction.atomic():
                provider = locked(pk)
                settle(provider, actor=system_user(), at=now)
                _warn(provider, now)


def _warn(provider: Provider, now: datetime) -> None:
    today = timezone.localdate(now)
    contract = contract_on(provider, today)
    if contract is not None and not _succeeded(contract):
        days = warning_due(contract.ends_on, today, contract.warned)
        if days is not None:
            contract.warned = days
            contract.save(update_fields=["warned"])
            payload = {"contract": contract.pk, "days": days}
            note(events.CONTRACT_ENDING, provider, system_user(), now, payload)
    newest = Evaluation.objects.filter(provider=provider, next_due_on__isnull=False).first()
    if provider.active and newest is not None and newest.next_due_on is not None:
        days = warning_due(newest.next_due_on, today, newest.warned)
        if days is not None:
            newest.warned = days
            newest.save(update_fields=["warned"])
            payload = {"evaluation": newest.pk, "days": days}
            note(events.EVALUATION_DUE, provider, system_user(), now, payload)
        _remind(provider, events.EVALUATION_LATE, newest.next_due_on, now, evaluation=newest.pk)
    told = newest_requirements(provider)
    if told is not None and told.confirmed_at is None:
        day = timezone.localdate(told.told_at)
        _remind(provider, events.REQUIREMENTS_WAITING, day, now, version=told.version)


def _remind(provider: Provider, kind: str, since: date, now: datetime, **cause: int) -> None:
    """Note what still waits, at growing steps: what went out before stands in the record."""
    said = [entry.payload for entry in history_of(provider).filter(kind=kind)]
    before = [one["days"] for one in said if cause.items() <= one.items()]
    days = reminder_due(since, timezone.localdate(now), max(before, default=None))
    if days is not None:
        note(kind, provider, system_user(), now, {**cause, "days": days})


def _succeeded(contract: Contract) -> bool:
    """Return whether another contract is approved for the time after it."""
    return Contract.objects.filter(
        provider=contract.provider_id,
        state=ContractState.APPROVED,
        ends_on__gt=contract.ends_on,
    ).exists()
