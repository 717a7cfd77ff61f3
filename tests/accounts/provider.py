"""A real OpenID Connect provider on this machine: a process of its own on a free port."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from django.test import Client
from django.urls import reverse

PATIENCE = 30.0  # seconds


@dataclass(frozen=True)
class Provider:
    """Where it is; whom it knows is told to it by `knows`."""

    issuer: str

    def knows(self, sub: str, **claims: Any) -> None:
        """Let the provider know somebody, with what it says of them."""
        answer = requests.put(f"{self.issuer}/users/{sub}", json={"sub": sub, **claims}, timeout=5)
        answer.raise_for_status()

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Return the setting OIDC for this provider."""
        plain = {
            "issuer": self.issuer,
            "client_id": "redress",
            "secret": "a-secret",
            "name": ("Acme ID", "员工统一登录"),
            "domains": [],
            "username_claim": "preferred_username",
            "groups_claim": "groups",
            "creates": True,
            "roles": [],
        }
        return {**plain, **changes}

    def answer(self, location: str, sub: str) -> str:
        """Sign in at the provider's page as somebody; return the way back, as path and query."""
        given = requests.post(location, data={"sub": sub}, allow_redirects=False, timeout=5)
        back = urlsplit(given.headers["Location"])
        return f"{back.path}?{back.query}"

    def refuse(self, location: str) -> str:
        """Leave the provider's page without signing in; return the way back."""
        given = requests.post(location, data={"action": "deny"}, allow_redirects=False, timeout=5)
        back = urlsplit(given.headers["Location"])
        return f"{back.path}?{back.query}"


def led_to(client: Client, name: str = "single_sign_on") -> str:
    """Return the address at the provider to which our page leads."""
    return str(client.get(reverse(name)).headers["Location"])


def asked(location: str) -> dict[str, str]:
    """Return the parameters of a question to the provider."""
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


@contextmanager
def running() -> Iterator[Provider]:
    """Run a provider inside the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # A process of its own: what it imports warns of its own future, and warnings are errors here.
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        issuer = f"http://127.0.0.1:{port}"
        _wait_for(issuer, process)
        yield Provider(issuer)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait_for(issuer: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            requests.get(f"{issuer}/.well-known/openid-configuration", timeout=2)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the provider did not start")
