"""Which alerts exist for whom; the same rules as permissions.py, on rows."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from accounts.permissions import grants_with
from complaints.models import Complaint
from monitoring.states import AlertKind

if TYPE_CHECKING:
    from accounts.models import User
    from monitoring.models import Alert  # noqa: F401 - in quotes below

WATCH, WORK = "warnings.view", "warnings.work"


def places_with(actor: "User", permission: str) -> tuple[bool, list[int]]:
    """Return whether the actor holds a permission everywhere, and else at which sites.

    A series belongs to a site or to all, never to a team.
    """
    grants = [
        grant
        for grant in grants_with(actor, permission)
        if grant.team_id is None and grant.provider_id is None
    ]
    sites = [grant.site_id for grant in grants if grant.site_id is not None]
    return actor.is_system or any(grant.site_id is None for grant in grants), sites


class AlertQuerySet(models.QuerySet["Alert"]):
    """Chainable filters of alerts."""

    def visible_to(self, actor: "User") -> Self:
        """Return the alerts whose series lies within the actor's places.

        One about a single complaint exists only for who may see that complaint: to know of it
        would be to know of the complaint.
        """
        everywhere, sites = places_with(actor, WATCH)
        if not everywhere and not sites:
            return self.none()
        mine = self if everywhere else self.filter(site__in=sites)
        if actor.is_system:
            return mine
        seen = Complaint.objects.visible_to(actor)
        return mine.filter(~Q(kind=AlertKind.EMERGENCY) | Q(about__in=seen.values("pk")))

    def at_work(self) -> Self:
        """Return what is neither closed nor dismissed."""
        return self.filter(is_open=True)
