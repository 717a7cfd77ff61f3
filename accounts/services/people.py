"""The verbs on people: create, change, give and take roles, deactivate and bring back."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import events
from accounts.models import Membership, Provider, Site, Team, User
from accounts.permissions import demand
from accounts.rules import NEVER_BY_HAND, ONLY_EVERYWHERE, roles_with
from accounts.services.access import close_sessions, revoke_credentials
from accounts.services.changes import changed_fields, refuse_invalid, set_fields
from accounts.states import Role
from journal.errors import Refusal
from journal.services import record

SYSTEM = "system"
MANAGE = "accounts.manage"


def system_user() -> User:
    """Return the account in whose name the scheduler and automatic steps act."""
    user, _new = User.objects.get_or_create(
        username=SYSTEM,
        defaults={
            "is_system": True,
            "display_name": "Redress",
            "password": make_password(None),  # nobody can sign in with it
        },
    )
    return user


@transaction.atomic
def create_user(
    *,
    username: str,
    password: str | None,
    display_name: str,
    email: str = "",
    language: str = "",
    one_time: bool = False,
    actor: User | None,
    at: datetime,
) -> User:
    """Create a person who may sign in; without a password they cannot until one is set.

    A one-time password must be changed at the first sign-in.
    """
    demand(actor, MANAGE)
    user = User(
        username=User.normalize_username(username.strip()),
        email=User.objects.normalize_email(email.strip()),
        display_name=display_name.strip(),
        language=language,
        must_change_password=one_time,
    )
    return _add(user, password, actor, at)


def _add(user: User, password: str | None, actor: User | None, at: datetime) -> User:
    user.set_password(password)
    refuse_invalid(user)
    user.save(force_insert=True)
    record(kind=events.USER_CREATED, subject=user, actor=actor, occurred_at=at)
    return user


@transaction.atomic
def change_user(
    *,
    user: User,
    display_name: str,
    email: str,
    language: str,
    actor: User | None,
    at: datetime,
) -> User:
    """Change what is known of a person. Changing nothing records nothing."""
    demand(actor, MANAGE)
    return _change(
        user,
        {"display_name": display_name.strip(), "email": email.strip(), "language": language},
        actor,
        at,
    )


@transaction.atomic
def change_profile(
    *, actor: User, at: datetime, display_name: str | None = None, language: str | None = None
) -> User:
    """Change one's own name or language; everybody may."""
    values = {"display_name": display_name, "language": language}
    return _change(actor, {k: v for k, v in values.items() if v is not None}, actor, at)


def _change(user: User, values: dict[str, str], actor: User | None, at: datetime) -> User:
    changed = changed_fields(user, values)
    if not changed:
        return user
    set_fields(user, values)
    refuse_invalid(user)
    user.save(update_fields=changed)
    record(
        kind=events.USER_CHANGED,
        subject=user,
        actor=actor,
        occurred_at=at,
        payload=events.Changed(fields=changed),
    )
    return user


@transaction.atomic
def grant_role(
    *,
    user: User,
    role: str,
    site: Site | None = None,
    team: Team | None = None,
    actor: User | None,
    at: datetime,
) -> Membership:
    """Give a role, everywhere or at one place. Giving it twice changes nothing.

    Nobody gives a role to themselves: an administrator reads complaints only when another one
    has made them a reader.
    """
    demand(actor, MANAGE)
    refuse_role(user=user, role=role, site=site, team=team, actor=actor)
    membership, new = Membership.objects.get_or_create(user=user, role=role, site=site, team=team)
    if new:
        _record_role(events.ROLE_GRANTED, membership, actor, at)
    user.forget_grants()
    return membership


@transaction.atomic
def engage(
    *, user: User, role: str, provider: Provider | None, actor: User | None, at: datetime
) -> Membership:
    """Let a person or other software work for a provider (for the organisation: software only).

    The verb that calls has asked whether the actor may. Raises Refusal for any other role, and for
    somebody who is a colleague already: nobody is inside and outside at once.
    """
    if role not in NEVER_BY_HAND or (provider is None and not user.is_client):
        raise Refusal(_("There is no such role."), code="unknown_role", field="role")
    if user.memberships.exclude(provider=provider).exists():
        raise Refusal(
            _("This account has a role in the organisation or with another provider already."),
            code="inside_and_outside",
            field="username",
        )
    membership, new = Membership.objects.get_or_create(user=user, role=role, provider=provider)
    if new:
        _record_role(events.ROLE_GRANTED, membership, actor, at)
    user.forget_grants()
    return membership


@dataclass(frozen=True)
class Outsider:
    """Somebody of a provider, who is to sign in."""

    username: str
    display_name: str
    email: str = ""
    language: str = ""


@transaction.atomic
def employ(
    *, outsider: Outsider, provider: Provider, password: str, actor: User | None, at: datetime
) -> User:
    """Create somebody who works for a provider, with a one-time password.

    The verb that calls has asked whether the actor may: such accounts are kept in the provider's
    file, by those who keep it, not by administrators.
    """
    user = User(
        username=User.normalize_username(outsider.username.strip()),
        email=User.objects.normalize_email(outsider.email.strip()),
        display_name=outsider.display_name.strip(),
        language=outsider.language,
        must_change_password=True,
    )
    _add(user, password, actor, at)
    engage(user=user, role=Role.PROVIDER_STAFF, provider=provider, actor=actor, at=at)
    return user


