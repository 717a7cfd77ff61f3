"""The verbs on contracts: written, handed in, approved by somebody else, given back, ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider, User
from accounts.services import release
from providers import events
from providers.errors import BadInput, Conflict, NotAllowed
from providers.models import ApiClient, ClientSecret, Contract
from providers.permissions import APPROVE, MANAGE, demand_file
from providers.rules.matrix import EXTRAS, PERSONAL_FIELDS, Duty, Matrix, fault_of, granted_by
from providers.selectors.file import is_confirmed, is_selected, open_contract, people_of
from providers.services.noting import digest, locked, note
from providers.services.standing import settle
from providers.states import ContractState


@dataclass(frozen=True)
class Terms:
    """What a contract is to say."""

    number: str
    starts_on: date
    ends_on: date
    matrix: Sequence[Duty]
    extras: Sequence[str] = ()
    shown_fields: Sequence[str] = ()
    webhooks_personal: bool = False
    note: str = ""


_FIELDS = (
    "number",
    "starts_on",
    "ends_on",
    "matrix",
    "granted",
    "shown_fields",
    "webhooks_personal",
    "note",
)


@transaction.atomic
def draft_contract(*, provider_id: int, terms: Terms, actor: User, at: datetime) -> Contract:
    """Write a contract. Raises NotAllowed, Conflict while another is open, BadInput."""
    demand_file(actor, MANAGE)
    provider = locked(provider_id)
    if open_contract(provider) is not None:
        raise Conflict(_("A contract is being written or waits for approval already."))
    content = _content(terms)
    contract = Contract.objects.create(provider=provider, author=actor, drafted_at=at, **content)
    note(events.CONTRACT_DRAFTED, provider, actor, at, _named(contract))
    return contract


@transaction.atomic
def change_contract(*, contract_id: int, terms: Terms, actor: User, at: datetime) -> Contract:
    """Write a draft anew. Raises NotAllowed, Conflict, BadInput."""
    demand_file(actor, MANAGE)
    contract = _locked(contract_id, ContractState.DRAFT)
    for name, value in _content(terms).items():
        setattr(contract, name, value)
    contract.author = actor  # whoever wrote last cannot approve
    contract.save(update_fields=[*_FIELDS, "author"])
    note(events.CONTRACT_CHANGED, contract.provider, actor, at, _named(contract))
    return contract


def _content(terms: Terms) -> dict[str, Any]:
    if not terms.number.strip():
        raise BadInput(_("Give the contract a number."), field="number")
    if terms.ends_on < terms.starts_on:
        raise BadInput(_("It ends before it begins."), field="ends_on")
    rows = [duty.model_dump() for duty in terms.matrix]
    step, code = fault_of(rows)
    if code == "emergency":
        raise BadInput(
            _("Whoever hears of an emergency passes it on: this cannot be taken from a provider."),
            field=step,
        )
    if code:
        raise BadInput(_("Say for each step who does it."), field=step)
    if set(terms.extras) - set(EXTRAS):
        raise BadInput(_("This cannot be granted to a provider."), field="extras")
    if set(terms.shown_fields) - set(PERSONAL_FIELDS):
        raise BadInput(_("There is no such field of a complainant."), field="shown_fields")
    return {
        "number": terms.number.strip(),
        "starts_on": terms.starts_on,
        "ends_on": terms.ends_on,
        "matrix": rows,
        "granted": granted_by(Matrix(duties=tuple(terms.matrix)), terms.extras),
        "shown_fields": [name for name in PERSONAL_FIELDS if name in terms.shown_fields],
        "webhooks_personal": terms.webhooks_personal,
        "note": terms.note.strip(),
    }


@transaction.atomic
def submit_contract(*, contract_id: int, actor: User, at: datetime) -> Contract:
    """Hand a draft in for approval. Raises NotAllowed, Conflict (also before the selection)."""
    demand_file(actor, MANAGE)
    contract = _locked(contract_id, ContractState.DRAFT)
    if not is_selected(contract.provider):
        raise Conflict(_("Evaluate and select the provider first."), code="not_selected")
    contract.state, contract.author = ContractState.SUBMITTED, actor
    contract.save(update_fields=["state", "author"])
    note(events.CONTRACT_SUBMITTED, contract.provider, actor, at, _named(contract))
    return contract


@transaction.atomic
def approve_contract(*, contract_id: int, remark: str = "", actor: User, at: datetime) -> Contract:
    """Put a contract in force from its first day. Of several, the newest that holds counts.

    Raises NotAllowed, also for who wrote it; Conflict, also before what the provider was told is
    confirmed, and when its last day is over.
    """
    contract = _decided(contract_id, actor)
    if not is_confirmed(contract.provider):
        raise Conflict(
            _("The provider has not confirmed yet what is required of it."), code="not_confirmed"
        )
    if contract.ends_on < timezone.localdate(at):
        raise Conflict(_("The last day of this contract is over."), code="over")
    contract.state, contract.decision_note = ContractState.APPROVED, remark.strip()
    contract.approved_by, contract.approved_at = actor, at
    contract.save(update_fields=["state", "decision_note", "approved_by", "approved_at"])
    note(events.CONTRACT_APPROVED, contract.provider, actor, at, _named(contract))
    settle(contract.provider, actor=actor, at=at)
    return contract


@transaction.atomic
def return_contract(*, contract_id: int, remark: str, actor: User, at: datetime) -> Contract:
    """Give a contract back to be written on. Raises NotAllowed, Conflict, BadInput on `note`."""
    contract = _decided(contract_id, actor)
    if not remark.strip():
        raise BadInput(_("Say what should be changed."), field="note")
    contract.state, contract.decision_note = ContractState.DRAFT, remark.strip()
    contract.save(update_fields=["state", "decision_note"])
    note(events.CONTRACT_RETURNED, contract.provider, actor, at, _named(contract))
    return contract


@transaction.atomic
def discard_contract(*, contract_id: int, actor: User, at: datetime) -> None:
    """Throw a draft away. Raises NotAllowed, Conflict."""
    demand_file(actor, MANAGE)
    contract = _locked(contract_id, ContractState.DRAFT)
    contract.state = ContractState.DISCARDED
    contract.save(update_fields=["state"])
    note(events.CONTRACT_DISCARDED, contract.provider, actor, at, _named(contract))


@transaction.atomic
def end_contract(*, contract_id: int, reason: str, actor: User, at: datetime) -> Contract:
    """End the work with a provider: its accounts are closed, its secrets and tokens erased.

    Its complaints stay with the organisation. No field of a complainant is shown any more, and no
    other contract of the provider goes on. Raises NotAllowed, Conflict, BadInput naming `reason`.
    """
    demand_file(actor, MANAGE)
    contract = _locked(contract_id, ContractState.APPROVED)
    if not reason.strip():
        raise BadInput(_("Say why."), field="reason")
    provider = contract.provider
    approved = provider.contracts.filter(state=ContractState.APPROVED)
    approved.update(
        state=ContractState.ENDED, ended_by=actor, ended_at=at, end_reason=reason.strip()
    )
    provider.contracts.filter(state__in=[ContractState.DRAFT, ContractState.SUBMITTED]).update(
        state=ContractState.DISCARDED
    )
    people = _close_people(provider, actor, at)
    clients = _close_software(provider, actor, at)
    payload = {"contract": contract.pk, "people": people, "clients": clients}
    note(events.CONTRACT_ENDED, provider, actor, at, payload)
    settle(provider, actor=actor, at=at)
    contract.refresh_from_db()
    return contract


def _close_people(provider: Provider, actor: User, at: datetime) -> int:
    working = [person for person in people_of(provider) if person.is_active]
    for person in working:
        release(user=person, actor=actor, at=at)
    return len(working)


def _close_software(provider: Provider, actor: User, at: datetime) -> int:
    clients = list(ApiClient.objects.filter(provider=provider).select_related("user"))
    for client in clients:
        client.tokens.all().delete()
        ClientSecret.objects.filter(client=client).delete()
        if client.ended_at is None:
            client.ended_at = at
            client.save(update_fields=["ended_at"])
        release(user=client.user, actor=actor, at=at)
    return len(clients)


def _decided(contract_id: int, actor: User) -> Contract:
    demand_file(actor, APPROVE)
    contract = _locked(contract_id, ContractState.SUBMITTED)
    if contract.author_id == actor.pk:
        raise NotAllowed(_("Whoever wrote a contract does not approve it."))
    return contract


def _locked(contract_id: int, state: str) -> Contract:
    """Lock the provider first, as every verb of the file does, then its contract."""
    found = Contract.objects.get(pk=contract_id)
    provider = locked(found.provider_id)
    contract = Contract.objects.select_for_update(of=("self",)).get(pk=contract_id)
    if contract.state != state:
        raise Conflict(_("This contract is no longer where you saw it. Look at it again."))
    contract.provider = provider
    return contract


def _named(contract: Contract) -> dict[str, Any]:
    content = {name: getattr(contract, name) for name in _FIELDS}
    content |= {"starts_on": str(contract.starts_on), "ends_on": str(contract.ends_on)}
    return {"contract": contract.pk, "sha256": digest(content)}
