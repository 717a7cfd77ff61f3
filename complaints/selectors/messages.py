"""What our letters are called, and which have not arrived and wait for somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.models import Complaint, Message
from complaints.permissions import may, needs_reason, withheld_from
from complaints.states import MessageChannel, MessageState, Occasion

SLOW_AFTER = timedelta(minutes=15)
SHOWN = 200
_ARRIVED = (MessageState.SENT, MessageState.NOTED)
_ON_ITS_WAY = (MessageState.QUEUED, MessageState.SENDING)
# What the transport says (complaints.transports), and what that means to the desk.
_TROUBLE: tuple[tuple[frozenset[str], Any], ...] = (
    (frozenset({"SMTPRecipientsRefused"}), _("The mail server does not take this address.")),
    (
        frozenset({"SMTPDataError", "SMTPSenderRefused"}),
        _("The mail server does not take this letter."),
    ),
    (
        frozenset({"SMTPAuthenticationError"}),
        _("The mail server refuses our sign-in: tell your administrator."),
    ),
    (
        frozenset({"BadHeaderError", "ValueError", "UnicodeEncodeError", "HeaderWriteError"}),
        _("The letter cannot be sent like this: look at its address and subject."),
    ),
    (
        frozenset({"SMTPServerDisconnected", "TimeoutError", "ConnectionResetError"}),
        _("The line to the mail server broke off."),
    ),
)
_OTHER_TROUBLE = _("The mail server could not be reached.")
_TOLD_ONCE = (Occasion.ACKNOWLEDGEMENT, Occasion.DECISION, Occasion.REMEDIES)


def mail_domain() -> str:
    """Return the domain that our letters are named in."""
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return address.rpartition("@")[2].encode("idna").decode("ascii") or "localhost"


def message_id_of(message: Message) -> str:
    """Return the Message-ID that a letter leaves with."""
    return f"<{message.delivery_id}@{mail_domain()}>"


@dataclass(frozen=True)
class Line:
    """One message and what the reader may do about it."""

    message: Message
    may_act: bool
    shows_address: bool

    @property
    def trouble(self) -> str:
        """Return what went wrong, in words: a person's own, or those for the machine's code."""
        return trouble_words(self.message)

    @property
    def code(self) -> str:
        """Return what the machine said, for who looks after the mail server."""
        return "" if self.message.state == MessageState.BOUNCED else self.message.error


@dataclass(frozen=True)
class Unsettled:
    """What hangs, by what is to be done. `total` counts all of it, shown or not."""

    trouble: Sequence[Line]  # interrupted, failed or bounced: somebody must decide
    to_tell: Sequence[Line]  # waits for somebody to post it or read it out
    slow: Sequence[Line]  # e-mails that should have left long ago
    total: int


def trouble_words(message: Message) -> str:
    """Return why a message did not get through, for people."""
    if message.state == MessageState.BOUNCED or not message.error:
        return message.error
    code = message.error.split()[0]
    return str(next((words for codes, words in _TROUBLE if code in codes), _OTHER_TROUBLE))


def unsettled_messages(actor: User, *, now: datetime) -> Unsettled:
    """Return the messages of the actor's complaints that have not arrived."""
    seen = Message.objects.filter(
        complaint__in=Complaint.objects.visible_to(actor).values("pk"),
        complaint__anonymised_at__isnull=True,  # nothing is left there to be told
    ).select_related("complaint", "to_user")
    trouble = seen.filter(
        state__in=[MessageState.UNCERTAIN, MessageState.FAILED, MessageState.BOUNCED]
    ).exclude(_told_otherwise())
    to_tell = seen.filter(state=MessageState.QUEUED).exclude(channel=MessageChannel.EMAIL)
    slow = seen.filter(
        state__in=_ON_ITS_WAY, channel=MessageChannel.EMAIL, queued_at__lt=now - SLOW_AFTER
    )
    return Unsettled(
        trouble=_lines(trouble, actor),
        to_tell=_lines(to_tell, actor),
        slow=_lines(slow, actor),
        total=sum(part.count() for part in (trouble, to_tell, slow)),
    )


def _told_otherwise() -> Exists:
    """Say of a message that its text, or what it was for, has reached its reader since."""
    later = Message.objects.filter(
        complaint=OuterRef("complaint"),
        cycle=OuterRef("cycle"),
        occasion=OuterRef("occasion"),
        pk__gt=OuterRef("pk"),
    )
    same_text = Q(body=OuterRef("body"), state__in=(*_ARRIVED, *_ON_ITS_WAY))
    same_matter = Q(occasion__in=_TOLD_ONCE, state__in=_ARRIVED)
    return Exists(later.filter(same_text | same_matter))


def _lines(messages: "QuerySet[Message]", actor: User) -> list[Line]:
    return [
        Line(
            message,
            may_act=may(actor, "complaints.message", message.complaint),
            shows_address=not needs_reason(actor, message.complaint)
            and "email" not in withheld_from(actor),
        )
        for message in messages.order_by("queued_at", "pk")[:SHOWN]
    ]
