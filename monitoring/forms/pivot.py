"""What an address asks of a table of counts: its two sides, what it counts, how it is shown."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from monitoring.rules.kpi import Span
from monitoring.rules.pivot import WEEK
from monitoring.selectors.pivot import COMPLAINTS, COUNTED, DIMENSIONS, Layout

COUNT, OF_ROW, OF_COLUMN = "count", "row", "column"
SHOWN = (COUNT, OF_ROW, OF_COLUMN)
ROWS, COLUMNS = "category", WEEK
_SIDES = ("rows", "columns")


@dataclass(frozen=True)
class PivotQuestion:
    """An address, understood. `ignored` names what meant nothing."""

    layout: Layout
    show: str
    ignored: tuple[str, ...]

    def pairs(self) -> dict[str, str]:
        """Return what an address says of the table; what goes without saying is left out."""
        layout = self.layout
        opened = (("rows", layout.open_rows), ("columns", layout.open_columns))
        pairs: dict[str, str] = {"rows": layout.rows, "columns": layout.columns}
        if layout.counted != COMPLAINTS:
            pairs["counted"] = layout.counted
        if self.show != COUNT:
            pairs["show"] = self.show
        if any(wide for _side, wide in opened):
            pairs["open"] = ".".join(side for side, wide in opened if wide)
        return pairs

    def query(self, rest: str, **changes: str) -> str:
        """Return the address without its question mark; `rest` asks for period and filters."""
        pairs = {name: value for name, value in {**self.pairs(), **changes}.items() if value}
        return "&".join(part for part in (urlencode(pairs), rest) if part)

    def within(self, span: Span) -> Layout:
        """Return the table as a span can be read."""
        return self.layout.within(span)


def pivot_question(data: QueryDict) -> PivotQuestion:
    """Read an address; what means nothing is replaced by what is usual, and named."""
    ignored: list[str] = []

    def one(name: str, allowed: Any, usual: str) -> str:
        value = data.get(name, "") or usual
        if value in allowed:
            return str(value)
        ignored.append(name)
        return usual

    rows = one("rows", DIMENSIONS, ROWS)
    columns = one("columns", DIMENSIONS, COLUMNS)
    if rows == columns:
        ignored.append("columns")
        columns = COLUMNS if rows != COLUMNS else ROWS
    opened = [side for side in data.get("open", "").split(".") if side]
    if set(opened) - set(_SIDES):
        ignored.append("open")
    layout = Layout(
        rows, columns, one("counted", COUNTED, COMPLAINTS), "rows" in opened, "columns" in opened
    )
    return PivotQuestion(layout, one("show", SHOWN, COUNT), tuple(ignored))
