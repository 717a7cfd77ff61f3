"""The list of days as the library `holidays` knows it: what compliance/calendars/cn.yaml must say.

Run `python -m tests.compliance.published` after an update of the library, best in each late
autumn, to write the file anew with the next year's make-up working days.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import holidays

from compliance.rules.published import PublishedDay

FILE = Path(__file__).parents[2] / "compliance" / "calendars" / "cn.yaml"
FIRST_YEAR, LAST_YEAR = 2014, 2027
SATURDAY = 5
LONGEST_GAP = 3  # a weekend between two days off of one break
AMERICAN_DATE = re.compile(r"(\d\d)/(\d\d)/(\d{4})")
HEAD = """\
# Holidays and make-up working days of mainland China by the yearly notices of the State Council
# (国务院办公厅关于部分节假日安排的通知), taken from the library `holidays` by
# `python -m tests.compliance.published`. `law` marks holidays by law, `work` make-up working days.
# The last year holds the holidays by law only until its list is published.
days:
"""


def days_of_library(year: int) -> list[PublishedDay]:
    """Return a year's days off and make-up working days, in order."""
    english = holidays.country_holidays("CN", years=[year], language="en_US")
    chinese = holidays.country_holidays("CN", years=[year], language="zh_CN")
    off = [
        PublishedDay(
            day,
            is_workday=False,
            statutory=_by_law(name),
            note_en=AMERICAN_DATE.sub(r"\3-\1-\2", name),
            note_zh=chinese[day].replace("; ", "、"),
        )
        for day, name in sorted(english.items())
        if day.year == year
    ]
    work = [
        _plain(day, "Make-up working day", "调休上班", is_workday=True)
        for day in english.weekend_workdays
        if day.year == year
    ]
    return sorted([*off, *_weekends_within(off), *work], key=lambda day: day.date)


def _plain(day: date, note_en: str, note_zh: str, *, is_workday: bool) -> PublishedDay:
    return PublishedDay(day, is_workday, False, note_en, note_zh)  # noqa: FBT003


def _by_law(name: str) -> bool:
    """Return whether the name is a holiday's own, not that of a day moved or given for it."""
    return not any(word in name for word in ("substituted", "observed", "Extended"))


def _weekends_within(off: list[PublishedDay]) -> Iterator[PublishedDay]:
    """Yield the weekend days that lie between two days off of one break.

    They belong to the break, so a last day that rolls over must not stop on them. A weekend
    before or after a break stays a plain weekend: rolling less is the safer reading.
    """
    for before, after in pairwise(off):
        gap = (after.date - before.date).days
        between = [before.date + timedelta(days=n) for n in range(1, gap)]
        if gap <= LONGEST_GAP and all(day.weekday() >= SATURDAY for day in between):
            for day in between:
                yield _plain(day, "Weekend within the holiday", "假期内的周末", is_workday=False)


def lines() -> Iterator[str]:
    """Yield the lines of the file below its head."""
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        yield f"  # {year}\n"
        for day in days_of_library(year):
            marks = ("work: true, " if day.is_workday else "") + (
                "law: true, " if day.statutory else ""
            )
            yield f'  - {{date: {day.date}, {marks}en: "{day.note_en}", zh: "{day.note_zh}"}}\n'


if __name__ == "__main__":
    FILE.write_text(HEAD + "".join(lines()), encoding="utf-8")
