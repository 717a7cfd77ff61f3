"""Exporting: what a reader may see, as CSV or XLSX, streamed, whole, harmless, and recorded.

Nothing is held in memory but the rows in hand. On PostgreSQL the text of a CSV is made by the
database itself (COPY); a workbook is written part by part into a growing archive.
"""

import csv
import io
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override
from psycopg import Copy
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from accounts.models import User
from accounts.permissions import has
from complaints import events
from complaints.errors import BadInput, NotAllowed
from complaints.querysets import ComplaintQuerySet
from complaints.rules.spreadsheets import (
    MOST_ROWS,
    SHEET_BEGINS,
    SHEET_ENDS,
    header_xml,
    row_template,
    row_xml,
    workbook_parts,
)
from complaints.selectors.export_columns import (
    DAY_ZERO,
    MOMENT,
    SECONDS_A_DAY,
    Column,
    at_home,
    columns,
)
from complaints.services.moves import digest
from journal.services import record

Format = Literal["csv", "xlsx"]
FORMATS: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PERMISSION = "complaints.export"
_BOM = b"\xef\xbb\xbf"  # without it Excel takes UTF-8 for the local code page
_ROWS = 1_000  # fetched at once
_CHUNK = 2**17  # bytes handed on at once
_TOGETHER = 1_000  # rows handed on at once, some 400 kB
_REST = 0.005  # seconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def export(
    *,
    complaints: ComplaintQuerySet,
    fmt: str,
    language: str,
    filters: Mapping[str, Any] | None = None,
    words: str = "",
    actor: User,
    at: datetime,
) -> Iterator[bytes]:
    """Record an export and return its bytes, to be streamed.

    `complaints` are narrowed to what the actor may see and export, whatever they were narrowed to
    before. `filters` (codes) and `words` say what was asked for: the record keeps the codes, and
    of the words only a digest, because they may name a person. Raises NotAllowed, BadInput.
    """
    if not has(actor, PERMISSION):
        raise NotAllowed(_("Your role does not export complaints."))
    if fmt not in FORMATS:
        raise BadInput(_("Choose CSV or XLSX."), field="format")
    scoped = complaints.where_may(actor, PERMISSION)
    with transaction.atomic():
        record(
            kind=events.EXPORTED,
            subject=actor,
            actor=actor,
            occurred_at=at,
            payload={
                "format": fmt,
                "rows": scoped.count(),
                "filters": dict(filters or {}),
                "words_sha256": digest(words) if words else "",
            },
        )
    with override(language):
        wanted = columns(actor, as_numbers=fmt == "xlsx")
        title = str(_("Complaints"))
    rows = scoped.order_by("pk").values_list(*(column.value for column in wanted))
    sql, params = rows.query.sql_with_params()
    if fmt == "xlsx":
        return _xlsx(wanted, title, _texts(sql, params, wanted, as_numbers=True))
    if connection.vendor == "postgresql":
        return _copied_csv(wanted, sql, params)
    return _written_csv(wanted, _texts(sql, params, wanted, as_numbers=False))


# --- rows ----------------------------------------------------------------------------------------


def _texts(
    sql: str, params: Sequence[Any], wanted: Sequence[Column], *, as_numbers: bool
) -> Iterator[list[str]]:
    """Yield rows as text, without ever holding more than a few."""
    if connection.vendor == "postgresql":
        yield from _from_copy(sql, params)
        return
    moments = [place for place, column in enumerate(wanted) if column.kind == MOMENT]
    zone = ZoneInfo(settings.TIME_ZONE)
    moment = _serials(zone) if as_numbers else _minutes(zone)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        while found := cursor.fetchmany(_ROWS):
            for values in found:
                row = ["" if value is None else value for value in values]
                for place in moments:
                    if row[place]:
                        row[place] = moment(row[place])
                yield row


def _from_copy(sql: str, params: Sequence[Any]) -> Iterator[list[str]]:
    with (
        at_home(),
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({sql}) TO STDOUT", params) as copy,
    ):
        for values in copy.rows():
            yield [value or "" for value in values]


def _minutes(zone: ZoneInfo) -> Callable[[str], str]:
    """Return what tells a stored moment by the clocks of a zone, to the minute.

    On nearly every day of nearly every zone the hours are those of UTC, moved by whole hours.
    """

    @lru_cache(maxsize=4096)
    def day(stored: str) -> tuple[int, tuple[str, str, str]] | None:
        begins = datetime.fromisoformat(f"{stored}T00:00:00+00:00")
        first, last = begins.astimezone(zone), (begins + _DAY).astimezone(zone)
        moved = first.utcoffset() or timedelta()
        if moved % _HOUR or moved != last.utcoffset():
            return None
        before, here, after = (f"{begins + n * _DAY:%Y-%m-%d} " for n in (-1, 0, 1))
        return moved // _HOUR, (here, after, before)

    def told(stored: str) -> str:
        known = day(stored[:10])
        if known is None:
            return f"{_moment_of(stored).astimezone(zone):%Y-%m-%d %H:%M}"
        days, hour = divmod(int(stored[11:13]) + known[0], 24)
        return f"{known[1][days]}{hour:02}{stored[13:16]}"

    return told


