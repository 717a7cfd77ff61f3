"""The files of a mail: onto the complaint through the desk's own checks, the refused ones named."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.services import system_user
from complaints.errors import BadInput
from complaints.models import Attachment
from complaints.services.attachments import attach_file, withdraw_files
from complaints.states import Writer
from mailroom import events
from mailroom.models import Mail
from mailroom.rules.parsing import File
from mailroom.services.filing import note
from mailroom.services.sorting import read
from mailroom.states import Kind, MailState

_TRY_AGAIN = "file_unscanned"
_CHUNK = 64 * 1024


class NotScannedError(RuntimeError):
    """The virus scanner does not answer, and nothing is taken unscanned: again later."""


def take_files(*, mail_id: int, at: datetime) -> Mail:
    """Attach the files of a filed mail; each one is attached or listed with why it was refused.

    Repeats change nothing: the same file on the same complaint is one. Raises NotScannedError.
    """
    mail = Mail.objects.select_related("incoming").get(pk=mail_id)
    complaint_id, filed_at = mail.complaint_id, mail.decided_at
    told = all("attachment" in entry or "refused" in entry for entry in mail.files)
    wanted = mail.state == MailState.FILED and mail.kind not in {Kind.BOUNCE, Kind.DELAY}
    if not mail.files or told or not wanted or complaint_id is None:
        return mail
    stranger = mail.incoming is not None and mail.incoming.writer == Writer.OTHER
    results = [
        {**entry, **_attach(mail, file, internal=stranger, at=at)}
        for entry, file in zip(mail.files, read(mail).files, strict=True)
    ]
    with transaction.atomic():
        mail = Mail.objects.select_for_update(of=("self",)).get(pk=mail_id)
        if (mail.state, mail.complaint_id) != (MailState.FILED, complaint_id):
            # Somebody has taken the mail off meanwhile: its files must not stay behind.
            withdraw_files_of(
                mail, results, on=complaint_id, since=filed_at, actor=system_user(), at=at
            )
            return mail
        mail.files = results
        mail.save(update_fields=["files"])
        note(
            events.MAIL_FILES_TAKEN,
            mail,
            actor=system_user(),
            at=at,
            attachments=[one["attachment"] for one in results if "attachment" in one],
            refused=sum("refused" in one for one in results),
        )
    return mail


def _attach(mail: Mail, file: File, *, internal: bool, at: datetime) -> dict[str, Any]:
    try:
        attachment = attach_file(
            complaint_id=mail.complaint_id or 0,
            file=_chunks(file.content),
            name=file.name,
            internal=internal,
            actor=system_user(),
            at=at,
        )
    except BadInput as refusal:
        if refusal.code == _TRY_AGAIN:
            raise NotScannedError from refusal
        return {"refused": refusal.code}
    return {"attachment": attachment.pk}


def withdraw_files_of(
    mail: Mail,
    files: Sequence[Mapping[str, Any]],
    *,
    on: int,
    since: datetime | None,
    actor: User,
    at: datetime,
) -> None:
    """Take the files of a locked mail off a complaint again.

    `since` is when it was filed there: a file that lay there before stays, and so does one that
    another mail of the complaint brought as well.
    """
    own = Attachment.objects.filter(
        pk__in=[entry["attachment"] for entry in files if "attachment" in entry],
        complaint=on,
        by=system_user(),
        at__gte=since or mail.taken_in_at,
    )
    others = Mail.objects.filter(complaint=on).exclude(pk=mail.pk).values_list("files", flat=True)
    kept = {entry.get("attachment") for entries in others for entry in entries}
    brought = set(own.values_list("pk", flat=True)) - kept
    if brought:
        withdraw_files(complaint_id=on, attachment_ids=brought, actor=actor, at=at)


def _chunks(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), _CHUNK):
        yield content[start : start + _CHUNK]
