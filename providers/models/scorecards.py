"""How the quarters of a provider were rated, and the improvement plans that followed."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider
from providers.states import Band, PlanState


class QuarterResult(models.Model):
    """The scorecard of one quarter, frozen: what it was computed from stays with it."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="quarters")
    quarter = models.CharField(max_length=6)  # 2026Q3
    score = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    band = models.CharField(max_length=1, choices=Band, blank=True)
    complaints = models.PositiveIntegerField()
    scheme = models.CharField(max_length=20)
    measures: Any = models.JSONField(default=list)  # code, actual, points, weight, part, whole
    gates: Any = models.JSONField(default=list)
    rated_at = models.DateTimeField()

    class Meta:
        """Newest first; each quarter once."""

        ordering = ["-quarter"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "quarter"], name="quarter_rated_once")
        ]

    def __str__(self) -> str:
        """Name quarter and band."""
        return f"{self.quarter} {self.band}"


class ImprovementPlan(models.Model):
    """What a provider does after bad quarters, by when, and whether it helped."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="plans")
    because: Any = models.JSONField(default=list)  # quarters
    state = models.CharField(max_length=13, choices=PlanState, default=PlanState.OPEN)
    raised_at = models.DateTimeField()
    due_on = models.DateField(_("due"))
    cause = models.TextField(_("cause"), blank=True)
    measures = models.TextField(_("measures"), blank=True)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_at = models.DateTimeField(null=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    finding = models.TextField(_("what the check showed"), blank=True)

    class Meta:
        """Newest first; one that runs at a time; whoever did it does not check it."""

        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider"],
                name="plan_one_open",
                condition=Q(state__in=["open", "planned", "done"]),
            ),
            models.CheckConstraint(
                name="plan_checked_by_another",
                condition=Q(checked_by__isnull=True) | ~Q(checked_by=models.F("done_by")),
            ),
        ]

    def __str__(self) -> str:
        """Name the provider by id."""
        return f"plan of {self.provider_id}"
