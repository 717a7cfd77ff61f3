"""Whose figures: one place of the reader at a time, narrowed by what the address says."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q

from accounts.models import Membership, User
from monitoring.permissions import VIEW, VIEW_COMPLAINTS, VIEW_CONFIDENTIAL
from monitoring.rules.measures import ALL, DIMENSIONS

PLACES = ("site", "team", "provider")


@dataclass(frozen=True)
class Scope:
    """Which complaints a figure counts: members by dimension, all of which must hold.

    A member is the text under which cells are kept; "" stands for none. Complaints about the
    reader are never counted, confidential ones where they may see them in the whole place. Alerts
    are those that exist for `reader`; without one there are none.
    """

    reader_id: int
    confidential: bool
    members: Mapping[str, tuple[str, ...]]
    reader: User | None = field(default=None, compare=False, repr=False)

    @property
    def cell(self) -> tuple[str, tuple[str, ...]] | None:
        """Return dimension and members of the cells that answer; None where only facts do."""
        if not self.members:
            return ALL, ("",)
        return next(iter(self.members.items())) if len(self.members) == 1 else None

    def facts(self, *, prefix: str = "", about_others: bool = True) -> Q:
        """Return the condition on facts; `prefix` leads to them from another table."""
        found = Q()
        for dimension, members in self.members.items():
            found &= _among(f"{prefix}{DIMENSIONS[dimension]}", dimension, members)
        if not self.confidential:
            found &= Q(**{f"{prefix}confidential": False})
        about = f"{prefix}subject_person_id"
        if about_others:
            found &= Q(**{f"{about}__isnull": True}) | ~Q(**{about: self.reader_id})
        return found

    def with_member(self, dimension: str, member: str) -> "Scope":
        """Return the same scope for one member of a dimension."""
        return replace(self, members={**self.members, dimension: (member,)})

    def of_place(self) -> "Scope":
        """Return the same scope without what narrows the matter: the place and its reader stay."""
        here = {name: found for name, found in self.members.items() if name in PLACES}
        return replace(self, members=here)


def _among(column: str, dimension: str, members: tuple[str, ...]) -> Q:
    if dimension in {"product", "channel"}:
        return Q(**{f"{column}__in": members})
    ids = [int(member) for member in members if member]
    found = Q(**{f"{column}__in": ids})
    return found | Q(**{f"{column}__isnull": True}) if "" in members else found


@dataclass(frozen=True)
class Asked:
    """What an address narrows figures to, as ids; None where it says nothing."""

    site_id: int | None = None
    team_id: int | None = None
    provider_id: int | None = None
    category_ids: tuple[int, ...] = ()
    product: str = ""
    channel: str = ""


def places(actor: User) -> list[Membership]:
    """Return the memberships whose places the actor sees figures of; what is lent has none."""
    own = actor.grants
    return [grant for grant in own if VIEW in grant.carried and VIEW_COMPLAINTS in grant.carried]


def scope_of(actor: User, asked: Asked) -> Scope | None:
    """Return the scope in which the actor sees figures, or None where there is no such place.

    Asked for nothing, it is the widest place they have. What they ask for must lie in one of them.
    """
    if actor.is_system:
        return _scope(actor, asked, {}, confidential=True)
    for grant in sorted(places(actor), key=_narrowness):
        here = _merged(grant, asked)
        if here is not None:
            seen = any(
                VIEW_CONFIDENTIAL in other.carried and other.covers(**here)
                for other in actor.grants
            )
            return _scope(actor, asked, here, confidential=seen)
    return None


def _narrowness(grant: Membership) -> tuple[int, int]:
    bounds = (grant.site_id, grant.team_id, grant.provider_id)
    return sum(bound is not None for bound in bounds), grant.pk


def _merged(grant: Membership, asked: Asked) -> dict[str, Any] | None:
    """Return the place that is asked for within a membership; None where it lies elsewhere."""
    found: dict[str, Any] = {}
    for name in PLACES:
        own, wanted = getattr(grant, f"{name}_id"), getattr(asked, f"{name}_id")
        if own is not None and wanted not in {None, own}:
            return None
        found[f"{name}_id"] = own if wanted is None else wanted
    return found


def _scope(actor: User, asked: Asked, here: Mapping[str, Any], *, confidential: bool) -> Scope:
    members: dict[str, tuple[str, ...]] = {}
    for name in PLACES:
        pk = here.get(f"{name}_id", getattr(asked, f"{name}_id"))
        if pk is not None:
            members[name] = (str(pk),)
    if asked.category_ids:
        members["category"] = tuple(map(str, asked.category_ids))
    for name in ("product", "channel"):
        value = getattr(asked, name)
        if value:
            members[name] = (value,)
    return Scope(actor.pk, confidential, members, actor)
