"""What the verbs of the file share: the lock, the digest and the entry."""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from accounts.models import Provider, User
from journal.services import record


def locked(provider_id: int) -> Provider:
    """Return a provider, locked until the transaction ends. Raises Provider.DoesNotExist."""
    return Provider.objects.select_for_update().get(pk=provider_id)


def digest(content: Any) -> str:
    """Return what vouches for a content that the record must not hold."""
    return sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def note(
    kind: str,
    provider: Provider,
    actor: User | None,
    at: datetime,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Write an entry on the provider's chain."""
    record(kind=kind, subject=provider, actor=actor, occurred_at=at, payload=payload or {})
