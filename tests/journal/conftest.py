"""A subject to record about, a clock to turn, and subscriptions that last for one test."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Team
from journal import registry
from journal.models import Entry
from journal.services import record

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HAPPENED = "test.happened"


@pytest.fixture
def team(db: None) -> Team:
    """Return something to write about."""
    return Team.objects.create(code="desk", name_en="Desk", name_zh="服务台")


@pytest.fixture
def subscribe(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return `registry.subscribe`; what it registers is forgotten after the test."""
    monkeypatch.setattr(registry, "_by_name", dict(registry._by_name))
    monkeypatch.setattr(registry, "_by_kind", {k: [*v] for k, v in registry._by_kind.items()})
    return registry.subscribe


class Clock:
    """A clock that stands still until it is turned; it starts a little after the facts."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) + timedelta(seconds=1)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        """Go forward."""
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    """Return a clock to turn."""
    return Clock()


def happened(subject: Team, **payload: Any) -> Entry:
    """Record one fact about the subject."""
    with transaction.atomic():
        return record(kind=HAPPENED, subject=subject, actor=None, occurred_at=NINE, payload=payload)
