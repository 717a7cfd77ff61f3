"""Tables of counts by any two dimensions, the complaints behind a cell, and the table as a file."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from monitoring.forms.analyses import SaveForm
from monitoring.forms.pivot import COUNT, OF_COLUMN, OF_ROW, PivotQuestion, pivot_question
from monitoring.rules import drawing
from monitoring.rules.intervals import FEW
from monitoring.rules.pivot import DAY, OTHERS, WEEK, Grid
from monitoring.selectors.analyses import own_analysis
from monitoring.selectors.figure_words import figure
from monitoring.selectors.pivot import (
    COMPLAINANTS,
    COUNTED,
    DIMENSIONS,
    Layout,
    facts_of,
    grid,
    is_member,
    names_of,
)
from monitoring.selectors.results import listed
from monitoring.services.exporting import note_export
from monitoring.states import AnalysisKind
from monitoring.views.common import Desk, days_words, desk, frame
from monitoring.views.files import format_of, table_file
from monitoring.views.listing import listing

SHOWS: Mapping[str, Any] = {
    COUNT: pgettext_lazy("show", "How many"),
    OF_ROW: pgettext_lazy("show", "Share of the row"),
    OF_COLUMN: pgettext_lazy("show", "Share of the column"),
}
_YEAR = timedelta(days=330)
_MEMBER, _REST = "=", "others"  # before a member, and what stands for the folded ones


@login_required
@require_safe
def analysis(request: HttpRequest) -> HttpResponse:
    """Show a table of counts; each of its figures opens the complaints behind it."""
    here, asked = desk(request), pivot_question(request.GET)
    layout = asked.within(here.span)
    found = grid(here.scope, here.span, layout)
    again = asked.query(here.query)
    context = {
        **analysis_frame(request, here, asked.query, AnalysisKind.TABLE),
        "export_url": f"{reverse('monitoring:analysis_export')}?{again}",
        "meaningless": asked.ignored,
        "coarser": layout.columns != asked.layout.columns or layout.rows != asked.layout.rows,
        "layout": layout,
        "choices": _choices(asked),
        "kept": {"open": asked.pairs().get("open", ""), "kept": request.GET.get("kept", "")},
        "what": COUNTED[layout.counted][0],
        "people": layout.counted == COMPLAINANTS,
        "table": _table(here, asked, layout, found),
        "form": SaveForm(faults=table_faults, initial={"query": again}),
    }
    return render(request, "monitoring/analysis.html", context)


def analysis_frame(request: HttpRequest, here: Desk, query: Any, kind: str) -> dict[str, Any]:
    """Return what every analysis says: period and filters with their question in all addresses."""
    common = frame(here)
    chips = [{**chip, "url": f"?{query(chip['url'][1:])}"} for chip in common["chips"]]
    tabs = [
        (AnalysisKind.TABLE, _("Table of counts"), "monitoring:analysis"),
        (AnalysisKind.WORDS, _("What is new in words"), "monitoring:words"),
    ]
    return {
        **common,
        "chips": chips,
        "kind": kind,
        "mine": own_analysis(here.actor, request.GET.get("kept", "")),
        "tabs": [
            {
                "label": label,
                "url": f"{reverse(address)}?{here.query}",
                "current": name == kind,
            }
            for name, label, address in tabs
        ],
    }


def table_faults(data: Any) -> tuple[str, ...]:
    """Return which parts of a table's question mean nothing."""
    return pivot_question(data).ignored


def _choices(asked: PivotQuestion) -> list[dict[str, Any]]:
    layout = asked.layout
    dimensions = {code: one.label for code, one in DIMENSIONS.items()}
    counted = {code: words for code, (words, _count) in COUNTED.items()}
    return [
        _choice("rows", _("Rows"), dimensions, layout.rows),
        _choice("columns", _("Columns"), dimensions, layout.columns),
        _choice("counted", _("Counted"), counted, layout.counted),
        _choice("show", _("Shown"), SHOWS, asked.show),
    ]


