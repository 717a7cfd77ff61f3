"""Who comes in by single sign-on: the person the provider names, found, tied or made.

The provider says who somebody is. What they may do stays with this house: only roles that its own
settings list for a group are given, and nobody's account is taken over by an address alone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import events
from accounts.models import Membership, Site, Team, User
from accounts.selectors import find_by_username
from accounts.services.people import create_user, grant_role, system_user
from journal.errors import Refusal
from journal.services import record


@dataclass(frozen=True)
class Claims:
    """What a provider says of somebody, after its signature, state and nonce were checked."""

    provider: str
    uid: str
    username: str
    name: str
    email: str
    email_verified: bool
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class GroupRole:
    """A role that a group of the provider gives, everywhere or at one place (codes)."""

    group: str
    role: str
    site: str = ""
    team: str = ""


@dataclass(frozen=True)
class House:
    """What this house lets in: domains of addresses (empty: any), and roles of groups."""

    domains: Collection[str] = ()
    creates: bool = True
    roles: Sequence[GroupRole] = ()


@transaction.atomic
def admit(*, claims: Claims, house: House, at: datetime) -> User:
    """Return the person who comes in, tied to their sign-in; whoever is new is made, without roles.

    Raises Refusal: `domain`, `unverified`, `confirm` (the account has credentials of its own: its
    owner must sign in with them and tie it themselves), `name_taken`, `not_known`.
    """
    tied = SocialAccount.objects.filter(provider=claims.provider, uid=claims.uid).first()
    if tied is not None:
        user: User = tied.user
    else:
        _check_address(claims, house)
        user = _found_by_address(claims) or _made(claims, house, at)
        by = "email" if user.date_joined < at else "claim"
        _tie(user, claims, by=by, actor=system_user(), at=at)
    _give_roles(user, claims, house, at)
    return user


@transaction.atomic
def tie_sign_in(*, user: User, claims: Claims, house: House, at: datetime) -> None:
    """Tie a sign-in to one's own account; the caller has just proved who they are.

    Raises Refusal: `tied_elsewhere`, `domain`, `unverified`.
    """
    other = SocialAccount.objects.filter(provider=claims.provider, uid=claims.uid).first()
    if other is not None and other.user_id != user.pk:
        raise Refusal(_("This sign-in is tied to another account already."), code="tied_elsewhere")
    _check_address(claims, house)
    if other is None:
        SocialAccount.objects.filter(user=user, provider=claims.provider).delete()
        _tie(user, claims, by="confirmed", actor=user, at=at)


@transaction.atomic
def untie_sign_in(*, user: User, at: datetime) -> None:
    """Cut the tie to single sign-on. Raises Refusal when there is none, or no other way in."""
    ties = SocialAccount.objects.filter(user=user)
    if not ties.exists():
        raise Refusal(_("Your account is not tied to single sign-on."), code="not_tied")
    passkey = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists()
    if not (user.has_usable_password() or passkey):
        raise Refusal(_("You would have no way in left: make a passkey first."), code="last_way_in")
    ties.delete()
    record(kind=events.SIGN_IN_UNTIED, subject=user, actor=user, occurred_at=at)


def _check_address(claims: Claims, house: House) -> None:
    if not house.domains:
        return
    if not claims.email_verified:
        raise Refusal(_("The provider does not vouch for your e-mail address."), code="unverified")
    domain = claims.email.rpartition("@")[2].lower()
    if domain not in {allowed.lower() for allowed in house.domains}:
        raise Refusal(_("Addresses of this domain are not let in here."), code="domain")


def _found_by_address(claims: Claims) -> User | None:
    """Return the one account of a verified address, unless it has credentials of its own."""
    if not (claims.email and claims.email_verified):
        return None
    found = list(
        User.objects.select_for_update().filter(
            email__iexact=claims.email, is_system=False, is_client=False
        )[:2]
    )
    if not found:
        return None
    user = found[0]
    factors = Authenticator.objects.filter(user=user).exists()
    own = factors or (user.has_usable_password() and user.last_login is not None)
    if len(found) > 1 or own or SocialAccount.objects.filter(user=user).exists():
        raise Refusal(
            _(
                "There is an account with your address, which has a sign-in of its own. Sign in"
                " the way you did so far, then tie single sign-on to it under Your account."
            ),
            code="confirm",
        )
    return user


def _made(claims: Claims, house: House, at: datetime) -> User:
    if not house.creates:
        raise Refusal(
            _("You have no account here yet. Ask an administrator of your organisation."),
            code="not_known",
        )
    username = claims.username or claims.email
    if find_by_username(username) is not None:
        raise Refusal(
            _(
                "Somebody has the user name under which you come. Ask an administrator of your"
                " organisation."
            ),
            code="name_taken",
        )
    user = create_user(
        username=username,
        password=None,
        display_name=claims.name or username,
        email=claims.email if claims.email_verified else "",
        actor=system_user(),
        at=at,
    )
    User.objects.filter(pk=user.pk).update(date_joined=at)
    user.date_joined = at
    return user


def _tie(user: User, claims: Claims, *, by: str, actor: User, at: datetime) -> None:
    # What else the provider says is not kept: it is not needed, and would have to be erased.
    SocialAccount.objects.create(user=user, provider=claims.provider, uid=claims.uid)
    record(
        kind=events.SIGN_IN_LINKED,
        subject=user,
        actor=actor,
        occurred_at=at,
        payload=events.Linked(provider=claims.provider, by=by),
    )


def _give_roles(user: User, claims: Claims, house: House, at: datetime) -> None:
    """Give the listed roles of the person's groups; none is taken away, that stays with people."""
    for wanted in house.roles:
        if wanted.group not in claims.groups or not user.is_active:
            continue
        site = Site.objects.filter(code=wanted.site).first() if wanted.site else None
        team = Team.objects.filter(code=wanted.team).first() if wanted.team else None
        if bool(wanted.site) != bool(site) or bool(wanted.team) != bool(team):
            continue  # a place that does not exist gives nothing, rather than everything
        has_it = Membership.objects.filter(user=user, role=wanted.role, site=site, team=team)
        if not has_it.exists():
            grant_role(
                user=user, role=wanted.role, site=site, team=team, actor=system_user(), at=at
            )
