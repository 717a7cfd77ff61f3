"""Fetching mail: a bounded batch at a time, each mail let go of only once it is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import Q

from mailroom.models import Mailbox
from mailroom.selectors.health import mailbox_name
from mailroom.services.raw import WITHHELD, sweep_raw
from mailroom.services.taking_in import take_in
from mailroom.transports import Folder, MailServerError, account, open_folder

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=15)
PATIENCE = 3  # tries, until a mail that the server does not hand over is noted as such


@dataclass(frozen=True)
class Fetched:
    """What came of a round: mails that are new, and those that were there already."""

    new: int = 0
    known: int = 0
    error: str = ""


def fetch_mail(*, at: datetime) -> Fetched | None:
    """Fetch a batch from the mailbox that the settings name.

    Returns None where there is none, or another process is at it. A mail server that fails is noted
    and tried again at the next round; nothing is skipped.
    """
    where = account()
    if where is None:
        return None
    box = _claim(at)
    if box is None:
        return None
    sweep_raw(now=at)
    new = known = 0
    error = ""
    try:
        with open_folder(where) as folder:
            new, known = _read(box, folder, at)
    except (OSError, MailServerError) as failure:
        error = f"{type(failure).__name__} {failure}"[:120]
        log.warning("mail_not_fetched", error=type(failure).__name__)
    finally:
        box.leased_until = None
        box.tried_at, box.error = at, error
        if not error:
            box.succeeded_at = at
        box.save()
    return Fetched(new, known, error)


def _claim(at: datetime) -> Mailbox | None:
    """Take the mailbox for a while, so that two workers do not read it side by side."""
    name = mailbox_name()
    Mailbox.objects.get_or_create(name=name)
    free = Mailbox.objects.filter(Q(leased_until__isnull=True) | Q(leased_until__lt=at), name=name)
    if not free.update(leased_until=at + LEASE):
        return None
    return Mailbox.objects.get(name=name)


def _read(box: Mailbox, folder: Folder, at: datetime) -> tuple[int, int]:
    if box.uid_validity != folder.uid_validity:
        # The server numbers anew: read all again. What we have is recognised by its content.
        box.uid_validity, box.last_uid = folder.uid_validity, 0
        box.save(update_fields=["uid_validity", "last_uid"])
    new = known = 0
    for uid in folder.uids_after(box.last_uid)[: settings.MAIL_IMAP_BATCH]:
        fresh = _read_one(box, folder, uid, at)
        new, known = new + (fresh is True), known + (fresh is False)
        box.last_uid = uid
        box.save(update_fields=["last_uid"])
    return new, known


def _read_one(box: Mailbox, folder: Folder, uid: int, at: datetime) -> bool | None:
    """Keep one mail, then let the server know; return whether it is new, or None if it is gone."""
    try:
        head = folder.head(uid)
        if head is None:
            return None
        _mail, fresh = take_in(
            chunks=folder.chunks(uid, head.size),
            door="imap",
            arrived_at=head.arrived_at or at,
            at=at,
            mailbox=box.name,
        )
    except MailServerError:
        if not _given_up(box, uid):
            raise
        return _note_withheld(box, uid, at)
    try:
        folder.done(uid, settings.MAIL_IMAP_DONE_FOLDER)
    except MailServerError as error:
        # It is kept; that it still looks unread over there harms nobody.
        log.warning("mail_not_marked", step=str(error))
    return fresh


def _given_up(box: Mailbox, uid: int) -> bool:
    box.stuck_times = box.stuck_times + 1 if box.stuck_uid == uid else 1
    box.stuck_uid = uid
    box.save(update_fields=["stuck_uid", "stuck_times"])
    return box.stuck_times >= PATIENCE


def _note_withheld(box: Mailbox, uid: int, at: datetime) -> bool:
    """Put a task in the place of a mail that the server will not hand over, and go on."""
    text = b"%s yes\r\n\r\n%d.%d\r\n" % (WITHHELD, box.uid_validity, uid)
    return take_in(chunks=[text], door="imap", arrived_at=at, at=at, mailbox=box.name)[1]
