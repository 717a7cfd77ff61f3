"""Tables as files: CSV with the mark that spreadsheets want, harmless to who opens it."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook

from complaints.rules.spreadsheets import harmless

Rows = Iterable[Sequence[Any]]
CSV_KIND = "text/csv; charset=utf-8"
XLSX_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_text(rows: Rows) -> bytes:
    """Return rows as CSV."""
    out = io.StringIO()
    csv.writer(out).writerows(_harmless(rows))
    return ("\ufeff" + out.getvalue()).encode()


def xlsx_book(title: str, rows: Rows) -> bytes:
    """Return rows as a workbook of one sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for row in _harmless(rows):
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _harmless(rows: Rows) -> Iterable[list[Any]]:
    for row in rows:
        yield [harmless(cell) if isinstance(cell, str) else cell for cell in row]
