"""Tables handed out as CSV or XLSX: exact, and safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from openpyxl import Workbook

from complaints.rules.spreadsheets import harmless

CSV, XLSX = "csv", "xlsx"


def table_file(rows: Iterable[Iterable[Any]], *, name: str, title: str, fmt: str) -> HttpResponse:
    """Return a table as a file: a workbook if asked for, else CSV."""
    table = [[harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    if fmt == XLSX:
        book = Workbook(write_only=True)
        sheet = book.create_sheet(title)
        for row in table:
            sheet.append(row)
        buffer = io.BytesIO()
        book.save(buffer)
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        response = HttpResponse(buffer.getvalue(), content_type=kind)
        response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    else:
        out = io.StringIO()
        csv.writer(out).writerows(table)
        response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "no-store"
    return response
