"""Files of forms that are not finished yet: held for a day, then attached or forgotten."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.errors import BadInput, NotAllowed
from complaints.rules.files import KINDS, extension_of, safe_name
from complaints.services.attachments import attach_file
from portal.models import HeldFile
from portal.selectors.keeping import held_for

MOST_FILES = 10
KEPT_FOR = timedelta(days=1)
_FOLDER = "held"
_CHUNK = 64 * 1024


def hold_file(*, key: UUID, file: "UploadedFile[Any]", at: datetime) -> HeldFile:
    """Keep a file until its form is finished. What is in it is checked when it is attached.

    Raises BadInput naming `uploads`: too many, too large, empty, or of a type that is not taken.
    """
    name = safe_name(file.name or "")
    if HeldFile.objects.filter(key=key).count() >= MOST_FILES:
        raise BadInput(
            _("No more than %(most)s files, please.") % {"most": MOST_FILES}, field="uploads"
        )
    if extension_of(name) not in KINDS:
        raise BadInput(
            _("%(name)s: files of this type are not taken. These are: %(types)s.")
            % {"name": name, "types": ", ".join(KINDS)},
            field="uploads",
        )
    if not file.size:
        raise BadInput(_("%(name)s: the file is empty.") % {"name": name}, field="uploads")
    if file.size > settings.ATTACHMENT_MAX_BYTES:
        limit = filesizeformat(settings.ATTACHMENT_MAX_BYTES)
        raise BadInput(
            _("%(name)s: the file is larger than %(limit)s.") % {"name": name, "limit": limit},
            field="uploads",
        )
    path = f"{_FOLDER}/{uuid4().hex}"
    _lay_aside(file, Path(settings.MEDIA_ROOT) / path)
    return HeldFile.objects.create(key=key, name=name, path=path, size=file.size, at=at)


def _lay_aside(file: "UploadedFile[Any]", place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        for chunk in file.chunks():
            target.write(chunk)


def held_files(key: UUID) -> list[HeldFile]:
    """Return the files that a form holds."""
    return list(HeldFile.objects.filter(key=key))


def let_go(held: HeldFile) -> None:
    """Forget a file, on disk and in the table."""
    held.delete()
    _forget(held.path)


def attach_held_files(
    *, key: UUID, complaint_id: int, actor: User, at: datetime
) -> list[tuple[str, str]]:
    """Attach what a form held; return the names of those that were refused, with the reason.

    A file never keeps a complaint from being received.
    """
    refused = []
    for held in held_files(key):
        place = Path(settings.MEDIA_ROOT) / held.path
        try:
            attach_file(
                complaint_id=complaint_id,
                file=_bytes_of(place),
                name=held.name,
                internal=False,
                actor=actor,
                at=at,
            )
        except BadInput as refusal:
            refused.append((held.name, str(refusal)))
        except FileNotFoundError:
            refused.append((held.name, str(_("The file is no longer there."))))
        let_go(held)
    return refused


def _bytes_of(place: Path) -> Iterator[bytes]:
    with place.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def erase_held_files(
    *,
    complaint_id: int,
    actor: User,
    at: datetime,  # noqa: ARG001 - as every verb that erases is called
) -> int:
    """Forget what the form of a complaint still holds, as its retention ends; return how many.

    Only the system does so, for a disposal run that was approved. Raises NotAllowed.
    """
    if not actor.is_system:
        raise NotAllowed(_("Only an approved disposal run does this."))
    files = held_for(complaint_id)
    for held in files:
        held.delete()
        transaction.on_commit(partial(_forget, held.path))
    return len(files)


def files_of_complaint(complaint_id: int) -> list[tuple[str, Path]]:
    """Return what the form of a complaint still holds, for a copy of somebody's data."""
    root = Path(settings.MEDIA_ROOT)
    return [(f"held/{held.pk}-{held.name}", root / held.path) for held in held_for(complaint_id)]


def _forget(path: str) -> None:
    (Path(settings.MEDIA_ROOT) / path).unlink(missing_ok=True)


def clean_held_files(*, now: datetime) -> int:
    """Forget files whose form was never finished; return how many."""
    old = list(HeldFile.objects.filter(at__lt=now - KEPT_FOR))
    for held in old:
        let_go(held)
    known = set(HeldFile.objects.values_list("path", flat=True))
    for file in (Path(settings.MEDIA_ROOT) / _FOLDER).glob("*"):
        stray = f"{_FOLDER}/{file.name}" not in known
        if stray and file.stat().st_mtime < (now - KEPT_FOR).timestamp():
            file.unlink(missing_ok=True)
    return len(old)
