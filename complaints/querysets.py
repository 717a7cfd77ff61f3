"""What may be listed: rows are fetched through the asker's eyes, everywhere."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from accounts.permissions import grants_with
from journal.origin import current_origin

if TYPE_CHECKING:
    from accounts.models import Membership, User

    # In quotes below, for the type checker.
    from complaints.models import Attachment, Complaint  # noqa: F401

Complaints = TypeVar("Complaints", bound="ComplaintQuerySet")
VIEW, VIEW_CONFIDENTIAL = "complaints.view", "complaints.view_confidential"
# Handlers do this with what they or their team own; who may handle any, does it with the rest too.
HANDLE_ANY = "complaints.handle_any"
OWN_WORK = frozenset(
    {"complaints.assess", "complaints.investigate", "complaints.respond", "complaints.close"}
)
# Whoever sees danger and may declare it somewhere may declare it here.
WHEREVER_SEEN = frozenset({"complaints.declare_emergency"})


class Words(NamedTuple):
    """A part of a statement, and what its placeholders stand for."""

    sql: str
    params: list[Any]


class ComplaintQuerySet(models.QuerySet["Complaint"]):
    """Chainable filters of complaints."""

    def visible_to(self, actor: "User") -> Self:
        """Return what exists for the actor; the same rules as permissions.may_see."""
        return self if actor.is_system else _about_others(_any_of(self, _sight(actor)), actor)

    def parts_visible_to(self, actor: "User", *, unowned: bool = False) -> list[Self]:
        """Return what exists for the actor in parts, which may overlap.

        An index serves the order of each part. The whole, an OR over owner, recorder and places,
        has no such index: its first page costs more the more complaints there are. Who is going to
        ask for what nobody owns says so, and is spared the parts of which each has an owner: a
        database does not see that nothing of them can be meant, and goes through all it has.
        """
        if actor.is_system:
            return [self]
        sights = [sight for sight in _sight(actor) if not (unowned and _is_of_an_owner(sight))]
        return [_about_others(self.filter(sight), actor) for sight in sights]

    def where_may(self, actor: "User", permission: str) -> Self:
        """Return what the actor may do this to; the same rules as permissions.may."""
        if actor.is_system:
            return self
        if not grants_with(actor, permission):
            return self.none()
        return _any_of(
            self.visible_to(actor), [*places_of(actor, permission), *_charges(actor, permission)]
        )

    def open(self) -> Self:
        """Return what is not at its end."""
        return self.filter(is_open=True)

    @cached_property
    def in_words(self) -> Words | None:
        """What the database is told of these, from FROM to the last condition; None: of nothing.

        Conditions, an order and a limit may be added to it. For the ORM to put a question together
        takes longer than to ask it, so a page and its count have this much of it in common.
        """
        query = self.order_by().values("pk").query
        try:
            sql, params = query.sql_with_params()
        except EmptyResultSet:
            return None
        told = sql.partition(" FROM ")[2]
        return Words(f"FROM {told}" if query.where else f"FROM {told} WHERE TRUE", [*params])


_EveryComplaint = models.Manager.from_queryset(ComplaintQuerySet)


class ComplaintManager(_EveryComplaint["Complaint"]):
    """Complaints of the world one works in: the real ones, or those of the sandbox.

    Each list, count, search, export, sweep and figure begins here, so none of them can mix the two.
    `Complaint.everything` has both; it is for who knows the rows already, and for the purge.
    """

    def get_queryset(self) -> ComplaintQuerySet:
        """Return real complaints, unless the present work is that of somebody who tries out."""
        return ComplaintQuerySet(self.model, using=self._db).filter(
            is_test=current_origin().sandbox
        )


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Chainable filters of files."""

    def standing(self) -> Self:
        """Return what was not taken off its complaint again."""
        return self.filter(withdrawn_at__isnull=True)


def places_of(actor: "User", permission: str) -> list[Q]:
    """Return where the actor holds a permission, as conditions; an empty one is everywhere."""
    grants = grants_with(actor, permission)
    if permission in WHEREVER_SEEN:
        return [Q()] if grants else []
    return list(dict.fromkeys(_place(grant) for grant in grants if reaches(grant, permission)))


def _charges(actor: "User", permission: str) -> list[Q]:
    """Return what is in the actor's charge, or in that of absent colleagues who may do this too."""
    return [
        owned & _not_about(person, actor)
        for person in (actor, *actor.covering)
        if person is actor or grants_with(person, permission)
        for owned in (Q(owner=person.pk), Q(owner__isnull=True, recorded_by=person.pk))
    ]


def reaches(grant: "Membership", permission: str) -> bool:
    """Return whether a membership carries a permission to others' complaints in its place."""
    return (
        permission not in OWN_WORK
        or grant.team_id is not None
        or grant.provider_id is not None
        or HANDLE_ANY in grant.carried
    )


def _any_of(complaints: Complaints, conditions: list[Q]) -> Complaints:
    if not conditions:
        return complaints.none()
    if any(not condition for condition in conditions):
        return complaints  # an empty condition is everywhere
    return complaints.filter(reduce(or_, conditions))


def _about_others(complaints: Complaints, actor: "User") -> Complaints:
    return complaints.exclude(subject_person=actor.pk)


def _sight(actor: "User") -> list[Q]:
    """Return what the actor may see, as conditions any of which is enough."""
    if VIEW not in actor.permissions:
        return []
    places = [place for place in map(_seen_by, actor.reach) if place is not None]
    own = [
        mine & _not_about(person, actor)
        for person in (actor, *actor.covering)
        if VIEW in person.permissions
        for mine in (Q(owner=person.pk), Q(recorded_by=person.pk))
    ]
    parts = [*own, *dict.fromkeys(places)]
    if Q() in parts:
        return [Q()]
    if Q(confidential=False) in parts:
        return [reduce(or_, parts)]  # nearly everything: each index of the table serves its order
    return parts


def _is_of_an_owner(sight: Q) -> bool:
    said = [child for child in sight.children if isinstance(child, tuple)]
    return sight.connector == Q.AND and any(name == "owner" for name, _person in said)


def _seen_by(grant: "Membership") -> Q | None:
    """Return what one membership lets its person see, or None where it lets them see nothing."""
    carried = grant.carried
    plain, secret = VIEW in carried, VIEW_CONFIDENTIAL in carried
    if not (plain or secret):
        return None
    return _place(grant) if plain and secret else _place(grant) & Q(confidential=secret)


def _place(grant: "Membership") -> Q:
    """Return the condition of lying within a membership; empty when it is everywhere."""
    place = Q()
    if grant.site_id is not None:
        place &= Q(site=grant.site_id)
    if grant.team_id is not None:
        place &= Q(team=grant.team_id)
    if grant.provider_id is not None:
        place &= Q(provider=grant.provider_id)
    if grant.lender_id is not None:
        place &= _nobody_or_not(grant.lender_id)
    return place


def _not_about(person: "User", actor: "User") -> Q:
    """Return the condition of not being about an absent colleague: nobody lends what they lack."""
    return Q() if person is actor else _nobody_or_not(person.pk)


def _nobody_or_not(person_id: int) -> Q:
    return Q(subject_person__isnull=True) | ~Q(subject_person=person_id)
