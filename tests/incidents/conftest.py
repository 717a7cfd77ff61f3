"""What every test of incidents may use."""

import pytest

from tests.incidents.table import Table


@pytest.fixture
def table() -> Table:
    """Return the people around an incident."""
    return Table()
