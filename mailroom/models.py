"""What came in: each mail with where it lies now, and how far each mailbox has been read."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint, IncomingMessage, Message
from mailroom.querysets import MailQuerySet
from mailroom.states import Aside, Door, Kind, MailState, Reason


class Mail(models.Model):
    """One mail. Its bytes lie as a file under its hash; what is read out of them stands here."""

    identity = models.CharField(max_length=64, unique=True)  # the same mail comes in once
    message_id = models.CharField(max_length=250, blank=True, db_index=True)
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    door = models.CharField(max_length=10, choices=Door)
    mailbox = models.CharField(max_length=300, blank=True)
    arrived_at = models.DateTimeField(_("arrived"))
    taken_in_at = models.DateTimeField()

    state = models.CharField(max_length=10, choices=MailState, default=MailState.NEW)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.LETTER)
    reason = models.CharField(_("why it waits"), max_length=14, choices=Reason, blank=True)
    trouble = models.CharField(max_length=120, blank=True)  # the machine's word for what went wrong

    sender_name = models.CharField(_("name"), max_length=200, blank=True)
    sender = models.CharField(_("from"), max_length=254, blank=True)
    to_line = models.TextField(_("to"), blank=True)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)  # as the sender's clock has it
    text = models.TextField(_("text"), blank=True)
    quoted = models.TextField(blank=True)
    files = models.JSONField(default=list)  # name, size, type; attachment or refused once filed

    complaint = models.ForeignKey(
        Complaint, null=True, on_delete=models.PROTECT, related_name="mails"
    )
    suggestion = models.ForeignKey(
        Complaint, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    incoming = models.OneToOneField(
        IncomingMessage, null=True, on_delete=models.SET_NULL, related_name="mail"
    )
    letter = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    aside = models.CharField(_("why"), max_length=12, choices=Aside, blank=True)
    aside_note = models.CharField(_("remark"), max_length=300, blank=True)
    erased_at = models.DateTimeField(null=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        """What waits is found at once, by its reason too."""

        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["reason", "id"], name="mail_waiting", condition=Q(state="waiting")
            ),
            models.Index(fields=["state", "-id"], name="mail_by_state"),
        ]
        constraints = [
            models.CheckConstraint(
                name="mail_filed_somewhere",
                condition=~Q(state="filed") | Q(complaint__isnull=False),
            ),
            models.CheckConstraint(
                name="mail_waits_for_a_reason", condition=~Q(state="waiting") | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        """Return the key: who wrote what is personal data."""
        return f"mail {self.pk}"


class Mailbox(models.Model):
    """How far a mailbox has been read, and how the last tries went."""

    name = models.CharField(max_length=300, unique=True)  # user@host/folder
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    stuck_uid = models.BigIntegerField(default=0)
    stuck_times = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=120, blank=True)

    class Meta:
        """By name."""

        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        ordering = ["name"]

    def __str__(self) -> str:
        """Return the name."""
        return self.name
