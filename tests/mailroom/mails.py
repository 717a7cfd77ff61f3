"""Mails as they come in, and short ways to let them in."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import count
from typing import Any

from complaints.models import Complaint, Message
from complaints.selectors.messages import message_id_of
from complaints.services.messages import write_message
from complaints.states import MessageChannel, MessageState, Occasion
from journal.services import deliver_pending
from mailroom.models import Mail
from mailroom.services.taking_in import take_in
from tests.complaints.factories import NOW, make_complaint, make_user

ANN = "ann@example.com"
DESK = "complaints@localhost"
LATER = NOW + timedelta(hours=2)
_number = count(1)


def mail(
    text: str = "The kettle leaks again.", *, sender: str = f"Ann Lee <{ANN}>", **fields: Any
) -> EmailMessage:
    """Return a mail to the complaints address; `fields` are header fields, - written as _."""
    made = EmailMessage()
    made["From"] = sender
    made["To"] = fields.pop("to", DESK)
    made["Subject"] = fields.pop("subject", "My kettle")
    made["Date"] = "Wed, 04 Mar 2026 11:00:00 +0800"
    made["Message-ID"] = fields.pop("message_id", f"<{next(_number)}@mail.example.com>")
    for name, value in fields.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def let_in(raw: EmailMessage | bytes, *, at: datetime = LATER, **given: Any) -> Mail:
    """Take a mail in and let the outbox sort it; return its row."""
    content = raw if isinstance(raw, bytes) else raw.as_bytes()
    row, _new = take_in(
        chunks=[content], door="pipe", arrived_at=given.pop("arrived_at", at), at=at, **given
    )
    deliver_all()
    row.refresh_from_db()
    return row


def deliver_all() -> None:
    """Let the outbox do its work until nothing is due."""
    while deliver_pending(clock=lambda: datetime.now(UTC) + timedelta(seconds=1)):
        pass


def answered(complaint: Complaint, text: str = "Here is the bill.", **fields: Any) -> EmailMessage:
    """Return an answer to the newest letter that the complainant got."""
    letter = letter_of(complaint)
    fields.setdefault("subject", f"Re: {letter.subject}")
    fields.setdefault("In_Reply_To", message_id_of(letter))
    return mail(text, **fields)


def letter_of(complaint: Complaint) -> Message:
    """Return the newest letter to the complainant."""
    return complaint.messages.filter(to_user__isnull=True).latest("pk")


def case(**fields: Any) -> Complaint:
    """Return a complaint of Ann's, taken down by an agent, with a letter that has gone out."""
    agent = fields.pop("actor", None) or make_user("agent")
    fields.setdefault("email", ANN)
    fields.setdefault("name", "Ann Lee")
    complaint = make_complaint(actor=agent, **fields)
    write_message(
        complaint_id=complaint.pk,
        occasion=Occasion.INFORMATION_REQUEST,
        channel=MessageChannel.EMAIL,
        subject="About your complaint",
        text="Please send us the bill.",
        actor=agent,
        at=NOW,
    )
    deliver_all()
    assert letter_of(complaint).state == MessageState.SENT
    complaint.refresh_from_db()
    return complaint
