"""Exports hold what the reader may see, whole, in their language, harmless, and recorded."""

import csv
import hashlib
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError
from django.db.models import BigIntegerField, F, TextField, Value
from django.db.models.functions import Abs, Cast
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from complaints import events
from complaints.errors import BadInput, NotAllowed
from complaints.models import Category, Complaint
from complaints.rules import spreadsheets
from complaints.rules.spreadsheets import LONGEST_CELL, row_template, row_xml
from complaints.selectors import export_columns
from complaints.selectors.export_columns import Column
from complaints.services import exporting
from complaints.services.exporting import export
from journal.models import Entry
from tests.complaints.factories import NOW, make_complaint, make_site, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader():
    """Return somebody who sees everything that is not about them."""
    return make_user("quality_manager", username="reader")


def exported(actor, fmt="csv", *, language="en", complaints=None, **more):
    """Return the bytes of an export."""
    rows = Complaint.objects.all() if complaints is None else complaints
    return b"".join(
        export(complaints=rows, fmt=fmt, language=language, actor=actor, at=NOW, **more)
    )


def csv_rows(data):
    """Return the rows of a CSV as dictionaries."""
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def xlsx_rows(data, sheet=0):
    """Return the rows of a sheet as dictionaries."""
    page = load_workbook(io.BytesIO(data)).worksheets[sheet]
    header, *rows = page.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_a_complaint_is_told_whole(reader):
    category = Category.objects.filter(code="product.defective").first()
    complaint = make_complaint(
        description='She said "no",\nand left; 水壶漏水',
        name="王芳",
        email="wang@example.com",
        product="X200",
        order_number="A-1",
        external_id="E-9",
        category=category,
        site=make_site("here"),
        owner=make_user("handler", username="handler"),
    )
    (row,) = csv_rows(exported(reader))
    assert row["Reference"] == complaint.reference
    assert row["State"] == complaint.get_state_display()
    assert row["Channel"] == "Phone"
    assert row["What happened"] == 'She said "no",\nand left; 水壶漏水'
    assert (row["Name"], row["E-mail"]) == ("王芳", "wang@example.com")
    assert (row["Product or service"], row["Order or contract number"]) == ("X200", "A-1")
    assert row["Reference elsewhere"] == "E-9"
    assert row["Owner"] == "handler"
    assert row["Site"] == "Here"
    assert row["Received"] == "2026-03-04 09:00"
    assert row["Recorded"] == "2026-03-04 10:00"
    assert row["Closed"] == ""
    assert (row["Anonymous"], row["Confidential"], row["Emergency"]) == ("no", "no", "no")
    assert row["Cycle"] == "1"


def test_both_kinds_tell_the_same(reader):
    make_complaint(description="first <b>&amp;</b>", name="Ann")
    make_complaint(description="=second", anonymous=True)
    plain, cells = csv_rows(exported(reader)), xlsx_rows(exported(reader, "xlsx"))
    assert len(plain) == len(cells) == 2
    for one, other in zip(plain, cells, strict=True):
        for name, value in one.items():
            cell = other[name]
            if isinstance(cell, datetime):
                cell = f"{cell + timedelta(seconds=1):%Y-%m-%d %H:%M}"
            assert value == ("" if cell is None else str(cell)), name


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_names_beyond_those_that_are_spelt_out_are_looked_up(reader, monkeypatch, fmt):
    """An organisation may have more sites and people than a statement spells out."""
    site, other = make_site("here"), make_site("=there")
    handler, second = make_user("handler", username="ann"), make_user("handler", username="bo")
    first = make_complaint(site=site, owner=handler)
    repeat = make_complaint(site=other, owner=second)
    Complaint.objects.filter(pk=repeat.pk).update(repeat_of=first)
    make_complaint()
    rows = {"csv": csv_rows, "xlsx": xlsx_rows}[fmt]
    spelt_out = rows(exported(reader, fmt))
    assert [row["Site"] or "" for row in spelt_out] == ["Here", "'=There", ""]
    assert [row["Owner"] or "" for row in spelt_out] == ["ann", "bo", ""]
    assert [row["Repeat of"] or "" for row in spelt_out] == ["", first.reference, ""]
    for few in (0, 1):
        monkeypatch.setattr(export_columns, "_SPELT", few)
        assert rows(exported(reader, fmt)) == spelt_out


