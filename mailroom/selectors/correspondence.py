"""A complaint's letters and mails side by side, and who takes part in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from complaints.models import Complaint, Correspondent, IncomingMessage, Message
from complaints.selectors.veil import HIDDEN, veil_letter
from complaints.states import Writer
from mailroom.models import Mail

SHOWN = 100


@dataclass(frozen=True)
class Item:
    """One piece: `out` from us, else to us. `mail` is there where it came by mail."""

    out: bool
    at: datetime
    title: str
    who: str
    state: Any
    automatic: bool
    text: str
    mail: Mail | None
    message: Message | None

    @property
    def files(self) -> list[dict[str, Any]]:
        """Return the files of the mail, attached or refused."""
        return self.mail.files if self.mail else []


@dataclass(frozen=True)
class Correspondence:
    """What went out and came in, newest first, and the third parties who take part."""

    items: Sequence[Item]
    third_parties: Sequence[Correspondent]
    after_the_end: int  # how many came in after the complaint had ended


def correspondence_of(complaint: Complaint) -> Correspondence:
    """Return the correspondence of a complaint, in a fixed number of statements."""
    letters = list(complaint.messages.filter(to_user__isnull=True).order_by("-pk")[:SHOWN])
    rows = complaint.incomingmessages.filter(withdrawn_at__isnull=True).order_by("-pk")[:SHOWN]
    mails = list(Mail.objects.filter(complaint=complaint).order_by("-pk")[:SHOWN])
    by_row = {mail.incoming_id: mail for mail in mails if mail.incoming_id}
    incoming = list(rows)
    for letter in letters:
        veil_letter(letter, complaint)
    for row in incoming:
        veil_letter(row, complaint)
    items = [
        *map(_letter, letters),
        *(_incoming(row, by_row.get(row.pk)) for row in incoming),
        *(_alone(mail, complaint) for mail in mails if mail.incoming_id is None),
    ]
    ended = complaint.closed_at
    return Correspondence(
        items=sorted(items, key=lambda item: item.at, reverse=True),
        third_parties=list(complaint.correspondents.filter(removed_at__isnull=True)),
        after_the_end=sum(not row.automatic and row.at > ended for row in incoming)
        if ended and not complaint.is_open
        else 0,
    )


def _letter(letter: Message) -> Item:
    return Item(
        out=True,
        at=letter.sent_at or letter.queued_at,
        title=letter.subject or str(letter.get_occasion_display()),
        who=letter.to_address,
        state=letter.state,
        automatic=False,
        text=letter.body,
        mail=None,
        message=letter,
    )


def _incoming(row: IncomingMessage, mail: Mail | None) -> Item:
    return Item(
        out=False,
        at=row.at,
        title=row.subject or str(row.get_channel_display()),
        who=row.sender if row.writer != Writer.COMPLAINANT else str(row.get_writer_display()),
        state="",
        automatic=row.automatic,
        text=row.text,
        mail=mail,
        message=None,
    )


def _alone(mail: Mail, complaint: Complaint) -> Item:
    """Return a mail without words of its own on the complaint: its first one, or a report."""
    person = complaint.complainant
    nameless = person is not None and "name" in person.withheld
    sender = HIDDEN if nameless else mail.sender_name
    return Item(
        out=False,
        at=mail.arrived_at,
        title=mail.subject,
        who=str(mail.get_kind_display()) if mail.kind != "letter" else sender,
        state="",
        automatic=mail.kind != "letter",
        text=mail.text,
        mail=mail,
        message=None,
    )