def _serials(zone: ZoneInfo) -> Callable[[Any], str]:
    """Return what makes a stored moment a number of days, as workbooks keep it."""

    # The moments of an import are alike for many rows.
    @lru_cache(maxsize=4096)
    def told(stored: Any) -> str:
        local = _moment_of(stored).astimezone(zone).replace(tzinfo=UTC)
        return repr((local - _EPOCH).total_seconds() / SECONDS_A_DAY + DAY_ZERO)

    return told


def _moment_of(stored: Any) -> datetime:
    """Return a moment of SQLite, which keeps them as text in UTC."""
    moment = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# --- CSV -----------------------------------------------------------------------------------------


def _csv_line(values: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()


def _copied_csv(wanted: Sequence[Column], sql: str, params: Sequence[Any]) -> Iterator[bytes]:
    yield _BOM + _csv_line([column.name for column in wanted]).encode()
    statement = f"COPY ({sql}) TO STDOUT WITH (FORMAT csv)"
    with (
        at_home(),
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement, params) as copy,
    ):
        rows = _TOGETHER
        while rows == _TOGETHER:
            rows, piece = _next_rows(copy)
            if piece:
                yield piece
            # Woken for every few rows, both sides spend a tenth of their time on waking.
            time.sleep(_REST)


def _next_rows(copy: Copy) -> tuple[int, bytes]:
    """Return how many rows have been read, fewer at the end, and what they say.

    psycopg makes ready to wait for each row that it reads, which costs twice as much as to read
    it: only those that are not there yet are left to it.
    """
    link = copy.connection.pgconn
    rows, piece = 0, bytearray()
    while rows < _TOGETHER:
        size, there = link.get_copy_data(1)
        row = there if size else copy.read()
        if not row:
            # Where psycopg has read the end, there is nothing left.
            for result in list(iter(link.get_result, None)):
                if result.status != ExecStatus.COMMAND_OK:
                    raise error_from_result(result)
            break
        piece += row
        rows += 1
    return rows, bytes(piece)


def _written_csv(wanted: Sequence[Column], rows: Iterator[list[str]]) -> Iterator[bytes]:
    yield _BOM + _csv_line([column.name for column in wanted]).encode()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow(row)
        if text.tell() >= _CHUNK:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


# --- XLSX ----------------------------------------------------------------------------------------


class _Outflow(io.RawIOBase):
    """Where the archive is written to: holds only what was not fetched yet."""

    def __init__(self) -> None:
        self.held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.held += data
        return len(data)

    def take(self) -> bytes:
        data = bytes(self.held)
        self.held.clear()
        return data


def _xlsx(wanted: Sequence[Column], title: str, rows: Iterator[list[str]]) -> Iterator[bytes]:
    """Write a workbook; what one sheet cannot hold goes on in the next."""
    outflow = _Outflow()
    header = header_xml([column.name for column in wanted])
    template = row_template([column.kind for column in wanted])
    lines = (row_xml(template, row) for row in rows)
    sheets: list[str] = []
    with zipfile.ZipFile(
        outflow,
        "w",
        zipfile.ZIP_DEFLATED,
        compresslevel=1,
    ) as archive:
        line = next(lines, None)
        while line is not None or not sheets:
            sheets.append(f"{title} {len(sheets) + 1}" if sheets else title)
            name = f"xl/worksheets/sheet{len(sheets)}.xml"
            with archive.open(name, "w", force_zip64=True) as sheet:
                sheet.write(f"{SHEET_BEGINS}{header}".encode())
                line = yield from _sheet(sheet.write, outflow, line, lines)
                sheet.write(SHEET_ENDS.encode())
        for name, content in workbook_parts(sheets).items():
            archive.writestr(name, content)
    yield outflow.take()


def _sheet(
    write: Callable[[bytes], Any], outflow: _Outflow, line: str | None, lines: Iterator[str]
) -> Any:
    """Fill a sheet, handing on what is written; return the first line that had no room."""
    held: list[str] = []
    for _number in range(MOST_ROWS - 1):
        if line is None:
            break
        held.append(line)
        if len(held) == _ROWS:
            write("".join(held).encode())
            held.clear()
            if len(outflow.held) >= _CHUNK:
                yield outflow.take()
        line = next(lines, None)
    write("".join(held).encode())
    return line