def _choice(name: str, label: str, options: Mapping[str, Any], chosen: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "options": [(code, words, code == chosen) for code, words in options.items()],
    }


def _table(here: Desk, asked: PivotQuestion, layout: Layout, found: Grid) -> dict[str, Any]:
    row_name, column_name = _names(here, layout, found)
    columns, most = found.columns.all, found.most

    def cell(count: int, row: str | None, column: str | None, whole: int = 0) -> dict[str, Any]:
        single = row not in {None, OTHERS} and column not in {None, OTHERS}
        return {
            "count": count,
            "words": _words(count, whole, asked.show),
            "of": _told(count, whole) if asked.show != COUNT else "",
            "step": _heat(count, whole, most, asked.show) if single else 0,
            "url": _cell_url(here, asked, row, column) if count else "",
        }

    def whole(row: str | None, column: str | None) -> int:
        if asked.show == OF_ROW:
            return found.total if row is None else found.of_row.get(row, 0)
        return found.total if column is None else found.of_column.get(column, 0)

    lines = [
        {
            "name": row_name(row),
            "cells": [
                cell(count, row, column, whole(row, column))
                for column, count in zip(columns, counts, strict=True)
            ],
            "total": cell(found.of_row.get(row, 0), row, None, whole(row, None)),
            "few": asked.show == OF_ROW and found.of_row.get(row, 0) < FEW,
        }
        for row, counts in found.lines()
    ]
    sums = [
        cell(found.of_column.get(column, 0), None, column, whole(None, column))
        for column in columns
    ]
    return {
        "heads": [_head(here, layout, column, column_name) for column in columns],
        "row_head": DIMENSIONS[layout.rows].label,
        "column_head": DIMENSIONS[layout.columns].label,
        "lines": lines,
        "sums": sums,
        "total": cell(found.total, None, None, found.total),
        "empty": not found.total,
        "folds": _folds(here, asked, layout, found),
    }


def _head(here: Desk, layout: Layout, column: str, words: Any) -> str:
    """Return the head of a column; of a day or week without the year where one can tell it."""
    if DIMENSIONS[layout.columns].step in {DAY, WEEK} and here.span.after - here.span.first < _YEAR:
        return f"{date.fromisoformat(column):%m-%d}"
    return str(words(column))


def _heat(count: int, whole: int, most: int, show: str) -> int:
    """Return how dark a cell is: by what is shown in it."""
    return drawing.heat(count, most) if show == COUNT else drawing.heat(count, whole)


def _words(count: int, whole: int, show: str) -> str:
    if show == COUNT:
        return number_format(count, force_grouping=True)
    return figure(Fraction(100 * count, whole) if whole else None, "percent")


def _told(count: int, whole: int) -> str:
    return _("%(n)s of %(whole)s") % {"n": number_format(count), "whole": number_format(whole)}


def _names(here: Desk, layout: Layout, found: Grid) -> tuple[Any, Any]:
    def namer(code: str, folded: int) -> Any:
        words = names_of(code, here.known)
        others = ngettext("%(n)s other", "%(n)s others", folded) % {"n": number_format(folded)}
        return lambda member: others if member == OTHERS else words(member)

    return namer(layout.rows, found.rows.folded), namer(layout.columns, found.columns.folded)


def _folds(here: Desk, asked: PivotQuestion, layout: Layout, found: Grid) -> list[dict[str, str]]:
    """Return what is folded in words, and the address that opens it as far as a page can."""
    opened = {"rows": layout.open_rows, "columns": layout.open_columns}
    sides = (
        ("rows", found.rows, DIMENSIONS[layout.rows].label),
        ("columns", found.columns, DIMENSIONS[layout.columns].label),
    )
    told = []
    for side, shown, label in sides:
        if not shown.folded:
            continue
        wide = ".".join(name for name, is_open in opened.items() if is_open or name == side)
        url = "" if opened[side] else f"?{asked.query(here.query, open=wide)}"
        words = _(
            "%(dimension)s: the most frequent %(shown)s are shown, %(folded)s are told as one."
        )
        values = {"dimension": label, "shown": len(shown.members), "folded": shown.folded}
        told.append({"words": words % values, "url": url})
    return told


