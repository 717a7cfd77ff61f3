"""Messages to complainants and colleagues, and the templates they are written from."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.models.complaint import Complaint
from complaints.states import MessageChannel, MessageState, Occasion


class Message(models.Model):
    """One message and what became of it. Its Message-ID is its delivery id: repeats show."""

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="messages")
    cycle = models.PositiveSmallIntegerField(default=1)
    occasion = models.CharField(max_length=20, choices=Occasion)
    channel = models.CharField(max_length=10, choices=MessageChannel)
    state = models.CharField(max_length=10, choices=MessageState)
    language = models.CharField(max_length=10)
    to_address = models.CharField(max_length=254, blank=True)
    to_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    copy_to = models.TextField(blank=True)  # third parties added to the correspondence, by commas
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"))
    delivery_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    queued_at = models.DateTimeField()
    sending_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)  # for noted messages: when it was told
    failed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        """What is on its way or went wrong is found at once."""

        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["complaint", "id"], name="message_of_complaint"),
            models.Index(
                fields=["state", "queued_at"],
                name="message_unsettled",
                condition=Q(state__in=["queued", "sending", "uncertain", "failed", "bounced"]),
            ),
        ]

    def __str__(self) -> str:
        """Name occasion and complaint."""
        return f"{self.occasion} of {self.complaint_id}"


class MessageTemplate(models.Model):
    """The text for an occasion, a channel and a language. Placeholders are checked when saved."""

    occasion = models.CharField(_("occasion"), max_length=20, choices=Occasion)
    channel = models.CharField(_("channel"), max_length=10, choices=MessageChannel)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.DateTimeField(null=True)

    class Meta:
        """One text per occasion, channel and language."""

        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        ordering = ["occasion", "channel", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["occasion", "channel", "language"], name="template_once"
            )
        ]

    def __str__(self) -> str:
        """Name occasion, channel and language."""
        return f"{self.occasion}/{self.channel}/{self.language}"
