"""Daily counts of everything a series may run along, and the series that are made of them.

A cell is one day and one combination of category, product, site, channel and provider. Any set of
series is summed from the cells, so that another choice of dimensions needs no other counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from monitoring.rules.series import DAY, WEEK, Floats

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
TAKEN_OVER = 90  # days: what was recorded later than this is history that was taken over
_EPOCH = date(1970, 1, 1)
UNKNOWN = -1


def ordinal(day: date) -> int:
    """Return a day as the number of days since 1970."""
    return (day - _EPOCH).days


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True)
class Cells:
    """Counts beside each other. `codes` number the members of each dimension, -1 is not known.

    `apart` are those of a declared incident, `hidden` the confidential ones; both are among
    `complaints`. `origin` says of which cell each is a copy (`with_ancestors`).
    """

    days: Ints
    recorded: Ints
    codes: Mapping[str, Ints]
    complaints: Floats
    complainants: Floats
    repeats: Floats
    hidden: Floats
    apart: Floats
    origin: Ints

    def only(self, chosen: Mask) -> "Cells":
        """Return some of the cells."""
        return Cells(
            self.days[chosen],
            self.recorded[chosen],
            {name: codes[chosen] for name, codes in self.codes.items()},
            self.complaints[chosen],
            self.complainants[chosen],
            self.repeats[chosen],
            self.hidden[chosen],
            self.apart[chosen],
            self.origin[chosen],
        )

    def known(self, as_of: date) -> "Cells":
        """Return what was known at the end of a day: received by then, and recorded by then."""
        today = ordinal(as_of)
        taken_over = self.recorded - self.days > TAKEN_OVER
        cells = self.only((self.days <= today) & ((self.recorded <= today) | taken_over))
        return replace(cells, origin=np.arange(len(cells.days)))

    def with_ancestors(self, name: str, parents: Mapping[int, int]) -> "Cells":
        """Return the cells, each counting for the ancestors of its member too."""
        parts, part = [self], self
        size = max([*parents, int(self.codes[name].max(initial=0))]) + 1
        parent_of = np.array([parents.get(code, UNKNOWN) for code in (*range(size), UNKNOWN)])
        while True:
            above = parent_of[part.codes[name]]  # what is not known (-1) finds the last one
            part = part.only(above != UNKNOWN)
            if not len(part.days):
                return _joined(parts)
            codes = {**part.codes, name: above[above != UNKNOWN].astype(np.int64)}
            part = replace(part, codes=codes)
            parts.append(part)


def _joined(parts: Sequence[Cells]) -> Cells:
    codes = {name: np.concatenate([part.codes[name] for part in parts]) for name in parts[0].codes}
    columns = {
        one.name: np.concatenate([getattr(part, one.name) for part in parts])
        for one in fields(Cells)
        if one.name != "codes"
    }
    return Cells(codes=codes, **columns)


@dataclass(frozen=True)
class Periods:
    """Days or weeks in a row; a week is named by its Monday."""

    first: date
    count: int
    step: int

    @property
    def dates(self) -> Sequence[date]:
        """Return the first day of each period."""
        return [self.first + timedelta(days=self.step * at) for at in range(self.count)]

    @property
    def last(self) -> date:
        """Return the first day of the last period."""
        return self.first + timedelta(days=self.step * (self.count - 1))

    @property
    def end(self) -> date:
        """Return the last day of the last period."""
        return self.last + timedelta(days=self.step - 1)

    def sums(self, days: Ints, values: Floats) -> Floats:
        """Return the sums of values by period."""
        place = (days - ordinal(self.first)) // self.step
        inside = (place >= 0) & (place < self.count)
        summed = np.bincount(place[inside], weights=values[inside], minlength=self.count)
        return np.asarray(summed, dtype=np.float64)

    def in_last(self, cells: Cells) -> Mask:
        """Return which cells are of the last period."""
        start = ordinal(self.last)
        inside: Mask = (cells.days >= start) & (cells.days < start + self.step)
        return inside


def closed_periods(since: date, as_of: date, step: int, most: int) -> Periods | None:
    """Return the periods that were over at the end of a day, at most so many; None if none was."""
    if step == DAY:
        last = as_of
        first = max(since, as_of - timedelta(days=most - 1))
    else:
        last = monday_of(as_of + timedelta(days=1)) - timedelta(days=WEEK)
        # A week that had begun already when the records began would look like a fall.
        begun = monday_of(since + timedelta(days=WEEK - 1))
        first = max(begun, last - timedelta(days=WEEK * (most - 1)))
    count = (last - first).days // step + 1
    return Periods(first, count, step) if count > 0 else None


@dataclass(frozen=True)
class Table:
    """The series of one set: their members' codes, K×D, and which series each cell belongs to.

    A cell of a member that is not known belongs to none (-1).
    """

    members: Ints
    of_cell: Ints
    cells: Cells
    periods: Periods

    def counts(self, values: Floats) -> Floats:
        """Return the sums of a column of the cells by series and period, K×T."""
        place = (self.cells.days - ordinal(self.periods.first)) // self.periods.step
        inside = (self.of_cell >= 0) & (place >= 0) & (place < self.periods.count)
        width = self.periods.count
        flat = np.bincount(
            self.of_cell[inside] * width + place[inside],
            weights=values[inside],
            minlength=len(self.members) * width,
        )
        return np.asarray(flat.reshape(len(self.members), width), dtype=np.float64)

    def in_last(self, row: int) -> Ints:
        """Return which of the original cells belong to a series in the last period."""
        found: Ints = self.cells.origin[(self.of_cell == row) & self.periods.in_last(self.cells)]
        return found


def table_of(cells: Cells, dimensions: Sequence[str], periods: Periods) -> Table:
    """Divide the cells into series by these dimensions; by none, all are one."""
    if not dimensions:
        return Table(
            np.zeros((1, 0), np.int64), np.zeros(len(cells.days), np.int64), cells, periods
        )
    columns = np.stack([cells.codes[name] for name in dimensions], axis=1)
    known = (columns != UNKNOWN).all(axis=1)
    of_cell = np.full(len(columns), UNKNOWN, np.int64)
    if not known.any():
        return Table(np.zeros((0, len(dimensions)), np.int64), of_cell, cells, periods)
    members, inverse = np.unique(columns[known], axis=0, return_inverse=True)
    of_cell[known] = inverse.reshape(-1)
    return Table(members, of_cell, cells, periods)
