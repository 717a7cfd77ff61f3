"""A mail taken apart: who, to whom, what, which files, and what kind of mail it is. Pure.

Raises whatever the standard library raises on a mail that cannot be read at all; the caller keeps
the raw mail and asks a person.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32

from mailroom.rules import headers
from mailroom.rules.bounces import Report, report_of
from mailroom.rules.charsets import cleaned, text_of
from mailroom.rules.html_text import text_of_html
from mailroom.rules.kinds import kind_of
from mailroom.rules.quotes import parted

MOST_PARTS = 400
MOST_FILES = 60
LONGEST_TEXT = 200_000
_DELIVERED_TO = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")


@dataclass(frozen=True)
class File:
    """An attachment as it came; `name` may be empty, `content` is decoded."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Parsed:
    """What a mail says. Addresses are folded; `references` begin with what is answered."""

    sender_name: str
    sender: str
    recipients: tuple[str, ...]
    to_line: str
    subject: str
    sent_at: datetime | None
    text: str
    quoted: str
    files: tuple[File, ...]
    references: tuple[str, ...]
    kind: str  # of mailroom.states.Kind
    report: Report | None
    delivery_id: str  # X-Delivery-ID: only our own letters carry it
    is_list: bool
    is_spam: bool
    checks: tuple[str, ...]  # Authentication-Results, as written by the mail servers on the way


class TooManyPartsError(ValueError):
    """A mail of more parts than any person sends."""


def parse(raw: bytes, *, whole: bool = True) -> Parsed:
    """Take a mail apart; with `whole` false only its header fields are read."""
    if not whole:
        head = BytesHeaderParser(policy=compat32).parsebytes(raw)
        return replace(_from(head), text="", quoted="", files=())
    mail = BytesParser(policy=compat32).parsebytes(raw)
    return _from(mail)


def _from(mail: Message) -> Parsed:
    parts = list(_leaves(mail))
    text = _words(parts)
    report = report_of(mail, text)
    new, quoted = parted(text)
    people = headers.addresses(headers.raw_fields(mail, "From")) or [("", "")]
    return Parsed(
        sender_name=people[0][0][:200],
        sender=people[0][1],
        recipients=tuple(dict.fromkeys(_recipients(mail))),
        to_line=", ".join(headers.field(mail, name) for name in ("To", "Cc") if mail[name])[:2000],
        subject=headers.field(mail, "Subject")[:300],
        sent_at=headers.moment(mail),
        text=new,
        quoted=quoted,
        files=tuple(_files(parts)),
        references=tuple(
            dict.fromkeys(
                [
                    *headers.message_ids(headers.raw_fields(mail, "In-Reply-To")),
                    *reversed(headers.message_ids(headers.raw_fields(mail, "References"))),
                ]
            )
        ),
        kind=kind_of(mail, report),
        report=report,
        delivery_id=headers.field(mail, "X-Delivery-ID"),
        is_list=any(mail[name] for name in ("List-Id", "List-Unsubscribe", "List-Post")),
        is_spam=headers.field(mail, "X-Spam-Flag").upper() == "YES",
        checks=tuple(headers.raw_fields(mail, "Authentication-Results")[:5]),
    )


def _recipients(mail: Message) -> Iterator[str]:
    for name in _DELIVERED_TO:
        for _name, address in headers.addresses(headers.raw_fields(mail, name)):
            yield address


def _leaves(mail: Message) -> Iterator[Message]:
    """Yield the parts that hold something; a mail within the mail is one of them."""
    waiting = [mail]
    for _count in range(MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting[:0] = headers.parts_of(part)
        else:
            yield part
    raise TooManyPartsError


def _is_words(part: Message) -> bool:
    return (
        part.get_content_type() in {"text/plain", "text/html"}
        and part.get_content_disposition() != "attachment"
        and not headers.file_name(part)
    )


def _words(parts: list[Message]) -> str:
    """Return the words of a mail: the plain ones, else those of its HTML."""
    found: dict[str, list[str]] = {"text/plain": [], "text/html": []}
    for part in parts:
        if _is_words(part):
            found[part.get_content_type()].append(_text(part))
    plain = "\n\n".join(text.strip() for text in found["text/plain"] if text.strip())
    if plain:
        return plain[:LONGEST_TEXT]
    pages = (text_of_html(html[: LONGEST_TEXT * 5]) for html in found["text/html"])
    return "\n\n".join(page for page in pages if page)[:LONGEST_TEXT]


def _text(part: Message) -> str:
    return text_of(_bytes(part), _charset(part))


def _charset(part: Message) -> str:
    try:
        value = part.get_param("charset", "")
    except (ValueError, TypeError, IndexError):
        return ""
    return str(value[2] if isinstance(value, tuple) else value or "")


def _bytes(part: Message) -> bytes:
    """Return the decoded bytes of a part; of a mail within the mail, that mail."""
    if part.is_multipart():
        return b"\n\n".join(_as_bytes(inner) for inner in headers.parts_of(part))
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _as_bytes(inner: Message) -> bytes:
    try:
        return inner.as_bytes()
    except (UnicodeError, LookupError, ValueError, TypeError, AttributeError):
        return str(inner.get_payload()).encode("utf-8", "replace")


def _files(parts: list[Message]) -> Iterator[File]:
    for count, part in enumerate(part for part in parts if not _is_words(part)):
        if count == MOST_FILES:
            return
        kind = cleaned(part.get_content_type())[:100]
        name = headers.file_name(part)
        if not name and kind == "message/rfc822":
            name = "mail.eml"
        content = _bytes(part)
        if content and (name or kind not in {"message/delivery-status", "text/rfc822-headers"}):
            yield File(name or f"file-{count + 1}{_EXTENSIONS.get(kind, '')}", kind, content)


_EXTENSIONS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/csv": ".csv",
}
