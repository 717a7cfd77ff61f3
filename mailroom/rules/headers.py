"""Header fields to text: encoded words (RFC 2047) as they should be and as they are. Pure."""

import binascii
import quopri
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.message import Message
from email.utils import collapse_rfc2231_value, getaddresses, parsedate_to_datetime

from mailroom.rules.charsets import cleaned, text_of

_WORD = re.compile(r"=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(\?=)\s+(=\?)")
_ID = re.compile(r"<([^<>\s]{1,250})>")
LONGEST = 20_000  # characters of one header field that are read


def raw_fields(mail: Message, name: str) -> list[str]:
    """Return a field's values as they came: nothing decoded, odd bytes as surrogates."""
    wanted = name.lower()
    return [str(value)[:LONGEST] for key, value in mail.raw_items() if key.lower() == wanted]


def raw_field(mail: Message, name: str) -> str:
    """Return the first value of a field, or an empty text."""
    return next(iter(raw_fields(mail, name)), "")


def field(mail: Message, name: str) -> str:
    """Return the first value of a field, decoded, in one line."""
    return decoded(raw_field(mail, name))


def decoded(raw: str) -> str:
    """Return a header value as text in one line.

    Encoded words of the same charset that follow each other are decoded together: some programs
    cut them in the middle of a character.
    """
    text = "".join(_pieces(_BETWEEN.sub(r"\1\2", raw)))
    return " ".join(cleaned(text).split())


def _pieces(raw: str) -> Iterator[str]:
    place, held, charset = 0, b"", ""
    for found in _WORD.finditer(raw):
        name = found[1].partition("*")[0]
        gap = raw[place : found.start()]
        if held and (gap or name.lower() != charset.lower()):
            yield text_of(held, charset)
            held = b""
        yield _plain(gap)
        held, charset, place = held + _bytes_of(found[2], found[3]), name, found.end()
    if held:
        yield text_of(held, charset)
    yield _plain(raw[place:])


def _plain(text: str) -> str:
    """Return what is not encoded; bytes beyond ASCII are read for what they look like."""
    return text if text.isascii() else text_of(text.encode("utf-8", "surrogateescape"))


def _bytes_of(how: str, payload: str) -> bytes:
    data = payload.encode("ascii", "ignore")
    if how in "qQ":
        return quopri.decodestring(data.replace(b"_", b" "), header=True)
    try:
        return b64decode(data + b"=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        return data


def addresses(values: Iterable[str]) -> list[tuple[str, str]]:
    """Return names and addresses of fields such as To; what has no address is left out."""
    joined = [_BETWEEN.sub(r"\1\2", " ".join(value.split())) for value in values]
    readable = [_readable(value) for value in joined]
    found = []
    for name, given in getaddresses(readable):
        address = cleaned(given).strip().strip("<>").lower()
        if "@" in address and " " not in address:
            found.append((decoded(name), address[:254]))
    # What the library cannot take apart may still hold an address.
    return found or [("", address[:254]) for address in addresses_in(" ".join(readable))]


def _readable(value: str) -> str:
    """Return a value whose odd bytes are text; encoded words stay, for they hide their commas."""
    return value if value.isascii() else text_of(value.encode("utf-8", "surrogateescape"))


def message_ids(values: Iterable[str]) -> list[str]:
    """Return the Message-IDs in fields such as References, each once, in order."""
    found: dict[str, None] = {}
    for value in values:
        text = cleaned(value)
        ids = _ID.findall(text) or [word for word in text.split() if "@" in word]
        found |= dict.fromkeys(one[:250] for one in ids)
    return list(found)


def moment(mail: Message, name: str = "Date") -> datetime | None:
    """Return an instant of a header field, or None where it holds none that can be believed."""
    try:
        when = parsedate_to_datetime(raw_field(mail, name))
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return when.astimezone(UTC) if 1990 <= when.year <= 2200 else None  # noqa: PLR2004
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None


def file_name(part: Message) -> str:
    """Return the name of an attachment: by RFC 2231, or as encoded words in quotes."""
    for field_name, parameter in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        try:
            value = part.get_param(parameter, None, field_name)
        except (ValueError, TypeError, IndexError, LookupError):
            continue
        if value is None:
            continue
        if isinstance(value, tuple):
            charset, _language, text = value
            raw = (text or "").encode("latin-1", "replace")
            name = text_of(raw, charset or "") if raw else collapse_rfc2231_value(value)
        else:
            name = decoded(value)
        if name.strip():
            return " ".join(name.split())[:200]
    return ""


_ADDRESS = re.compile(r"[\w.+%&'*/=?^{|}~-]{1,64}@[\w.-]{1,190}\.\w{2,24}")


def addresses_in(text: str) -> list[str]:
    """Return what looks like an address in a text, folded, each once."""
    return list(dict.fromkeys(found.lower() for found in _ADDRESS.findall(text)))


def parts_of(mail: Message) -> list[Message]:
    """Return the parts of a mail, or none where it has none."""
    payload = mail.get_payload()
    return (
        [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []
    )
