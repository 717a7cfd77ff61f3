"""A chart as its table: what a script draws, and everybody may read (docs/adr/0013-echarts.md).

The server writes the table only, with a link behind each number that has complaints behind it;
static/js/charts.js draws from its cells. So a chart cannot say another thing than its table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from monitoring.selectors.figure_words import NO_VALUE


@dataclass(frozen=True)
class Column:
    """A column of numbers: how it is drawn (not at all without a mark), and in which tone.

    Marks are `bar`, `part` (upon the bar before it), `line`, `dash`, `band` (up to it) and `cell`.
    """

    words: Any
    mark: str = ""
    tone: str = "accent"


@dataclass(frozen=True)
class Shown:
    """One number: as it is read, as it is drawn, and what it opens."""

    text: str
    value: float | None = None
    url: str = ""
    note: str = ""  # of how many it is
    few: bool = False
    badge: str = ""  # a tone
    shade: int | None = None  # of a heat map, 0 to 5


@dataclass(frozen=True)
class Line:
    """One row; a marked one stands out."""

    name: str
    shown: Sequence[Shown]
    marked: bool = False


@dataclass(frozen=True)
class Table:
    """Everything a chart says.

    `kind` is `time` (one line per period, the newest first), `bars` (one bar per line) or `heat`.
    """

    kind: str
    head: str
    columns: Sequence[Column]
    lines: Sequence[Line]
    empty: str = ""  # said where there are no lines
    axis: str = "{n}"  # how its numbers are told
    top: int | None = None  # where its axis ends
    goal: float | None = None  # a target, drawn across
    goal_words: str = ""
    foot: str = ""
    warning: str = ""

    @property
    def body(self) -> SafeString:
        """Return the lines as rows; hundreds of cells are too many for a template."""
        lines = [
            f"<tr{' data-marked' if line.marked else ''}>"
            f'<th scope="row">{escape(line.name)}</th>{self._cells(line)}</tr>'
            for line in self.lines
        ]
        return SafeString("".join(lines))

    def _cells(self, line: Line) -> str:
        return "".join(
            f'<td class="number{shade_of(shown)}" data-label="{label}"{drawn_by(shown)}>'
            f"<span>{said_by(shown)}</span></td>"
            for label, shown in zip(self.labels, line.shown, strict=True)
        )

    @cached_property
    def labels(self) -> list[str]:
        """Return the words of the columns, which narrow screens show at each number."""
        return [escape(column.words) for column in self.columns]


def shade_of(shown: Shown) -> str:
    """Return the class of a cell of a map of heat."""
    return "" if shown.shade is None else f" heat-{shown.shade:d}"


def drawn_by(shown: Shown) -> str:
    """Return the attributes that a script draws from."""
    value = "" if shown.value is None else f' data-value="{shown.value:.10g}"'
    return f"{value} data-few" if shown.few else value


def said_by(shown: Shown) -> str:
    """Return a number as it is read, with its link and what stands beside it."""
    text: str = escape(shown.text)
    if shown.url:
        text = f'<a href="{escape(shown.url)}">{text}</a>'
    elif shown.badge:
        text = f'<span class="badge {escape(shown.badge)}">{text}</span>'
    if shown.few:
        text += f' <span class="badge calm">{escape(_("few cases"))}</span>'
    if shown.note:
        text += f' <span class="sub">{escape(shown.note)}</span>'
    return text


def number(count: int, url: str = "", **more: Any) -> Shown:
    """Return a count; one of nothing opens nothing."""
    return Shown(number_format(count, force_grouping=True), count, url if count else "", **more)


def missing() -> Shown:
    """Return what stands where there is no value."""
    return Shown(NO_VALUE)