def _cell_url(here: Desk, asked: PivotQuestion, row: str | None, column: str | None) -> str:
    sides = {"row": row, "column": column}
    which = {
        name: _REST if member == OTHERS else f"{_MEMBER}{member}"
        for name, member in sides.items()
        if member is not None
    }
    address = reverse("monitoring:analysis_complaints")
    return f"{address}?{asked.query(here.query, **which)}"


@login_required
@require_safe
def analysis_complaints(request: HttpRequest) -> HttpResponse:
    """Show the complaints behind a cell of a table."""
    here, asked = desk(request), pivot_question(request.GET)
    layout = asked.within(here.span)
    row = _member(request, "row", layout.rows)
    column = _member(request, "column", layout.columns)
    facts = facts_of(here.scope, here.span, layout, row, column)
    found = listed(
        facts,
        actor=here.actor,
        after=request.GET.get("after"),
        before=request.GET.get("before"),
    )
    which = {name: request.GET[name] for name in ("row", "column") if name in request.GET}
    again = asked.query(here.query, **which)
    sides = ((layout.rows, row), (layout.columns, column))
    context = {
        **frame(here),
        "back_url": f"{reverse('monitoring:analysis')}?{asked.query(here.query)}",
        "parts": [
            (DIMENSIONS[code].label, _side_words(here, code, member))
            for code, member in sides
            if member is not None
        ],
        "what": COUNTED[layout.counted][0],
        "people": layout.counted == COMPLAINANTS,
        **listing(found, f"?{again}"),
    }
    return render(request, "monitoring/analysis_complaints.html", context)


def _member(request: HttpRequest, name: str, code: str) -> str | None:
    """Return the member that an address names; None for a whole side. Raises Http404."""
    text = request.GET.get(name)
    if text is None:
        return None
    if text == _REST:
        return OTHERS
    member = text.removeprefix(_MEMBER)
    if not text.startswith(_MEMBER) or not is_member(code, member):
        raise Http404
    return member


def _side_words(here: Desk, code: str, member: str) -> str:
    if member == OTHERS:
        return pgettext("members", "The others, told as one")
    return str(names_of(code, here.known)(member))


@login_required
@require_POST
def analysis_export(request: HttpRequest) -> HttpResponse:
    """Hand out a table as CSV or XLSX with all its rows. By POST, because it is recorded."""
    here, asked = desk(request), pivot_question(request.GET)
    layout, fmt = asked.within(here.span), format_of(request)
    found = grid(here.scope, here.span, layout, whole=True)
    rows = list(_file_rows(here, layout, found))
    told = {**here.asked, **asked.pairs()}
    note_export(what="analysis", fmt=fmt, asked=told, actor=here.actor, at=here.now)
    name = f"analysis-{here.span.first}-{here.span.over}"
    return table_file(rows, title=_("Analysis"), name=name, fmt=fmt)


def _file_rows(here: Desk, layout: Layout, found: Grid) -> Iterator[list[Any]]:
    """Yield the table with a heading that says what it is."""
    row_name, column_name = _names(here, layout, found)
    as_of = timezone.localtime(here.data_of or here.now).isoformat(timespec="seconds")
    filters = " · ".join(chip["words"] for chip in frame(here)["chips"])
    yield [str(COUNTED[layout.counted][0]), days_words(here.span), filters, as_of]
    sides = f"{DIMENSIONS[layout.rows].label} \\ {DIMENSIONS[layout.columns].label}"
    yield [sides, *map(column_name, found.columns.all), _("Sum")]
    for row, counts in found.lines():
        yield [row_name(row), *counts, found.of_row.get(row, 0)]
    sums = [found.of_column.get(column, 0) for column in found.columns.all]
    yield [_("Sum"), *sums, found.total]
