"""Count series as a table of rows: `series,date,count[,total]`, read and checked line by line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from monitoring.rules.series import DAY, WEEK, Floats

NEEDED = ("series", "date", "count")
TOTAL = "total"
FIRST_ROW = 2  # under the heading


class TableFaultError(ValueError):
    """A cell that cannot be read: its row as a spreadsheet counts, its column, and a code."""

    def __init__(self, row: int, column: str, code: str, value: str = "") -> None:
        """Keep the place and the value."""
        super().__init__(f"row {row}, column {column}: {code} {value}".rstrip())
        self.row, self.column, self.code, self.value = row, column, code, value


@dataclass(frozen=True)
class Cell:
    """One row of the table."""

    row: int
    series: str
    day: date
    count: int
    total: int | None


@dataclass(frozen=True)
class Block:
    """All series over the same dates; `rows` are the rows of the table, N×T."""

    names: tuple[str, ...]
    days: tuple[date, ...]
    rows: tuple[tuple[int, ...], ...]
    counts: Floats
    totals: Floats | None


def read_cells(columns: Sequence[str], rows: Iterable[Mapping[str, str | None]]) -> list[Cell]:
    """Return the rows, or raise TableFaultError at the first that cannot be read."""
    for column in NEEDED:
        if column not in columns:
            raise TableFaultError(1, column, "missing_column")
    cells = [
        _cell(number, row, with_total=TOTAL in columns)
        for number, row in enumerate(rows, FIRST_ROW)
    ]
    if not cells:
        raise TableFaultError(FIRST_ROW, NEEDED[0], "empty")
    return cells


def blocks(cells: Iterable[Cell]) -> Iterator[Block]:
    """Yield the series together that run over the same dates."""
    by_name: dict[str, list[Cell]] = {}
    for cell in cells:
        by_name.setdefault(cell.series, []).append(cell)
    by_days: dict[tuple[date, ...], list[str]] = {}
    for name, own in by_name.items():
        own.sort(key=lambda cell: cell.day)
        _demand_even(own)
        by_days.setdefault(tuple(cell.day for cell in own), []).append(name)
    for days, names in by_days.items():
        counts = np.array([[cell.count for cell in by_name[name]] for name in names], dtype=float)
        totals = [[cell.total for cell in by_name[name]] for name in names]
        rows = tuple(tuple(cell.row for cell in by_name[name]) for name in names)
        of = None if totals[0][0] is None else np.array(totals, dtype=float)
        yield Block(tuple(names), days, rows, counts, of)


def _cell(number: int, row: Mapping[str, str | None], *, with_total: bool) -> Cell:
    name = (row["series"] or "").strip()
    if not name:
        raise TableFaultError(number, "series", "blank")
    text = (row["date"] or "").strip()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise TableFaultError(number, "date", "not_a_date", text) from None
    count = _whole(number, "count", row["count"])
    total = _whole(number, TOTAL, row[TOTAL]) if with_total else None
    if total is not None and total < count:
        raise TableFaultError(number, TOTAL, "less_than_count", str(total))
    return Cell(number, name, day, count, total)


def _whole(number: int, column: str, value: str | None) -> int:
    text = (value or "").strip()
    if not (text.isascii() and text.isdigit()):
        raise TableFaultError(number, column, "not_whole", text)
    return int(text)


def _demand_even(own: list[Cell]) -> None:
    steps = [(after.day - before.day).days for before, after in pairwise(own)]
    step = DAY if DAY in steps else WEEK
    for cell, gap in zip(own[1:], steps, strict=True):
        if gap == 0:
            raise TableFaultError(cell.row, "date", "twice", cell.day.isoformat())
        if gap != step:
            raise TableFaultError(cell.row, "date", "gap", cell.day.isoformat())
