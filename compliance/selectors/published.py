"""The list of days that comes with Redress, taken from the yearly notices of the State Council."""

from functools import cache
from pathlib import Path

import yaml

from compliance.rules.published import PublishedDay

FILE = Path(__file__).parent.parent / "calendars" / "cn.yaml"


def published_days(year: int) -> list[PublishedDay]:
    """Return what the list knows of a year, in order: nothing where it does not reach."""
    return [day for day in _all_days() if day.date.year == year]


@cache
def _all_days() -> list[PublishedDay]:
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))["days"]
    return [
        PublishedDay(
            date=row["date"],
            is_workday=row.get("work", False),
            statutory=row.get("law", False),
            note_en=row["en"],
            note_zh=row["zh"],
        )
        for row in rows
    ]
