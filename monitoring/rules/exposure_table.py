"""Exposure as a table of rows: `dimension,member,month,unit,amount`, read and checked by cell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from monitoring.rules.tables import FIRST_ROW, TableFaultError

COLUMNS = ("dimension", "member", "month", "unit", "amount")
ALONG = ("all", "product", "site")
UNITS = ("customers", "orders", "units")
MOST = 2**53


@dataclass(frozen=True)
class Amount:
    """One row: whose exposure, in which month, of what, how much."""

    row: int
    dimension: str
    member: str
    month: date
    unit: str
    amount: int


def read_amounts(columns: Sequence[str], rows: Iterable[Mapping[str, str | None]]) -> list[Amount]:
    """Return the rows, or raise TableFaultError at the first cell that cannot be read."""
    for column in COLUMNS:
        if column not in columns:
            raise TableFaultError(1, column, "missing_column")
    amounts = [_amount(number, row) for number, row in enumerate(rows, FIRST_ROW)]
    if not amounts:
        raise TableFaultError(FIRST_ROW, COLUMNS[0], "empty")
    seen: set[tuple[str, str, date]] = set()
    for one in amounts:
        place = (one.dimension, one.member.casefold(), one.month)
        if place in seen:
            raise TableFaultError(one.row, "month", "twice", f"{one.month:%Y-%m}")
        seen.add(place)
    return amounts


def _amount(number: int, row: Mapping[str, str | None]) -> Amount:
    cells = {name: (row[name] or "").strip() for name in COLUMNS}
    if cells["dimension"] not in ALONG:
        raise TableFaultError(number, "dimension", "not_a_dimension", cells["dimension"])
    if (cells["dimension"] == "all") != (not cells["member"]):
        raise TableFaultError(number, "member", "blank" if not cells["member"] else "not_blank")
    if cells["unit"] not in UNITS:
        raise TableFaultError(number, "unit", "not_a_unit", cells["unit"])
    try:
        month = date.fromisoformat(f"{cells['month']}-01")
    except ValueError:
        raise TableFaultError(number, "month", "not_a_month", cells["month"]) from None
    text = cells["amount"]
    if not (text.isascii() and text.isdigit()) or int(text) > MOST:
        raise TableFaultError(number, "amount", "not_whole", text)
    return Amount(number, cells["dimension"], cells["member"], month, cells["unit"], int(text))
