"""The arithmetic of the record: canonical text, hashes, growing pauses. Pure."""

import hashlib
import hmac
import json
import traceback
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

GENESIS = "0" * 64
GIVE_UP_AFTER = 20  # attempts; then an operator must look
QUICKLY_PROVEN = 100_000  # entries that one waits for in front of a page: some seconds
_CODES = ("smtp_code", "sqlstate", "errno", "code", "name")
_canonical = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
)
_PAUSES = (5, 15, 60, 300, 900, 3600, 4 * 3600)  # seconds


def canonical(payload: Mapping[str, Any]) -> str:
    """Return the one JSON text of a payload: sorted keys, no spaces, UTF-8 left as it is."""
    return _canonical.encode(payload)


def instant(at: datetime) -> str:
    """Return an instant as text that is the same for every time zone and database."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def entry_hash(previous: str, fields: Iterable[str]) -> str:
    """Return the SHA-256 that ties an entry's fields to the entry before it in its chain.

    Fields are joined by the unit separator, which no field contains, so that moving a character
    from one field to the next changes the hash.
    """
    return hashlib.sha256("\x1f".join((previous, *fields)).encode()).hexdigest()


def seal_digest(key: str, previous: str, day: str, count: int, digest: str) -> str:
    """Return the keyed seal over a day's entries: without the key nobody can rebuild it."""
    text = "\x1f".join((previous, day, str(count), digest))
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def next_pause(attempts: int) -> timedelta:
    """Return how long to wait after this many failed attempts (1-based); grows to four hours."""
    return timedelta(seconds=_PAUSES[min(attempts, len(_PAUSES)) - 1])


def fault_line(error: BaseException) -> str:
    """Return what went wrong and where, in one line without any data.

    The text of an error often quotes what it stumbled over (an address, a name), and that is
    nobody's business on an operator's page or in a log. Kind, code and place are enough to act on.
    """
    code = next((str(getattr(error, name)) for name in _CODES if getattr(error, name, None)), "")
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "site-packages" not in frame.filename and "/lib/python" not in frame.filename
    ]
    place = f" at {_short(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    return type(error).__name__ + (f" ({code})" if code else "") + place


def _short(filename: str) -> str:
    return "/".join(filename.replace("\\", "/").split("/")[-2:])
