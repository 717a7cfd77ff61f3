"""What tests of retention may use."""

from pathlib import Path
from typing import Any

import pytest

from tests.retention.desk import Archive


@pytest.fixture
def archive(db: None) -> Archive:
    """Return the people around retention."""
    return Archive()


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    """Keep files of a test in its own folder."""
    settings.MEDIA_ROOT = tmp_path / "attachments"
    return tmp_path
