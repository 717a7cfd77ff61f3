"""How mail enters the house: one IMAP mailbox, read by keys that never come twice."""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

TIMEOUT = 30  # seconds for each answer
CHUNK = 1024 * 1024
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_DATE = re.compile(rb'INTERNALDATE "[^"]+"')
_UID_VALIDITY = re.compile(rb"(\d+)")


class MailServerError(Exception):
    """The mail server did not do what was asked; the message names the step, never any data."""


@dataclass(frozen=True)
class Account:
    """Where mail is fetched, as the settings say."""

    host: str
    port: int
    tls: str
    user: str
    password: str
    folder: str


def account() -> Account | None:
    """Return the account to fetch from, or None where there is none."""
    if not settings.MAIL_IMAP_HOST:
        return None
    return Account(
        host=settings.MAIL_IMAP_HOST,
        port=settings.MAIL_IMAP_PORT,
        tls=settings.MAIL_IMAP_TLS,
        user=settings.MAIL_IMAP_USER,
        password=settings.MAIL_IMAP_PASSWORD,
        folder=settings.MAIL_IMAP_FOLDER,
    )


@dataclass(frozen=True)
class Head:
    """What is known of a mail before it is fetched."""

    size: int
    arrived_at: datetime | None


class Folder:
    """An open folder of a mail server."""

    def __init__(self, imap: imaplib.IMAP4, name: str) -> None:
        """Open the folder. Raises MailServerError."""
        self.imap = imap
        _demand("select", imap.select(_quoted(name)))
        answer = imap.response("UIDVALIDITY")[1]
        found = _UID_VALIDITY.search(answer[0] or b"") if answer and answer[0] else None
        self.uid_validity = int(found[1]) if found else 0
        # Servers tell more of what they can do once somebody has signed in.
        words = _demand("capability", imap.capability())
        self.can = {word.upper() for line in words if line for word in line.decode().split()}

    def uids_after(self, last: int) -> list[int]:
        """Return the keys of mails behind this one, in order."""
        data = _demand("search", self.imap.uid("SEARCH", f"UID {last + 1}:*", "NOT", "DELETED"))
        # "n:*" always names the last mail, even where it lies before n.
        found = {int(uid) for line in data if line for uid in line.split()}
        return sorted(uid for uid in found if uid > last)

    def head(self, uid: int) -> Head | None:
        """Return size and arrival of a mail, or None where it has gone meanwhile."""
        data = _demand("fetch", self.imap.uid("FETCH", str(uid), "(RFC822.SIZE INTERNALDATE)"))
        line = b" ".join(_flat(data))
        size = _SIZE.search(line)
        return Head(int(size[1]), _arrival(line)) if size else None

    def chunks(self, uid: int, size: int) -> Iterator[bytes]:
        """Yield the bytes of a mail; it stays unread on the server."""
        if size <= CHUNK:
            yield self._body(uid, "BODY.PEEK[]")
            return
        start = 0
        while start < size:
            chunk = self._body(uid, f"BODY.PEEK[]<{start}.{CHUNK}>")
            if not chunk:
                return
            yield chunk
            start += len(chunk)

    def _body(self, uid: int, what: str) -> bytes:
        data = _demand("fetch", self.imap.uid("FETCH", str(uid), f"({what})"))
        bodies = [item[1] for item in data if isinstance(item, tuple)]
        if not bodies:
            raise MailServerError("fetch")
        return bytes(bodies[0])

    def done(self, uid: int, folder: str) -> None:
        """Mark a mail as read, or move it away. Raises MailServerError."""
        if not folder:
            _demand("store", self.imap.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)"))
            return
        if "MOVE" in self.can:
            _demand("move", self.imap.uid("MOVE", str(uid), _quoted(folder)))
            return
        _demand("copy", self.imap.uid("COPY", str(uid), _quoted(folder)))
        _demand("store", self.imap.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)"))
        if "UIDPLUS" in self.can:
            # Without it an EXPUNGE would also take what others have marked.
            _demand("expunge", self.imap.uid("EXPUNGE", str(uid)))


@contextmanager
def open_folder(where: Account) -> Iterator[Folder]:
    """Sign in and open the folder; sign out at the end. Raises OSError, MailServerError."""
    try:
        imap = _connected(where)
        try:
            imap.login(where.user, where.password)
            yield Folder(imap, where.folder)
        finally:
            with suppress(Exception):
                imap.logout()
    except imaplib.IMAP4.error as error:
        raise MailServerError(_step_of(error)) from error


def _connected(where: Account) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    if where.tls == "ssl":
        return imaplib.IMAP4_SSL(where.host, where.port, ssl_context=context, timeout=TIMEOUT)
    imap = imaplib.IMAP4(where.host, where.port, timeout=TIMEOUT)
    if where.tls == "starttls":
        imap.starttls(context)
    return imap


def _step_of(error: Exception) -> str:
    """Return what went wrong, without what the server says: that may name the mailbox."""
    return "abort" if isinstance(error, imaplib.IMAP4.abort) else "refused"


def _demand(step: str, answer: tuple[str, list[Any]]) -> list[Any]:
    status, data = answer
    if status != "OK":
        raise MailServerError(step)
    return data


def _flat(data: list[Any]) -> list[bytes]:
    return [
        part
        for item in data
        for part in (item if isinstance(item, tuple) else (item,))
        if isinstance(part, bytes)
    ]


def _arrival(line: bytes) -> datetime | None:
    found = _DATE.search(line)
    if found is None:
        return None
    try:
        # Only the library reads the month names; it gives local time, whatever the zone was.
        local = imaplib.Internaldate2tuple(found[0])
        return datetime.fromtimestamp(_seconds(local), UTC) if local else None
    except (ValueError, OverflowError, OSError):
        return None


def _seconds(local: Any) -> float:
    return datetime(*local[:6]).astimezone().timestamp()


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_utf7(escaped)}"'


def _utf7(name: str) -> str:
    """Return a folder's name as IMAP writes it (RFC 3501, 5.1.3)."""

    def shifted(text: str) -> str:
        encoded = text.encode("utf-7").decode("ascii")
        return "&" + encoded.strip("+-").replace("/", ",") + "-"

    name = name.replace("&", "&-")
    return re.sub(r"[^\x20-\x7e]+", lambda found: shifted(found[0]), name)
