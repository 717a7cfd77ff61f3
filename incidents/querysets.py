"""Which incidents and suggestions exist for whom; the same rules as permissions.py, on rows."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from accounts.permissions import grants_with, has
from complaints.models import Complaint
from incidents.states import SuggestionState

if TYPE_CHECKING:
    from accounts.models import User
    from incidents.models import Incident, Suggestion  # noqa: F401 - for the type checker

VIEW, OVERSEE, MANAGE = "incidents.view", "incidents.oversee", "incidents.manage"


def _places(actor: "User", permission: str) -> tuple[bool, list[int]]:
    """Return whether the actor holds a permission everywhere, and else at which sites.

    An incident belongs to a site or to all, never to a team: what a team is in charge of shows to
    its people through the complaints that are linked.
    """
    grants = [grant for grant in grants_with(actor, permission) if grant.team_id is None]
    sites = [grant.site_id for grant in grants if grant.site_id is not None]
    return actor.is_system or any(grant.site_id is None for grant in grants), sites


class IncidentQuerySet(models.QuerySet["Incident"]):
    """Chainable filters of incidents."""

    def visible_to(self, actor: "User") -> Self:
        """Return what exists for the actor: in their charge, or about a complaint they may see."""
        if not has(actor, VIEW):
            return self.none()
        everywhere, sites = _places(actor, OVERSEE)
        if everywhere:
            return self
        linked = self.model._default_manager.filter(
            links__unlinked_at__isnull=True,
            links__complaint__in=Complaint.objects.visible_to(actor).values("pk"),
        )
        return self.filter(
            Q(site__in=sites) | Q(commander=actor.pk) | Q(pk__in=linked.values("pk"))
        )

    def open(self) -> Self:
        """Return what is not at its end."""
        return self.filter(is_open=True)


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    """Chainable filters of suggestions."""

    def visible_to(self, actor: "User") -> Self:
        """Return what the actor is asked about: of their sites, or about what they may see."""
        if not has(actor, MANAGE):
            return self.none()
        everywhere, sites = _places(actor, MANAGE)
        if everywhere:
            return self
        about = self.model._default_manager.filter(
            members__complaint__in=Complaint.objects.visible_to(actor).values("pk")
        )
        return self.filter(Q(site__in=sites) | Q(pk__in=about.values("pk")))

    def waiting(self) -> Self:
        """Return what nobody has decided yet."""
        return self.filter(state=SuggestionState.OPEN)
