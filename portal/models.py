"""What came through the public form: where it may have been a program, and files in between."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint


class Submission(models.Model):
    """A complaint that came through the public form. A doubtful one waits for a person's look."""

    complaint = models.OneToOneField(Complaint, on_delete=models.CASCADE, related_name="submission")
    at = models.DateTimeField()
    suspected = models.BooleanField(default=False)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_at = models.DateTimeField(null=True)

    class Meta:
        """Those that wait are listed."""

        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        indexes = [
            models.Index(
                fields=["id"],
                name="submission_to_check",
                condition=Q(suspected=True, checked_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        """Name the complaint by id."""
        return f"submission of {self.complaint_id}"


class HeldFile(models.Model):
    """A file of a form that is not finished: kept, so that an error elsewhere does not lose it."""

    key = models.UUIDField()  # of the form
    name = models.CharField(max_length=200)
    path = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    class Meta:
        """Found by form, oldest first."""

        verbose_name = _("file of an unfinished form")
        verbose_name_plural = _("files of unfinished forms")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["key", "id"], name="held_file_of_form"),
            models.Index(fields=["at"], name="held_file_age"),
        ]

    def __str__(self) -> str:
        """Return the file name."""
        return self.name
