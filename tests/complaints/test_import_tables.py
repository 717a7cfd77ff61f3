"""Tables of every kind are read row by row; what is broken is told, not guessed."""

import gzip
import zipfile
from datetime import date, datetime, time

import pytest
from openpyxl import Workbook

from complaints.rules.importing import ImportMap
from complaints.services import tables
from complaints.services.tables import TableFault, count_rows, open_table
from tests.complaints.test_import_rules import MAP

HALF_PAST_NINE = datetime(2026, 3, 1, 9, 30)  # noqa: DTZ001 - workbooks know no zones


def table_map(**changes):
    """Return a map; only its encoding, delimiter and sheet matter here."""
    return ImportMap.model_validate({**MAP, **changes})


def read(path, **changes):
    """Return header and rows of a table."""
    with open_table(path, table_map(**changes)) as table:
        return table.header, [(line.number, line.cells) for line in table.lines]


def fault(path, **changes):
    """Return why a table cannot be read."""
    with pytest.raises(TableFault) as caught:
        read(path, **changes)
    return caught.value.problem.code


@pytest.fixture
def file(tmp_path):
    """Write bytes to a file."""

    def write(content):
        path = tmp_path / "table"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_are_told_by_the_content(file, encoding):
    path = file("编号,内容\r\n1,水壶漏水𠮷\r\n".encode(encoding))
    assert read(path) == (["编号", "内容"], [(2, ["1", "水壶漏水𠮷"])])


def test_a_compressed_file_is_told_by_its_content(file):
    path = file(gzip.compress("id,text\n1,水壶漏水了\n".encode("gb18030")))
    assert read(path) == (["id", "text"], [(2, ["1", "水壶漏水了"])])


def test_lines_are_numbered_as_in_the_file(file):
    path = file(b'id,text\n1,"two\nlines"\n\n,,\n2,x\n')
    assert read(path)[1] == [(2, ["1", "two\nlines"]), (6, ["2", "x"])]
    assert count_rows(path, table_map()) == 2


def test_a_delimiter_is_seen_or_named(file):
    assert read(file(b"a;b\n1;2\n")) == (["a", "b"], [(2, ["1", "2"])])
    assert read(file(b"a|b;c\n1|2;3\n"), delimiter=";")[0] == ["a|b", "c"]


def test_a_named_encoding_is_believed(file):
    assert read(file("a\né\n".encode("latin-1")), encoding="latin-1")[1] == [(2, ["é"])]
    assert fault(file(b"a\n\xff\xff\n"), encoding="utf-8") == "encoding_unknown"


def test_an_overlong_cell_spoils_its_line_only(file, monkeypatch):
    monkeypatch.setattr(tables, "LONGEST_CELL", 100)
    path = file(b"id,text\n1," + b"x" * 200 + b"\n2,good\n")
    with open_table(path, table_map()) as table:
        lines = list(table.lines)
    assert [line.problem is not None for line in lines] == [True, False]
    assert lines[1].cells == ["2", "good"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_header"),
        (b"\n\n", "no_header"),
        (b"\x81\xff\xfe\xfa\n", "encoding_unknown"),
        (gzip.compress(b"id\n1\n" * 1000, mtime=0)[:-20], "unreadable"),
        (b"\x1f\x8bnonsense", "unreadable"),
        (b"PK\x03\x04nonsense", "unreadable"),
    ],
)
def test_a_broken_file_is_told(file, content, code):
    assert fault(file(content)) == code


def test_a_file_that_grows_without_end_is_stopped(file, monkeypatch):
    monkeypatch.setattr(tables, "MAX_BYTES", 1000)
    path = file(gzip.compress(b"id\n" + b"1\n" * 5000, mtime=0))
    assert fault(path) == "too_large"
    assert fault(path, encoding="utf-8") == "too_large"


@pytest.fixture
def workbook(tmp_path):
    """Write a workbook of one or more sheets."""

    def write(**sheets):
        book = Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        path = tmp_path / "book.xlsx"
        book.save(path)
        return path

    return write


def test_a_workbook_is_read_as_people_see_it(workbook):
    row = [7.0, 1.5, True, None, date(2026, 3, 1), HALF_PAST_NINE, time(8), "漏水"]
    path = workbook(one=[["a", "b"], row, [], ["last"]])
    header, rows = read(path)
    assert header == ["a", "b"]
    seen = ["7", "1.5", "true", "", "2026-03-01", "2026-03-01T09:30:00", "08:00:00", "漏水"]
    assert rows == [(2, seen), (4, ["last"])]


def test_a_sheet_may_be_named(workbook):
    path = workbook(one=[["a"]], two=[["b"], [1]])
    assert read(path, sheet="two") == (["b"], [(2, ["1"])])
    assert fault(path, sheet="three") == "no_sheet"


def test_an_empty_workbook_has_no_header(workbook):
    assert fault(workbook(one=[])) == "no_header"


def test_a_workbook_that_unpacks_beyond_measure_is_refused(workbook, monkeypatch):
    path = workbook(one=[["a"], ["text"]])
    monkeypatch.setattr(tables, "MAX_HELD", 10)
    assert fault(path) == "too_large"


def test_a_zip_that_is_no_workbook_is_told(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert fault(path) == "unreadable"
