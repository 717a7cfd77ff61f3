"""What was found out for all, in versions, and what the handler of each complaint says to it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint, Investigation
from complaints.states import Finding, RemedyKind
from incidents.models.incident import Incident
from incidents.states import FindingState, Verdict


class CommonFinding(models.Model):
    """A version of finding, cause and remedy position; in force once somebody else approves it."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="findings")
    number = models.PositiveSmallIntegerField(_("version"))
    state = models.CharField(max_length=10, choices=FindingState, default=FindingState.PROPOSED)
    findings = models.TextField(_("what was found out"))
    cause = models.TextField(_("cause"))
    cause_code = models.CharField(_("class of cause"), max_length=60)
    evidence = models.TextField(_("evidence"), blank=True)
    finding = models.CharField(_("finding"), max_length=14, choices=Finding)
    reasons = models.TextField(_("reasons, as complainants are told them"))
    remedy_kind = models.CharField(_("remedy"), max_length=16, choices=RemedyKind)
    remedy_detail = models.TextField(_("remedy in detail"), blank=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2, default=0)
    remedy_days = models.PositiveSmallIntegerField(_("days until the remedy is done"), null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(_("remark"), blank=True)

    class Meta:
        """Newest first; one version in force; nobody approves their own."""

        verbose_name = _("common finding")
        verbose_name_plural = _("common findings")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "number"], name="finding_version_once"),
            models.UniqueConstraint(
                fields=["incident"], name="finding_one_in_force", condition=Q(state="approved")
            ),
            models.CheckConstraint(
                name="finding_by_another",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("by")),
            ),
        ]

    def __str__(self) -> str:
        """Name incident and version."""
        return f"{self.incident_id} v{self.number}"


class FindingAnswer(models.Model):
    """What the handler of one complaint says: it fits (and stands in the investigation), or not."""

    finding = models.ForeignKey(CommonFinding, on_delete=models.CASCADE, related_name="answers")
    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict)
    reason = models.TextField(_("why it does not fit"), blank=True)
    investigation = models.ForeignKey(
        Investigation, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """One answer per complaint and version; a no has its reason."""

        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["finding", "complaint"], name="answer_once"),
            models.CheckConstraint(
                name="answer_no_has_reason", condition=Q(verdict="confirmed") | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        """Name complaint and verdict."""
        return f"{self.complaint_id}: {self.verdict}"
