"""One POST: what counts as an answer, and what nobody waits for."""

import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest

from providers import transports
from providers.states import Fault
from providers.transports import NotToldError, post, seal, unseal
from tests.providers.listening import answering, receiving


@pytest.fixture(autouse=True)
def _here(settings):
    settings.WEBHOOK_ALLOW_HTTP = settings.WEBHOOK_ALLOW_PRIVATE = True
    settings.WEBHOOK_PORTS = []


def failing(url: str) -> NotToldError:
    with pytest.raises(NotToldError) as error:
        post(url, b"{}", {})
    return error.value


@contextmanager
def talking(talk):
    """Listen for one connection and hand it to `talk`."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _address = listener.accept()
        with connection:
            talk(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        listener.close()
        thread.join(timeout=5)


def test_any_2xx_is_a_success():
    with receiving(answering(202)) as receiver:
        assert post(receiver.url, b'{"a":1}', {"webhook-id": "evt_1"}) == 202
    assert receiver.came[0].body == b'{"a":1}'
    assert receiver.came[0].headers["webhook-id"] == "evt_1"


@pytest.mark.parametrize("status", [400, 404, 410, 500, 503])
def test_an_error_is_told_with_its_status(status):
    with receiving(answering(status, Retry_After="77")) as receiver:
        error = failing(receiver.url)
    assert (error.fault, error.status, error.retry_after) == (Fault.STATUS, status, 77)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status):
    with receiving() as other, receiving() as receiver:
        receiver.manner = answering(status, Location=other.url)
        error = failing(receiver.url)
        assert (error.fault, error.status) == (Fault.REDIRECT, status)
        assert other.came == []


def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert failing(f"http://127.0.0.1:{port}/").fault == Fault.NOT_REACHED


def test_no_such_name():
    assert failing("http://nobody.invalid/").fault == Fault.NO_NAME


def test_it_hangs_up_without_a_word():
    def hang_up(connection):
        connection.recv(4096)

    with talking(hang_up) as url:
        assert failing(url).fault == Fault.BROKEN


def test_it_never_answers(monkeypatch):
    monkeypatch.setattr(transports, "ANSWER_SECONDS", 0.2)
    with talking(lambda _connection: time.sleep(1)) as url:
        assert failing(url).fault == Fault.TIMEOUT


def test_it_answers_a_byte_at_a_time(monkeypatch):
    """Each byte comes within the time for an answer; the whole has a limit of its own."""
    monkeypatch.setattr(transports, "WHOLE_SECONDS", 0.5)

    def drip(connection):
        connection.recv(4096)
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            for _ in range(100):
                connection.sendall(b"X-A: b\r\n")
                time.sleep(0.05)
        except OSError:
            pass

    with talking(drip) as url:
        began = time.monotonic()
        assert failing(url).fault == Fault.TIMEOUT
        assert time.monotonic() - began < 3


def test_of_an_endless_answer_only_the_beginning_is_read():
    sent = [0]

    def pour(connection):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            for _ in range(10_000):
                connection.sendall(b"x" * 65536)
                sent[0] += 65536
        except OSError:
            pass

    with talking(pour) as url:
        assert post(url, b"{}", {}) == 200
    assert sent[0] < 50_000_000


def test_what_is_not_http_is_no_success():
    with talking(lambda connection: connection.sendall(b"220 mail ready\r\n\r\n")) as url:
        assert failing(url).fault == Fault.BROKEN


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for partner.example that no authority has signed."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", str(key), "-out", str(cert), "-subj", "/CN=partner.example"),
            *("-addext", "subjectAltName=DNS:partner.example"),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


def hear_out(connection):
    """Read to the end of the body: to close with some of it unread would take the answer back."""
    heard = b""
    while not heard.endswith(b"{}") and (more := connection.recv(4096)):
        heard += more


@contextmanager
def listening_in_secret(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def talk(connection):
        try:
            with context.wrap_socket(connection, server_side=True) as secured:
                hear_out(secured)
                secured.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        except OSError:
            pass

    with talking(talk) as url:
        yield int(url.rstrip("/").rpartition(":")[2])


def call_by_name(monkeypatch, host, port):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_a, **_k: found)
    return f"https://{host}:{port}/"


def test_a_certificate_nobody_vouches_for_is_not_accepted(monkeypatch, certificate):
    with listening_in_secret(certificate) as port:
        url = call_by_name(monkeypatch, "partner.example", port)
        assert failing(url).fault == Fault.TLS


def test_a_certificate_is_checked_against_the_name_not_the_number(monkeypatch, certificate):
    monkeypatch.setattr("certifi.where", lambda: str(certificate[0]))
    with listening_in_secret(certificate) as port:
        assert post(call_by_name(monkeypatch, "partner.example", port), b"{}", {}) == 204
    with listening_in_secret(certificate) as port:
        url = call_by_name(monkeypatch, "somebody.example", port)
        assert failing(url).fault == Fault.TLS


def test_a_secret_lies_encrypted_and_survives_a_change_of_the_key(settings):
    sealed = seal("whsec_abc")
    assert "abc" not in sealed
    former = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [former]
    assert unseal(sealed) == "whsec_abc"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(NotToldError) as error:
        unseal(sealed)
    assert error.value.fault == Fault.SEALED
