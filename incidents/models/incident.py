"""The incident, and the complaints that are linked to it: linked, never merged."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.models import Category, Complaint
from complaints.states import Severity
from incidents.querysets import IncidentQuerySet
from incidents.states import OPEN_STATES
from incidents.workflow import Workflow


class Incident(Workflow):
    """One event behind many complaints: its scope, who commands it, how far it is (CM-7.4)."""

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    title = models.CharField(_("title"), max_length=200)
    hypothesis = models.TextField(_("what the common cause is thought to be"), blank=True)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity)
    commander = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("in command"),
    )

    product = models.CharField(_("product or service"), max_length=200, blank=True)
    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("category")
    )
    site = models.ForeignKey(
        "accounts.Site", null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("site")
    )
    period_from = models.DateField(_("from"), null=True, blank=True)
    period_to = models.DateField(_("until"), null=True, blank=True)
    batches = models.CharField(_("batches, orders or other marks"), max_length=300, blank=True)
    affected_estimate = models.PositiveIntegerField(_("affected, estimated"), null=True, blank=True)

    offer_detail = models.TextField(_("what is offered, or why nothing"), blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField(_("suspected since"))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        """Newest first; the flag follows the state."""

        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["category"], name="incident_open", condition=Q(is_open=True))
        ]
        constraints = [
            models.CheckConstraint(
                name="incident_open_as_state_says",
                condition=Q(is_open=True, state__in=[str(s) for s in OPEN_STATES])
                | Q(is_open=False) & ~Q(state__in=[str(s) for s in OPEN_STATES]),
            ),
            models.CheckConstraint(
                name="incident_period_runs_forward",
                condition=Q(period_from__isnull=True)
                | Q(period_to__isnull=True)
                | Q(period_to__gte=models.F("period_from")),
            ),
        ]

    def __str__(self) -> str:
        """Return the reference."""
        return self.reference


class Link(models.Model):
    """A complaint that belongs to an incident; it keeps everything of its own."""

    incident = models.ForeignKey(
        Incident, on_delete=models.CASCADE, related_name="links", db_index=False
    )
    complaint = models.ForeignKey(
        Complaint, on_delete=models.CASCADE, related_name="incident_links", db_index=False
    )
    linked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    linked_at = models.DateTimeField()
    unlinked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    unlinked_at = models.DateTimeField(null=True)
    unlink_reason = models.TextField(_("why it does not belong there"), blank=True)
    # True while linked to an incident that is open: the database itself allows one per complaint.
    binds = models.BooleanField(default=True)

    class Meta:
        """One open incident per complaint; who unlinks says why."""

        verbose_name = _("linked complaint")
        verbose_name_plural = _("linked complaints")
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["incident", "complaint"],
                name="link_of_incident",
                condition=Q(unlinked_at__isnull=True),
            ),
            models.Index(fields=["complaint", "-id"], name="link_of_complaint"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint"], name="link_one_open_incident", condition=Q(binds=True)
            ),
            models.CheckConstraint(
                name="link_undone_with_reason",
                condition=Q(unlinked_at__isnull=True)
                | ~Q(unlink_reason="") & Q(unlinked_by__isnull=False, binds=False),
            ),
        ]

    def __str__(self) -> str:
        """Name both by id."""
        return f"{self.complaint_id} -> {self.incident_id}"
