"""Files are judged by content, stored under their hash, and read only through their complaint."""

import hashlib
import io
import os
import socketserver
import struct
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from accounts.models import User
from complaints.errors import BadInput, NotAllowed
from complaints.models import Attachment, Complaint
from complaints.rules.files import KINDS, extension_of, safe_name
from complaints.services.attachments import (
    attach_file,
    clean_attachments,
    file_of,
    open_attachment,
    scan_again,
)
from complaints.services.notes import grant_confidential_access
from journal.selectors import history_of
from tests.complaints.factories import NOW, make_complaint, make_user

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def office(folder: str, *more: str) -> bytes:
    """Return a small Office document."""
    names = ("[Content_Types].xml", f"{folder}/document.xml", *more)
    return packed(dict.fromkeys(names, b"<x/>"))


def packed(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as container:
        for name, content in files.items():
            container.writestr(name, content)
    return target.getvalue()


SAMPLES: dict[str, bytes] = {
    "pdf": PDF,
    "png": PNG,
    "jpg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "jpeg": b"\xff\xd8\xff\xe1\0\x10Exif",
    "gif": b"GIF89a\x01\0\x01\0",
    "webp": b"RIFF\x24\0\0\0WEBPVP8 ",
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0",
    "txt": "水壶漏水。\n".encode("gb18030"),
    "csv": "\ufeff日期,金额\n2026-03-04,12\n".encode(),
    "eml": b"Received: from a by b\r\nSubject: hello\r\n\r\ntext",
    "docx": office("word"),
    "xlsx": office("xl"),
    "pptx": office("ppt"),
    "odt": packed({"mimetype": b"application/vnd.oasis.opendocument.text"}),
    "ods": packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
    "mp3": b"ID3\x04\0\0\0\0\0\0",
    "wav": b"RIFF\x24\0\0\0WAVEfmt ",
    "m4a": b"\0\0\0\x1cftypM4A \0\0\0\0",
    "ogg": b"OggS\0\x02",
    "amr": b"#!AMR\n",
    "mp4": b"\0\0\0\x18ftypmp42\0\0\0\0",
    "mov": b"\0\0\0\x14ftypqt  \0\0\0\0",
}


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    folder = tmp_path / "media"
    settings.MEDIA_ROOT = folder
    return folder


@pytest.fixture
def agent(db: None) -> User:
    return make_user("agent", username="mei")


@pytest.fixture
def complaint(agent: User) -> Complaint:
    return make_complaint(actor=agent)


def attach(
    complaint: Complaint, actor: User, content: bytes = PDF, name: str = "bill.pdf", **given: Any
) -> Attachment:
    chunks = (content[start : start + 7] for start in range(0, len(content), 7))
    return attach_file(
        complaint_id=complaint.pk,
        file=chunks,
        name=name,
        internal=given.get("internal", True),
        actor=actor,
        at=NOW,
    )


def stored(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


# --- what a file is --------------------------------------------------------------------------


def test_there_is_a_sample_of_every_kind():
    assert set(SAMPLES) == set(KINDS)


@pytest.mark.django_db
@pytest.mark.parametrize("extension", SAMPLES)
def test_every_kind_is_taken_by_its_content(complaint, agent, extension):
    attachment = attach(complaint, agent, SAMPLES[extension], f"file.{extension.upper()}")
    assert attachment.content_type == KINDS[extension].content_type


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bill.pdf", b"MZ\x90\0 This program"),
        ("bill.pdf", PNG),
        ("photo.png", PDF),
        ("photo.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
        ("text.docx", packed({"run.exe": b"MZ"})),
        ("text.docx", b"PK\x03\x04 cut off"),
        ("text.docx", office("word", "word/vbaProject.bin")),
        ("sheet.xlsx", office("word")),
        ("text.odt", packed({"mimetype": b"application/epub+zip"})),
        ("note.txt", b"MZ\0\0\x01\x02"),
        ("mail.eml", b"\x89PNG\r\n\x1a\n"),
        ("mail.eml", b"no header here at all"),
        ("song.mp3", b"\0\0\0\x18ftypmp42"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(media, complaint, agent, name, content):
    with pytest.raises(BadInput) as refusal:
        attach(complaint, agent, content, name)
    assert (refusal.value.code, refusal.value.field) == ("file_content", "file")
    assert f".{extension_of(name)}" in str(refusal.value)
    assert stored(media) == []
    assert not Attachment.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "run.exe",
        "page.html",
        "pic.svg",
        "all.zip",
        "x.pdf.exe",
        "pdf",
        ".pdf",
        "",
        "bill.pdf/",
        "x.js",
    ],
)
def test_a_type_that_is_not_on_the_list_is_refused_and_the_list_is_told(complaint, agent, name):
    with pytest.raises(BadInput, match="docx") as refusal:
        attach(complaint, agent, PDF, name)
    assert refusal.value.code == "file_type"


@pytest.mark.django_db
def test_nothing_is_no_file(complaint, agent):
    with pytest.raises(BadInput) as refusal:
        attach(complaint, agent, b"")
    assert refusal.value.code == "file_empty"


@pytest.mark.django_db
def test_a_file_beyond_the_limit_is_refused_while_it_comes_in(media, complaint, agent):
    def endless() -> Iterator[bytes]:
        yield PDF
        while True:
            yield b"x" * 1000

    with override_settings(ATTACHMENT_MAX_BYTES=5000), pytest.raises(BadInput) as refusal:
        attach_file(
            complaint_id=complaint.pk,
            file=endless(),
            name="a.pdf",
            internal=True,
            actor=agent,
            at=NOW,
        )
    assert refusal.value.code == "file_size"
    assert "4.9\xa0KB" in str(refusal.value)
    assert stored(media) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\mei\\发票 (1).pdf", "发票 (1).pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\r\nX-Header: 1.pdf", "aX-Header_ 1.pdf"),
        ('say "hi".txt', "say _hi_.txt"),
        ("  ..pdf", "pdf"),
        ("e\u0301te\u0301.pdf", "été.pdf"),
        ("字" * 300 + ".pdf", "字" * 196 + ".pdf"),
    ],
)
def test_a_name_loses_what_could_do_harm(given, kept):
    assert safe_name(given) == kept


