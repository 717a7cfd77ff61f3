"""Practice: a test of the rota each quarter, a drill each year."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from emergencies.states import ExerciseKind

if TYPE_CHECKING:
    from accounts.models import User

INSTANT = timedelta(microseconds=1)
PERSON = settings.AUTH_USER_MODEL


class Exercise(models.Model):
    """A test or drill: due, held, closed with what was found."""

    kind = models.CharField(max_length=10, choices=ExerciseKind)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(_("due"))
    started_at = models.DateTimeField(null=True, blank=True)
    started_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    scenario = models.TextField(_("Scenario"), blank=True)
    held_on = models.DateField(_("Held on"), null=True, blank=True)
    participants: "models.ManyToManyField[User, models.Model]" = models.ManyToManyField(
        PERSON, related_name="+", blank=True, verbose_name=_("Participants")
    )
    findings = models.TextField(_("Findings"), blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """One of a kind is open at a time."""

        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], name="exercise_one_open", condition=Q(closed_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        """Name kind and due day."""
        return f"{self.kind} {self.due_at:%Y-%m-%d}"

    @property
    def last_day(self) -> date:
        """Return the last day on which it is in time: it is due at the midnight after."""
        return timezone.localdate(self.due_at - INSTANT)


class Confirmation(models.Model):
    """Somebody who was called in a test, and when they confirmed that it reached them."""

    exercise = models.ForeignKey(Exercise, on_delete=models.PROTECT, related_name="confirmations")
    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Once each."""

        constraints = [
            models.UniqueConstraint(fields=["exercise", "person"], name="confirmation_once")
        ]

    def __str__(self) -> str:
        """Name it by ids."""
        return f"{self.exercise_id}: {self.person_id}"
