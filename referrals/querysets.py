"""What may be listed: a case outside is seen by whoever sees its complaint."""

from typing import TYPE_CHECKING, Self

from django.db import models

from complaints.models import Complaint
from referrals.states import PENDING

if TYPE_CHECKING:
    from accounts.models import User
    from referrals.models import OutsideCase  # noqa: F401 - in quotes below


class CaseQuerySet(models.QuerySet["OutsideCase"]):
    """Chainable filters of cases outside."""

    def visible_to(self, actor: "User") -> Self:
        """Return the cases of complaints that exist for the actor."""
        return self.filter(complaint__in=Complaint.objects.visible_to(actor).values("pk"))

    def pending(self) -> Self:
        """Return what the body has not decided yet."""
        return self.filter(state__in=[str(state) for state in PENDING])

    def unfinished(self) -> Self:
        """Return what is not closed: something may still follow from it."""
        return self.exclude(state="closed")
