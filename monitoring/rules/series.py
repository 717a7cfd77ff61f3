"""A set of count series over the same dates, checked before anything is reckoned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]
Kinds = NDArray[np.int_]
Dates = Sequence[date] | Days

DAY, WEEK = 1, 7


class BadSeriesError(ValueError):
    """Input that cannot be judged; `field` says which argument is at fault."""

    def __init__(self, field: str, why: str) -> None:
        """Keep the field beside the sentence."""
        super().__init__(f"{field}: {why}")
        self.field = field


@dataclass(frozen=True)
class SeriesSet:
    """N series over T dates; `step` is 1 for daily and 7 for weekly ones."""

    counts: Floats
    days: Days
    step: int

    @property
    def length(self) -> int:
        """Return how many periods there are."""
        return int(self.counts.shape[1])


def read_set(counts: Any, dates: Any, *, last: int) -> SeriesSet:
    """Return the series as floats, or raise BadSeriesError naming the argument at fault."""
    days = read_days(dates)
    numbers = read_counts(counts, "counts", len(days))
    if isinstance(last, bool) or not isinstance(last, (int, np.integer)):
        raise BadSeriesError("last", "must be a whole number")
    if not 1 <= last <= len(days):
        raise BadSeriesError("last", f"must lie between 1 and the number of dates, {len(days)}")
    return SeriesSet(numbers, days, spacing(days))


def read_days(dates: Any) -> Days:
    """Return the dates as days, none missing."""
    try:
        days = np.asarray(dates, dtype="datetime64[D]")
    except (TypeError, ValueError):
        raise BadSeriesError("dates", "must all be dates") from None
    if days.ndim != 1 or not len(days):
        raise BadSeriesError("dates", "must be a list of at least one date")
    if np.isnat(days).any():
        raise BadSeriesError("dates", "one of them is missing")
    return days


def spacing(days: Days) -> int:
    """Return 1 for days, 7 for weeks (and for a single date)."""
    steps = np.diff(days).astype(int)
    if not len(steps):
        return WEEK
    step = int(steps.min())
    if step not in (DAY, WEEK):
        raise BadSeriesError("dates", "must follow each other by one day or by seven days")
    odd = np.flatnonzero(steps != step)
    if len(odd):
        raise BadSeriesError("dates", f"one is missing or out of order after {days[odd[0]]}")
    return step


def read_counts(counts: Any, field: str, length: int) -> Floats:
    """Return N×T numbers that are whole and not negative."""
    try:
        numbers = np.asarray(counts, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadSeriesError(field, "must be whole numbers") from None
    matrix = 2
    if numbers.ndim != matrix:
        raise BadSeriesError(field, "must have a row for each series and a column for each date")
    if numbers.shape[1] != length:
        raise BadSeriesError(field, f"has {numbers.shape[1]} columns, but there are {length} dates")
    if not np.isfinite(numbers).all() or (numbers != np.floor(numbers)).any():
        raise BadSeriesError(field, "must be whole numbers")
    if (numbers < 0).any():
        raise BadSeriesError(field, "must not be negative")
    return numbers
