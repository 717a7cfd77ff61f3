"""How news leaves the house for a partner: one POST, to an address that was looked at first.

The name is resolved here, every number it resolves to is looked at, and the connection goes to one
of those numbers: whoever answers differently the next time (DNS rebinding) is not asked again.
Redirects are answers like any other and are not followed. Proxies of the environment are not used.
"""

import base64
import hashlib
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from urllib.parse import SplitResult, urlsplit

import certifi
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.encoding import force_bytes
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_match_hostname import CertificateError

from accounts.models import Provider, User
from accounts.selectors import organisation_name
from providers.models import Endpoint
from providers.rules.addresses import is_public, url_fault
from providers.rules.telling import seconds_asked
from providers.states import Fault

CONNECT_SECONDS, ANSWER_SECONDS, WHOLE_SECONDS = 5, 10, 15
READ_BYTES = 4096  # of an answer: its status says all that is needed
_PURPOSE = b"providers.webhooks"
_REDIRECTS = range(HTTPStatus.MULTIPLE_CHOICES, HTTPStatus.BAD_REQUEST)


class NotToldError(Exception):
    """It did not get there. `fault` is a code; `status` and `retry_after` are what was answered."""

    def __init__(
        self, fault: Fault, *, status: int | None = None, retry_after: int | None = None
    ) -> None:
        """Keep what is known."""
        super().__init__(fault)
        self.fault, self.status, self.retry_after = fault, status, retry_after


@dataclass(frozen=True)
class _Target:
    parts: SplitResult
    host: str
    port: int
    number: str


def seal(secret: str) -> str:
    """Return a secret encrypted with the installation's key."""
    return _cipher().encrypt(secret.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """Return what was encrypted. Raises NotToldError when no present or former key opens it."""
    try:
        return _cipher().decrypt(sealed).decode()
    except InvalidToken as error:
        raise NotToldError(Fault.SEALED) from error


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(_PURPOSE + force_bytes(key)).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def fault_of(url: str) -> str:
    """Return the code of what is wrong with an address in this installation, or nothing."""
    return url_fault(
        url,
        plain_http=settings.WEBHOOK_ALLOW_HTTP,
        private=settings.WEBHOOK_ALLOW_PRIVATE,
        ports=settings.WEBHOOK_PORTS,
    )


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Post a body; return the status of a success (2xx). Raises NotToldError."""
    if fault_of(url):
        raise NotToldError(Fault.FORBIDDEN)  # an installation may have become stricter since
    target = _target(url)
    connection = _connection(target)
    try:
        return _posted(connection, target, body, headers)
    except (ssl.SSLError, CertificateError) as error:
        raise NotToldError(Fault.TLS) from error
    except TimeoutError as error:
        raise NotToldError(Fault.TIMEOUT) from error
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        raise NotToldError(_fault_in(error)) from error
    finally:
        with suppress(Exception):
            connection.close()


def _target(url: str) -> _Target:
    """Resolve a name once and choose a number. Raises NotToldError if any may not be called."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotToldError(Fault.NO_NAME) from error
    numbers = [str(address[0]) for *_kind, address in found]
    if not numbers:
        raise NotToldError(Fault.NO_NAME)
    if not settings.WEBHOOK_ALLOW_PRIVATE and not all(map(is_public, numbers)):
        raise NotToldError(Fault.FORBIDDEN)
    return _Target(parts, host, port, numbers[0])


def _connection(target: _Target) -> HTTPConnection:
    if target.parts.scheme == "http":
        return HTTPConnection(target.number, target.port, timeout=CONNECT_SECONDS)
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return HTTPSConnection(
        target.number,
        target.port,
        timeout=CONNECT_SECONDS,
        ssl_context=context,
        server_hostname=target.host,
        assert_hostname=target.host,
    )


def _posted(
    connection: HTTPConnection, target: _Target, body: bytes, headers: Mapping[str, str]
) -> int:
    connection.connect()
    connection.timeout = ANSWER_SECONDS  # until here it was the time to connect
    connection.sock.settimeout(ANSWER_SECONDS)
    # Whoever answers a byte at a time keeps within each timeout: the whole has a limit, too.
    late = threading.Event()
    watch = threading.Timer(WHOLE_SECONDS, _cut_off, (connection.sock, late))
    watch.daemon = True
    watch.start()
    try:
        path = target.parts.path or "/"
        query = f"?{target.parts.query}" if target.parts.query else ""
        connection.request(
            "POST",
            path + query,
            body=body,
            headers={**headers, "Host": _named(target)},
            preload_content=False,
            decode_content=False,
        )
        answer = connection.getresponse()
        answer.read(READ_BYTES, decode_content=False)
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        if late.is_set():
            raise NotToldError(Fault.TIMEOUT) from error
        raise
    finally:
        watch.cancel()
    if late.is_set():
        raise NotToldError(Fault.TIMEOUT)
    return _judged(answer.status, seconds_asked(answer.headers.get("Retry-After")))


def _judged(status: int, retry_after: int | None) -> int:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return status
    fault = Fault.REDIRECT if status in _REDIRECTS else Fault.STATUS
    raise NotToldError(fault, status=status, retry_after=retry_after)


def _named(target: _Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    usual = 443 if target.parts.scheme == "https" else 80
    return host if target.port == usual else f"{host}:{target.port}"


def _cut_off(sock: socket.socket, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _fault_in(error: BaseException) -> Fault:
    """Return the code of what a library wrapped, however deep."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError | CertificateError):
            return Fault.TLS
        if isinstance(seen, TimeoutError) or "timed out" in str(seen).lower():
            return Fault.TIMEOUT
        if isinstance(seen, ConnectionRefusedError) or "NewConnection" in type(seen).__name__:
            return Fault.NOT_REACHED
        seen = seen.__cause__ or seen.__context__
    return Fault.BROKEN


def tell_person(person: User, endpoint: Endpoint) -> int:
    """Write to somebody that an endpoint is switched off; return how many letters left."""
    with translation.override(person.language or settings.LANGUAGE_CODE):
        off_at = timezone.localtime(endpoint.disabled_at)
        subject = _("Webhook switched off: %(client)s") % {"client": endpoint.client}
        body = _(
            "%(name)s,\n\nnothing is sent to this address any more:\n\n%(url)s\n\n"
            "Why: %(why)s. Since: %(at)s.\n\n"
            "When it works again, switch it on and have sent again what was missed:\n\n%(page)s\n"
        ) % {
            "name": person,
            "url": endpoint.url,
            "why": endpoint.get_disabled_because_display(),
            "at": date_format(off_at, "DATETIME_FORMAT"),
            "page": f"{settings.PUBLIC_URL}{reverse('providers:webhook', args=[endpoint.pk])}",
        }
        subject = f"{subject} · {organisation_name()}"
        return send_mail(subject, body, None, [person.email])


def tell_of_file(person: User, provider: Provider, words: object, days: int) -> int:
    """Write to somebody what waits with a provider; return how many letters left."""
    with translation.override(person.language or settings.LANGUAGE_CODE):
        subject = f"{words}: {provider}"
        body = _("%(name)s,\n\n%(what)s (%(days)s days).\n\n%(page)s\n") % {
            "name": person,
            "what": subject,
            "days": days,
            "page": f"{settings.PUBLIC_URL}{reverse('providers:file', args=[provider.code])}",
        }
        return send_mail(f"{subject} · {organisation_name()}", body, None, [person.email])
