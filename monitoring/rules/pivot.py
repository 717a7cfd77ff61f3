"""How a table of counts is laid out: what is shown, in which order, what is folded. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

# What stands for all members that are folded; a product's name never holds it (product_key).
OTHERS = "\x1e"
NONE = ""
ROWS, COLUMNS = 25, 12
OPENED_ROWS, OPENED_COLUMNS = 500, 60
FILED_ROWS, FILED_COLUMNS = 1_000_000, 1_000  # what a sheet holds, and what one can still read
DAY, WEEK, MONTH = "day", "week", "month"
_COARSER = {DAY: WEEK, WEEK: MONTH}
_DAYS_IN = {DAY: 1, WEEK: 7}
_DECEMBER = 12


def dates_in(step: str, first: date, after: date) -> list[date]:
    """Return the first days of all days, weeks or months of a span; a week begins on Monday."""
    if step == MONTH:
        day, found = first.replace(day=1), []
        while day < after:
            found.append(day)
            year, month = (day.year + 1, 1) if day.month == _DECEMBER else (day.year, day.month + 1)
            day = day.replace(year=year, month=month)
        return found
    wide = _DAYS_IN[step]
    day = first - timedelta(days=first.weekday()) if step == WEEK else first
    return [day + timedelta(days=at) for at in range(0, max(0, (after - day).days), wide)]


def step_for(step: str, first: date, after: date) -> str:
    """Return a step by which a span has no more parts than can be read."""
    while step in _COARSER and len(dates_in(step, first, after)) > OPENED_COLUMNS:
        step = _COARSER[step]
    return step


@dataclass(frozen=True)
class Shown:
    """The members of one side of a table in their order; `folded` more are told together."""

    members: tuple[str, ...]
    folded: int = 0

    @property
    def all(self) -> tuple[str, ...]:
        """Return the members, and what stands for the folded ones."""
        return (*self.members, OTHERS) if self.folded else self.members


def shown(totals: Mapping[str, int], most: int, order: Sequence[str] = ()) -> Shown:
    """Return which members are shown: in a fixed order, or the most frequent first.

    Where there are too many, the most frequent stay. What is not given comes last. One member is
    never folded alone: its row says more than "1 other".
    """
    ranked = sorted(totals, key=lambda member: (-totals[member], member))
    kept = ranked if len(ranked) <= most + 1 else ranked[:most]
    place = {member: number for number, member in enumerate(order)}
    if order:
        kept = sorted(kept, key=lambda member: place.get(member, len(place)))
    kept = sorted(kept, key=lambda member: member == NONE)
    return Shown(tuple(kept), len(ranked) - len(kept))


@dataclass(frozen=True)
class Grid:
    """Counts by row and column, with the sums of both sides as they were counted."""

    rows: Shown
    columns: Shown
    cells: Mapping[tuple[str, str], int]
    of_row: Mapping[str, int]
    of_column: Mapping[str, int]
    total: int

    @property
    def most(self) -> int:
        """Return the highest count of a single member by a single member."""
        return max(
            (count for key, count in self.cells.items() if OTHERS not in key),
            default=0,
        )

    def lines(self) -> Iterable[tuple[str, list[int]]]:
        """Yield each row with its counts by column."""
        for row in self.rows.all:
            yield row, [self.cells.get((row, column), 0) for column in self.columns.all]