# --- stored --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_file_lies_under_its_hash_for_nobody_else_to_read(media, complaint, agent):
    attachment = attach(complaint, agent, name="账单.pdf")
    sha256 = hashlib.sha256(PDF).hexdigest()
    assert (attachment.sha256, attachment.size, attachment.name) == (sha256, len(PDF), "账单.pdf")
    (path,) = stored(media)
    assert path == media / sha256[:2] / sha256[2:4] / sha256 == file_of(attachment)
    assert path.read_bytes() == PDF
    assert path.stat().st_mode & 0o777 == 0o600
    entry = list(history_of(complaint))[-1]
    assert (entry.kind, entry.payload["sha256"]) == ("complaint.attached", sha256)
    assert "账单" not in entry.body


@pytest.mark.django_db
def test_the_same_file_again_is_the_one_that_is_there(media, complaint, agent):
    first = attach(complaint, agent)
    assert attach(complaint, agent, name="copy.pdf") == first
    other = attach(make_complaint(actor=agent), agent)
    assert (other != first, other.path) == (True, first.path)
    assert len(stored(media)) == 1


@pytest.mark.django_db
def test_a_file_whose_fact_is_not_committed_leaves_no_row(media, complaint, agent, monkeypatch):
    def fails(*_given: Any, **_more: Any) -> None:
        raise RuntimeError("the journal is broken")

    monkeypatch.setattr("complaints.services.attachments.note_down", fails)
    with pytest.raises(RuntimeError):
        attach(complaint, agent)
    assert not Attachment.objects.exists()
    assert [path.parent.name for path in stored(media)] != ["incoming"]


@pytest.mark.django_db
def test_who_may_not_attach_is_refused_before_a_byte_is_read(media, complaint):
    def untouched() -> Iterator[bytes]:
        yield b"touched"
        raise AssertionError

    for actor, refusal in (
        (make_user("auditor"), NotAllowed),
        (make_user(), Complaint.DoesNotExist),
    ):
        with pytest.raises(refusal):
            attach_file(
                complaint_id=complaint.pk,
                file=untouched(),
                name="a.pdf",
                internal=True,
                actor=actor,
                at=NOW,
            )
    assert not media.exists()


@pytest.mark.django_db
def test_files_that_belong_to_nothing_are_cleared_away_after_a_day(media, complaint, agent, capsys):
    kept = file_of(attach(complaint, agent))
    orphan = media / "ab" / "cd" / ("ab" * 32)
    abandoned = media / "incoming" / "1234"
    foreign = media / "something-else.csv"
    for path in (orphan, abandoned, foreign):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    assert clean_attachments(now=datetime.now(UTC)) == 0
    old = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    for path in (kept, orphan, abandoned, foreign):
        os.utime(path, (old, old))
    call_command("clean_attachments")
    assert "deleted: 2" in capsys.readouterr().out
    assert sorted(stored(media)) == sorted([kept, foreign])


