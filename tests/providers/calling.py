"""Calls of the API as a client makes them, for tests."""

import json
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.rules import digest_of
from providers.models import AccessToken, ApiClient


class Caller:
    """A client with a token; `get` and `post` return the answer."""

    def __init__(self, client: ApiClient, *scopes: str) -> None:
        token = f"token-of-{client.pk}-{'-'.join(scopes)}"
        now = timezone.now()
        AccessToken.objects.get_or_create(
            digest=digest_of(token),
            defaults={
                "client": client,
                "scopes": list(scopes) or client.scopes,
                "made_at": now,
                "ends_at": now + timedelta(hours=1),
            },
        )
        self.headers = {"Authorization": f"Bearer {token}"}
        self.http = Client()

    def get(self, path: str, **query: Any) -> Any:
        address = path if path.startswith("http") else f"/api/v1/{path}"
        return self.http.get(address, query or None, headers=self.headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(
            f"/api/v1/{path}",
            json.dumps({} if body is None else body),
            content_type="application/json",
            headers={**self.headers, **named},
        )
