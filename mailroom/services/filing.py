"""Filing: a mail onto a complaint, as a complaint of its own, or before a person."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from accounts.services import system_user
from complaints.models import Complaint, Message
from complaints.rules.letters import one_line
from complaints.rules.reply_address import bare_subject
from complaints.rules.suggestions import written_in
from complaints.services.incoming import Incoming, receive_message
from complaints.services.intake import Intake, Person, receive_complaint
from complaints.states import Channel, Occasion, Writer
from journal.services import record
from mailroom import events
from mailroom.models import Mail
from mailroom.states import Kind, MailState, Reason

_A_DAY = timedelta(days=1)
ANSWERS_NOBODY = frozenset({Kind.AUTO_REPLY, Kind.AUTOMATIC, Kind.BOUNCE, Kind.DELAY, Kind.OWN})


def file_on(mail: Mail, complaint: Complaint, *, writer: Writer, actor: User, at: datetime) -> None:
    """Put a locked mail onto a complaint, as words that came in. The caller's transaction."""
    row = receive_message(
        complaint_id=complaint.pk,
        incoming=Incoming(
            received_at=mail.arrived_at,
            text=mail.text or ("" if mail.quoted else mail.subject),
            subject=mail.subject,
            sender=sender_line(mail),
            quoted=mail.quoted,
            writer=writer,
            automatic=mail.kind in ANSWERS_NOBODY,
            absence=mail.kind == Kind.AUTO_REPLY,
        ),
        actor=actor,
        at=at,
    )
    mail.complaint, mail.incoming = row.complaint, row
    settle_filed(mail, actor=actor, at=at)


def settle_filed(mail: Mail, *, actor: User, at: datetime) -> None:
    """Save that a mail lies on its complaint now; its files follow by the outbox."""
    mail.state, mail.reason = MailState.FILED, Reason.NONE
    mail.decided_by, mail.decided_at = actor, at
    mail.save()
    note(events.MAIL_FILED, mail, actor=actor, at=at)


def intake_of(mail: Mail, **changes: Any) -> Intake:
    """Return what a mail says, as a complaint to be received; `changes` are a person's."""
    text = mail.text or mail.quoted
    subject = bare_subject(mail.subject)
    words = "\n\n".join(part for part in (subject, text) if part)
    intake = Intake(
        channel=Channel.EMAIL,
        description=words or sender_line(mail),
        received_at=mail.arrived_at,
        person=Person(name=mail.sender_name, email=mail.sender),
        language=written_in(words),
        idempotency_key=f"mail:{mail.identity}",
        automatic_letters=mail.kind == Kind.LETTER,
    )
    return replace(intake, **changes)


def make_of(mail: Mail, intake: Intake, *, actor: User, at: datetime) -> Complaint:
    """Receive a complaint from a locked mail. The caller's transaction."""
    complaint = receive_complaint(intake=intake, actor=actor, at=at)
    mail.complaint = complaint
    settle_filed(mail, actor=actor, at=at)
    return complaint


def let_wait(
    mail: Mail,
    reason: Reason,
    *,
    at: datetime,
    suggestion: Complaint | None = None,
    trouble: str = "",
) -> None:
    """Put a mail before a person."""
    mail.state, mail.reason, mail.suggestion = MailState.WAITING, reason, suggestion
    mail.trouble = trouble[:120]
    mail.save()
    note(
        events.MAIL_WAITS,
        mail,
        actor=system_user(),
        at=at,
        reason=str(reason),
        suggestion=suggestion.pk if suggestion else None,
    )


def note(kind: str, mail: Mail, *, actor: User, at: datetime, **payload: Any) -> None:
    """Record a fact on the mail's chain."""
    record(
        kind=kind,
        subject=mail,
        actor=actor,
        occurred_at=at,
        payload={
            "state": str(mail.state),
            "kind": str(mail.kind),
            "complaint": mail.complaint_id,
            **payload,
        },
    )


def sender_line(mail: Mail) -> str:
    """Return the sender as people read it."""
    if mail.sender_name and mail.sender:
        return f"{mail.sender_name} <{mail.sender}>"[:254]
    return one_line(mail.sender or mail.sender_name)


def automatic_letters_to(address: str, *, at: datetime) -> int:
    """Return how many letters a machine of ours wrote to an address within a day."""
    return Message.objects.filter(
        to_address__iexact=address,
        to_user__isnull=True,
        occasion=Occasion.ACKNOWLEDGEMENT,
        written_by__is_system=True,
        queued_at__gt=at - _A_DAY,
    ).count()
