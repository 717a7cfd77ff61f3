"""Drafts of intake, and imports with what went wrong in them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class IntakeDraft(models.Model):
    """What somebody has typed so far; survives a lost connection and a sign-out."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts"
    )
    key = models.UUIDField(unique=True)  # made by the page; becomes the idempotency key on saving
    data = models.JSONField()
    saved_at = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering = ["-saved_at"]

    def __str__(self) -> str:
        """Name the key."""
        return str(self.key)


class ImportJob(models.Model):
    """A file on its way in: where it is, how far, how it went."""

    class Status(models.TextChoices):
        """Where the job stands."""

        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    file_name = models.CharField(max_length=200)
    path = models.CharField(max_length=300)
    mapping = models.JSONField()
    dry_run = models.BooleanField(_("dry run"), default=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    rows_total = models.PositiveIntegerField(null=True)
    rows_done = models.PositiveIntegerField(default=0)
    rows_new = models.PositiveIntegerField(default=0)
    rows_known = models.PositiveIntegerField(default=0)  # there already: running twice is safe
    rows_bad = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        """Newest first."""

        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]

    def __str__(self) -> str:
        """Name the file."""
        return self.file_name


class ImportProblem(models.Model):
    """One bad row: line, field, reason."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="problems")
    line = models.PositiveIntegerField(_("line"))
    field = models.CharField(_("field"), max_length=60)
    code = models.CharField(max_length=40)
    value = models.CharField(_("value"), max_length=200, blank=True)

    class Meta:
        """In file order."""

        ordering = ["line", "id"]

    def __str__(self) -> str:
        """Name line and field."""
        return f"{self.line}: {self.field}"
