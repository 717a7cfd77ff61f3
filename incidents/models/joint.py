"""Joint messages: one text for all, one message per complaint, and what became of each."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint
from incidents.models.findings import CommonFinding
from incidents.models.incident import Incident
from incidents.states import ItemOutcome, JointKind


class JointRun(models.Model):
    """A step for all linked complaints, each through the desk's own verb; a draft until started."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=12, choices=JointKind)
    texts = models.JSONField(default=dict)  # by language: {"subject": …, "body": …}
    lessons = models.TextField(blank=True)
    finding = models.ForeignKey(
        CommonFinding, null=True, on_delete=models.PROTECT, related_name="+"
    )
    language = models.CharField(max_length=10)  # in which refusals are written down
    total = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    discarded_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first; what is under way is found at once."""

        verbose_name = _("joint message")
        verbose_name_plural = _("joint messages")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["id"],
                name="joint_under_way",
                condition=Q(started_at__isnull=False, finished_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        """Name kind and size."""
        return f"{self.kind} x {self.total}"

    @property
    def is_draft(self) -> bool:
        """Return whether texts and exceptions may still be changed."""
        return self.started_at is None and self.discarded_at is None


class JointItem(models.Model):
    """One complaint of a joint message: an exception made for it, and what became of it."""

    run = models.ForeignKey(
        JointRun, on_delete=models.CASCADE, related_name="items", db_index=False
    )
    complaint = models.ForeignKey(
        Complaint, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    outcome = models.CharField(max_length=8, choices=ItemOutcome, default=ItemOutcome.WAITING)
    reason = models.TextField(blank=True)
    own_subject = models.CharField(_("subject"), max_length=200, blank=True)
    own_text = models.TextField(_("text"), blank=True)

    class Meta:
        """In the order of the complaints; each once."""

        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "complaint"], name="joint_item_once")]
        indexes = [models.Index(fields=["run", "outcome", "id"], name="joint_item_outcome")]

    def __str__(self) -> str:
        """Name run and complaint."""
        return f"{self.run_id}: {self.complaint_id}"
