"""Contracts with providers, and the times in which a provider is suspended."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider
from providers.rules.matrix import Duty
from providers.rules.standing import Agreed
from providers.states import ContractState


class Contract(models.Model):
    """What was agreed: from when to when, who does which step, what is granted and shown.

    Only a draft changes. Whoever wrote it last does not approve it.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="contracts")
    number = models.CharField(_("contract number"), max_length=60)
    state = models.CharField(max_length=10, choices=ContractState, default=ContractState.DRAFT)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    matrix: Any = models.JSONField(default=list)  # of rules.matrix.Duty
    granted: Any = models.JSONField(default=list)  # permission codes; they follow from the matrix
    shown_fields: Any = models.JSONField(default=list)  # of rules.matrix.PERSONAL_FIELDS
    webhooks_personal = models.BooleanField(
        _("Webhooks may carry the fields that are shown"), default=False
    )
    note = models.TextField(_("remarks"), blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(blank=True)
    warned = models.PositiveSmallIntegerField(null=True)  # days ahead

    class Meta:
        """Newest first; it ends after it begins; approved by somebody else."""

        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="contract_ends_after_it_starts", condition=Q(ends_on__gte=F("starts_on"))
            ),
            models.CheckConstraint(
                name="contract_approved_by_another",
                condition=~Q(state__in=["approved", "ended"])
                | (
                    Q(approved_by__isnull=False, approved_at__isnull=False)
                    & ~Q(approved_by=F("author"))
                ),
            ),
            models.UniqueConstraint(
                fields=["provider"],
                name="contract_one_open",
                condition=Q(state__in=["draft", "submitted"]),
            ),
        ]

    def __str__(self) -> str:
        """Return its number."""
        return self.number

    @property
    def agreed(self) -> Agreed:
        """Return its time, as the rules ask for it."""
        return Agreed(self.starts_on, self.ends_on)

    @property
    def duties(self) -> list[Duty]:
        """Return the responsibility matrix."""
        return [Duty.model_validate(row) for row in self.matrix]


class Suspension(models.Model):
    """A time in which a provider's people and software may do nothing."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="suspensions")
    reason = models.TextField(_("why"))
    began_at = models.DateTimeField()
    began_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    end_reason = models.TextField(blank=True)

    class Meta:
        """Newest first; one at a time."""

        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider"], name="suspension_one_open", condition=Q(ended_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        """Name the provider by id."""
        return f"suspension of {self.provider_id}"
