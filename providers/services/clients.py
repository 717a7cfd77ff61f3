"""The verbs on software that calls the API: create, change its secret, end, issue a token."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider, User
from accounts.permissions import demand, has
from accounts.rules import digest_of
from accounts.services import employ_software, release
from journal.errors import Refusal
from journal.services import record
from providers import events
from providers.models import AccessToken, ApiClient, ClientSecret, IdempotentAnswer
from providers.permissions import MANAGE as KEEP
from providers.states import Scope

MANAGE = "accounts.manage"
SECRET_BYTES = 32
HINT = 4


@dataclass(frozen=True)
class NewSecret:
    """A client with its new secret, which is told this once and kept nowhere."""

    client: ApiClient
    secret: str


@transaction.atomic
def create_client(
    *,
    name: str,
    provider: Provider | None,
    scopes: Collection[str],
    calls_per_minute: int | None = None,
    actor: User | None,
    at: datetime,
) -> NewSecret:
    """Let software of a provider, or of the organisation itself, call the API.

    It gets an account of its own, with which nobody can sign in. Raises Refusal naming `name` or
    `scopes`.
    """
    _demand(actor, provider)
    if not name.strip():
        raise Refusal(_("Give the client a name."), code="required", field="name")
    unknown = set(scopes) - set(Scope.values)
    if unknown or not scopes:
        raise Refusal(_("Choose what it may be used for."), code="unknown_scope", field="scopes")
    client_id = f"rc_{secrets.token_hex(10)}"
    user = employ_software(username=client_id, name=name, provider=provider, actor=actor, at=at)
    client = ApiClient.objects.create(
        name=name.strip(),
        provider=provider,
        user=user,
        client_id=client_id,
        scopes=[scope for scope in Scope.values if scope in scopes],
        calls_per_minute=calls_per_minute,
        made_at=at,
        made_by=actor,
    )
    record(
        kind=events.CLIENT_CREATED,
        subject=client,
        actor=actor,
        occurred_at=at,
        payload=events.Client(
            provider=provider.code if provider else None, scopes=list(client.scopes)
        ),
    )
    return NewSecret(client, _new_secret(client, at))


@transaction.atomic
def rotate_secret(
    *, client: ApiClient, grace: timedelta, actor: User | None, at: datetime
) -> NewSecret:
    """Give a client a new secret; the one before it still works for a while, then no more.

    Raises Refusal when the client has ended.
    """
    _demand(actor, client.provider)
    client = _living(client)
    until = at + grace
    client.secrets.filter(ends_at__isnull=True).update(ends_at=until)
    secret = _new_secret(client, at)
    record(
        kind=events.CLIENT_SECRET_ROTATED,
        subject=client,
        actor=actor,
        occurred_at=at,
        payload=events.Rotated(until=until.isoformat()),
    )
    return NewSecret(client, secret)


@transaction.atomic
def end_client(*, client: ApiClient, actor: User | None, at: datetime) -> ApiClient:
    """Let a client call no more: its tokens stop at once. What it did stays in the record."""
    _demand(actor, client.provider)
    client = _living(client)
    client.ended_at = at
    client.save(update_fields=["ended_at"])
    client.tokens.all().delete()
    client.secrets.filter(ends_at__isnull=True).update(ends_at=at)
    release(user=client.user, actor=actor, at=at)
    record(kind=events.CLIENT_ENDED, subject=client, actor=actor, occurred_at=at)
    return client


@transaction.atomic
def issue_token(
    *, client: ApiClient, token: str, scopes: Collection[str], lifetime: timedelta, at: datetime
) -> AccessToken:
    """Keep the digest of a token that a client has just been given, and that it was given."""
    scopes = [scope for scope in client.scopes if scope in scopes]
    ApiClient.objects.filter(pk=client.pk).update(last_used_at=at)
    kept = AccessToken.objects.create(
        client=client, digest=digest_of(token), scopes=scopes, made_at=at, ends_at=at + lifetime
    )
    record(
        kind=events.CLIENT_TOKEN_ISSUED,
        subject=client,
        actor=client.user,
        occurred_at=at,
        payload=events.Token(scopes=scopes),
    )
    return kept


@transaction.atomic
def forget_spent(*, answers_before: datetime, at: datetime) -> int:
    """Throw away tokens that have run out, and answers kept for repetition until now."""
    spent, _tables = AccessToken.objects.filter(ends_at__lt=at).delete()
    answered, _tables = IdempotentAnswer.objects.filter(made_at__lt=answers_before).delete()
    return spent + answered


def _demand(actor: User | None, provider: Provider | None) -> None:
    """Let administrators through, and for the software of a provider who keeps its file."""
    if provider is None or actor is None or not has(actor, KEEP):
        demand(actor, MANAGE)


def _living(client: ApiClient) -> ApiClient:
    locked = ApiClient.objects.select_for_update(of=("self",)).get(pk=client.pk)
    if locked.ended_at is not None:
        raise Refusal(_("This client has ended."), code="ended")
    return locked


def _new_secret(client: ApiClient, at: datetime) -> str:
    secret = f"rs_{secrets.token_urlsafe(SECRET_BYTES)}"
    ClientSecret.objects.create(
        client=client, digest=digest_of(secret), hint=secret[-HINT:], made_at=at
    )
    return secret
