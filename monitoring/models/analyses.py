"""Analyses that people keep under a name: the question, never its answer."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from monitoring.states import AnalysisKind


class Analysis(models.Model):
    """What somebody asked of the figures, as it stands in an address.

    Whoever opens it asks anew, and counts what they may see: nothing that was counted is kept.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="analyses",
        verbose_name=_("kept by"),
    )
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(max_length=6, choices=AnalysisKind)
    query = models.CharField(max_length=1000)
    shared = models.BooleanField(_("shown to everyone who may see figures"), default=False)
    changed_at = models.DateTimeField()

    class Meta:
        """By name; nobody has two of one name."""

        verbose_name = _("analysis")
        verbose_name_plural = _("analyses")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint("owner", Lower("name"), name="analysis_name_once_per_owner")
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name