def test_a_workbook_has_dates_numbers_and_text(reader):
    make_complaint()
    (row,) = xlsx_rows(exported(reader, "xlsx"))
    received = row["Received"]
    assert abs(received - datetime(2026, 3, 4, 9)) < timedelta(seconds=1)  # noqa: DTZ001
    assert row["Cycle"] == 1
    assert isinstance(row["Reference"], str)
    assert row["Closed"] is None


def test_headers_and_labels_are_in_the_readers_language(reader):
    make_complaint(confidential=True)
    for fmt, rows in (("csv", csv_rows), ("xlsx", xlsx_rows)):
        english = rows(exported(reader, fmt))[0]
        chinese = rows(exported(reader, fmt, language="zh-hans"))[0]
        assert english["State"] == "Received"
        assert list(english) != list(chinese)
        assert "State" not in chinese


def test_without_rows_there_is_still_a_header(reader):
    assert csv_rows(exported(reader)) == []
    assert exported(reader).decode("utf-8-sig").startswith("Reference,State")
    assert xlsx_rows(exported(reader, "xlsx")) == []


RISKY = ["=1+1", "+49", "-2", "@SUM(A1)", "\tx", "\rx", "  =1", "＝1", "\n-1", " \t@x", "\u00a0=1"]


@pytest.mark.parametrize("text", RISKY)
def test_no_text_is_run_as_a_formula(reader, text):
    make_complaint(
        description=f"{text} ", name=text, organisation=text, product=text, order_number=text
    )
    Complaint.objects.update(remedy_sought=text)
    for rows in (csv_rows(exported(reader)), xlsx_rows(exported(reader, "xlsx"))):
        for name, value in rows[0].items():
            if isinstance(value, str) and value:
                assert spreadsheets.harmless(value) == value, name
        assert rows[0]["Remedy sought"].startswith("'")


def test_cells_of_a_workbook_are_never_formulas(reader):
    make_complaint(description="=1+1", name="=cmd|' /C calc'!A0")
    page = load_workbook(io.BytesIO(exported(reader, "xlsx"))).active
    assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n", "d"}


@given(st.text(max_size=40))
def test_the_database_and_python_agree_on_what_is_harmless(text):
    safe = spreadsheets.harmless(text)
    assert safe in {text, f"'{text}"}
    assert spreadsheets.harmless(safe) == safe


def test_letters_beyond_what_xml_can_hold_do_not_break_the_workbook(reader):
    make_complaint(description="a\x0b\x1fb\x08c <&> ]]> 😀𠮷")
    (row,) = xlsx_rows(exported(reader, "xlsx"))
    assert row["What happened"] == "abc <&> ]]> 😀𠮷"


@given(st.lists(st.text(max_size=20), min_size=3, max_size=3))
def test_any_row_is_sound_xml(values):
    xml = row_xml(row_template(["text", "text", "text"]), values)
    assert xml.count("<c ") + xml.count("<c/>") == 3
    assert xml.startswith("<row>")


def test_a_text_too_long_for_a_cell_is_cut_in_the_workbook_only(reader):
    make_complaint(description="x" * 40_000)
    assert len(csv_rows(exported(reader))[0]["What happened"]) == 40_000
    cell = xlsx_rows(exported(reader, "xlsx"))[0]["What happened"]
    assert len(cell) == LONGEST_CELL
    assert cell.endswith("…")


def test_what_one_sheet_cannot_hold_goes_on_in_the_next(reader, monkeypatch):
    monkeypatch.setattr(exporting, "MOST_ROWS", 4)
    made = [make_complaint().reference for _ in range(7)]
    data = exported(reader, "xlsx")
    assert load_workbook(io.BytesIO(data)).sheetnames == [
        "Complaints",
        "Complaints 2",
        "Complaints 3",
    ]
    found = [row["Reference"] for sheet in range(3) for row in xlsx_rows(data, sheet)]
    assert found == made


def noise(number):
    """Return a text that cannot be packed."""
    return "".join(hashlib.sha256(f"{number}.{part}".encode()).hexdigest() for part in range(900))


def test_pieces_come_while_rows_are_read(reader, monkeypatch):
    monkeypatch.setattr(exporting, "_CHUNK", 200)
    monkeypatch.setattr(exporting, "_ROWS", 2)
    made = [make_complaint(description=noise(number)).reference for number in range(9)]
    for fmt in ("csv", "xlsx"):
        pieces = list(
            export(complaints=Complaint.objects.all(), fmt=fmt, language="en", actor=reader, at=NOW)
        )
        assert len(pieces) > 1
        rows = csv_rows if fmt == "csv" else xlsx_rows
        assert [row["Reference"] for row in rows(b"".join(pieces))] == made, fmt


