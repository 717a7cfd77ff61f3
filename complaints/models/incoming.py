"""What comes in on a complaint, and who besides the complainant belongs to its correspondence."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.models.complaint import Complaint
from complaints.models.handling import Act
from complaints.states import MessageChannel, Writer


class IncomingMessage(Act):
    """Words that reached us on a complaint. `at` is when they arrived, `by` who filed them."""

    channel = models.CharField(max_length=10, choices=MessageChannel)
    writer = models.CharField(_("written by"), max_length=12, choices=Writer)
    sender = models.CharField(_("from"), max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    text = models.TextField(_("text"), blank=True)
    quoted = models.TextField(blank=True)  # what the sender's mail program repeated of our letter
    # Out-of-office notes and the like: kept, but nobody's answer.
    automatic = models.BooleanField(default=False)
    # Filed on the wrong complaint: the words are no longer shown here.
    withdrawn_at = models.DateTimeField(null=True)

    class Meta(Act.Meta):
        """Oldest first."""

        verbose_name = _("incoming message")
        verbose_name_plural = _("incoming messages")


class Correspondent(models.Model):
    """A third party whom a person has added to the correspondence, with the reason."""

    complaint = models.ForeignKey(
        Complaint, on_delete=models.CASCADE, related_name="correspondents"
    )
    address = models.CharField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=200)
    reason = models.CharField(_("reason"), max_length=300)
    copied = models.BooleanField(_("gets copies of our letters"), default=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        """An address belongs to a complaint once at a time."""

        verbose_name = _("third party")
        verbose_name_plural = _("third parties")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint", "address"],
                name="correspondent_once",
                condition=Q(removed_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        """Name complaint and key; the address is personal data."""
        return f"{self.complaint_id}/{self.pk}"
