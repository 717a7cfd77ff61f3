"""A mail server for tests: takes letters on a port of loopback, or misbehaves as told."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage


class Sink(socketserver.ThreadingTCPServer):
    """Keeps what it accepted. `manners` maps a step (MAIL, RCPT, DATA, END) to what it does there.

    A manner is a reply to give instead of the usual one, or "drop" to hang up without a word; for
    END, "keep and drop" takes the letter and hangs up before saying so.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, **manners: str) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.manners = manners
        self.raw: list[bytes] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def letters(self) -> list[EmailMessage]:
        """Return what was accepted, parsed."""
        return [message_from_bytes(raw, policy=policy.default) for raw in self.raw]

    @property
    def deliveries(self) -> list[str]:
        """Return the delivery id of each letter that was accepted."""
        return [str(letter["X-Delivery-ID"]) for letter in self.letters]


class _Talk(socketserver.StreamRequestHandler):
    server: Sink

    def handle(self) -> None:
        with suppress(ConnectionError):  # who is killed hangs up without a word
            self._talk()

    def _talk(self) -> None:
        self._say("220 sink")
        while line := self.rfile.readline():
            step = line[:4].upper().decode("ascii", "replace").strip()
            if step == "QUIT":
                self._say("221 bye")
                return
            if step == "DATA":
                if not self._polite("DATA", "354 go on") or not self._take():
                    return
            elif not self._polite(step, "250 ok"):
                return

    def _polite(self, step: str, usual: str) -> bool:
        manner = self.server.manners.get(step, usual)
        if manner == "drop":
            return False
        self._say(manner)
        return True

    def _take(self) -> bool:
        if "DATA" in self.server.manners:
            return True
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(re.sub(rb"^\.\.", b".", line))
        manner = self.server.manners.get("END", "250 taken")
        if manner == "drop":
            return False
        if manner == "keep and drop" or manner.startswith("2"):
            self.server.raw.append(b"".join(lines))
        if manner == "keep and drop":
            return False
        self._say(manner)
        return True

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def sink(**manners: str) -> Iterator[Sink]:
    """Run a mail server for the length of the block."""
    with Sink(**manners) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
