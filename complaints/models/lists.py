"""What belongs to lists: filters people keep, and moves made on many complaints at once."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models.complaint import Complaint


class SavedFilter(models.Model):
    """A filter under a name of one's own; the filter is the address of the list."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="saved_filters",
        db_index=False,
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1000)
    saved_at = models.DateTimeField()

    class Meta:
        """By name, once per person."""

        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_filter_once")]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class BulkRun(models.Model):
    """One move on many complaints, each for itself; it goes on when nobody watches."""

    class Action(models.TextChoices):
        """What is done to each."""

        ASSIGN = "assign", _("Assign")
        ACKNOWLEDGE = "acknowledge", _("Acknowledge by e-mail")
        ESCALATE = "escalate", _("Escalate")
        NO_REPLY = "no_reply", _("Record: no reply")
        CLOSE = "close", _("Close")
        WITHDRAW = "withdraw", _("Withdraw")

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    action = models.CharField(max_length=12, choices=Action)
    given = models.JSONField(default=dict)  # what the action needs beside the complaint
    language = models.CharField(max_length=10)  # in which refusals are written down
    total = models.PositiveIntegerField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first; what is not finished is found at once."""

        verbose_name = _("bulk move")
        verbose_name_plural = _("bulk moves")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["id"], name="bulk_unfinished", condition=Q(finished_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        """Name action and size."""
        return f"{self.action} x {self.total}"


class BulkItem(models.Model):
    """One complaint of a run, and what became of it: written in the transaction of the move."""

    class Outcome(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", pgettext_lazy("bulk", "Waiting")
        DONE = "done", pgettext_lazy("bulk", "Done")
        REFUSED = "refused", pgettext_lazy("bulk", "Refused")

    # The indexes below begin with the run; nobody asks for the runs of a complaint.
    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="items", db_index=False)
    complaint = models.ForeignKey(
        Complaint, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.WAITING)
    reason = models.TextField(blank=True)

    class Meta:
        """In the order chosen; each complaint once."""

        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "complaint"], name="bulk_item_once")]
        indexes = [models.Index(fields=["run", "outcome", "id"], name="bulk_item_outcome")]

    def __str__(self) -> str:
        """Name run and complaint."""
        return f"{self.run_id}: {self.complaint_id}"
