"""Disposal runs: a list, two reviewers, what became of each row."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint
from retention.models.rights import SubjectRequest
from retention.models.schedule import Schedule
from retention.states import Outcome, RunState


class DisposalRun(models.Model):
    """A list of complaints whose time is over, and who agreed that they go.

    `proposed_by` is nobody when the sweep has listed them. An early run serves a person's request:
    its rows need not be due.
    """

    state = models.CharField(max_length=10, choices=RunState, default=RunState.PROPOSED)
    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="runs")
    request = models.ForeignKey(
        SubjectRequest, null=True, on_delete=models.PROTECT, related_name="runs"
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField()
    first_reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    first_at = models.DateTimeField(null=True)
    second_reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    second_at = models.DateTimeField(null=True)
    rejected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.TextField(blank=True)
    total = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first; two reviewers, neither of whom made the list."""

        verbose_name = _("disposal run")
        verbose_name_plural = _("disposal runs")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="disposal_two_reviewers",
                condition=~Q(state__in=["approved", "finished"])
                | (
                    Q(first_reviewer__isnull=False, second_reviewer__isnull=False)
                    & ~Q(first_reviewer=F("second_reviewer"))
                ),
            ),
            models.CheckConstraint(
                name="disposal_first_is_another",
                condition=Q(proposed_by__isnull=True)
                | Q(first_reviewer__isnull=True)
                | ~Q(first_reviewer=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="disposal_second_is_another",
                condition=Q(proposed_by__isnull=True)
                | Q(second_reviewer__isnull=True)
                | ~Q(second_reviewer=F("proposed_by")),
            ),
        ]

    def __str__(self) -> str:
        """Return its number, as complaints and certificates name it."""
        return f"D-{self.pk}"


class DisposalItem(models.Model):
    """One complaint of a run: why it is due, and what became of it."""

    run = models.ForeignKey(
        DisposalRun, on_delete=models.CASCADE, related_name="items", db_index=False
    )
    complaint = models.ForeignKey(
        Complaint, on_delete=models.PROTECT, related_name="disposal_items"
    )
    record_class = models.CharField(max_length=40)
    ended_on = models.DateField()
    due_on = models.DateField()
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.LISTED)
    code = models.CharField(max_length=10, blank=True)  # retention.states.Skip
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(null=True)

    class Meta:
        """In the order listed; each complaint once."""

        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "complaint"], name="disposal_item_once")
        ]
        indexes = [models.Index(fields=["run", "outcome", "id"], name="disposal_item_outcome")]

    def __str__(self) -> str:
        """Name run and complaint by id."""
        return f"{self.run_id}: {self.complaint_id}"
