"""How a message leaves the house. One transport now: e-mail through Django's mail backends."""

from contextlib import suppress
from email.errors import MessageError
from email.utils import formataddr, parseaddr
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from complaints.models import Message
from complaints.rules.reply_address import signed_reply, signed_return, subject_with_token
from complaints.selectors.messages import mail_domain, message_id_of

_PERMANENT = 500  # SMTP: an answer from here on will not change by asking again


class NotAcceptedError(Exception):
    """The letter did not leave. `permanent` says that trying again would change nothing."""

    def __init__(self, why: str, *, permanent: bool = False) -> None:
        """Keep why, in words without any data."""
        super().__init__(why)
        self.permanent = permanent


class UnansweredError(Exception):
    """The letter was on the wire when the line went dead: nobody knows whether it arrived."""


def hand_over(message: Message) -> None:
    """Give one letter to the mail backend.

    Raises NotAcceptedError when it certainly did not leave, UnansweredError when that is not known.
    """
    try:
        letter = letter_of(message)
        letter.message().as_bytes()
    except (ValueError, MessageError) as error:
        # A break in a header, an address that is none: the same at every try.
        raise NotAcceptedError(type(error).__name__, permanent=True) from error
    connection = get_connection()
    try:
        connection.open()
    except Exception as error:
        raise NotAcceptedError(_name(error)) from error
    try:
        accepted = connection.send_messages([letter])
    except SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise NotAcceptedError(_name(error, code), permanent=code >= _PERMANENT) from error
    except SMTPResponseException as error:
        permanent = isinstance(error, SMTPDataError) and error.smtp_code >= _PERMANENT
        raise NotAcceptedError(_name(error, error.smtp_code), permanent=permanent) from error
    except Exception as error:
        raise UnansweredError(_name(error)) from error
    finally:
        # What the server says to a good-bye changes nothing about the letter.
        with suppress(Exception):
            connection.close()
    if accepted != 1:
        raise NotAcceptedError("refused by the mail backend")


def letter_of(message: Message) -> EmailMessage:
    """Return the letter as it goes out. Its Message-ID is its delivery id."""
    headers = {
        "Message-ID": message_id_of(message),
        "X-Delivery-ID": str(message.delivery_id),
        # One thread per complaint in the reader's mail program.
        "References": f"<{message.complaint.reference}@{mail_domain()}>",
        "Content-Language": message.language,
    }
    if message.written_by.is_system or message.to_user_id is not None:
        # Nobody's out-of-office note shall answer a machine (RFC 3834).
        headers |= {
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
        }
    sender, answers = _sender_and_answers(message)
    if settings.MAIL_RETURN_ADDRESS and message.to_user_id is None:
        # The address on the envelope names the letter: what comes back says by itself what it was.
        headers["From"] = sender
        sender = signed_return(settings.MAIL_RETURN_ADDRESS, message.pk, settings.SECRET_KEY)
    return EmailMessage(
        subject=_subject_of(message),
        body=message.body,
        from_email=sender,
        to=[message.to_address],
        cc=[address for address in message.copy_to.split(", ") if address],
        reply_to=[answers] if answers else None,
        headers=headers,
    )


def _subject_of(message: Message) -> str:
    """Return the subject; a complainant's carries the reference, so that an answer can be told."""
    if message.to_user_id is not None:
        return message.subject
    return subject_with_token(message.subject, message.complaint.reference)


def _sender_and_answers(message: Message) -> tuple[str, str]:
    """Return From and Reply-To, one of them signed where the settings say so."""
    sender, answers = settings.DEFAULT_FROM_EMAIL, settings.MAIL_REPLY_TO
    if message.to_user_id is not None or not settings.MAIL_SIGNED_REPLIES:
        return sender, answers
    name, own = parseaddr(sender)
    signed = signed_reply(
        parseaddr(answers)[1] or own, message.complaint.reference, settings.SECRET_KEY
    )
    if settings.MAIL_SIGNED_REPLIES == "from":
        return formataddr((name, signed)), ""
    return sender, signed


def recognises_repeats() -> bool:
    """Return whether the backend takes a letter given twice for one: trying again is safe."""
    return hasattr(_backend(), "holds")


def is_handed_over(message: Message) -> bool:
    """Return whether the backend proves that it has this letter; a mail server cannot."""
    holds = getattr(_backend(), "holds", None)
    return bool(holds and holds(message_id_of(message)))


def _backend() -> BaseEmailBackend:
    backend: BaseEmailBackend = get_connection()
    return backend


def _name(error: Exception, code: object = "") -> str:
    return f"{type(error).__name__} {code}".strip()
