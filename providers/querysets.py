"""What may be listed: endpoints through the asker's eyes."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from accounts.permissions import grants_with

if TYPE_CHECKING:
    from accounts.models import User
    from providers.models import Endpoint  # noqa: F401 - in quotes below, for the type checker

KEEP_WEBHOOKS = "webhooks.manage"


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    """Chainable filters of endpoints."""

    def visible_to(self, actor: "User") -> Self:
        """Return what exists for the actor; the same rules as permissions.may_keep_webhooks."""
        if actor.is_system:
            return self
        grants = grants_with(actor, KEEP_WEBHOOKS)
        if actor.is_client:
            return self.filter(client__user=actor.pk) if grants else self.none()
        places = [
            Q(client__provider=grant.provider_id) if grant.provider_id else Q() for grant in grants
        ]
        if not places or Q() in places:
            return self if places else self.none()
        return self.filter(reduce(or_, places))
