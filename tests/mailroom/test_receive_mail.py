"""The pipe: zero once the mail is kept, "try again" when it is not, whatever the mail says."""

import os
import subprocess
import sys
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from mailroom.management.commands import receive_mail
from mailroom.models import Mail
from mailroom.services.raw import keep_raw, sweep_raw
from mailroom.states import MailState
from tests.complaints.factories import NOW, make_policy
from tests.mailroom.mails import deliver_all, mail

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


def pipe(raw: bytes) -> str:
    out = StringIO()
    call_command("receive_mail", source=BytesIO(raw), stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_mail_is_taken_in_and_said_to_be_kept():
    make_policy()
    raw = mail().as_bytes()
    assert pipe(raw).startswith("kept")
    assert pipe(raw).startswith("known")
    deliver_all()
    assert Mail.objects.get().state == MailState.FILED
    assert Mail.objects.get().door == "pipe"


def test_whatever_the_mail_says_it_is_kept():
    assert pipe(b"\xff\xfe\x00 no mail at all").startswith("kept")


def test_nothing_to_read_is_said_so():
    with pytest.raises(SystemExit) as left:
        pipe(b"")
    assert left.value.code == os.EX_NOINPUT


@pytest.mark.parametrize("failure", [OSError("disk full"), OperationalError("down")])
def test_what_could_not_be_kept_is_to_be_tried_again(monkeypatch, failure):
    def fails(**_given: Any) -> Any:
        raise failure

    monkeypatch.setattr(receive_mail, "take_in", fails)
    with pytest.raises(SystemExit) as left:
        pipe(mail().as_bytes())
    assert left.value.code == os.EX_TEMPFAIL


def test_a_disk_that_takes_nothing_is_a_reason_to_try_again(settings, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    settings.MAIL_RAW_ROOT = blocked
    with pytest.raises(SystemExit) as left:
        pipe(mail().as_bytes())
    assert left.value.code == os.EX_TEMPFAIL
    assert not Mail.objects.exists()


def test_a_mail_server_may_start_it_as_a_program(tmp_path):
    """Without a database it is to be tried again: the mail stays with the mail server."""
    done = subprocess.run(
        [sys.executable, "manage.py", "receive_mail", "--settings", "config.settings.test"],
        cwd=ROOT,
        input=mail().as_bytes(),
        capture_output=True,
        env={
            **os.environ,
            "REDRESS_VAR": str(tmp_path),
            "TEST_DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3",
        },
        check=False,
    )
    assert done.returncode == os.EX_TEMPFAIL, done.stderr
    assert b"not kept" in done.stderr


def test_what_a_killed_process_left_half_written_is_swept_away(settings, tmp_path):
    settings.MAIL_RAW_ROOT = tmp_path
    kept = keep_raw([b"whole"])
    half = tmp_path / "incoming" / "half"
    half.write_bytes(b"ha")
    os.utime(half, (0, 0))
    assert sweep_raw(now=NOW) == 1
    assert (tmp_path / kept.path).exists()
