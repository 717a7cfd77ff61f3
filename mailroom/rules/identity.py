"""When two mails are the same: by Message-ID and content, whichever way they came. Pure."""

import hashlib
import re

_ENDS = re.compile(rb"\r\n|\r")
_ENVELOPE = re.compile(rb"\A(?:>?From [^\n]*\n)+")
_FOLD = re.compile(rb"\n[ \t]+")
_NAMED = (b"from", b"date", b"subject", b"message-id")


def identity_of(raw: bytes) -> tuple[str, str]:
    """Return what tells a mail apart, as hex, and its Message-ID (empty if it has none).

    What mail servers add on the way (Received, Delivered-To), line ends and an mbox's "From " line
    make no difference.
    """
    folded = _ENVELOPE.sub(b"", _ENDS.sub(b"\n", raw))
    head, gap, body = folded.partition(b"\n\n")
    fields = _fields(head)
    digest = hashlib.sha256()
    if not (gap and fields):
        # Nothing that looks like a mail: only the very same bytes are the same.
        digest.update(folded)
        return digest.hexdigest(), _message_id(fields.get(b"message-id", b""))
    for name in _NAMED:
        digest.update(name + b":" + fields.get(name, b"") + b"\n")
    digest.update(body.rstrip(b"\n "))
    return digest.hexdigest(), _message_id(fields.get(b"message-id", b""))


def _fields(head: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for line in _FOLD.sub(b" ", head).split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon and name.lower() in _NAMED:
            found.setdefault(name.lower(), value.strip())
    return found


def _message_id(value: bytes) -> str:
    text = value.decode("ascii", "ignore").replace("\x00", "")
    found = re.search(r"<([^<>\s]{1,250})>", text)
    return found[1] if found else text.strip()[:250]
