"""Real mail servers on loopback: one that keeps mailboxes (IMAP), one that takes letters (SMTP)."""

import imaplib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

USER, PASSWORD = "desk", "a mailbox's password"


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class ImapServer:
    """A running IMAP server with one mailbox."""

    port: int
    process: "subprocess.Popen[bytes]"

    @contextmanager
    def connection(self) -> Iterator[imaplib.IMAP4]:
        """Sign in to look or to put something in."""
        imap = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        try:
            imap.login(USER, PASSWORD)
            yield imap
        finally:
            with suppress(Exception):
                imap.logout()

    def put(self, *mails: EmailMessage | bytes) -> None:
        """Let mails arrive in the inbox."""
        with self.connection() as imap:
            for mail in mails:
                raw = mail if isinstance(mail, bytes) else mail.as_bytes()
                answer = imap.append("INBOX", "", None, raw)
                assert answer[0] == "OK", answer

    def flags(self, folder: str = "INBOX") -> list[bytes]:
        """Return the flags of each mail in a folder."""
        with self.connection() as imap:
            imap.select(folder, readonly=True)
            _ok, data = imap.fetch("1:*", "(FLAGS)")
            return [line for line in data if isinstance(line, bytes)]

    def make_folder(self, name: str) -> None:
        """Make a folder."""
        with self.connection() as imap:
            assert imap.create(name)[0] == "OK"

    def settings(self, **more: Any) -> dict[str, Any]:
        """Return the settings that lead to this server."""
        return {
            "MAIL_IMAP_HOST": "127.0.0.1",
            "MAIL_IMAP_PORT": self.port,
            "MAIL_IMAP_TLS": "none",
            "MAIL_IMAP_USER": USER,
            "MAIL_IMAP_PASSWORD": PASSWORD,
            **more,
        }


@contextmanager
def imap_server(
    folder: Path, *, cert: Path | None = None, key: Path | None = None
) -> Iterator[ImapServer]:
    """Run an IMAP server that keeps everything in memory for the length of the block.

    With a certificate it demands STARTTLS before anybody signs in.
    """
    port = free_port()
    program = Path(sys.executable).parent / "pymap"
    command = [
        *(str(program), "--host", "127.0.0.1", "--port", str(port)),
        *(("--cert", str(cert), "--key", str(key)) if cert else ("--no-tls",)),
        *("--no-service", "admin", "--no-service", "managesieve"),
        *("dict", "--demo-data", "--demo-user", USER, "--demo-password", PASSWORD),
    ]
    with (folder / "pymap.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, "HOME": str(folder)}
        )
    try:
        _wait_for(port, process, folder / "pymap.log")
        yield ImapServer(port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _try in range(1800):  # a busy machine takes its time
        assert process.poll() is None, log.read_text()
        with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), 1)):
            return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens on {port}: {log.read_text()}")


class Letters:
    """What the SMTP server took, with the envelope it came in."""

    def __init__(self) -> None:
        self.envelopes: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        return "250 taken"


@contextmanager
def smtp_server() -> Iterator[tuple[int, Letters]]:
    """Run an SMTP server for the length of the block."""
    letters = Letters()
    controller = Controller(letters, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield controller.port, letters
    finally:
        controller.stop()
