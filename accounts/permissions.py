"""Who may: the one place that turns memberships into answers."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied

if TYPE_CHECKING:
    from accounts.models import Membership, User


def actor_of(user: "AbstractBaseUser | AnonymousUser") -> "User":
    """Narrow a request's user to a signed-in person. Raises PermissionDenied otherwise."""
    if not user.is_authenticated or not user.is_active:
        raise PermissionDenied
    return user  # type: ignore[return-value]


def grants_with(actor: "User", permission: str) -> "list[Membership]":
    """Return the memberships that carry the permission: the actor's, and those lent to them."""
    return [grant for grant in actor.reach if permission in grant.carried]


def has(actor: "User", permission: str) -> bool:
    """Return whether the actor has the permission anywhere. The system may do everything."""
    return actor.is_system or bool(grants_with(actor, permission))


def has_at(
    actor: "User",
    permission: str,
    *,
    site_id: int | None,
    team_id: int | None,
    provider_id: int | None = None,
) -> bool:
    """Return whether the actor has the permission for something of this site, team, provider."""
    return actor.is_system or any(
        grant.covers(site_id=site_id, team_id=team_id, provider_id=provider_id)
        for grant in grants_with(actor, permission)
    )


def demand(actor: "User | None", permission: str) -> None:
    """Let the actor through. Raises PermissionDenied unless they have the permission.

    Nobody (None) and the system may do everything: set-up acts before there is a person to ask.
    """
    if actor is not None and not has(actor, permission):
        raise PermissionDenied


def needs_second_factor(user: "User") -> bool:
    """Return whether one of the person's roles may only be used with a second factor."""
    demanding = set(settings.REQUIRE_SECOND_FACTOR_FOR)
    return bool(demanding) and any(grant.role in demanding for grant in user.grants)


def may_set_absence(actor: "User", person: "User") -> bool:
    """Return whether the actor may say that this person is away: themselves, or in their charge."""
    if person.is_system:
        return False
    if actor.pk == person.pk or has(actor, "accounts.manage"):
        return True
    places = [(grant.site_id, grant.team_id) for grant in person.grants]
    return any(
        has_at(actor, "accounts.set_absence", site_id=site_id, team_id=team_id)
        for site_id, team_id in places
    )
