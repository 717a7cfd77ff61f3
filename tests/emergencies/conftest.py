"""What the tests of the fast channel share."""

import pytest

from tests.complaints.desk import Desk
from tests.emergencies.rota import Clock, Rota


@pytest.fixture
def desk() -> Desk:
    """Return the people of a desk."""
    return Desk()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the house's clock, at NOW."""
    return Clock(monkeypatch)


@pytest.fixture
def rota() -> Rota:
    """Return a rota of three levels."""
    return Rota()
