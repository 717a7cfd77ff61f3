"""Clocks and the pauses that may stop them."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.models.complaint import Complaint
from complaints.states import PauseReason, Stage


class Clock(models.Model):
    """One time limit of a complaint in one cycle, with all that proves its due date."""

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="clocks")
    cycle = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=60)
    stage = models.CharField(max_length=12, choices=Stage)
    hard = models.BooleanField()
    spec = models.JSONField()  # compliance.rules.ClockSpec
    calendar = models.CharField(max_length=20)
    calendar_revision = models.PositiveIntegerField(default=0)
    pause_reasons = models.JSONField(default=list)
    started_at = models.DateTimeField(_("started"))
    due_at = models.DateTimeField(_("due"))
    due_date = models.DateField(_("last day"))
    promised_at = (
        models.DateTimeField()
    )  # due when the clock started: an extension does not hide it
    paused_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(_("stopped"), null=True)
    met = models.BooleanField(null=True)
    dropped = models.BooleanField(default=False)  # no longer applies (priority changed, withdrawn)
    told_percent = models.PositiveSmallIntegerField(default=0)  # the last warning that went out
    next_event_at = models.DateTimeField(null=True)  # when the next warning or breach is to be told
    extended_reason = models.TextField(blank=True)
    extended_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """The sweep reads one narrow index, whatever the table's size."""

        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint", "cycle", "code"],
                name="clock_runs_once",
                condition=Q(stopped_at__isnull=True, dropped=False),
            )
        ]
        indexes = [
            models.Index(
                fields=["next_event_at"],
                name="clock_next_event",
                condition=Q(next_event_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        """Name the clock."""
        return f"{self.code} of {self.complaint_id}"

    @property
    def running(self) -> bool:
        """Return whether the clock still asks for something."""
        return self.stopped_at is None and not self.dropped

    @property
    def counted_from(self) -> datetime:
        """Return the instant from which shares of the time count: the start, moved by the pauses.

        Time in which the clock stood still is not time used.
        """
        if self.extended_by_id is not None:
            return self.started_at
        return self.due_at - (self.promised_at - self.started_at)


class Pause(models.Model):
    """A stretch of time in which clocks that allow this reason stand still."""

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="pauses")
    cycle = models.PositiveSmallIntegerField()
    reason = models.CharField(_("reason"), max_length=12, choices=PauseReason)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    evidence = models.CharField(_("evidence"), max_length=300, blank=True)

    class Meta:
        """One open pause at a time; it ends after it began."""

        ordering = ["started_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint"], name="pause_one_open", condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="pause_ends_after_start",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=models.F("started_at")),
            ),
        ]

    def __str__(self) -> str:
        """Name reason and complaint."""
        return f"{self.reason} of {self.complaint_id}"
