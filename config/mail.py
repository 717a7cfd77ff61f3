"""A mail backend for installations without a mail server: each letter becomes one file, once."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class FileOnceBackend(BaseEmailBackend):
    """Lay each letter under MAIL_DIR, named after its Message-ID.

    A letter handed over twice (after a crash between sending and noting it) is the same file, so
    nobody gets it twice. The file appears whole or not at all, and the first one stays.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the letters; return how many were accepted."""
        folder = Path(settings.MAIL_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        for letter in email_messages:
            raw = letter.message()
            target = self._file(str(raw["Message-ID"]))
            if not target.exists():
                _lay(target, raw.as_bytes())
        return len(email_messages)

    def holds(self, message_id: str) -> bool:
        """Return whether the letter of this Message-ID has been laid already."""
        return self._file(message_id).exists()

    @staticmethod
    def _file(message_id: str) -> Path:
        name = re.sub(r"[^A-Za-z0-9@._-]", "_", message_id.strip("<>"))
        return Path(settings.MAIL_DIR) / f"{name}.eml"


def _lay(target: Path, raw: bytes) -> None:
    part = target.parent / f".{uuid4().hex}.part"
    try:
        with part.open("xb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
