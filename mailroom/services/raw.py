"""The bytes of mails: kept as they came, each once, under their hash, outside every web root."""

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings

# How the note begins that stands in for a mail which the mail server does not hand over.
WITHHELD = b"X-Redress-Withheld:"
_INCOMING = "incoming"
_ORPHAN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Kept:
    """A raw mail on disk: where (below MAIL_RAW_ROOT), how large in bytes, and its SHA-256."""

    path: str
    size: int
    sha256: str


def keep_raw(chunks: Iterable[bytes]) -> Kept:
    """Lay a mail down, whole or not at all. Raises OSError when the disk does not take it."""
    root = Path(settings.MAIL_RAW_ROOT)
    folder = root / _INCOMING
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = folder / uuid4().hex
    size, digest = 0, hashlib.sha256()
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        sha256 = digest.hexdigest()
        path = f"{sha256[:2]}/{sha256[2:4]}/{sha256}.eml"
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return Kept(path, size, sha256)


def raw_file(path: str) -> Path:
    """Return where the bytes of a mail lie."""
    return Path(settings.MAIL_RAW_ROOT) / path


def sweep_raw(*, now: datetime) -> int:
    """Delete what a killed process left half written; return how many files."""
    gone = 0
    before = (now - _ORPHAN_AFTER).timestamp()
    for part in (Path(settings.MAIL_RAW_ROOT) / _INCOMING).glob("*"):
        with suppress(FileNotFoundError):
            if part.stat().st_mtime < before:
                part.unlink()
                gone += 1
    return gone
