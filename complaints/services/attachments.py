"""Files of a complaint: checked by content, stored once under their hash, read under control."""

import hashlib
import os
import zipfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import BadInput, NotAllowed
from complaints.models import Attachment, Complaint
from complaints.permissions import may
from complaints.rules.files import HEAD, KINDS, extension_of, is_container, safe_name
from complaints.scanning import CLEAN, INFECTED, NOT_SCANNED, scan
from complaints.selectors.access import may_read_now
from complaints.services.moves import note_down, take

ORPHAN_AFTER = timedelta(days=1)
_INCOMING = "incoming"


@dataclass(frozen=True)
class _Stored:
    """A file on its way in, complete and checked."""

    part: Path
    size: int
    sha256: str
    content_type: str
    scan: str


def attach_file(
    *,
    complaint_id: int,
    file: Iterable[bytes],
    name: str,
    internal: bool,
    actor: User,
    at: datetime,
) -> Attachment:
    """Attach a file; the same file given again to the same complaint is the one there already.

    Its bytes are read, checked and scanned before the complaint is locked. Raises
    Complaint.DoesNotExist, NotAllowed, and BadInput naming `file`: empty, too large, of a type that
    is not taken, not what its name says, infected, or not scannable where scanning is demanded.
    """
    complaint = Complaint.objects.visible_to(actor).get(pk=complaint_id)
    if not may(actor, "complaints.attach", complaint):
        raise NotAllowed(_("Your role does not attach files to this complaint."))
    name = safe_name(name)
    if extension_of(name) not in KINDS:
        raise BadInput(
            _("Files of this type are not taken. These are: %(types)s.")
            % {"types": ", ".join(KINDS)},
            code="file_type",
            field="file",
        )
    with _received(file, name) as stored:
        return _attach(complaint_id, stored, name=name, internal=internal, actor=actor, at=at)


@transaction.atomic
def _attach(
    complaint_id: int, stored: _Stored, *, name: str, internal: bool, actor: User, at: datetime
) -> Attachment:
    complaint = take(complaint_id, actor=actor, permission="complaints.attach")
    known = complaint.attachments.standing().filter(sha256=stored.sha256, internal=internal).first()
    if known is not None:
        return known
    path = f"{stored.sha256[:2]}/{stored.sha256[2:4]}/{stored.sha256}"
    _put_away(stored.part, path)
    attachment = Attachment.objects.create(
        complaint=complaint,
        name=name,
        content_type=stored.content_type,
        size=stored.size,
        sha256=stored.sha256,
        path=path,
        scan=stored.scan,
        internal=internal,
        by=actor,
        at=at,
    )
    note_down(
        events.ATTACHED,
        complaint,
        actor=actor,
        at=at,
        payload={
            "attachment": attachment.pk,
            "sha256": stored.sha256,
            "size": stored.size,
            "type": stored.content_type,
            "scan": stored.scan,
            "internal": internal,
        },
    )
    return attachment


@contextmanager
def _received(file: Iterable[bytes], name: str) -> Iterator[_Stored]:
    """Lay the bytes aside, check them, and take them away again if nobody put them to use."""
    folder = Path(settings.MEDIA_ROOT) / _INCOMING
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = folder / uuid4().hex
    try:
        size, sha256 = _copy(file, part)
        content_type = _checked_type(part, name)
        yield _Stored(part, size, sha256, content_type, _scanned(part))
    finally:
        part.unlink(missing_ok=True)


