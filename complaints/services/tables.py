"""Reading tables of others row by row: CSV, CSV.gz and XLSX, in bounded memory.

The kind is told by the content, never by the name. A text is UTF-8 if all of it reads as UTF-8,
GB18030 if all of it reads as that, unless the map names the encoding.
"""

import codecs
import csv
import gzip
import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any, NamedTuple

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from complaints.rules.importing import ImportMap, Problem, delimiter_of, header_faults

MAX_BYTES = 4 * 2**30  # of a file when it is unpacked
MAX_HELD = 128 * 2**20  # what a workbook has beside its sheets is held in memory
LONGEST_CELL = 2**20
_CHUNK = 2**18
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BROKEN_GZIP = (EOFError, zlib.error, gzip.BadGzipFile)
_BROKEN_XLSX = (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError)


class TableFault(Exception):  # noqa: N818 - a property of the file, told to whoever sent it
    """A file that cannot be read at all."""

    def __init__(self, code: str, value: str = "") -> None:
        """Keep what is wrong."""
        super().__init__(code, value)
        self.problem = Problem("", code, value)


class Line(NamedTuple):
    """A row: the line of the file on which it begins, and its cells, or what is wrong with it."""

    number: int
    cells: list[str]
    problem: Problem | None = None


@dataclass
class Table:
    """An open table. `lines` can be gone through once; blank ones are left out."""

    header: list[str]
    lines: Iterator[Line]
    workbook: bool = False  # these are read ten times slower


@contextmanager
def open_table(path: Path, table_map: ImportMap) -> Iterator[Table]:
    """Open a table by its map. Raises TableFault."""
    with path.open("rb") as file:
        kind = file.read(len(_ZIP))
        file.seek(0)
        if kind == _ZIP:
            with _workbook(file, table_map.sheet) as table:
                yield table
            return
        try:
            with _unpacked(file, gz=kind.startswith(_GZIP)) as plain:
                encoding = table_map.encoding or _encoding_of(plain)
                plain.seek(0)
                yield _csv_table(plain, encoding, table_map.delimiter)
        except _BROKEN_GZIP:
            raise TableFault("unreadable") from None
        except UnicodeError:
            raise TableFault("encoding_unknown") from None


def count_rows(path: Path, table_map: ImportMap) -> int | None:
    """Return how many rows a table has, if that can be known soon. Raises TableFault."""
    with open_table(path, table_map) as table:
        return None if table.workbook else sum(1 for _ in table.lines)


@contextmanager
def _unpacked(file: IO[bytes], *, gz: bool) -> Iterator[IO[bytes]]:
    if not gz:
        yield file
        return
    with gzip.GzipFile(fileobj=file) as unpacked:
        yield unpacked  # type: ignore[misc]


def _encoding_of(file: IO[bytes]) -> str:
    """Return the encoding in which the whole file can be read. Raises TableFault."""
    start = file.read(4)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    for encoding in ("utf-8", "gb18030"):
        file.seek(0)
        if _reads_as(file, encoding):
            return encoding
    raise TableFault("encoding_unknown")


def _reads_as(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    size = 0
    try:
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            if size > MAX_BYTES:
                raise TableFault("too_large")
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _csv_table(file: IO[bytes], encoding: str, delimiter: str | None) -> Table:
    text = io.TextIOWrapper(io.BufferedReader(_Limited(file)), encoding=encoding, newline="")
    first = text.readline(LONGEST_CELL).lstrip("\ufeff")
    csv.field_size_limit(LONGEST_CELL)
    # A quoted name may go on in the next line, so the first line is read again with the others.
    rows = csv.reader(_joined(first, text), delimiter=delimiter or delimiter_of(first))
    lines = _csv_lines(rows)
    head = next(lines, None)
    return _table(head.cells if head else [], lines)


def _joined(first: str, rest: IO[str]) -> Iterator[str]:
    yield first
    yield from rest


def _csv_lines(rows: Any) -> Iterator[Line]:
    """Yield rows; one that cannot be read is a problem of its own line."""
    while True:
        number = rows.line_num + 1
        try:
            cells = next(rows, None)
        except csv.Error:
            yield Line(number, [], Problem("", "unreadable"))
            continue
        if cells is None:
            return
        if any(cells):
            yield Line(number, cells)


def _table(header: list[str], lines: Iterator[Line]) -> Table:
    faults = header_faults(header)
    if faults:
        raise TableFault(faults[0].code)
    return Table(header, lines)


class _Limited(io.RawIOBase):
    """A stream that ends with a fault when it grows beyond all measure (an unpacked trap)."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.left = MAX_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = self.file.read(len(buffer))
        self.left -= len(chunk)
        if self.left < 0:
            raise TableFault("too_large")
        buffer[: len(chunk)] = chunk
        return len(chunk)


# --- workbooks ---------------------------------------------------------------------------------


@contextmanager
def _workbook(file: IO[bytes], sheet: str | None) -> Iterator[Table]:
    _demand_measure(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl remarks on styles nobody needs here
            book = load_workbook(file, read_only=True, data_only=True)
    except _BROKEN_XLSX:
        raise TableFault("unreadable") from None
    try:
        if sheet not in {None, *book.sheetnames} or not book.worksheets:
            raise TableFault("no_sheet", sheet or "")
        page = book[sheet if sheet is not None else book.sheetnames[0]]
        page.reset_dimensions()  # some programs write wrong ones
        lines = _xlsx_lines(page)
        head = next(lines, None)
        table = _table(head.cells if head else [], lines)
        table.workbook = True
        yield table
    finally:
        book.close()


def _demand_measure(file: IO[bytes]) -> None:
    try:
        parts = zipfile.ZipFile(file).infolist()
    except zipfile.BadZipFile:
        raise TableFault("unreadable") from None
    sheets = [part.file_size for part in parts if part.filename.startswith("xl/worksheets/")]
    whole = sum(part.file_size for part in parts)
    if whole > MAX_BYTES or whole - sum(sheets) > MAX_HELD:
        raise TableFault("too_large")


def _xlsx_lines(page: Any) -> Iterator[Line]:
    try:
        for number, values in enumerate(page.iter_rows(values_only=True), start=1):
            cells = [_cell(value) for value in values]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield Line(number, cells)
    except (*_BROKEN_XLSX, SyntaxError):
        raise TableFault("unreadable") from None


def _cell(value: Any) -> str:
    """Return a cell as the text that a person sees, in ISO form where it is a date."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)