@transaction.atomic
def employ_software(
    *, username: str, name: str, provider: Provider | None, actor: User | None, at: datetime
) -> User:
    """Create the account of other software, with which nobody can sign in; see `employ`.

    Without a provider it works for the organisation itself.
    """
    user = User(username=username, display_name=name.strip(), is_client=True)
    _add(user, None, actor, at)
    engage(user=user, role=Role.API_CLIENT, provider=provider, actor=actor, at=at)
    return user


@transaction.atomic
def release(*, user: User, actor: User | None, at: datetime) -> None:
    """Close the account of somebody who worked for a provider, or of a provider's software.

    The verb that calls has asked whether the actor may. Raises Refusal for a colleague.
    """
    if user.provider is None and not user.is_client:
        raise Refusal(_("This person works for no provider."), code="not_outside")
    if user.is_active:
        _close(user, actor, at)


def refuse_role(
    *, user: User, role: str, site: Site | None, team: Team | None, actor: User | None
) -> None:
    """Refuse a role that does not exist, one for oneself, and a place for a role without one."""
    if role not in Role.values:
        raise Refusal(_("There is no such role."), code="unknown_role", field="role")
    if role in NEVER_BY_HAND or user.provider is not None:
        raise Refusal(
            _("Who works for a provider is kept in the provider's file."),
            code="by_provider_file",
            field="role",
        )
    if actor is not None and not actor.is_system and actor.pk == user.pk:
        raise Refusal(
            _("You cannot give yourself a role. Ask another administrator."), code="own_role"
        )
    if role in ONLY_EVERYWHERE and (site or team):
        raise Refusal(
            _("An administrator is one for the whole organisation: leave site and team empty."),
            code="only_everywhere",
            field="site",
        )


@transaction.atomic
def revoke_role(*, membership: Membership, actor: User | None, at: datetime) -> None:
    """Take a role away. Raises Refusal when nobody would be left to manage people."""
    demand(actor, MANAGE)
    if membership.role in roles_with(MANAGE):
        _keep_an_administrator(without=membership.user)
    _record_role(events.ROLE_REVOKED, membership, actor, at)
    membership.user.forget_grants()
    membership.delete()


@transaction.atomic
def deactivate_user(*, user: User, actor: User | None, at: datetime) -> User:
    """Close an account: sessions end, passkeys and links stop working. The record stays.

    What the person owns goes back to its teams; their managers are told (complaints hears of it).
    """
    demand(actor, MANAGE)
    check_leaving(user, actor)
    return _close(user, actor, at)


def _close(user: User, actor: User | None, at: datetime) -> User:
    user.is_active = False
    user.save(update_fields=["is_active"])
    user.forget_grants()
    close_sessions(user)
    revoke_credentials(user, actor=actor, at=at)
    user.invitations.filter(used_at__isnull=True).delete()
    user.planned_moves.filter(made_at__isnull=True).delete()
    record(kind=events.USER_DEACTIVATED, subject=user, actor=actor, occurred_at=at)
    return user


def check_leaving(user: User, actor: User | None) -> None:
    """Refuse to close the system's account, one's own, and that of the last administrator."""
    if user.is_system:
        raise Refusal(_("The system's own account cannot be deactivated."), code="system")
    if actor is not None and actor.pk == user.pk:
        raise Refusal(_("You cannot deactivate your own account."), code="own_account")
    _keep_an_administrator(without=user)


@transaction.atomic
def reactivate_user(*, user: User, actor: User | None, at: datetime) -> User:
    """Open an account again, with the roles it had."""
    demand(actor, MANAGE)
    user.is_active, user.leaves_on = True, None
    user.save(update_fields=["is_active", "leaves_on"])
    user.forget_grants()
    record(kind=events.USER_REACTIVATED, subject=user, actor=actor, occurred_at=at)
    return user


def _record_role(kind: str, membership: Membership, actor: User | None, at: datetime) -> None:
    place = events.Place(
        role=membership.role,
        site=membership.site.code if membership.site else None,
        team=membership.team.code if membership.team else None,
    )
    if membership.provider:
        place["provider"] = membership.provider.code
    record(kind=kind, subject=membership.user, actor=actor, occurred_at=at, payload=place)


def _keep_an_administrator(*, without: User) -> None:
    """Refuse when only this person manages people.

    All who do are locked first and counted afterwards, so that two administrators who remove each
    other at the same moment are counted one after the other.
    """
    managing = User.objects.filter(
        is_active=True,
        pk__in=Membership.objects.filter(role__in=roles_with(MANAGE)).values("user"),
    )
    list(managing.select_for_update().order_by("pk"))
    if managing.filter(pk=without.pk).exists() and not managing.exclude(pk=without.pk).exists():
        raise Refusal(
            _("This is the last administrator. Make somebody else an administrator first."),
            code="last_administrator",
        )
