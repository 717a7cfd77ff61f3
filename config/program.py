"""One program of the running system: `python -m config.program web|worker|beat`.

Run by supervisord. Before the program takes over this process, it takes a lock that it and its own
children hold while any of them lives: two schedulers never run side by side, and the next start
knows who is left of the last one.
"""

import ctypes
import fcntl
import os
import signal
import sys
import time
from pathlib import Path

from config.env import VAR, env

RUN_DIR = VAR / "run"
PROGRAMS = ("web", "worker", "beat")
_PATIENCE = 20.0  # seconds until the rest of a killed predecessor must be gone
_PR_SET_PDEATHSIG = 1


def lock_file(name: str) -> Path:
    """Return the file whose lock says that a program lives; it holds its process id."""
    return RUN_DIR / f"{name}.lock"


def take_lock(name: str) -> int | None:
    """Take a program's lock and return its descriptor, or None while somebody lives who has it."""
    RUN_DIR.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock_file(name), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def command(name: str) -> list[str]:
    """Return the command line of a program."""
    return {"web": _web, "worker": _worker, "beat": _beat}[name]()


def _web() -> list[str]:
    bind = f"{env.str('HOST', default='127.0.0.1')}:{env.int('PORT', default=8000)}"
    return [
        *("gunicorn", "config.wsgi:application", "--bind", bind),
        *("--workers", env.str("WEB_WORKERS", default="2")),
        *("--worker-class", "gthread", "--threads", env.str("WEB_THREADS", default="4")),
        *("--timeout", "120", "--graceful-timeout", "20"),
        # A little leak stays little.
        *("--max-requests", "5000", "--max-requests-jitter", "500"),
        # The pages write their own lines, without personal data (config.middleware).
        *("--log-level", "warning", "--no-control-socket"),
    ]


def _worker() -> list[str]:
    redis = bool(env.str("REDIS_URL", default=""))
    pool = env.str("WORKER_POOL", default="prefork" if redis else "threads")
    return [
        *("celery", "--app", "config.celery", "worker", "--pool", pool),
        *("--concurrency", env.str("WORKER_CONCURRENCY", default="4")),
        *("--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
    ]


def _beat() -> list[str]:
    # The schedule keeps no file: whatever it wakes looks into the database for what is owed.
    return [
        *("celery", "--app", "config.celery", "beat", "--pidfile="),
        *("--scheduler", "celery.beat:Scheduler", "--loglevel", "WARNING"),
    ]


def end_with_parent() -> None:
    """Ask the kernel (Linux) to end this process when the one that started it dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def main(name: str) -> None:
    """Become the program. Exits with 1 when its predecessor does not go away."""
    until = time.monotonic() + _PATIENCE
    while (descriptor := take_lock(name)) is None:
        if time.monotonic() > until:
            sys.exit(f"{name}: another one is still running ({lock_file(name).read_text()})")
        time.sleep(0.2)
    os.set_inheritable(descriptor, True)  # noqa: FBT003 - the call takes no keywords
    end_with_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    # Otherwise the C library keeps what one thread has freed for that thread alone (glibc).
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    program, *arguments = command(name)
    module = [sys.executable, "-m", program, *arguments]
    os.execv(sys.executable, module)  # noqa: S606 - a command line of our own


if __name__ == "__main__":
    main(sys.argv[1])
