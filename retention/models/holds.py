"""Legal holds, and the complaints they lie on."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.models import Complainant, Complaint
from retention.states import HoldScope


class Hold(models.Model):
    """Why records must stay, who said so, and until when somebody looks at it again."""

    scope = models.CharField(_("what it lies on"), max_length=12, choices=HoldScope)
    complaint = models.ForeignKey(Complaint, null=True, on_delete=models.PROTECT, related_name="+")
    complainant = models.ForeignKey(
        Complainant, null=True, on_delete=models.PROTECT, related_name="+"
    )
    query = models.CharField(max_length=1000, blank=True)  # a filter, as the list's address says it
    everywhere = models.BooleanField(default=True)  # not only where whoever placed it works
    reason = models.TextField(_("reason"))
    authority = models.CharField(_("on whose authority"), max_length=200)
    review_on = models.DateField(_("to be looked at again"))
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    placed_at = models.DateTimeField()
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    released_at = models.DateTimeField(null=True)
    release_reason = models.TextField(blank=True)

    class Meta:
        """Newest first; released by somebody else than placed it."""

        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="hold_released_by_another",
                condition=Q(released_by__isnull=True) | ~Q(released_by=models.F("placed_by")),
            ),
            models.CheckConstraint(
                name="hold_lies_on_something",
                condition=Q(scope="complaint", complaint__isnull=False)
                | Q(scope="complainant", complainant__isnull=False)
                | (Q(scope="filter") & ~Q(query="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["review_on"], name="hold_active", condition=Q(released_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        """Return its number."""
        return f"H-{self.pk}"

    @property
    def active(self) -> bool:
        """Return whether it still binds."""
        return self.released_at is None


class HeldComplaint(models.Model):
    """One complaint under a hold."""

    hold = models.ForeignKey(Hold, on_delete=models.CASCADE, related_name="held", db_index=False)
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="held_under")
    since = models.DateTimeField()

    class Meta:
        """Each once per hold."""

        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["hold", "complaint"], name="held_once")]

    def __str__(self) -> str:
        """Name both by id."""
        return f"{self.hold_id}: {self.complaint_id}"
