"""The token endpoint's questions, as oauthlib asks them (RFC 6749, 4.4 and 5).

The library reads the request and speaks the protocol; what is true of a client is asked of ours.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings
from oauthlib.oauth2 import BackendApplicationServer, RequestValidator

from journal.services import utc_now
from providers.models import ApiClient
from providers.selectors.clients import client_with_secret
from providers.services.clients import issue_token

TOKEN_BYTES = 32
_CLIENT_ID = re.compile(r"rc_[0-9a-f]{20}")


class ClientValidator(RequestValidator):  # type: ignore[misc]
    """Confidential clients that prove themselves by id and secret, in the header or the body."""

    def client_authentication_required(
        self,
        request: Any,  # noqa: ARG002 - the library's shape
        *_args: Any,
        **_kwargs: Any,
    ) -> bool:
        """Return that nobody is served without a secret."""
        return True

    def authenticate_client(self, request: Any, *_args: Any, **_kwargs: Any) -> bool:
        """Return whether the secret is the client's; note the client on the request."""
        client_id, secret = credentials(request.headers, request.client_id, request.client_secret)
        if not _CLIENT_ID.fullmatch(client_id):
            return False
        client = client_with_secret(client_id, secret, now=utc_now())
        if client is None:
            return False
        request.client, request.client_id = client, client.client_id
        return True

    def validate_grant_type(
        self,
        client_id: str,  # noqa: ARG002 - the library's shape
        grant_type: str,
        client: ApiClient,  # noqa: ARG002
        request: Any,  # noqa: ARG002
        *_args: Any,
        **_kwargs: Any,
    ) -> bool:
        """Return whether it is the one grant that there is."""
        return grant_type == "client_credentials"

    def get_default_scopes(
        self,
        client_id: str,  # noqa: ARG002
        request: Any,
        *_args: Any,
        **_kwargs: Any,
    ) -> list[str]:
        """Return everything the client may use, when it names nothing."""
        return list(request.client.scopes)

    def validate_scopes(
        self,
        client_id: str,  # noqa: ARG002
        scopes: list[str],
        client: ApiClient,
        request: Any,  # noqa: ARG002
        *_args: Any,
        **_kwargs: Any,
    ) -> bool:
        """Return whether the client may use all that it asks for."""
        return set(scopes) <= set(client.scopes)

    def save_bearer_token(
        self, token: Mapping[str, Any], request: Any, *_args: Any, **_kwargs: Any
    ) -> None:
        """Keep the digest of the token that is about to be handed out."""
        issue_token(
            client=request.client,
            token=token["access_token"],
            scopes=request.scopes,
            lifetime=timedelta(seconds=int(token["expires_in"])),
            at=utc_now(),
        )


def credentials(
    headers: Mapping[str, str], client_id: str | None, secret: str | None
) -> tuple[str, str]:
    """Return id and secret: of HTTP Basic (RFC 6749, 2.3.1), else those of the body."""
    scheme, _space, code = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return client_id or "", secret or ""
    try:
        told = base64.b64decode(code.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    name, _colon, password = told.partition(":")
    return unquote_plus(name), unquote_plus(password)


def token_server() -> BackendApplicationServer:
    """Return the library's server with our questions, tokens and lifetime."""
    return BackendApplicationServer(
        ClientValidator(),
        token_generator=lambda _request: f"ra_{secrets.token_urlsafe(TOKEN_BYTES)}",
        token_expires_in=settings.API_TOKEN_SECONDS,
    )
