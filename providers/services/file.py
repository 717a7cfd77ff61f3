"""The verbs on a provider itself, its people, and what went wrong there."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider, User
from accounts.services import Outsider, employ, release
from accounts.services.changes import changed_fields, refuse_invalid
from providers import events
from providers.errors import BadInput, Conflict
from providers.models import BreachNote
from providers.permissions import MANAGE, demand_file
from providers.selectors.file import people_of
from providers.services.noting import digest, locked, note
from providers.services.standing import settle
from providers.states import Breach

TEST_SUFFIX = "-test"
NAME_LENGTH = 120


@transaction.atomic
def create_provider(
    *, code: str, name_en: str, name_zh: str, actor: User, at: datetime
) -> Provider:
    """Begin the file of a provider; nothing is granted by it. Raises NotAllowed, Refusal."""
    demand_file(actor, MANAGE)
    provider = Provider(code=code.strip(), name_en=name_en.strip(), name_zh=name_zh.strip())
    refuse_invalid(provider)
    provider.save(force_insert=True)
    note(events.CREATED, provider, actor, at)
    return provider


@transaction.atomic
def create_test_provider(*, provider_id: int, actor: User, at: datetime) -> Provider:
    """Give a provider a twin to try things out with: its complaints are in the sandbox.

    It may do all that a provider can be granted, before any contract. Raises NotAllowed, Conflict
    when there is one already or this is one.
    """
    demand_file(actor, MANAGE)
    provider = locked(provider_id)
    code = f"{provider.code}{TEST_SUFFIX}"
    if provider.is_test or Provider.objects.filter(code=code).exists():
        raise Conflict(_("There is a provider for tests already."))
    twin = Provider(
        code=code,
        name_en=f"{provider.name_en} (test)"[-NAME_LENGTH:],
        name_zh=f"{provider.name_zh}（测试）"[-NAME_LENGTH:],
        is_test=True,
    )
    refuse_invalid(twin)
    twin.save(force_insert=True)
    note(events.CREATED, twin, actor, at, {"test_of": provider.pk})
    settle(twin, actor=actor, at=at)
    return twin


@transaction.atomic
def change_provider(
    *, provider_id: int, name_en: str, name_zh: str, actor: User, at: datetime
) -> Provider:
    """Change the names of a provider. Changing nothing records nothing."""
    demand_file(actor, MANAGE)
    provider = locked(provider_id)
    values = {"name_en": name_en.strip(), "name_zh": name_zh.strip()}
    changed = changed_fields(provider, values)
    if changed:
        provider.name_en, provider.name_zh = values["name_en"], values["name_zh"]
        refuse_invalid(provider)
        provider.save(update_fields=changed)
        note(events.CHANGED, provider, actor, at, {"fields": changed})
    return provider


@transaction.atomic
def engage_person(
    *, provider_id: int, outsider: Outsider, password: str, actor: User, at: datetime
) -> User:
    """Let somebody of a provider sign in, with a one-time password. Raises NotAllowed, Refusal."""
    demand_file(actor, MANAGE)
    provider = locked(provider_id)
    person = employ(outsider=outsider, provider=provider, password=password, actor=actor, at=at)
    note(events.PERSON_ENGAGED, provider, actor, at, {"user": person.pk})
    return person


@transaction.atomic
def release_person(*, provider_id: int, user_id: int, actor: User, at: datetime) -> None:
    """Close the account of somebody of a provider. Raises NotAllowed, Conflict."""
    demand_file(actor, MANAGE)
    provider = locked(provider_id)
    person = next((one for one in people_of(provider) if one.pk == user_id), None)
    if person is None or not person.is_active:
        raise Conflict(_("This account is closed."))
    release(user=person, actor=actor, at=at)
    note(events.PERSON_RELEASED, provider, actor, at, {"user": person.pk})


@dataclass(frozen=True)
class Happened:
    """What went wrong at a provider, and when it told us, if it did."""

    kind: str
    what: str
    happened_at: datetime
    reported_at: datetime | None = None


@transaction.atomic
def note_breach(*, provider_id: int, happened: Happened, actor: User, at: datetime) -> BreachNote:
    """Write down a breach; it weighs in the scorecard of the quarter in which it happened.

    Raises NotAllowed, BadInput naming `kind`, `what`, `happened_at` or `reported_at`.
    """
    demand_file(actor, MANAGE)
    provider = locked(provider_id)
    if happened.kind not in Breach.values:
        raise BadInput(_("Say what kind it is."), field="kind")
    if not happened.what.strip():
        raise BadInput(_("Say what happened."), field="what")
    if happened.happened_at > at:
        raise BadInput(_("This lies in the future."), field="happened_at")
    if happened.reported_at is not None and not (
        happened.happened_at <= happened.reported_at <= at
    ):
        raise BadInput(_("This lies before it happened, or in the future."), field="reported_at")
    breach = BreachNote.objects.create(
        provider=provider,
        kind=happened.kind,
        what=happened.what.strip(),
        happened_at=happened.happened_at,
        reported_at=happened.reported_at,
        noted_by=actor,
        noted_at=at,
    )
    payload = {"breach": breach.pk, "of": breach.kind, "sha256": digest(breach.what)}
    note(events.BREACH_NOTED, provider, actor, at, payload)
    return breach


@transaction.atomic
def close_breach(*, breach_id: int, measures: str, actor: User, at: datetime) -> BreachNote:
    """Say what was done about a breach. Raises NotAllowed, Conflict, BadInput on `measures`."""
    demand_file(actor, MANAGE)
    found = BreachNote.objects.get(pk=breach_id)
    provider = locked(found.provider_id)
    breach = BreachNote.objects.select_for_update(of=("self",)).get(pk=breach_id)
    if breach.closed_at is not None:
        raise Conflict(_("This breach is closed already."))
    if not measures.strip():
        raise BadInput(_("Say what was done about it."), field="measures")
    breach.measures, breach.closed_by, breach.closed_at = measures.strip(), actor, at
    breach.save(update_fields=["measures", "closed_by", "closed_at"])
    payload = {"breach": breach.pk, "sha256": digest(breach.measures)}
    note(events.BREACH_CLOSED, provider, actor, at, payload)
    return breach