# --- read ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_file_does_not_exist_for_whom_its_complaint_does_not(complaint, agent):
    attachment = attach(complaint, agent)
    with pytest.raises(Attachment.DoesNotExist):
        open_attachment(attachment_id=attachment.pk, actor=make_user("administrator"), at=NOW)


@pytest.mark.django_db
def test_a_confidential_file_is_read_with_a_reason_and_each_reading_is_recorded(agent):
    complaint = make_complaint(actor=agent, confidential=True)
    attachment = attach(complaint, agent)
    auditor = make_user("auditor")
    with pytest.raises(NotAllowed) as refusal:
        open_attachment(attachment_id=attachment.pk, actor=auditor, at=NOW)
    assert refusal.value.code == "reason_needed"
    grant_confidential_access(
        complaint_id=complaint.pk, reason="yearly audit", actor=auditor, at=NOW
    )
    for _time in range(2):
        open_attachment(attachment_id=attachment.pk, actor=auditor, at=NOW)
    kinds = [(entry.kind, entry.actor) for entry in history_of(complaint)]
    assert kinds.count(("complaint.attachment_read", auditor)) == 2


@pytest.mark.django_db
def test_reading_an_open_complaints_file_fills_no_journal(complaint, agent):
    attachment = attach(complaint, agent)
    before = history_of(complaint).count()
    open_attachment(attachment_id=attachment.pk, actor=agent, at=NOW)
    assert history_of(complaint).count() == before


# --- scanned -------------------------------------------------------------------------------------


class Daemon(socketserver.StreamRequestHandler):
    """Speaks as much of clamd as is needed; knows one signature."""

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack(">I", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
        if b"too-large" in content:
            answer = b"INSTREAM size limit exceeded. ERROR\0"
        elif EICAR in content:
            answer = b"stream: Eicar-Test-Signature FOUND\0"
        else:
            answer = b"stream: OK\0"
        self.wfile.write(answer)


@contextmanager
def daemon(server: socketserver.BaseServer) -> Iterator[None]:
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def daemon_on_a_port() -> Iterator[None]:
    server = socketserver.TCPServer(("127.0.0.1", 0), Daemon)
    address = f"127.0.0.1:{server.server_address[1]}"
    with daemon(server), override_settings(CLAMAV_ADDRESS=address):
        yield


@pytest.mark.django_db
def test_a_clean_file_says_so_by_port_and_by_socket(complaint, agent, tmp_path):
    with daemon_on_a_port():
        assert attach(complaint, agent).scan == "clean"
    path = str(tmp_path / "clamd.ctl")
    with (
        daemon(socketserver.UnixStreamServer(path, Daemon)),
        override_settings(CLAMAV_ADDRESS=path),
    ):
        assert attach(complaint, agent, PNG, "a.png").scan == "clean"


@pytest.mark.django_db
def test_an_infected_file_is_refused(media, complaint, agent):
    with daemon_on_a_port(), pytest.raises(BadInput) as refusal:
        attach(complaint, agent, EICAR, "eicar.txt")
    assert refusal.value.code == "file_infected"
    assert stored(media) == []


@pytest.mark.django_db
def test_without_a_scanner_a_file_is_marked_as_not_scanned(complaint, agent):
    assert attach(complaint, agent).scan == "not_scanned"


@pytest.mark.django_db
def test_a_scanner_that_is_away_stops_files_only_where_it_is_demanded(complaint, agent):
    with override_settings(CLAMAV_ADDRESS="127.0.0.1:9"):
        assert attach(complaint, agent).scan == "not_scanned"
        with override_settings(CLAMAV_REQUIRED=True), pytest.raises(BadInput) as refusal:
            attach(complaint, agent, PNG, "a.png")
    assert refusal.value.code == "file_unscanned"


@pytest.mark.django_db
def test_a_file_the_scanner_cannot_take_counts_as_not_scanned(complaint, agent):
    with daemon_on_a_port():
        assert attach(complaint, agent, b"too-large", "a.txt").scan == "not_scanned"


@pytest.mark.django_db
def test_what_turns_out_infected_later_is_not_served_and_recorded(complaint, agent):
    bad, good = attach(complaint, agent, EICAR, "eicar.txt"), attach(complaint, agent)
    with daemon_on_a_port():
        assert scan_again(at=NOW) == {"clean": 1, "infected": 1, "not_scanned": 0}
    good.refresh_from_db()
    assert good.scan == "clean"
    with pytest.raises(NotAllowed) as refusal:
        open_attachment(attachment_id=bad.pk, actor=agent, at=NOW)
    assert refusal.value.code == "file_infected"
    found = [e.payload["scan"] for e in history_of(complaint) if e.kind.endswith("scanned")]
    assert sorted(found) == ["clean", "infected"]
