"""Reading a list of affected customers, pasted or as a file; bad rows are named. Pure."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

COLUMNS = ("name", "phone", "email", "product", "batch")
LONGEST: Mapping[str, int] = {"name": 200, "phone": 60, "email": 254, "product": 200, "batch": 120}
MOST = 5_000
# How people head such lists; a list without a heading is read in the order of COLUMNS.
_HEADS: Mapping[str, str] = {
    **dict.fromkeys(("name", "customer", "姓名", "顾客", "客户", "顾客姓名", "客户姓名"), "name"),
    **dict.fromkeys(
        ("phone", "telephone", "mobile", "电话", "手机", "联系电话", "手机号"), "phone"
    ),
    **dict.fromkeys(("email", "e-mail", "mail", "邮箱", "电子邮件", "电子邮箱"), "email"),
    **dict.fromkeys(("product", "model", "产品", "型号", "产品型号"), "product"),
    **dict.fromkeys(("batch", "order", "serial", "批次", "批号", "批次号", "订单号"), "batch"),
}
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DIGITS = re.compile(r"\d")
_FEWEST_DIGITS = 5


@dataclass(frozen=True)
class Row:
    """A customer as the list names them."""

    name: str
    phone: str = ""
    email: str = ""
    product: str = ""
    batch: str = ""


@dataclass(frozen=True)
class BadRow:
    """A line that cannot be taken: its number, what is wrong (a code), and what stood there."""

    line: int
    code: str  # no_name, no_contact, bad_email, bad_phone, too_long, too_many
    text: str


@dataclass(frozen=True)
class Reading:
    """What was read of a list."""

    rows: Sequence[Row]
    bad: Sequence[BadRow]


def decoded(data: bytes) -> str:
    """Return the text of a file, in UTF-8 or as Chinese spreadsheets save it."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", errors="replace")


def read_customers(text: str) -> Reading:
    """Return the customers of a list, and every line that cannot be taken with its reason."""
    rows: list[Row] = []
    bad: list[BadRow] = []
    for line, row, said in _rows(text):
        code = "too_many" if len(rows) >= MOST else _fault(row)
        if code:
            bad.append(BadRow(line, code, said))
        else:
            rows.append(row)
    return Reading(rows, bad)


def _rows(text: str) -> Iterator[tuple[int, Row, str]]:
    """Yield line number, customer and line, of every line that says anything."""
    lines = text.replace("\x00", "").splitlines()
    separator = _separator(lines)
    heads: Sequence[str] | None = None
    # Line by line: a stray quotation mark must not swallow the rest of the list.
    for number, line in enumerate(lines, start=1):
        cells = _cells(line, separator)
        if not any(cells):
            continue
        if heads is None:
            named = [_HEADS.get(cell.lower(), "") for cell in cells]
            heads = named if "name" in named else COLUMNS
            if heads is named:
                continue
        values = dict(zip(heads, cells, strict=False))
        yield number, Row(**{column: values.get(column, "") for column in COLUMNS}), line.strip()


def _cells(line: str, separator: str) -> list[str]:
    try:
        found = next(csv.reader(io.StringIO(line), delimiter=separator), [])
    except csv.Error:  # beyond what the reader takes; it is far too long to be a customer
        found = line.split(separator)
    return [cell.strip() for cell in found]


def _separator(lines: Sequence[str]) -> str:
    first = next((line for line in lines if line.strip()), "")
    return max("\t;,", key=first.count)


def _fault(row: Row) -> str:
    if any(len(getattr(row, column)) > longest for column, longest in LONGEST.items()):
        return "too_long"
    if not row.name:
        return "no_name"
    if not (row.phone or row.email):
        return "no_contact"
    if row.email and not _ADDRESS.fullmatch(row.email):
        return "bad_email"
    if row.phone and len(_DIGITS.findall(row.phone)) < _FEWEST_DIGITS:
        return "bad_phone"
    return ""
