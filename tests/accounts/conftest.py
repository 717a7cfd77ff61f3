"""People at hand, and what the journal says of them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import models

from accounts.models import User
from journal.selectors import history_of
from tests.accounts.factories import administrator, person

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def ada(db: None) -> User:
    """Return the administrator."""
    return administrator()


@pytest.fixture
def ben(db: None) -> User:
    """Return somebody without any role."""
    return person("ben", display_name="Ben")


def told(subject: models.Model) -> list[tuple[str, dict[str, Any]]]:
    """Return kind and payload of the subject's entries, oldest first."""
    return [
        (entry.kind, {k: v for k, v in entry.payload.items() if k != "v"})
        for entry in history_of(subject)
    ]
