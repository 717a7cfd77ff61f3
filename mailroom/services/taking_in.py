"""Taking mail in: bytes to a file, a row, an entry. What the mail says is looked at afterwards."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.services import system_user
from journal.services import record
from mailroom import events
from mailroom.models import Mail
from mailroom.rules.identity import identity_of
from mailroom.services.raw import Kept, keep_raw, raw_file


def take_in(
    *, chunks: Iterable[bytes], door: str, arrived_at: datetime, at: datetime, mailbox: str = ""
) -> tuple[Mail, bool]:
    """Keep a mail, whatever is in it; return its row, and whether it is a new one.

    Once this returns, the mail is on disk and in the database, and the outbox owes its sorting: a
    door may let go of it. Raises OSError or DatabaseError when it could not be kept.
    """
    kept = keep_raw(chunks)
    identity, message_id = _identity(kept)
    known = Mail.objects.filter(identity=identity).first()
    if known is not None:
        return known, False
    try:
        with transaction.atomic():
            mail = Mail.objects.create(
                identity=identity,
                message_id=message_id,
                sha256=kept.sha256,
                path=kept.path,
                size=kept.size,
                door=door,
                mailbox=mailbox[:300],
                arrived_at=min(arrived_at, at),
                taken_in_at=at,
            )
            record(
                kind=events.MAIL_TAKEN_IN,
                subject=mail,
                actor=system_user(),
                occurred_at=mail.arrived_at,
                payload={"door": door, "sha256": kept.sha256, "size": kept.size},
            )
    except IntegrityError:
        return Mail.objects.get(identity=identity), False  # through another door at that moment
    return mail, True


def _identity(kept: Kept) -> tuple[str, str]:
    """Return what tells a mail apart; of one too large to be read, its hash."""
    if kept.size > settings.MAIL_MAX_BYTES:
        with raw_file(kept.path).open("rb") as file:
            return kept.sha256, identity_of(file.read(256 * 1024))[1]
    return identity_of(raw_file(kept.path).read_bytes())
