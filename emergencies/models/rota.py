"""Who is on call: duties, shifts, hand-over, and the addresses people are called at."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from emergencies.states import Service

PERSON = settings.AUTH_USER_MODEL


class Duty(models.Model):
    """A level of the call ladder: duty officer, manager, top management."""

    level = models.PositiveSmallIntegerField(_("level"), unique=True)
    name_en = models.CharField(_("name (English)"), max_length=120)
    name_zh = models.CharField(_("name (Chinese)"), max_length=120)

    class Meta:
        """From the bottom up."""

        ordering = ["level"]

    def __str__(self) -> str:
        """Return the name in the present language."""
        chinese = (translation.get_language() or "").startswith("zh")
        return self.name_zh if chinese else self.name_en


class Shift(models.Model):
    """Who is on call for a duty between two moments, and who stands in."""

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="shifts")
    person = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, related_name="+", verbose_name=_("on call")
    )
    deputy = models.ForeignKey(
        PERSON,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("deputy"),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    planned_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Looked up by the moment."""

        constraints = [
            models.CheckConstraint(
                name="shift_has_length", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="shift_deputy_is_another",
                condition=Q(deputy__isnull=True) | ~Q(deputy=F("person")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["ends_at"], name="shift_ahead", condition=Q(cancelled_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        """Name the shift by duty and beginning."""
        return f"{self.duty_id}@{self.starts_at:%Y-%m-%dT%H:%M}"


class Handover(models.Model):
    """A shift passes from one person to another once the other has accepted."""

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="handovers")
    from_person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    to_person = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, related_name="+", verbose_name=_("to")
    )
    note = models.TextField(_("what they must know"), blank=True)
    offered_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    declined_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """One open offer per shift."""

        constraints = [
            models.UniqueConstraint(
                fields=["shift"],
                name="handover_one_open",
                condition=Q(accepted_at__isnull=True, declined_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        """Name the shift and both by ids."""
        return f"{self.shift_id}: {self.from_person_id} -> {self.to_person_id}"


class Address(models.Model):
    """Where somebody is called beside their account's e-mail. `secret` is encrypted, never shown.

    `tail` is the little that lets its owner tell one from another.
    """

    person = models.ForeignKey(PERSON, on_delete=models.CASCADE, related_name="call_addresses")
    service = models.CharField(max_length=10, choices=Service)
    scheme = models.CharField(max_length=20, blank=True)
    secret = models.TextField()
    tail = models.CharField(max_length=80)
    added_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """By person."""

        indexes = [models.Index(fields=["person"], name="address_of_person")]

    def __str__(self) -> str:
        """Name it without the secret."""
        return f"{self.service}:{self.pk}"
