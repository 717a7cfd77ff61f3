"""A partner at work: a provider's software (or the organisation's) that calls the API."""

import json
from collections.abc import Collection
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import Provider, User
from providers.models import ApiClient
from providers.services.clients import create_client, issue_token
from providers.states import Scope
from tests.accounts.factories import make_provider

BASE = "/api/v1/"
PLAIN = {"channel": "phone", "description": "The kettle leaks."}


class Partner:
    """Software with a token; `organisation` is the organisation's own."""

    def __init__(
        self,
        code: str = "callco",
        *,
        organisation: bool = False,
        scopes: Collection[str] = tuple(Scope.values),
        **provider: Any,
    ) -> None:
        self.provider: Provider | None = None
        if not organisation:
            provider.setdefault("shown_fields", ["name", "phone", "email", "customer_number"])
            self.provider = make_provider(code, **provider)
        new = create_client(
            name=f"Software of {code}",
            provider=self.provider,
            scopes=scopes,
            actor=None,
            at=timezone.now(),
        )
        self.client: ApiClient = new.client
        self.secret = new.secret
        self.http = Client()

    @property
    def user(self) -> User:
        """Return the account it acts as, with what it is granted now."""
        return User.objects.get(pk=self.client.user_id)

    @cached_property
    def token(self) -> str:
        """Return a token with every scope of the client."""
        text = f"ra_test_{self.client.client_id}"
        issue_token(
            client=self.client,
            token=text,
            scopes=self.client.scopes,
            lifetime=timedelta(hours=1),
            at=timezone.now(),
        )
        return text

    def call(
        self, method: str, path: str, body: Any = None, *, key: str = "", **headers: str
    ) -> Any:
        """Call the API; `path` is below its base, or an address that an answer has given."""
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        if key:
            sent["Idempotency-Key"] = key
        address = path if path.startswith(("/", "http")) else BASE + path
        if method == "GET":
            return self.http.get(address, headers=sent)
        content = body if isinstance(body, bytes | str) else json.dumps(body or {})
        return self.http.generic(
            method, address, content, content_type="application/json", headers=sent
        )

    def get(self, path: str, **headers: str) -> Any:
        """Read."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, *, key: str = "", **headers: str) -> Any:
        """Do."""
        return self.call("POST", path, body, key=key, **headers)

    def upload(self, path: str, *, key: str = "", **fields: Any) -> Any:
        """Send a form with files."""
        sent = {"Authorization": f"Bearer {self.token}"}
        if key:
            sent["Idempotency-Key"] = key
        return self.http.post(BASE + path, fields, headers=sent)

    def hand_over(self, **said: Any) -> str:
        """Hand a complaint over and return its reference."""
        answer = self.post("complaints/", {**PLAIN, **said})
        assert answer.status_code == 201, answer.content
        reference: str = answer.json()["reference"]
        return reference


def problem_of(answer: Any) -> dict[str, Any]:
    """Return the problem of an answer, which must be one."""
    assert answer["Content-Type"] == "application/problem+json", answer.content
    said: dict[str, Any] = answer.json()
    assert said["status"] == answer.status_code
    assert said["type"].startswith("urn:redress:problem:")
    assert said["title"]
    return said


def code_of(answer: Any) -> str:
    """Return which rule refused."""
    return str(problem_of(answer)["type"]).removeprefix("urn:redress:problem:")


def pointers(answer: Any) -> set[str]:
    """Return which inputs a problem names."""
    return {fault["pointer"] for fault in problem_of(answer)["errors"]}