@pytest.mark.parametrize("made", [3, 4, 5])
def test_pieces_end_where_the_rows_end(reader, monkeypatch, made):
    monkeypatch.setattr(exporting, "_TOGETHER", 2)
    references = [make_complaint().reference for _number in range(made)]
    assert [row["Reference"] for row in csv_rows(exported(reader))] == references
    assert Complaint.objects.count() == made, "the connection is free again"


@pytest.mark.django_db(transaction=True)
def test_an_export_that_the_database_breaks_off_does_not_end_as_if_it_were_whole(
    reader, monkeypatch
):
    last = [make_complaint().pk for _number in range(5)][-1]
    least = Cast(Value(-(2**63)), BigIntegerField())  # has no positive counterpart
    wrong = Cast(Abs(least + (last - F("pk"))), TextField())
    only = Column("Sum", export_columns.NUMBER, wrong)
    monkeypatch.setattr(exporting, "columns", lambda *_args, **_more: [only])
    for together in (1, 2, 9):
        monkeypatch.setattr(exporting, "_TOGETHER", together)
        monkeypatch.setattr(exporting, "_ROWS", together)
        with pytest.raises(DatabaseError, match=r"out of range|overflow"):
            exported(reader)
        assert Complaint.objects.count() == 5, "the connection is free again"


@pytest.mark.clause("CM-8.1")
def test_only_what_the_reader_may_see_is_in_it(reader):
    here, there = make_site("here"), make_site("there")
    mine = make_complaint(site=here)
    make_complaint(site=there)
    make_complaint(site=here, confidential=True)
    agent = make_user("agent", site=here)
    assert [row["Reference"] for row in csv_rows(exported(agent))] == [mine.reference]
    assert len(csv_rows(exported(reader))) == 3


def test_confidential_words_and_people_are_kept_back_without_a_reason(reader):
    make_complaint(description="harassment", name="Ann", order_number="77", confidential=True)
    (row,) = csv_rows(exported(reader))
    assert row["Confidential"] == "yes"
    for name in ("What happened", "Name", "Phone", "Order or contract number"):
        assert row[name] == "confidential"
    Complaint.objects.update(owner=reader)
    (row,) = csv_rows(exported(reader))
    assert (row["What happened"], row["Name"]) == ("harassment", "Ann")


def test_nobody_exports_a_complaint_about_themselves(reader):
    make_complaint(subject_person=reader)
    assert csv_rows(exported(reader)) == []


def test_the_right_to_export_is_asked():
    with pytest.raises(NotAllowed):
        exported(make_user("top_management"))
    assert not Entry.objects.filter(kind=events.EXPORTED).exists()


def test_another_kind_of_file_is_refused(reader):
    with pytest.raises(BadInput):
        exported(reader, "pdf")


@pytest.mark.clause("CM-7.5")
def test_an_export_is_recorded_before_its_first_byte(reader):
    make_complaint()
    make_complaint()
    pieces = export(
        complaints=Complaint.objects.all(),
        fmt="csv",
        language="en",
        filters={"state": ["received"]},
        words="王芳",
        actor=reader,
        at=NOW,
    )
    entry = Entry.objects.get(kind=events.EXPORTED)
    assert (entry.subject_type, entry.subject_id) == ("accounts.user", reader.pk)
    assert entry.actor_id == reader.pk
    payload = entry.payload
    assert payload["rows"] == 2
    assert payload["format"] == "csv"
    assert payload["filters"] == {"state": ["received"]}
    assert len(payload["words_sha256"]) == 64
    assert "王芳" not in entry.body
    assert len(csv_rows(b"".join(pieces))) == 2


def test_moments_of_an_old_row_are_local(reader, settings):
    settings.TIME_ZONE = "America/New_York"
    make_complaint(received_at=datetime(2025, 7, 1, 3, 59, 59, tzinfo=UTC))
    (row,) = csv_rows(exported(reader))
    assert row["Received"] == "2025-06-30 23:59"
    (cells,) = xlsx_rows(exported(reader, "xlsx"))
    assert cells["Received"].day == 30
