"""Packages with everything held about a person: asked for, made in the background, opened, gone."""

import csv
import hashlib
import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.services import system_user
from complaints.models import Complaint
from complaints.services.attachments import file_of
from journal.services import record
from retention import events
from retention.errors import BadInput, Conflict, NotAllowed
from retention.models import SubjectExport, SubjectRequest
from retention.permissions import demand_everywhere
from retention.rules.schedule import last_day
from retention.selectors import rights
from retention.selectors.due import start_of_day
from retention.selectors.readable import lines_of, other_records_of, sections_of
from retention.selectors.schedule import content_in_force
from retention.states import ExportState, RequestState

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 3
_MAY_NOT = gettext_lazy("Your role does not answer requests about personal data.")
_CSV = (
    *("reference", "received_at", "state", "channel", "product", "description"),
    *("remedy_sought", "finding", "answer", "closed_at"),
)


def folder() -> Path:
    """Return where packages lie: beside the attachments, never served by path."""
    return Path(settings.MEDIA_ROOT) / "packages"


def path_of(export: SubjectExport) -> Path:
    """Return where a package lies."""
    return folder() / export.path


@transaction.atomic
def ask_for_package(
    *, request_id: int, language: str, with_internal_files: bool, actor: User, at: datetime
) -> SubjectExport:
    """Queue a package for a person who was recognised. Raises NotAllowed, Conflict, BadInput."""
    demand_everywhere(actor, "retention.subjects", _MAY_NOT)
    request = SubjectRequest.objects.select_for_update(of=("self",)).get(pk=request_id)
    if request.state == RequestState.RECEIVED:
        raise NotAllowed(_("Make sure first who asks."), code="not_verified")
    if request.forgotten_at is not None:
        raise Conflict(_("The time of this request is over."))
    if language not in dict(settings.LANGUAGES):
        raise BadInput(_("Choose a language."), field="language")
    export = SubjectExport.objects.create(
        request=request,
        language=language,
        with_internal_files=with_internal_files,
        asked_by=actor,
        asked_at=at,
    )
    _note(events.EXPORT_ASKED, export, actor, at, internal_files=with_internal_files)
    return export


def prepare_packages(*, now: datetime) -> int:
    """Make the packages that wait; return how many. One that fails thrice is given up."""
    done = 0
    while (export := _claim()) is not None:
        try:
            _prepare(export, now)
        except Exception as error:
            log.exception("package", export=export.pk, error=type(error).__name__)
            if export.attempts >= MOST_ATTEMPTS:
                _give_up(export, now)
            return done
        done += 1
    return done


@transaction.atomic
def _claim() -> SubjectExport | None:
    waiting = SubjectExport.objects.filter(state=ExportState.QUEUED).order_by("pk")
    if not waiting.exists():
        return None  # an idle look must not take SQLite's one write lock
    export = waiting.select_for_update(
        of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked
    ).first()
    if export is not None:
        export.attempts += 1
        export.save(update_fields=["attempts"])
    return export


def _prepare(export: SubjectExport, now: datetime) -> None:
    with translation.override(export.language):
        name = f"{uuid.uuid4().hex}.zip"
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(folder() / name, export, now)
    data = (folder() / name).read_bytes()
    with transaction.atomic():
        locked = SubjectExport.objects.select_for_update().get(pk=export.pk)
        if locked.state != ExportState.QUEUED:
            (folder() / name).unlink(missing_ok=True)  # another worker was quicker
            return
        locked.path, locked.size = name, len(data)
        locked.sha256 = hashlib.sha256(data).hexdigest()
        locked.state, locked.ready_at = ExportState.READY, now
        locked.expires_at = _expiry(now)
        locked.save(update_fields=["path", "size", "sha256", "state", "ready_at", "expires_at"])
        _note(events.EXPORT_READY, locked, None, now, sha256=locked.sha256)


def _expiry(now: datetime) -> datetime | None:
    rule = content_in_force().rule("subject_exports")
    if rule is None:
        return None
    return start_of_day(
        last_day(timezone.localdate(now), rule.count, rule.unit) + timedelta(days=1)
    )


