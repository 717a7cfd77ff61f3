"""What the desk noticed: complaints so alike that an incident may be behind them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.models import Category, Complaint
from incidents.models.incident import Incident
from incidents.querysets import SuggestionQuerySet
from incidents.states import Basis, SuggestionState


class Suggestion(models.Model):
    """A possible incident with the complaints behind it, until a person decides."""

    key = models.CharField(max_length=300, unique=True)  # what they have in common
    basis = models.CharField(max_length=10, choices=Basis)
    category = models.ForeignKey(Category, null=True, on_delete=models.CASCADE, related_name="+")
    product = models.CharField(max_length=200, blank=True)
    site = models.ForeignKey("accounts.Site", null=True, on_delete=models.PROTECT, related_name="+")
    persons = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=SuggestionState, default=SuggestionState.OPEN)
    first_at = models.DateTimeField()
    grown_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(_("why it is none"), blank=True)
    incident = models.ForeignKey(
        Incident, null=True, on_delete=models.SET_NULL, related_name="suggestions"
    )

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        """Newest first; what waits is found at once."""

        verbose_name = _("suggested incident")
        verbose_name_plural = _("suggested incidents")
        ordering = ["-grown_at", "-id"]
        indexes = [
            models.Index(
                fields=["-grown_at", "-id"],
                name="suggestion_waiting",
                condition=Q(state="open"),
            )
        ]

    def __str__(self) -> str:
        """Name what they have in common."""
        return self.key


class SuggestionMember(models.Model):
    """A complaint behind a suggestion; `dismissed` once somebody has looked at it and said no."""

    suggestion = models.ForeignKey(
        Suggestion, on_delete=models.CASCADE, related_name="members", db_index=False
    )
    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="+")
    dismissed = models.BooleanField(default=False)

    class Meta:
        """Each complaint once."""

        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["suggestion", "complaint"], name="member_once")
        ]

    def __str__(self) -> str:
        """Name both by id."""
        return f"{self.complaint_id} in {self.suggestion_id}"
