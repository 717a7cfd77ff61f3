"""Packages: everything held about a person, others masked, hashes right, opened on record, gone."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from hashlib import sha256

import pytest

from complaints.services.attachments import attach_file
from complaints.services.notes import add_note
from journal.selectors import history_of
from journal.services import verify_journal
from retention.errors import BadInput, Conflict, NotAllowed
from retention.models import SubjectExport
from retention.services import packages
from retention.services.packages import (
    ask_for_package,
    clean_packages,
    open_package,
    path_of,
    prepare_packages,
)
from retention.states import ExportState
from tests.complaints.factories import NOW, make_user
from tests.retention.desk import Archive
from tests.retention.test_rights import taken, verified


def what_is_held(complaint_id):
    return [{"record": "Case", "level": complaint_id, "body": "Call Wei Sun, 139 9999 8888"}]


def prepared(archive: Archive, request, *, language="en", internal=False) -> SubjectExport:
    export = ask_for_package(
        request_id=request.pk,
        language=language,
        with_internal_files=internal,
        actor=archive.quality,
        at=NOW,
    )
    assert prepare_packages(now=NOW) == 1
    export.refresh_from_db()
    return export


def told(archive: Archive):
    """Return a request about a complaint in which others are named."""
    archive.desk.handler.display_name = "Wei Sun"
    archive.desk.handler.save()
    complaint = archive.closed(
        name="Li Ming",
        phone="13900001111",
        description="=HYPER() Li Ming: the kettle leaks, says 13877776666.",
        found={"findings": "Wei Sun saw it.", "subject_statement": "I was rude."},
    )
    add_note(
        complaint_id=complaint.pk,
        text="Wei Sun rang shop@example.com",
        actor=archive.quality,
        at=NOW,
    )
    for name, internal in (("receipt.txt", False), ("inside.txt", True)):
        attach_file(
            complaint_id=complaint.pk,
            file=[name.encode()],
            name=name,
            internal=internal,
            actor=archive.desk.manager,
            at=NOW,
        )
    return complaint, verified(archive, complaint)


@pytest.mark.clause("CM-7.5")
def test_a_package_holds_everything_masked_with_the_hash_of_each_file(archive, settings):
    settings.RETENTION_CLASSES = {"outside_case": {"tell": f"{__name__}.what_is_held"}}
    complaint, request = told(archive)
    export = prepared(archive, request)
    assert export.state == ExportState.READY
    content = path_of(export).read_bytes()
    assert sha256(content).hexdigest() == export.sha256
    with zipfile.ZipFile(io.BytesIO(content)) as archive_file:
        files = {name: archive_file.read(name) for name in archive_file.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["sha256"] == {name: sha256(data).hexdigest() for name, data in files.items()}
    data = json.loads(files["data.json"])
    (held,) = data["complaints"]
    assert data["people"][0]["phone"] == "13900001111"
    assert held["reference"] == complaint.reference
    assert held["description"] == "=HYPER() Li Ming: the kettle leaks, says ■■■."
    assert held["investigations"][0]["findings"] == "■■■ saw it."
    assert held["notes"][-1]["text"] == "■■■ rang ■■■"
    assert held["responses"][0]["amount"] == "80.00"
    assert held["other_records"] == {
        "outside_case": [{"record": "Case", "level": complaint.pk, "body": "Call ■■■, ■■■"}]
    }
    everything = b"".join(files.values()).decode()
    for others in ("Wei Sun", "13877776666", "I was rude", "shop@example.com"):
        assert others not in everything
    names = [name for name in files if name.startswith("files/")]
    assert [name.rpartition("-")[2] for name in names] == ["receipt.txt"]
    rows = list(csv.reader(io.StringIO(files["complaints.csv"].decode("utf-8-sig"))))
    assert rows[1][5].startswith("'=")
    assert "What is held about you" in files["index.html"].decode()


def test_files_for_colleagues_come_along_only_when_asked_for(archive):
    _complaint, request = told(archive)
    export = prepared(archive, request, internal=True, language="zh-hans")
    with zipfile.ZipFile(path_of(export)) as archive_file:
        names = [name for name in archive_file.namelist() if name.startswith("files/")]
        page = archive_file.read("index.html").decode()
    assert len(names) == 2
    assert '<html lang="zh-hans">' in page


def test_a_complaint_that_the_asker_may_not_see_is_not_in_it(archive):
    complaint, request = told(archive)
    archive.closed(complainant=complaint.complainant, subject_person=archive.quality)
    with zipfile.ZipFile(path_of(prepared(archive, request))) as archive_file:
        data = json.loads(archive_file.read("data.json"))
    assert [held["reference"] for held in data["complaints"]] == [complaint.reference]


def test_every_opening_is_on_record(archive):
    _complaint, request = told(archive)
    export = prepared(archive, request)
    open_package(export_id=export.pk, actor=archive.quality, at=NOW)
    kinds = [entry.kind for entry in history_of(request)]
    assert kinds[-3:] == ["subject.export_asked", "subject.export_ready", "subject.export_opened"]
    for role in ("auditor", "manager", "administrator", "top_management"):
        with pytest.raises(NotAllowed):
            open_package(export_id=export.pk, actor=make_user(role), at=NOW)
    assert verify_journal().intact


def test_a_package_expires_and_its_file_goes(archive, django_capture_on_commit_callbacks):
    _complaint, request = told(archive)
    export = prepared(archive, request)
    path = path_of(export)
    after = export.expires_at
    assert after is not None
    assert after - NOW > timedelta(days=14)
    with pytest.raises(Conflict, match="not there"):
        open_package(export_id=export.pk, actor=archive.quality, at=after)
    assert clean_packages(before=NOW, at=after) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert clean_packages(before=after, at=after) == 1
    assert not path.exists()
    assert SubjectExport.objects.get(pk=export.pk).state == ExportState.EXPIRED
    with pytest.raises(Conflict):
        open_package(export_id=export.pk, actor=archive.quality, at=NOW)


def test_a_package_that_fails_thrice_is_given_up(archive, monkeypatch):
    _complaint, request = told(archive)
    ask_for_package(
        request_id=request.pk,
        language="en",
        with_internal_files=False,
        actor=archive.quality,
        at=NOW,
    )

    def broken(*_args):
        raise OSError("disk full")

    monkeypatch.setattr(packages, "_write", broken)
    for _ in range(3):
        assert prepare_packages(now=NOW) == 0
    assert SubjectExport.objects.get().state == ExportState.FAILED
    assert prepare_packages(now=NOW) == 0


def test_who_may_ask_and_in_which_language(archive):
    _complaint, request = told(archive)
    given = {"request_id": request.pk, "with_internal_files": False, "at": NOW}
    with pytest.raises(BadInput):
        ask_for_package(language="tlh", actor=archive.quality, **given)
    with pytest.raises(NotAllowed):
        ask_for_package(language="en", actor=make_user("auditor"), **given)
    with pytest.raises(NotAllowed, match="who asks"):
        ask_for_package(
            language="en", actor=archive.quality, **(given | {"request_id": taken(archive).pk})
        )
