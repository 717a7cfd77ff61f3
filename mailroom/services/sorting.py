"""Sorting: what a mail is and where it belongs. Whatever is not certain is put before a person."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from accounts.services import system_user
from complaints.models import Message
from complaints.rules.reply_address import plain
from complaints.selectors.policy import policy_in_force
from complaints.services.sending import note_bounce
from complaints.states import MessageState, Writer
from journal.errors import Refusal
from mailroom.errors import TooEarlyError, WithheldError
from mailroom.models import Mail
from mailroom.rules.parsing import Parsed, parse
from mailroom.selectors.matching import (
    Match,
    complaint_addresses,
    is_colleague,
    is_forged,
    is_ours,
    match_of,
    open_complaint_of,
    returned_letter,
    writer_of,
)
from mailroom.services.filing import (
    automatic_letters_to,
    file_on,
    intake_of,
    let_wait,
    make_of,
    settle_filed,
)
from mailroom.services.raw import WITHHELD, raw_file
from mailroom.states import Kind, MailState, Reason

log = structlog.get_logger(__name__)

_HEAD = 256 * 1024
_PATIENCE = timedelta(hours=1)
_ON_ITS_WAY = (MessageState.QUEUED, MessageState.SENDING)
_CAME_BACK = (MessageState.SENT, MessageState.UNCERTAIN)


def sort_mail(*, mail_id: int, at: datetime) -> Mail:
    """Decide where a mail that has just come in belongs, and put it there. Called by the outbox.

    A mail that cannot be read, or that a verb refuses, waits for a person; the next one goes on.
    Raises OSError, TooEarlyError and what a database says when it is down: it is tried again later.
    """
    mail = Mail.objects.get(pk=mail_id)
    if mail.state != MailState.NEW:
        return mail
    try:
        parsed = read(mail)
        try:
            return _sort(mail_id, parsed, at)
        except Refusal as refusal:
            return _refused(mail_id, parsed, refusal, at)
    except (OperationalError, InterfaceError, OSError, TooEarlyError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever a mail does to us, it is kept and shown
        return _cannot_be_read(mail_id, error, at)


def read(mail: Mail) -> Parsed:
    """Return what a mail says; of one too large only what stands at its head."""
    with raw_file(mail.path).open("rb") as file:
        if mail.size > settings.MAIL_MAX_BYTES:
            return parse(file.read(_HEAD), whole=False)
        raw = file.read()
    if raw.startswith(WITHHELD):
        raise WithheldError
    return parse(raw)


def _cannot_be_read(mail_id: int, error: Exception, at: datetime) -> Mail:
    log.warning("mail_unreadable", mail=mail_id, error=type(error).__name__)
    with transaction.atomic():
        mail = _locked(mail_id)
        if mail.state == MailState.NEW:
            mail.kind = Kind.UNREADABLE
            let_wait(mail, Reason.UNREADABLE, at=at, trouble=type(error).__name__)
    return mail


def _refused(mail_id: int, parsed: Parsed, refusal: Refusal, at: datetime) -> Mail:
    log.warning("mail_refused", mail=mail_id, code=refusal.code)
    with transaction.atomic():
        mail = _locked(mail_id)
        if mail.state == MailState.NEW:
            _write_down(mail, parsed)
            match = match_of(parsed)
            let_wait(
                mail,
                Reason.UNMATCHED,
                at=at,
                suggestion=match.complaint,
                trouble=f"{refusal.code} {refusal.field}".strip(),
            )
    return mail


def _locked(mail_id: int) -> Mail:
    return Mail.objects.select_for_update(of=("self",)).get(pk=mail_id)


@transaction.atomic
def _sort(mail_id: int, parsed: Parsed, at: datetime) -> Mail:
    mail = _locked(mail_id)
    if mail.state != MailState.NEW:
        return mail
    _write_down(mail, parsed)
    match = match_of(parsed)
    if is_ours(parsed):
        mail.kind = Kind.OWN
        let_wait(mail, Reason.OWN, at=at, suggestion=match.complaint)
    elif mail.kind in {Kind.BOUNCE, Kind.DELAY}:
        _take_report(mail, parsed, at)
    elif match.complaint is not None:
        _answer(mail, parsed, match, at)
    else:
        _stranger(mail, parsed, match, at)
    return mail


def _write_down(mail: Mail, parsed: Parsed) -> None:
    """Set (in memory) what the mail says."""
    mail.kind = Kind(parsed.kind)
    mail.sender_name, mail.sender = parsed.sender_name, parsed.sender
    mail.to_line, mail.subject, mail.sent_at = parsed.to_line, parsed.subject, parsed.sent_at
    mail.text, mail.quoted = parsed.text, parsed.quoted
    mail.files = [
        {"name": file.name, "size": len(file.content), "type": file.content_type}
        for file in parsed.files
    ]


# --- a report about a letter of ours -------------------------------------------------------------


def _take_report(mail: Mail, parsed: Parsed, at: datetime) -> None:
    letter = returned_letter(parsed)
    if letter is None or letter.to_user_id is not None or parsed.report is None:
        let_wait(mail, Reason.BOUNCE, at=at)
        return
    mail.letter, mail.complaint = letter, letter.complaint
    if parsed.report.failed and not _only_a_copy(letter, parsed.report.recipients):
        if letter.state in _ON_ITS_WAY and at - mail.taken_in_at < _PATIENCE:
            raise TooEarlyError
        if letter.state in _CAME_BACK:
            why = parsed.report.why or parsed.report.status or parsed.subject or "bounced"
            note_bounce(message_id=letter.pk, reason=why, actor=None, at=at)
    settle_filed(mail, actor=system_user(), at=at)


def _only_a_copy(letter: Message, recipients: tuple[str, ...]) -> bool:
    """Return whether the report is about a third party's copy; the letter itself did arrive."""
    copies = {address.lower() for address in letter.copy_to.split(", ") if address}
    return bool(recipients) and set(recipients) <= copies - {letter.to_address.lower()}


