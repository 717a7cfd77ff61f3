"""Who calls the API: software by its token, or by id and secret."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Model, Q, QuerySet

from accounts.models import Provider, User
from accounts.rules import digest_of
from providers.models import ApiClient


@dataclass(frozen=True)
class Bearer:
    """A program that calls with a token: as whom it acts, and what the token is good for."""

    client: ApiClient
    scopes: frozenset[str]

    @property
    def user(self) -> User:
        """Return the account it acts as."""
        return self.client.user


def working_clients() -> QuerySet[ApiClient]:
    """Return the clients that may call at all: not ended, and their provider is at work."""
    return ApiClient.objects.filter(
        Q(provider__isnull=True) | Q(provider__active=True),
        ended_at__isnull=True,
        user__is_active=True,
    ).select_related("user", "provider")


def _columns(model: type[Model], *names: str) -> tuple[str, ...]:
    """Return columns in the order of the model, as `from_db` wants them."""
    found = tuple(field.attname for field in model._meta.concrete_fields if field.attname in names)
    if len(found) != len(names):
        raise LookupError(model, names)
    return found


_CLIENT = _columns(
    ApiClient, "id", "name", "provider_id", "user_id", "client_id", "calls_per_minute"
)
_USER = _columns(
    User, *("id", "username", "display_name", "language", "is_active", "is_system", "is_client")
)
_PROVIDER = _columns(
    Provider, *("id", "code", "name_en", "name_zh", "active", "is_test", "granted", "shown_fields")
)
_TABLES = (("client", _CLIENT), ("account", _USER), ("provider", _PROVIDER))
# As text, because every call asks: to put it together would take longer than to ask it.
_BEARER = (
    "SELECT token.scopes, "  # noqa: S608 - fixed names
    + ", ".join(f"{table}.{name}" for table, names in _TABLES for name in names)
    + " FROM providers_accesstoken token"
    " JOIN providers_apiclient client ON client.id = token.client_id"
    " JOIN accounts_user account ON account.id = client.user_id"
    " LEFT JOIN accounts_provider provider ON provider.id = client.provider_id"
    " WHERE token.digest = %s AND token.ends_at > %s AND client.ended_at IS NULL"
    " AND account.is_active AND (client.provider_id IS NULL OR provider.active)"
)


def bearer_of(token: str, *, now: datetime) -> Bearer | None:
    """Return who calls with a token, or None when it is not good (any more).

    Asked anew at every call, so that a suspension or an end holds from the next call on.
    """
    with connection.cursor() as cursor:
        until = connection.ops.adapt_datetimefield_value(now)
        cursor.execute(_BEARER, [digest_of(token), until])
        row = cursor.fetchone()
    if row is None:
        return None
    values = iter(row[1:])
    client, user, provider = (tuple(islice(values, len(names))) for _table, names in _TABLES)
    found = ApiClient.from_db(connection.alias, _CLIENT, client)
    found.user = User.from_db(connection.alias, _USER, user)
    found.provider = _provider(provider)
    for grant in found.user.grants:
        if grant.provider_id == found.provider_id:
            grant.provider = found.provider  # read already
    return Bearer(found, frozenset(json.loads(row[0])))


def _provider(row: tuple[Any, ...]) -> Provider | None:
    said = dict(zip(_PROVIDER, row, strict=True))
    if said["id"] is None:
        return None
    said |= {name: json.loads(said[name]) for name in ("granted", "shown_fields")}
    return Provider.from_db(connection.alias, _PROVIDER, tuple(said.values()))


def client_with_secret(client_id: str, secret: str, *, now: datetime) -> ApiClient | None:
    """Return the client whose secret this is, or None. Each live secret is compared to its end."""
    client = working_clients().filter(client_id=client_id).first()
    given = digest_of(secret)
    if client is None:
        return None
    live = client.secrets.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))
    matches = [secrets.compare_digest(kept.digest, given) for kept in live]
    return client if any(matches) else None
