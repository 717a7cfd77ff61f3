"""One command starts everything, once, and cleans up after a start that was killed."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from config import program
from tests.resilience.stack import PATIENCE, ROOT, Stack

pytestmark = pytest.mark.resilience


def test_a_start_ends_what_was_left_and_a_second_one_next_to_it_is_refused(
    stack: Stack, tmp_path: Path
):
    # What a killed supervisor would leave behind where the kernel does not end it (macOS).
    orphan = subprocess.Popen(
        [sys.executable, "-m", "config.program", "web"],
        cwd=ROOT,
        env=stack.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        stack.wait_until(stack.answers, "the orphan does not answer")
        stack.start()
        assert orphan.wait(10) is not None
    finally:
        orphan.kill()
        orphan.wait()
    assert f"process {orphan.pid}" in stack.told()

    assert stack.launch().wait(PATIENCE) == 1
    assert f"running here already (process {stack.pid('redress')})" in stack.told()

    other = Stack(tmp_path / "other", port=stack.port)
    other.folder.mkdir()
    try:
        assert other.launch().wait(PATIENCE) == 1
    finally:
        other.clean_up()
    assert f"Port {stack.port} is taken" in other.told()
    assert f"PORT={stack.port + 1}" in other.told()

    beat = stack.pid("beat")
    stack.kill("beat")
    stack.wait_until(lambda: stack.pid("beat") not in {0, beat}, "beat does not come back")
    assert stack.stop() == 0
    assert not stack.answers()


def test_a_program_whose_predecessor_lives_does_not_start(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(program, "RUN_DIR", tmp_path)
    monkeypatch.setattr(program, "_PATIENCE", 0.3)
    assert program.take_lock("beat") is not None
    began = time.monotonic()
    with pytest.raises(SystemExit, match="another one is still running"):
        program.main("beat")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, "threads"),
        ({"REDIS_URL": "redis://127.0.0.1:6379/0"}, "prefork"),
        ({"WORKER_POOL": "solo"}, "solo"),
    ],
)
def test_the_worker_runs_as_its_broker_allows(monkeypatch, given, wanted):
    for name in ("REDIS_URL", "WORKER_POOL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    line = program.command("worker")
    assert line[line.index("--pool") + 1] == wanted


def test_web_listens_where_it_is_told_and_on_loopback_otherwise(monkeypatch):
    monkeypatch.delenv("HOST", raising=False)
    monkeypatch.setenv("PORT", "8123")
    assert "127.0.0.1:8123" in program.command("web")
    monkeypatch.setenv("HOST", "0.0.0.0")
    assert "0.0.0.0:8123" in program.command("web")


def test_in_earnest_it_does_not_start_without_the_address_that_letters_name(tmp_path: Path):
    stack = Stack(
        tmp_path,
        environment={
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
            "SECRET_KEY": "only-for-this-test-" + "x" * 40,
            "JOURNAL_KEY": "only-for-this-test-" + "y" * 40,
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'never.sqlite3'}",
        },
    )
    try:
        assert stack.launch().wait(PATIENCE) != 0
    finally:
        stack.clean_up()
    assert "PUBLIC_URL" in stack.told()
