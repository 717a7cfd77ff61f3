"""The real system in a folder of its own: started, spoken to over HTTP, killed, stopped."""

import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "not-guessed-" + secrets.token_hex(8)
# A machine that is busy with other tests may take its time.
PATIENCE = 120.0
# `python -m config.start`, but a test run that is killed leaves nobody behind.
_START = """
import runpy
from config.program import end_with_parent
end_with_parent()
runpy.run_module("config.start", run_name="__main__")
"""


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Stack:
    """One installation: its folder, its environment, its running supervisor."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None
    launched: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def __post_init__(self) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment = {
            **kept,
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "REDRESS_VAR": str(self.folder),
            "PORT": str(self.port),
            "DEMO": "0",
            "WORKER_CONCURRENCY": "2",
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.environment,
        }

    def run(self, *arguments: str) -> str:
        """Run a module of ours to its end; return what it wrote."""
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE * 2,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def examine(self) -> dict[str, Any]:
        """Return what is left, when nothing runs any more."""
        found: dict[str, Any] = json.loads(self.run("tests.resilience.examine"))
        return found

    # --- running --------------------------------------------------------------------------

    def launch(self) -> "subprocess.Popen[bytes]":
        """Call the start command and return its process."""
        with (self.folder / "terminal.log").open("ab") as terminal:
            process = subprocess.Popen(
                [sys.executable, "-c", _START],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=terminal,
                stderr=subprocess.STDOUT,
            )
        self.launched.append(process)
        return process

    def start(self) -> None:
        """Start everything and wait until the pages answer and the worker and beat run."""
        before = self.pid("web")
        self.process = self.launch()
        for name in ("web", "worker", "beat"):
            self.wait_until(lambda name=name: self.pid(name) not in {0, before}, f"no {name}")
        self.wait_until(self.answers, "the pages do not answer")

    def stop(self) -> int:
        """Stop as Ctrl-C does; return the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def answers(self) -> bool:
        """Return whether the pages answer."""
        try:
            return Browser(self.port).get("/healthz").status == 200
        except OSError:
            return False

    def wait_until(self, is_so: Any, otherwise: str) -> None:
        """Wait for something to become true."""
        until = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < until, f"{otherwise}\n{self.told()}"
            time.sleep(0.1)

    def told(self) -> str:
        """Return the ends of all logs."""
        logs = [self.folder / "terminal.log", *sorted((self.folder / "log").glob("*.log"))]
        return "\n".join(
            f"== {log.name}\n{log.read_text(errors='replace')[-3000:]}"
            for log in logs
            if log.exists()
        )

    # --- killing --------------------------------------------------------------------------

    def pid(self, name: str) -> int:
        """Return the process of a program (`redress` is the supervisor), or 0."""
        try:
            pid = int((self.folder / "run" / f"{name}.lock").read_text() or 0)
            os.kill(pid, 0)
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return 0
        return pid

    def children(self, pid: int) -> list[int]:
        """Return the processes that a process has started."""
        listed = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
        ).stdout
        pairs = [line.split() for line in listed.splitlines()]
        return [int(child) for child, parent in pairs if int(parent) == pid]

    def kill(self, what: str) -> None:
        """Kill -9: `web`, `worker`, `beat`, `redress`; or `request`, one process that answers."""
        victims = self.children(self.pid("web"))[:1] if what == "request" else [self.pid(what)]
        for pid in victims:
            if pid:
                _kill(pid)

    def kill_all(self) -> None:
        """Kill -9 everything at once."""
        pids = [self.pid(name) for name in ("redress", "web", "worker", "beat")]
        pids += [child for pid in pids[1:] if pid for child in self.children(pid)]
        for pid in pids:
            if pid:
                _kill(pid)
        assert self.process is not None
        self.process.wait(PATIENCE)

    def clean_up(self) -> None:
        """Leave nothing behind, whatever happened."""
        for process in self.launched:
            if process.poll() is None:
                self.process = process
                self.kill_all()
                process.kill()
                process.wait(PATIENCE)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@dataclass
class Answer:
    """What came back."""

    status: int
    location: str
    text: str


class Browser:
    """Just enough of one: cookies, forms, no redirects."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None)

    def post(self, path: str, data: dict[str, str]) -> Answer:
        return self._ask("POST", path, urlencode(data))

    def sign_in(self) -> None:
        self.get("/accounts/login/")
        answer = self.post("/accounts/login/", {"login": "kim", "password": PASSWORD})
        assert answer.status == 302, re.sub(r"<[^>]+>", " ", answer.text)[:500]

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "X-CSRFToken": self.cookies.get("csrftoken", ""),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            line.request(method, path, body, headers)
            response = line.getresponse()
            text = response.read().decode("utf-8", "replace")
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            line.close()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(response.status, response.headers.get("Location", ""), text)
