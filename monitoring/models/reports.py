"""Reports of a month, frozen: what they say can never change again (CM-9.1).

The database itself refuses to change or delete them (migration 0004).
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Site


class Report(models.Model):
    """What was counted of a month, of the whole organisation or of one site.

    Each exists twice: with confidential complaints and without, for who may not see them.
    """

    month = models.DateField(_("month"))  # its first day
    site = models.ForeignKey(
        Site, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("site")
    )
    confidential = models.BooleanField()  # whether it counts confidential ones
    data = models.TextField()  # JSON, byte for byte what the digest is of
    sha256 = models.CharField(max_length=64)
    frozen_at = models.DateTimeField(_("frozen"))
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Newest first; a month of a place is frozen once."""

        verbose_name = _("monthly report")
        verbose_name_plural = _("monthly reports")
        ordering = ["-month", "site__code", "-confidential"]
        constraints = [
            models.UniqueConstraint(
                fields=["month", "confidential"],
                name="report_once",
                condition=Q(site__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["month", "site", "confidential"],
                name="report_once_per_site",
                condition=Q(site__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """Name month and place."""
        return f"{self.month:%Y-%m} {self.site.code if self.site else ''}".strip()


class ReportFile(models.Model):
    """A frozen report as PDF in one language, kept as it was first printed."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="files")
    language = models.CharField(max_length=10)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        """One for each language."""

        constraints = [
            models.UniqueConstraint(fields=["report", "language"], name="report_file_once")
        ]

    def __str__(self) -> str:
        """Name report and language."""
        return f"{self.report_id} {self.language}"