# --- something on a complaint that we know -------------------------------------------------------


def _answer(mail: Mail, parsed: Parsed, match: Match, at: datetime) -> None:
    complaint = match.complaint
    assert complaint is not None  # noqa: S101 - for the type checker
    writer = writer_of(complaint, parsed.sender)
    doubt = _doubt(parsed, match, writer, mail)
    if doubt:
        let_wait(mail, doubt, at=at, suggestion=complaint)
        return
    mail.letter = match.message
    file_on(mail, complaint, writer=writer, actor=system_user(), at=at)


def _doubt(parsed: Parsed, match: Match, writer: Writer, mail: Mail) -> Reason:
    """Return why a mail must not be filed by the machine, or nothing."""
    doubts = (
        (mail.size > settings.MAIL_MAX_BYTES, Reason.TOO_LARGE),
        (match.forged, Reason.FORGED),
        (is_forged(parsed), Reason.UNVERIFIED),
        (writer == Writer.OTHER and match.by == "subject", Reason.SUBJECT_ONLY),
        (writer == Writer.OTHER, Reason.OTHER_SENDER),
    )
    return next((reason for doubtful, reason in doubts if doubtful), Reason.NONE)


# --- something new -------------------------------------------------------------------------------


def _stranger(mail: Mail, parsed: Parsed, match: Match, at: datetime) -> None:
    known = open_complaint_of(parsed.sender) if parsed.sender else None
    reason = _why_wait(mail, parsed, match, at)
    if not reason and known is not None:
        reason = Reason.KNOWN_SENDER
    if reason:
        let_wait(mail, reason, at=at, suggestion=known)
        return
    make_of(mail, intake_of(mail), actor=system_user(), at=at)


def _why_wait(mail: Mail, parsed: Parsed, match: Match, at: datetime) -> Reason:
    """Return why a mail that is on nothing we know must not become a complaint by itself."""
    says = policy_in_force(mail.arrived_at).says.mail
    reasons = (
        (mail.size > settings.MAIL_MAX_BYTES, Reason.TOO_LARGE),
        (match.forged, Reason.FORGED),
        (is_forged(parsed), Reason.UNVERIFIED),
        (match.to_colleague or is_colleague(parsed.sender), Reason.COLLEAGUE),
        (parsed.is_list, Reason.NEWSLETTER),
        (parsed.is_spam, Reason.SPAM),
        (mail.kind != Kind.LETTER, Reason.AUTOMATIC),
        (bool(match.named) or not says.automatic_complaints, Reason.UNMATCHED),
        (not _is_plausible(parsed), Reason.UNMATCHED),
    )
    found = next((reason for holds, reason in reasons if holds), Reason.NONE)
    if found:
        return found
    # The last brake of a loop: whoever got so many letters today talks to a person next.
    written = automatic_letters_to(parsed.sender, at=at)
    return Reason.TOO_MANY if written >= says.automatic_letters else Reason.NONE


def _is_plausible(parsed: Parsed) -> bool:
    """Return whether a person wrote to a complaints address, and said something."""
    addressed = {plain(address) for address in parsed.recipients} & complaint_addresses()
    return bool(parsed.sender and addressed and (parsed.text or parsed.files))
