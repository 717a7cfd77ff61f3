"""Looking for malware in a file: ClamAV's daemon, where there is one (INSTREAM protocol)."""

import socket
import struct
from pathlib import Path

import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

CLEAN, NOT_SCANNED, INFECTED = "clean", "not_scanned", "infected"
_CHUNK = 64 * 1024
_TIMEOUT = 60.0
_MAX_ANSWER = 4096


def scan(file: Path) -> str:
    """Return `clean`, `infected`, or `not_scanned` where no daemon is set up or none answers."""
    if not settings.CLAMAV_ADDRESS:
        return NOT_SCANNED
    try:
        with _connect(settings.CLAMAV_ADDRESS) as line:
            answer = _ask(line, file)
    except OSError as error:
        log.warning("scan_failed", error=type(error).__name__)
        return NOT_SCANNED
    if answer.endswith("OK"):
        return CLEAN
    if answer.endswith("FOUND"):
        log.warning("scan_found", signature=answer.removeprefix("stream: "))
        return INFECTED
    log.warning("scan_failed", error=answer)  # for example: larger than the daemon takes
    return NOT_SCANNED


def _connect(address: str) -> socket.socket:
    if "/" in address:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(_TIMEOUT)
        line.connect(address)
        return line
    host, _colon, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=_TIMEOUT)


def _ask(line: socket.socket, file: Path) -> str:
    line.sendall(b"zINSTREAM\0")
    with file.open("rb") as source:
        while chunk := source.read(_CHUNK):
            line.sendall(struct.pack(">I", len(chunk)) + chunk)
    line.sendall(struct.pack(">I", 0))
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _MAX_ANSWER:
        part = line.recv(_MAX_ANSWER)
        if not part:
            break
        answer += part
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()
