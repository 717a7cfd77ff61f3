"""What may stand on a sheet, one function for each: plain data that sheets/house.typ draws."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

Block = dict[str, Any]
Cell = str | dict[str, Any]


class Tile(TypedDict):
    """A figure with what it takes to judge it at a glance; `tone` is ok, bad or nothing."""

    name: str
    figure: str
    notes: list[str]
    tone: str
    verdict: str


def heading(text: str, level: int = 1) -> Block:
    """Return a heading; those of the first level are the contents."""
    return {"kind": "heading", "text": text, "level": level}


def text(words: str, *, muted: bool = False) -> Block:
    """Return a paragraph."""
    return {"kind": "text", "text": words, "muted": muted}


def notice(words: str) -> Block:
    """Return a paragraph nobody may overlook."""
    return {"kind": "notice", "text": words}


def facts(rows: Sequence[tuple[str, str]]) -> Block:
    """Return names with their values."""
    return {"kind": "facts", "rows": [list(row) for row in rows]}


def tiles(found: Sequence[Tile]) -> Block:
    """Return figures side by side."""
    return {"kind": "tiles", "tiles": list(found)}


def cell(words: str, *subs: str, tone: str = "") -> Cell:
    """Return a cell with small lines below."""
    return {"text": words, "subs": [sub for sub in subs if sub], "tone": tone}


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    widths: Sequence[float],
    numbers: Sequence[int] = (),
) -> Block:
    """Return a table whose head is repeated on each page; `numbers` are columns set right.

    A width of 0 is as wide as what stands in the column; others share the rest.
    """
    whole = [[one if isinstance(one, dict) else cell(one) for one in row] for row in rows]
    return {
        "kind": "table",
        "heads": list(heads),
        "rows": whole,
        "widths": list(widths),
        "numbers": list(numbers),
    }


def bars_and_line(chart: Any, series: tuple[str, str], alt: str) -> Block:
    """Return bars of one series and the line of another; `chart` has the places of their marks."""
    return {
        "kind": "bars_and_line",
        "bars": [[bar.x, bar.y, bar.width, bar.height] for bar in chart.bars],
        "points": [[x, y] for x, y, _words in chart.points],
        "grid": [list(line) for line in chart.grid],
        "labels": [list(label) for label in chart.labels],
        "series": list(series),
        "alt": alt,
    }


def lines(rows: Sequence[Mapping[str, Any]], alt: str) -> Block:
    """Return bars that lie: `words`, `figure`, and `length` up to 100."""
    return {"kind": "lines", "rows": [dict(row) for row in rows], "alt": alt}


def heat(heads: Sequence[str], rows: Sequence[tuple[str, Sequence[tuple[int, int]], int]]) -> Block:
    """Return a table whose cells are the darker the more is in them: count and step up to 5."""
    return {
        "kind": "heat",
        "heads": list(heads),
        "rows": [
            {"name": name, "cells": [list(one) for one in cells], "total": total}
            for name, cells, total in rows
        ],
    }
