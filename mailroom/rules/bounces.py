"""Mails that say that a letter of ours did not arrive: by RFC 3464 or in a server's words. Pure.

Which letter it was is told by what the report repeats of it: each of our letters carries its
delivery id in its Message-ID and in a field of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from mailroom.rules import headers
from mailroom.rules.charsets import cleaned, text_of
from mailroom.rules.html_text import text_of_html

_UUID = re.compile(
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE
)
_POSTMASTER = re.compile(
    r"^(?:mailer-daemon|postmaster|mail-daemon|mailerdaemon|bounces?)@", re.IGNORECASE
)
_FAILED = re.compile(
    r"undeliver|delivery (?:status notification \(failure\)|has failed|failure|failed|incomplete)"
    r"|mail delivery (?:failed|system)|returned mail|failure notice|non-?delivery|not delivered"
    r"|message could not be delivered|rejected"
    r"|退信|退回|投递失败|投遞失敗|发送失败|发送失敗|无法投递|無法投遞|未送达|未能送达|无法送达|系统退信",
    re.IGNORECASE,
)
_DELAYED = re.compile(r"\bdelay|warning: could not send|延迟|延遲|推迟", re.IGNORECASE)
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_REPLY_LINE = re.compile(r"^.*\b(?:[45]\d\d[ -]|[45]\.\d{1,3}\.\d{1,3}\b).*$", re.MULTILINE)
_LONGEST = 200_000


@dataclass(frozen=True)
class Report:
    """What a report says: whether the letter `failed` or is only late, whose, why, which ids."""

    failed: bool
    recipients: tuple[str, ...]
    status: str  # enhanced status code, 5.1.1; empty if it names none
    why: str  # in the words of the mail server, one line
    ids: tuple[str, ...]  # delivery ids that stand anywhere in it


def report_of(mail: Message, text: str) -> Report | None:
    """Return what a mail reports about one of our letters, or None where it is no report."""
    statuses = list(_status_blocks(mail))
    repeated = _repeated(mail)
    if statuses and _has_action(statuses):
        return _by_the_book(statuses, repeated)
    return _as_written(mail, text, repeated)


def _status_blocks(mail: Message) -> Iterator[Message]:
    """Yield the blocks of fields in the machine-readable part, one for each recipient."""
    if mail.get_content_type() not in {"multipart/report", "multipart/mixed"}:
        return
    for part in headers.parts_of(mail):
        if part.get_content_type() == "message/delivery-status":
            yield from headers.parts_of(part)


def _has_action(blocks: list[Message]) -> bool:
    return any(block["Action"] for block in blocks)


def _by_the_book(blocks: list[Message], repeated: str) -> Report | None:
    actions = [headers.field(block, "Action").lower() for block in blocks if block["Action"]]
    failed = any(action.startswith("failed") for action in actions)
    if not failed and not any(action.startswith("delayed") for action in actions):
        return None  # delivered, relayed, expanded: good news needs nobody
    told = [block for block in blocks if block["Action"]]
    worst = next(
        (b for b in told if headers.field(b, "Action").lower().startswith("failed")), told[0]
    )
    recipients = [
        _address(headers.field(block, name))
        for block in told
        for name in ("Original-Recipient", "Final-Recipient")
        if block[name] and (headers.field(block, "Action").lower().startswith("failed") == failed)
    ]
    status = _STATUS.search(headers.field(worst, "Status"))
    diagnostic = headers.field(worst, "Diagnostic-Code").partition(";")
    why = (diagnostic[2] or diagnostic[0]).strip() or headers.field(worst, "Status")
    return Report(
        failed=failed,
        recipients=tuple(dict.fromkeys(filter(None, recipients))),
        status=status[0] if status else "",
        why=why[:300],
        ids=_ids(repeated),
    )


def _as_written(mail: Message, text: str, repeated: str) -> Report | None:
    """Read a report that a person could read: only from a postmaster, and only in such words."""
    people = headers.addresses(headers.raw_fields(mail, "From")) or [("", "")]
    no_way_back = headers.raw_field(mail, "Return-Path").strip() == "<>"
    if not (_POSTMASTER.match(people[0][1]) or no_way_back):
        return None
    subject = headers.field(mail, "Subject")
    from_postmaster = _POSTMASTER.match(people[0][1])
    # A note of absence has no way back either, and may well speak of something rejected.
    failed = _FAILED.search(f"{subject}\n{text[:1500]}" if from_postmaster else subject)
    delayed = _DELAYED.search(subject)
    if not failed and not delayed:
        return None
    line = _REPLY_LINE.search(text)
    status = _STATUS.search(text)
    return Report(
        failed=not delayed,
        recipients=tuple(dict.fromkeys(headers.addresses_in(text[:3000])[:5])),
        status=status[0] if status else "",
        why=(" ".join(line[0].split()) if line else subject)[:300],
        ids=_ids(repeated),
    )


def _repeated(mail: Message) -> str:
    """Return everything in a mail in which the letter that came back may be repeated."""
    said: list[str] = []
    for part in mail.walk():
        said += [f"{name}: {value}" for name, value in part.raw_items() if part is not mail]
        if part.is_multipart():
            continue
        raw = part.get_payload(decode=True)
        if isinstance(raw, bytes) and len(raw) <= _LONGEST:
            words = text_of(raw)
            html = part.get_content_type() == "text/html"
            said.append(text_of_html(words) if html else words)
    said += headers.raw_fields(mail, "X-Failed-Message-ID")
    said += headers.raw_fields(mail, "In-Reply-To") + headers.raw_fields(mail, "References")
    return cleaned("\n".join(said))


def _ids(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.lower() for found in _UUID.findall(text)))[:20]


def _address(value: str) -> str:
    """Return the address in "rfc822; ann@example.com"."""
    found = headers.addresses_in(value.partition(";")[2] or value)
    return found[0] if found else ""
