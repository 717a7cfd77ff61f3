"""Take in one mail from standard input, as a mail server's pipe hands it over."""

import os
import sys
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from journal.origin import origin
from journal.services import utc_now
from mailroom.services.taking_in import take_in

_CHUNK = 64 * 1024


class Command(BaseCommand):
    """`manage.py receive_mail < mail.eml`: exit codes as in sysexits.h."""

    help = (
        "Take in one mail from standard input. Exits with 0 once it is kept, with 75 (try again) "
        "when it could not be kept, with 66 when there was nothing to read."
    )
    requires_system_checks: list[str] = []
    stealth_options = ("source",)  # another stream than standard input

    def handle(self, *args: Any, **options: Any) -> None:
        """Take the mail in. What it says is looked at by the worker: no mail fails for that."""
        source: BinaryIO = options.get("source") or sys.stdin.buffer
        first = source.read(_CHUNK)
        if not first:
            sys.exit(os.EX_NOINPUT)
        now = utc_now()
        try:
            with origin("mail"):
                mail, new = take_in(
                    chunks=chain([first], _rest(source)), door="pipe", arrived_at=now, at=now
                )
        except (OSError, DatabaseError) as error:
            self.stderr.write(f"not kept: {type(error).__name__}")
            sys.exit(os.EX_TEMPFAIL)
        self.stdout.write(f"{'kept' if new else 'known'}: {mail.pk}")


def _rest(source: BinaryIO) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK):
        yield chunk
