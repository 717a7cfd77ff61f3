"""Which mails exist for somebody: as the complaints they belong to, or may belong to."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from complaints.models import Complaint

if TYPE_CHECKING:
    from accounts.models import User
    from mailroom.models import Mail  # noqa: F401 - in quotes below, for the type checker

VIEW, CHECK = "mailroom.view", "complaints.view_confidential"


class MailQuerySet(models.QuerySet["Mail"]):
    """Chainable filters of mails."""

    def visible_to(self, actor: "User") -> Self:
        """Return what exists for the actor: mails of complaints they work on, and what waits.

        A mail that may belong to a complaint which does not exist for the actor does not either.
        """
        if actor.is_system:
            return self
        complaints = Complaint.objects.all()
        worked_on = complaints.where_may(actor, "complaints.note")
        checked = complaints.where_may(actor, CHECK)
        filed = Q(complaint__in=worked_on.values("pk")) | Q(complaint__in=checked.values("pk"))
        if VIEW not in actor.permissions:
            return self.filter(filed)
        seen = complaints.visible_to(actor).values("pk")
        free = Q(complaint__isnull=True) & (Q(suggestion__isnull=True) | Q(suggestion__in=seen))
        return self.filter(free | filed)

    def waiting(self) -> Self:
        """Return what waits for a person."""
        return self.filter(state="waiting")
