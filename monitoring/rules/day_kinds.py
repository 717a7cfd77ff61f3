"""Which days are off though they are weekdays, and which are worked though they are not."""

from functools import cache
from typing import Any

import numpy as np

from monitoring.rules.chinese_days import MADE_UP, OFF
from monitoring.rules.series import WEEK, BadSeriesError, Days, Floats, Kinds

ORDINARY, DAY_OFF, MAKE_UP = 0, 1, 2
SATURDAY, SUNDAY, WEDNESDAY = 5, 6, 2
_LOOK_BACK = (7, 14, 21)
_MOST_ASKED = 3  # so many days off must have been seen before a calendar is believed
_FEWER = 0.75  # and so much of an ordinary day's complaints may they have brought at most


def weekdays(days: Days) -> Kinds:
    """Return 0 for Monday to 6 for Sunday."""
    monday = 3  # day 0 of the era was a Thursday
    result: Kinds = (days.astype(np.int_) + monday) % WEEK
    return result


@cache
def _published() -> dict[int, int]:
    """Return the days that differ from their weekday, as days since 1970."""
    kinds: dict[int, int] = {}
    for table, kind in ((OFF, DAY_OFF), (MADE_UP, MAKE_UP)):
        for year, text in table.items():
            for day in text.split():
                at = np.datetime64(f"{year}-{day[:2]}-{day[2:]}", "D")
                kinds[int(at.astype(np.int_))] = kind
    return kinds


def chinese_kinds(days: Days) -> Kinds:
    """Return for each day whether it is ordinary, off, or worked to make up for a day off."""
    table = _published()
    return np.array([table.get(int(day), ORDINARY) for day in days.astype(np.int_)], dtype=np.int_)


def read_kinds(kinds: Any, days: Days) -> Kinds:
    """Return kinds of days that a caller knows (0 ordinary, 1 off, 2 make-up), checked."""
    read = np.asarray(kinds)
    if read.shape != days.shape or not np.isin(read, (ORDINARY, DAY_OFF, MAKE_UP)).all():
        raise BadSeriesError("kinds", "must be 0, 1 or 2 for each date")
    return read.astype(np.int_)


def working_as(days: Days, kinds: Kinds) -> Kinds:
    """Return the weekday each day is worked like: days off like Sunday, make-ups like Wednesday."""
    plain = weekdays(days)
    plain = np.where((kinds == DAY_OFF) & (plain < SATURDAY), SUNDAY, plain)
    return np.where(kinds == MAKE_UP, WEDNESDAY, plain)


def believed_since(counts: Floats, days: Days, kinds: Kinds) -> int:
    """Return from which period on the past shows that these days off are kept; T if never.

    Every day off is compared with the same weekday of the three weeks before it, over all series
    together, so that the answer for a period rests on nothing that came later.
    """
    total = counts.sum(axis=0)
    seen = usual = 0.0
    met = 0
    for at in np.flatnonzero((kinds == DAY_OFF) & (weekdays(days) < SATURDAY)):
        before = [at - back for back in _LOOK_BACK if back <= at and kinds[at - back] == ORDINARY]
        if before:
            seen, usual, met = seen + total[at], usual + total[before].mean(), met + 1
        if met >= _MOST_ASKED and seen < _FEWER * usual:
            return int(at) + 1
    return len(days)
