"""A call's bearer token (RFC 6750) turned into the account that its client acts as."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import User
from journal.services import utc_now
from providers.selectors.clients import Bearer, bearer_of

LONGEST = 200  # characters of a token


class BearerAuthentication(BaseAuthentication):
    """Reads the Authorization header; nothing else signs a program in, above all no cookie."""

    def authenticate(self, request: Request | HttpRequest) -> tuple[User, Bearer] | None:
        """Return the account, and what the token may. Raises AuthenticationFailed."""
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = token.strip()
        bearer = bearer_of(token, now=utc_now()) if 0 < len(token) <= LONGEST else None
        if bearer is None:
            raise AuthenticationFailed(
                _("This token is not valid (any more): ask for a new one."), code="invalid_token"
            )
        return bearer.user, bearer

    def authenticate_header(self, request: Any) -> str:  # noqa: ARG002 - the library's shape
        """Return the challenge of a 401 (RFC 6750, 3)."""
        return 'Bearer realm="redress"'