def _copy(file: Iterable[bytes], part: Path) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        for chunk in file:
            size += len(chunk)
            if size > settings.ATTACHMENT_MAX_BYTES:
                raise BadInput(
                    _("The file is larger than %(limit)s.")
                    % {"limit": filesizeformat(settings.ATTACHMENT_MAX_BYTES)},
                    code="file_size",
                    field="file",
                )
            digest.update(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    if not size:
        raise BadInput(_("The file is empty."), code="file_empty", field="file")
    return size, digest.hexdigest()


def _checked_type(part: Path, name: str) -> str:
    kind = KINDS[extension_of(name)]
    with part.open("rb") as file:
        head = file.read(HEAD)
    if not kind.fits(head, _inside(part) if is_container(head) else ()):
        raise BadInput(
            _("The content of this file is not what its name says (%(extension)s).")
            % {"extension": f".{extension_of(name)}"},
            code="file_content",
            field="file",
        )
    return kind.content_type


def _inside(part: Path) -> Collection[str]:
    """Return the names in a zip container; nothing is unpacked."""
    try:
        with zipfile.ZipFile(part) as container:
            return container.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ()


def _scanned(part: Path) -> str:
    result = scan(part)
    if result == INFECTED:
        raise BadInput(
            _("The virus scanner refuses this file."), code="file_infected", field="file"
        )
    if result == NOT_SCANNED and settings.CLAMAV_REQUIRED:
        raise BadInput(
            _("The virus scanner does not answer, so no file is taken now. Try again later."),
            code="file_unscanned",
            field="file",
        )
    return result


def _put_away(part: Path, path: str) -> None:
    """Move a file to its place; one that is there already has the same content."""
    target = Path(settings.MEDIA_ROOT) / path
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part.replace(target)


def file_of(attachment: Attachment) -> Path:
    """Return where the bytes of an attachment lie."""
    return Path(settings.MEDIA_ROOT) / attachment.path


def may_leave(attachment: Attachment) -> bool:
    """Return whether a file may be given to somebody outside: it is there, and not infected."""
    return bool(attachment.path) and attachment.scan != INFECTED


@transaction.atomic
def open_attachment(*, attachment_id: int, actor: User, at: datetime) -> Attachment:
    """Let a person read a file; reading one of a confidential complaint is recorded.

    Raises Attachment.DoesNotExist when its complaint does not exist for the actor; NotAllowed when
    a reason must be given first, or when the file was found infected.
    """
    attachment = Attachment.objects.select_related("complaint").get(
        pk=attachment_id, complaint__in=Complaint.objects.visible_to(actor)
    )
    complaint = attachment.complaint
    if not may_read_now(complaint, actor, at=at):
        raise NotAllowed(
            _("This complaint is confidential. Say on its page why you need to read it."),
            code="reason_needed",
        )
    if attachment.withdrawn_at is not None:
        raise NotAllowed(_("This file was taken off the complaint."), code="file_withdrawn")
    if not attachment.path:
        raise NotAllowed(_("This file was disposed of."), code="file_disposed")
    if attachment.scan == INFECTED:
        raise NotAllowed(_("The virus scanner refuses this file."), code="file_infected")
    if complaint.confidential:
        note_down(
            events.ATTACHMENT_READ,
            complaint,
            actor=actor,
            at=at,
            payload={"attachment": attachment.pk, "sha256": attachment.sha256},
        )
    return attachment


@transaction.atomic
def withdraw_files(
    *, complaint_id: int, attachment_ids: Collection[int], actor: User, at: datetime
) -> int:
    """Take files off a complaint that they do not belong to; return how many.

    They are kept and on the record, but no evidence of this complaint any more. What was taken off
    before stays as it was. Raises Complaint.DoesNotExist, NotAllowed.
    """
    complaint = take(complaint_id, actor=actor, permission="complaints.message")
    rows = complaint.attachments.standing().filter(pk__in=attachment_ids)
    files = list(rows.select_for_update(of=("self",)).order_by("pk"))
    for file in files:
        file.withdrawn_at = at
        file.save(update_fields=["withdrawn_at"])
        payload = {"attachment": file.pk, "sha256": file.sha256}
        note_down(events.ATTACHMENT_WITHDRAWN, complaint, actor=actor, at=at, payload=payload)
    return len(files)


def scan_again(*, at: datetime) -> dict[str, int]:
    """Scan what could not be scanned when it came in; return how many had which result."""
    results = {CLEAN: 0, INFECTED: 0, NOT_SCANNED: 0}
    if not settings.CLAMAV_ADDRESS:
        return results
    waiting = Attachment.objects.filter(scan=NOT_SCANNED).exclude(path="")
    for attachment in waiting.select_related("complaint"):
        result = scan(file_of(attachment))
        results[result] += 1
        if result != NOT_SCANNED:
            _note_scan(attachment, result, at)
    return results


@transaction.atomic
def _note_scan(attachment: Attachment, result: str, at: datetime) -> None:
    attachment.scan = result
    attachment.save(update_fields=["scan"])
    note_down(
        events.ATTACHMENT_SCANNED,
        attachment.complaint,
        actor=None,
        at=at,
        payload={"attachment": attachment.pk, "scan": result},
    )


def clean_attachments(*, now: datetime) -> int:
    """Delete files that belong to nothing and are older than a day; return how many."""
    return clean_orphans(before=now - ORPHAN_AFTER, at=now)


def clean_orphans(*, before: datetime, at: datetime) -> int:  # noqa: ARG001 - as all such verbs
    """Delete files that belong to nothing and were written before a moment; return how many.

    They are left behind when a process dies between storing a file and noting it, or between
    disposing of a complaint and deleting its files.
    """
    root = Path(settings.MEDIA_ROOT)
    oldest = before.timestamp()
    gone = 0
    for file in chain(root.glob(f"{_INCOMING}/*"), root.glob("??/??/*")):
        if file.stat().st_mtime >= oldest:
            continue
        relative = file.relative_to(root).as_posix()
        if not Attachment.objects.filter(path=relative).exists():
            file.unlink(missing_ok=True)
            gone += 1
    return gone