def _write(target: Path, export: SubjectExport, now: datetime) -> None:
    """Write the archive: data, pages to read, files, and the hash of each."""
    hashes: dict[str, str] = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        target.chmod(0o600)
        for name, content in _contents(export, now):
            hashes[name] = hashlib.sha256(content).hexdigest()
            archive.writestr(name, content)
        manifest = {"made_at": now.isoformat(), "request": str(export.request), "sha256": hashes}
        archive.writestr("manifest.json", json.dumps(manifest, indent=2))


def _contents(export: SubjectExport, now: datetime) -> Iterator[tuple[str, bytes]]:
    people = list(export.request.people.order_by("pk"))
    complaints = list(
        Complaint.objects.visible_to(export.asked_by)
        .filter(complainant__in=people)
        .select_related("category", "complainant", "subject_person")
        .order_by("pk")
    )
    own, names = rights.own_words(people), rights.other_names(people, complaints)
    data: dict[str, Any] = {
        "people": [rights.facts_of(person) for person in people],
        "complaints": [rights.held_about(c, own=own, names=names) for c in complaints],
        "other_records": rights.held_besides(people, export.asked_by, own=own, names=names),
    }
    files: list[tuple[str, bytes]] = []
    for complaint in complaints:
        for attachment in rights.attachments_of(
            complaint, with_internal=export.with_internal_files
        ):
            place = f"files/{complaint.reference}/{attachment.pk}-{attachment.name}"
            files.append((place, file_of(attachment).read_bytes()))
        for name, path in rights.files_besides(complaint):
            files.append((f"files/{complaint.reference}/{name}", path.read_bytes()))
    for name, path in rights.loose_files_of(people, export.asked_by):
        files.append((f"files/no-complaint/{name}", path.read_bytes()))
    page = render_to_string(
        "retention/package.html",
        {
            "people": [lines_of(person) for person in data["people"]],
            "complaints": [(held["reference"], sections_of(held)) for held in data["complaints"]],
            "besides": list(other_records_of(data)),
            "files": [name for name, _content in files],
            "made_at": now,
            "language": export.language,
            "organisation": settings.ORGANISATION_NAME,
        },
    )
    yield "data.json", json.dumps(data, ensure_ascii=False, indent=2).encode()
    yield "index.html", page.encode()
    yield "complaints.csv", _table(data["complaints"])
    yield from files


def _table(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_CSV)
    for row in rows:
        writer.writerow([_harmless(str(row[name] or "")) for name in _CSV])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _harmless(value: str) -> str:
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


@transaction.atomic
def open_package(*, export_id: int, actor: User, at: datetime) -> SubjectExport:
    """Let somebody take a package, and record it.

    Raises NotAllowed, SubjectExport.DoesNotExist, Conflict when it is not there (any more).
    """
    demand_everywhere(actor, "retention.subjects", _MAY_NOT)
    export = SubjectExport.objects.select_for_update(of=("self",)).get(pk=export_id)
    over = export.expires_at is not None and export.expires_at <= at
    if export.state != ExportState.READY or over:
        raise Conflict(_("This package is not there any more; have a new one prepared."))
    _note(events.EXPORT_OPENED, export, actor, at, sha256=export.sha256)
    return export


def clean_packages(*, before: datetime, at: datetime) -> int:
    """Delete the packages that were made before a moment; return how many."""
    old = SubjectExport.objects.filter(state=ExportState.READY, ready_at__lt=before)
    return sum(_expire(pk, at) for pk in old.values_list("pk", flat=True))


@transaction.atomic
def _expire(export_id: int, at: datetime) -> int:
    export = SubjectExport.objects.select_for_update(of=("self",)).get(pk=export_id)
    if export.state != ExportState.READY:
        return 0
    path = path_of(export)
    export.state, export.path = ExportState.EXPIRED, ""
    export.save(update_fields=["state", "path"])
    _note(events.EXPORT_EXPIRED, export, None, at)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return 1


@transaction.atomic
def _give_up(export: SubjectExport, at: datetime) -> None:
    export.state = ExportState.FAILED
    export.save(update_fields=["state"])
    _note(events.EXPORT_FAILED, export, None, at)


def _note(
    kind: str, export: SubjectExport, actor: User | None, at: datetime, **payload: Any
) -> None:
    record(
        kind=kind,
        subject=export.request,
        actor=actor or system_user(),
        occurred_at=at,
        payload={"package": export.pk, **payload},
    )
