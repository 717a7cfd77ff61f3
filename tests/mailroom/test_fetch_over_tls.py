"""Fetching by TLS from a real server: only from one whose certificate is known, and its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mailroom.models import Mail, Mailbox
from mailroom.services.fetching import fetch_mail
from tests.complaints.factories import NOW, make_policy
from tests.mailroom.servers import ImapServer, imap_server
from tests.mailroom.tls import Certificate, certificate, tls_before

pytestmark = pytest.mark.django_db


@contextmanager
def serving(kind: str, folder: Path, files: Certificate) -> Iterator[tuple[ImapServer, int]]:
    """Run a mail server with this certificate, from the first byte (ssl) or on request."""
    if kind == "starttls":
        with imap_server(folder, cert=files.cert, key=files.key) as server:
            yield server, server.port
        return
    with imap_server(folder) as server, tls_before(server.port, files) as port:
        yield server, port


def fetched_from(server: ImapServer, port: int, kind: str, settings: Any) -> str:
    """Fetch by TLS; return what went wrong."""
    for name, value in server.settings(MAIL_IMAP_TLS=kind, MAIL_IMAP_PORT=port).items():
        setattr(settings, name, value)
    fetched = fetch_mail(at=NOW)
    assert fetched is not None
    return fetched.error


@pytest.mark.parametrize("kind", ["ssl", "starttls"])
def test_mail_is_fetched_by_tls_from_a_server_whose_certificate_is_known(
    kind: str, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_policy()
    files = certificate(tmp_path / "known")
    monkeypatch.setenv("SSL_CERT_FILE", str(files.cert))
    with serving(kind, tmp_path, files) as (server, port):
        assert fetched_from(server, port, kind, settings) == ""
    assert Mail.objects.exists()  # what came with the server
    assert Mailbox.objects.get().succeeded_at == NOW


@pytest.mark.parametrize("kind", ["ssl", "starttls"])
@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({}, "self-signed"),
        ({"address": "127.0.0.9"}, "mismatch"),
        ({"over": True}, "expired"),
    ],
)
def test_a_certificate_that_is_unknown_of_another_or_over_is_refused(
    kind: str,
    how: dict[str, Any],
    told: str,
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_policy()
    files = certificate(tmp_path / "other", **how)
    trusted = files if how else certificate(tmp_path / "known")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.cert))
    with serving(kind, tmp_path, files) as (server, port):
        error = fetched_from(server, port, kind, settings)
    assert error.startswith("SSLCertVerificationError")
    assert told in error.lower().replace("self signed", "self-signed")
    assert not Mail.objects.exists()
    assert Mailbox.objects.get().succeeded_at is None


def test_a_server_without_tls_gets_no_password(tmp_path: Path, settings: Any) -> None:
    make_policy()
    with imap_server(tmp_path) as server:
        error = fetched_from(server, server.port, "starttls", settings)
    assert error
    assert not Mail.objects.exists()
