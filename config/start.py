"""`python -m config.start`: prepare the installation, then run web, worker and beat until stopped.

Safe to call again at any time: what is there already stays as it is, a second start next to a
running one is refused, and what a killed one left behind is ended first. In earnest the same
command runs with DJANGO_SETTINGS_MODULE=config.settings.production (docs/operators.md).
"""

import io
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config.env import VAR, env
from config.program import PROGRAMS, RUN_DIR, lock_file, take_lock

_ALL = "redress"  # the lock of the whole
_TRIAL = "config.settings.dev"
_LOCK_AT = 4  # supervisord closes what it does not know from 5 on when it reloads
_PATIENCE = 15.0  # seconds for what was left behind to end by itself
_LOG_BYTES = "5MB"
_DEMO_BEGUN = RUN_DIR / "demo-begun"


def main() -> None:
    """Prepare and become supervisord."""
    port = env.int("PORT", default=8000)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", _TRIAL)
    if os.environ["DJANGO_SETTINGS_MODULE"] == _TRIAL:  # in earnest the address must be named
        os.environ.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port}")
    django.setup()
    lock = take_lock(_ALL)
    if lock is None:
        pid = lock_file(_ALL).read_text()
        refuse(gettext_noop("Redress is running here already (process %(pid)s)."), pid=pid)
    os.dup2(lock, _LOCK_AT, inheritable=True)
    end_left_behind()
    check_port(env.str("HOST", default="127.0.0.1"), port)
    prepare()
    tell_address()
    become_supervisord()


# --- what was there before ---------------------------------------------------------------------


def end_left_behind() -> None:
    """End programs whose supervisor was killed: nobody else would, and they hold the port."""
    for name in PROGRAMS:
        if _is_free(name):
            continue
        pid = int(lock_file(name).read_text() or 0)
        say(gettext_noop("Ending what the last run left behind: process %(pid)s."), pid=pid)
        _signal_all(pid, signal.SIGTERM)
        if not _ends(name):
            _signal_all(pid, signal.SIGKILL)
        if not _ends(name):
            refuse(
                gettext_noop("Process %(pid)s of an earlier run does not end: stop it first."),
                pid=pid,
            )


def _is_free(name: str) -> bool:
    descriptor = take_lock(name)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is not None


def _signal_all(pid: int, wanted: signal.Signals) -> None:
    if pid <= 1:
        return
    try:
        # supervisord gives each program a group of its own; a program run by hand has none.
        if os.getpgid(pid) == pid:
            os.killpg(pid, wanted)
        else:
            os.kill(pid, wanted)
    except ProcessLookupError:
        pass


def _ends(name: str) -> bool:
    until = time.monotonic() + _PATIENCE
    while not (free := _is_free(name)) and time.monotonic() < until:
        time.sleep(0.2)
    return free


def check_port(host: str, port: int) -> None:
    """Refuse to start where somebody else listens."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError:
            refuse(
                gettext_noop(
                    "Port %(port)s is taken by another program. "
                    "Choose another one: make run PORT=%(other)s"
                ),
                port=port,
                other=port + 1,
            )


# --- preparing -----------------------------------------------------------------------------------


def prepare() -> None:
    """Bring database, defaults and static files up to date; load the demo into an empty house."""
    _undo_half_a_demo()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("install_defaults", stdout=io.StringIO())
    call_command("collectstatic", verbosity=0, interactive=False)
    if not settings.REDIS_URL:
        _forget_old_wake_ups()
    if settings.DEMO_ALLOWED and not _has_people():
        if env.bool("DEMO", default=True):
            _load_demo()
        else:
            _make_first_person()


def _has_people() -> bool:
    return get_user_model()._default_manager.filter(is_system=False).exists()


def _load_demo() -> None:
    say(gettext_noop("Loading 18 months of a demo organisation. This takes a minute or two."))
    _DEMO_BEGUN.touch()
    call_command("load_demo", "--if-empty")
    _DEMO_BEGUN.unlink()


def _undo_half_a_demo() -> None:
    """Begin again where loading the demo was interrupted: nobody can have worked in it yet."""
    if not _DEMO_BEGUN.exists():
        return
    database = settings.DATABASES["default"]
    if not database["ENGINE"].endswith("sqlite3"):
        refuse(gettext_noop("Loading the demo was interrupted: give it an empty database."))
    for ending in ("", "-wal", "-shm"):
        Path(f"{database['NAME']}{ending}").unlink(missing_ok=True)
    _DEMO_BEGUN.unlink()


def _make_first_person() -> None:
    answer = io.StringIO()
    roles = ("--role", "administrator", "--role", "quality_manager")
    call_command("create_person", "admin", *roles, stdout=answer)
    say(gettext_noop("The first person may sign in once with this password and then chooses one:"))
    write(f"    {answer.getvalue().strip()}")


def _forget_old_wake_ups() -> None:
    # Facts live in the database; a wake-up nobody heard would only pile up.
    for message in settings.BROKER_DIR.iterdir():
        if message.is_file():
            message.unlink(missing_ok=True)


# --- telling -------------------------------------------------------------------------------------


def tell_address() -> None:
    """Say where to open it, and in the demo who may sign in."""
    say(
        gettext_noop("Open %(url)s in a browser. Ctrl-C stops everything."), url=settings.PUBLIC_URL
    )
    file = VAR / "demo.json"
    if not settings.DEMO_ALLOWED or not file.exists():
        return
    say(gettext_noop("Sign-ins of the demo (kept in %(file)s):"), file=file)
    for user in json.loads(file.read_text(encoding="utf-8"))["users"]:
        write(f"    {user['username']:<14} {user['password']:<24} {user['role']}")


def say(text: str, **given: Any) -> None:
    """Write a sentence in each language of the house."""
    lines = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            lines.append(_(text) % given)
    for line in dict.fromkeys(lines):
        write(line)


def refuse(text: str, **given: Any) -> NoReturn:
    """Say why it cannot start, and end."""
    say(text, **given)
    sys.exit(1)


def write(line: str) -> None:
    """Write a line to the terminal at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


# --- running -------------------------------------------------------------------------------------


def become_supervisord() -> None:
    """Replace this process by supervisord, which runs the programs until it is told to stop."""
    logs = VAR / "log"
    logs.mkdir(parents=True, exist_ok=True)
    # To the terminal in earnest, where something collects it; to files beside the trial's data.
    to_files = env.str("LOG_TO", default="files" if settings.DEMO_ALLOWED else "stdout") == "files"
    os.environ["REDRESS_VAR"] = str(VAR.resolve())
    os.environ["REDRESS_PYTHON"] = sys.executable
    os.environ["REDRESS_LOG_BYTES"] = _LOG_BYTES if to_files else "0"
    for name in PROGRAMS:
        where = str((logs / f"{name}.log").resolve()) if to_files else "/dev/fd/1"
        os.environ[f"REDRESS_LOG_{name.upper()}"] = where
    configuration = str(Path(__file__).resolve().parent / "supervisord.conf")
    arguments = [sys.executable, "-m", "supervisor.supervisord", "-c", configuration]
    if os.getuid() == 0:
        arguments += ["-u", "root"]  # said on purpose, or supervisord warns
    os.execv(sys.executable, arguments)  # noqa: S606 - a command line of our own


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell says of what Ctrl-C ended
