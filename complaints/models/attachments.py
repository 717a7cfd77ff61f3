"""Files that belong to a complaint."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from complaints.models.complaint import Complaint
from complaints.querysets import AttachmentQuerySet


class Attachment(models.Model):
    """A file, stored under its hash outside the web root; its type is judged by its content."""

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(_("file name"), max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=120)
    scan = models.CharField(max_length=12)  # clean | not_scanned
    internal = models.BooleanField(_("for colleagues only"), default=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # Filed on the wrong complaint: kept, but no evidence of this one any more.
    withdrawn_at = models.DateTimeField(null=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        """Oldest first."""

        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["id"]

    def __str__(self) -> str:
        """Return the file name."""
        return self.name
