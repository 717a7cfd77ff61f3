"""What partners are told: endpoints, the numbered feed of events, deliveries and every attempt."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider
from providers.models.clients import ApiClient
from providers.querysets import EndpointQuerySet
from providers.states import DeliveryState, DisabledBecause, Fault


class Endpoint(models.Model):
    """An address of a client to which events are posted, signed with a secret of its own.

    The secrets lie encrypted (transports.seal): to sign, they must be read again. While a client
    moves from one to the next, both sign.
    """

    public_id = models.CharField(max_length=40, unique=True)
    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="endpoints")
    url = models.CharField(_("address"), max_length=500)
    note = models.CharField(_("note"), max_length=120, blank=True)
    event_types: Any = models.JSONField(_("events"), default=list)  # none: all of them
    secret = models.TextField()
    former_secret = models.TextField(blank=True)
    former_until = models.DateTimeField(null=True)
    active = models.BooleanField(default=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_because = models.CharField(max_length=10, choices=DisabledBecause, blank=True)
    # Since when nothing has got through, how often in a row, and until when nobody tries.
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    held_until = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        """Oldest first."""

        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        ordering = ["id"]

    def __str__(self) -> str:
        """Return where it lies."""
        return self.url


class FeedHead(models.Model):
    """One row: the last number that was given out, and up to which number the feed was cleared."""

    last = models.BigIntegerField(default=0)
    cleared_to = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        """Return the last number."""
        return str(self.last)


class Event(models.Model):
    """Something that changed in a complaint: ids, codes and states, never personal data.

    Written in the transaction of the fact, without a number. Numbers are given out afterwards, by
    one at a time (services.feed.number_news), so that no lower one can appear after a higher one.
    The complaint lives a floor above and is known by its id only.
    """

    public_id = models.CharField(max_length=40)
    number = models.BigIntegerField(null=True, unique=True)
    kind = models.CharField(max_length=64)
    complaint_id = models.BigIntegerField(null=True)  # null: a test event of one endpoint
    provider = models.ForeignKey(
        Provider, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_index=True)
    payload: Any = models.JSONField(default=dict)

    class Meta:
        """What has no number yet is found without touching the rest."""

        # Said here and not of the field, which would get a second index, for beginnings of ids.
        constraints = [models.UniqueConstraint(fields=["public_id"], name="event_once")]
        indexes = [
            models.Index(
                fields=["id"],
                name="event_without_number",
                condition=Q(number__isnull=True, complaint_id__isnull=False),
            ),
            models.Index(
                fields=["provider", "number"],
                name="event_of_provider",
                condition=Q(provider__isnull=False, number__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """Name kind and number."""
        return f"{self.kind} #{self.number}"


class Delivery(models.Model):
    """An event that an endpoint has yet to be told, or has been."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    # As the event has them: what one complaint is about is told in order.
    number = models.BigIntegerField(default=0)
    complaint_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()
    next_at = models.DateTimeField()
    last_status = models.PositiveSmallIntegerField(null=True)
    last_fault = models.CharField(max_length=12, choices=Fault, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        """Once per event and endpoint; what is due and what comes before it are found at once."""

        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="told_once_per_endpoint")
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "complaint_id", "number"],
                name="telling_in_order",
                condition=Q(state="waiting"),
            ),
            models.Index(
                fields=["endpoint", "next_at"], name="telling_due", condition=Q(state="waiting")
            ),
            models.Index(fields=["endpoint", "-id"], name="telling_log"),
        ]

    def __str__(self) -> str:
        """Name event and endpoint by id."""
        return f"{self.event_id} -> {self.endpoint_id}"


class Attempt(models.Model):
    """One try to tell: when, how long it took, what came back. Of the answer only its status.

    What the other side says in its body is nobody's business here, and an address that was chosen
    to look into a foreign network would otherwise show it.
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    fault = models.CharField(max_length=12, choices=Fault, blank=True)
    milliseconds = models.PositiveIntegerField()

    class Meta:
        """Oldest first."""

        ordering = ["id"]

    def __str__(self) -> str:
        """Name the result."""
        return f"{self.status or ''} {self.fault}".strip()
