"""`make api`: write docs/api/v1.yaml anew from what the operations of the API say of themselves."""

from pathlib import Path

import django
from django.conf import settings


def draw() -> None:
    """Write the description to where the repository keeps it."""
    from providers.api.description import as_yaml  # noqa: PLC0415 - apps come first

    Path(settings.API_DESCRIPTION).write_text(as_yaml(), encoding="utf-8")


if __name__ == "__main__":
    django.setup()
    draw()
