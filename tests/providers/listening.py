"""A partner for tests: its client, its endpoint, and a web server that takes what is posted."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from standardwebhooks import Webhook

from accounts.models import Membership, Provider, User
from accounts.services import system_user
from complaints.models import Complaint
from providers.models import ApiClient, Endpoint
from providers.services.endpoints import add_endpoint
from providers.states import Scope
from providers.transports import unseal
from tests.complaints.factories import NOW, make_complaint

_number = count(1)


def make_client(provider: Provider | None = None, **fields: Any) -> ApiClient:
    """Make software of a provider, or of the organisation itself, with an account of its own."""
    name = f"rc_{next(_number)}"
    user = User.objects.create_user(username=name, password=None, is_client=True)
    Membership.objects.create(user=user, role="api_client", provider=provider)
    given = {"name": name, "client_id": name, "scopes": list(Scope.values), **fields}
    return ApiClient.objects.create(provider=provider, user=user, made_at=NOW, **given)


def make_endpoint(
    client: ApiClient, url: str = "https://partner.example/hook", *types: str
) -> tuple[Endpoint, str]:
    """Add an endpoint by the verb; return it and its secret."""
    endpoint = add_endpoint(client=client, url=url, types=types, actor=system_user(), at=NOW)
    return endpoint, unseal(endpoint.secret)


def hand_over(client: ApiClient, **fields: Any) -> Complaint:
    """Receive a complaint as the client does."""
    user = User.objects.get(pk=client.user_id)
    return make_complaint(actor=user, **fields)


@dataclass
class Posted:
    """What came in, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        """Return the body, read."""
        return json.loads(self.body)

    def proves(self, secret: str) -> bool:
        """Return whether this secret signed it, as the library of the standard checks it."""
        try:
            Webhook(secret).verify(self.body, self.headers)
        except Exception:  # noqa: BLE001 - the library has several ways to say no
            return False
        return True


Manner = Callable[[Posted, BaseHTTPRequestHandler], None]


@dataclass
class Receiver:
    """A web server on loopback. It answers 204, or as `manner` does."""

    port: int = 0
    came: list[Posted] = field(default_factory=list)
    manner: Manner | None = None

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def said(self) -> list[Any]:
        """Return everything that came in, read."""
        return [one.said for one in self.came]


def answering(status: int, **headers: str) -> Manner:
    """Return a manner that answers with a status."""

    def answer(_posted: Posted, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


@contextmanager
def receiving(manner: Manner | None = None) -> Iterator[Receiver]:
    """Listen while the block runs."""
    receiver = Receiver(manner=manner)
    usual = answering(204)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posted = Posted(self.path, dict(self.headers.items()), body)
            receiver.came.append(posted)
            (receiver.manner or usual)(posted, self)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as inherited
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = int(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
