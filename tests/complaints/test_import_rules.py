"""A map is checked as a whole; a row is read as far as it goes without the database."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.rules.importing import (
    ImportMap,
    Problem,
    RowReader,
    delimiter_of,
    map_faults,
    state_of,
)
from complaints.rules.spreadsheets import harmless

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
MAP: dict[str, Any] = {
    "source": "test",
    "names": {"en": "Test", "zh": "测试"},
    "fields": {
        "external_id": "id",
        "channel": {"column": "via", "values": {"Web": "web", "Post": "letter"}},
        "description": {"template": "{what}[: {detail}] [x]"},
        "received_at": "in",
        "closed_at": "out",
    },
}
HEADER = ["ID", " via ", "what", "detail", "in", "out"]


def reader(*, dates=("iso",), rows=(), header=HEADER, **fields):
    """Return a reader of the map above with other fields."""
    given = {**MAP, "dates": dates, "rows": rows, "fields": {**MAP["fields"], **fields}}
    return RowReader(ImportMap.model_validate(given), header, zone="Asia/Shanghai", now=NOW)


def read(cells, **options):
    """Return the values of a good row."""
    reading = reader(**options).read(cells)
    assert reading.problems == ()
    return reading.values


def problems(cells, **options):
    """Return what is wrong with a row."""
    return list(reader(**options).read(cells).problems)


ROW = ["7", "web", "Leaks", "", "2026-03-01", ""]


def but(**changes):
    """Return the row above with some cells changed, by column."""
    names = [name.strip().lower() for name in HEADER]
    cells = list(ROW)
    for name, value in changes.items():
        cells[names.index(name)] = value
    return cells


class TestMap:
    def test_a_bare_text_is_a_column(self):
        table_map = ImportMap.model_validate(MAP)
        assert table_map.fields["external_id"].column == "id"
        assert table_map.columns == ("id", "via", "what", "detail", "in", "out")

    def test_it_survives_being_stored(self):
        table_map = ImportMap.model_validate({**MAP, "timezone": "America/New_York"})
        stored = table_map.model_dump(mode="json", exclude_defaults=True)
        assert ImportMap.model_validate(stored) == table_map

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            ({"fields": {**MAP["fields"], "nonsense": "x"}}, ("fields.nonsense", "literal_error")),
            ({"fields": {"channel": "via"}}, ("fields.external_id", "missing")),
            ({"source": "Has Spaces"}, ("source", "string_pattern_mismatch")),
            ({"timezone": "Mars/Olympus"}, ("timezone", "unknown_zone")),
            ({"timezone": "../../etc/passwd"}, ("timezone", "unknown_zone")),
            ({"dates": ["%H"]}, ("dates", "no_date_format")),
            ({"encoding": "ebcdic"}, ("encoding", "literal_error")),
            ({"more": 1}, ("more", "extra_forbidden")),
            (
                {"fields": {**MAP["fields"], "product": {"column": "a", "value": "b"}}},
                ("fields.product", "one_source"),
            ),
            ({"fields": {**MAP["fields"], "product": {}}}, ("fields.product", "one_source")),
        ],
    )
    def test_a_fault_names_its_place(self, change, fault):
        found = [(item.path, item.code) for item in map_faults({**MAP, **change})]
        assert fault in found

    @pytest.mark.parametrize("given", [None, [], "text", 7, {}])
    def test_what_is_no_map_at_all_is_refused(self, given):
        assert map_faults(given)

    def test_a_good_map_has_no_faults(self):
        assert map_faults(MAP) == []


class TestRows:
    def test_a_good_row(self):
        values = read(but(detail="badly", out="2026-03-02"))
        assert values["external_id"] == "7"
        assert values["channel"] == "web"
        assert values["description"] == "Leaks: badly [x]"
        assert values["received_at"] == datetime(2026, 2, 28, 16, tzinfo=UTC)

    def test_a_closing_day_means_its_end_in_the_zone_of_the_map(self):
        assert read(but(out="2026-03-02"))["closed_at"] == datetime(
            2026, 3, 2, 15, 59, 59, tzinfo=UTC
        )

    def test_what_is_closed_on_the_day_of_receipt_is_in_order(self):
        read(but(out="2026-03-01"))

    def test_what_was_done_today_is_done_by_now(self):
        assert read(but(out="2026-03-04"))["closed_at"] == NOW

    def test_a_stretch_in_brackets_is_left_out_without_its_column(self):
        assert read(ROW)["description"] == "Leaks [x]"

    def test_brackets_and_braces_of_the_data_stay(self):
        cells = but(what="[a] {what}", detail="{b}")
        assert read(cells)["description"] == "[a] {what}: {b} [x]"

    def test_columns_are_found_without_regard_to_case_and_order(self):
        cells = dict(zip(HEADER, ROW, strict=True))
        turned = HEADER[::-1]
        values = read([cells[name] for name in turned], header=turned)
        assert values["external_id"] == "7"

    def test_missing_columns_are_named(self):
        with pytest.raises(KeyError, match="detail, out"):
            reader(header=["id", "via", "what", "in"])

    def test_values_are_translated_and_the_rest_goes_otherwise(self):
        other = {"column": "via", "values": {"Post": "letter"}, "otherwise": "other"}
        assert read(but(via="POST "), channel=other)["channel"] == "letter"
        assert read(but(via="pigeon"), channel=other)["channel"] == "other"

    def test_one_value_for_all_rows(self):
        assert read(ROW, anonymous={"value": True})["anonymous"] is True

    def test_dates_in_other_forms(self):
        for text in ("01.03.2026", "1/3/26", "2026年3月1日", "2026-03-01"):
            formats = ("%d.%m.%Y", "%d/%m/%y", "%Y年%m月%d日", "iso")
            assert read(but(**{"in": text}), dates=formats)["received_at"].day == 28

    def test_an_instant_with_a_zone_keeps_it(self):
        values = read(but(**{"in": "2026-03-01T10:00:00-05:00"}))
        assert values["received_at"] == datetime(2026, 3, 1, 15, tzinfo=UTC)

    def test_short_rows_are_filled_up(self):
        assert read(ROW[:5])["external_id"] == "7"

    @pytest.mark.parametrize(
        ("cells", "problem"),
        [
            (but(id=""), Problem("external_id", "missing")),
            (but(id="x" * 121), Problem("external_id", "too_long", "x" * 121)),
            (but(id="a\x00b"), Problem("external_id", "control_character")),
            (but(via="pigeon"), Problem("channel", "unknown_value", "pigeon")),
            (but(via=""), Problem("channel", "missing")),
            (but(**{"in": ""}), Problem("received_at", "missing")),
            (but(**{"in": "yesterday"}), Problem("received_at", "no_date", "yesterday")),
            (but(**{"in": "2026-13-01"}), Problem("received_at", "no_date", "2026-13-01")),
            (but(**{"in": "2026-03-09"}), Problem("received_at", "in_future", "2026-03-09")),
            (but(out="2026-02-28"), Problem("closed_at", "before_receipt", "2026-02-28")),
            (but(out="2026-03-05"), Problem("closed_at", "in_future", "2026-03-05")),
            ([*ROW, "more"], Problem("", "too_many_cells", "7")),
        ],
    )
    def test_a_bad_row_says_why(self, cells, problem):
        assert problems(cells) == [problem]

    def test_all_that_is_wrong_is_named_at_once(self):
        found = problems(but(id="", via="", **{"in": "x"}))
        assert [item.field for item in found] == ["external_id", "channel", "received_at"]

    def test_an_end_needs_its_date(self):
        state = {"value": "closed"}
        assert problems(ROW, state=state) == [Problem("closed_at", "missing")]

    def test_flags_are_read_in_both_languages(self):
        for word, said in (("是", True), ("Yes", True), ("", False), ("否", False)):
            assert read(but(detail=word), confidential="detail")["confidential"] is said
        assert problems(but(detail="maybe"), confidential="detail") == [
            Problem("confidential", "unknown_value", "maybe")
        ]

    def test_only_rows_that_the_map_means_are_wanted(self):
        wanted = reader(rows=[{"column": "via", "only": ["WEB"]}]).wanted
        assert wanted(ROW)
        assert not wanted(but(via="phone"))
        assert not wanted([])
        assert not reader(rows=[{"column": "via", "without": ["web"]}]).wanted(ROW)

    @given(st.lists(st.text(max_size=20), max_size=8))
    def test_no_row_stops_the_reading(self, cells):
        reading = reader().read(cells)
        assert reading.problems or reading.values["external_id"]


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "open"),
        ({"closed_at": NOW}, "closed"),
        ({"closed_at": NOW, "followed_up_at": NOW}, "followed_up"),
        ({"state": "open", "closed_at": NOW}, "open"),
        ({"state": "withdrawn", "closed_at": NOW}, "withdrawn"),
    ],
)
def test_where_a_row_stands(values, state):
    assert state_of(values) == state


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        ("a,b,c", ","),
        ("a;b;c", ";"),
        ("a\tb", "\t"),
        ('"a,b,c";d', ";"),
        ("a|b|c,d", "|"),
        ("a", ","),
    ],
)
def test_the_delimiter_is_seen_in_the_first_line(line, sign):
    assert delimiter_of(line) == sign


@pytest.mark.parametrize(
    "text", ["=1+1", "+49 30", "-5", "@me", "\tx", "\rx", "  =1", "＝1", " \n-x"]
)
def test_what_a_spreadsheet_might_run_is_made_text(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "plain", "a=b", "1-2", "'=1", "退款"])
def test_plain_text_stays(text):
    assert harmless(text) == text
