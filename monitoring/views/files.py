"""Tables handed out as CSV or XLSX."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from complaints.errors import BadInput
from monitoring.rules.tabular import CSV_KIND, XLSX_KIND, Rows, csv_text, xlsx_book
from monitoring.views.common import as_file

CSV, XLSX = "csv", "xlsx"
_KINDS = {CSV: CSV_KIND, XLSX: XLSX_KIND}


def format_of(request: HttpRequest) -> str:
    """Return in which form a table is asked for. Raises BadInput naming `format`."""
    fmt = request.POST.get("format", CSV)
    if fmt not in _KINDS:
        raise BadInput(_("Choose CSV or XLSX."), field="format")
    return fmt


def table_file(rows: Rows, *, title: str, name: str, fmt: str) -> HttpResponse:
    """Return a table as a file."""
    content = csv_text(rows) if fmt == CSV else xlsx_book(title, rows)
    return as_file(content, _KINDS[fmt], f"{name}.{fmt}")
