"""The command that judges a table of series."""

import csv
import gzip
from datetime import date, timedelta
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

START = date(2023, 1, 2)


def table(counts, totals=None, step=7):
    heading = "series,date,count" + (",total" if totals is not None else "")
    lines = [heading]
    for name, row in counts.items():
        for at, count in enumerate(row):
            total = f",{totals[name][at]}" if totals is not None else ""
            lines.append(f"{name},{START + timedelta(days=step * at)},{count}{total}")
    return "\n".join(lines) + "\n"


def detect(tmp_path, text, *more, packed=False):
    source = tmp_path / ("in.csv.gz" if packed else "in.csv")
    target = tmp_path / ("out.csv.gz" if packed else "out.csv")
    source.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    call_command(
        "detect_series", "--input", str(source), "--output", str(target), *more, stdout=StringIO()
    )
    read = gzip.decompress(target.read_bytes()) if packed else target.read_bytes()
    return list(csv.DictReader(StringIO(read.decode())))


def some(rows=3, length=60, mean=8):
    drawn = np.random.default_rng(3).poisson(mean, (rows, length))
    return {f"s{at}": list(row) for at, row in enumerate(drawn)}


@pytest.mark.clause("CM-8.4")
@pytest.mark.parametrize("packed", [False, True])
def test_each_row_is_judged_in_the_order_of_the_table(tmp_path, packed):
    counts = some()
    counts["s1"][-1] = 50
    rows = detect(tmp_path, table(counts), packed=packed)
    assert list(rows[0]) == ["series", "date", "count", "expected", "upper", "p", "alarm"]
    assert len(rows) == 180
    assert [row["series"] for row in rows[:61:60]] == ["s0", "s1"]
    assert rows[0]["expected"] == rows[0]["p"] == ""
    last = rows[119]
    assert (last["count"], last["alarm"]) == ("50", "1")
    assert float(last["p"]) < 1e-6
    assert float(last["expected"]) < float(last["upper"]) < 50
    assert sum(row["alarm"] == "1" for row in rows) <= 4


def test_series_may_run_over_different_dates_and_stand_in_any_order(tmp_path):
    counts = {"long": [4] * 40, "short": [4] * 20}
    lines = table(counts).splitlines()
    rows = detect(tmp_path, "\n".join([lines[0], *lines[:0:-1]]))
    assert [row["series"] for row in rows] == ["short"] * 20 + ["long"] * 40
    assert rows[0]["date"] > rows[1]["date"]


def test_the_last_periods_only(tmp_path):
    assert len(detect(tmp_path, table(some()), "--last", "2")) == 6
    with pytest.raises(CommandError, match="--last"):
        detect(tmp_path, table(some()), "--last", "0")


def test_shares_are_judged_by_their_totals(tmp_path):
    counts = {"a": [10] * 60}
    totals = {"a": [100] * 58 + [30, 30]}
    rows = detect(tmp_path, table(counts, totals))
    assert [row["alarm"] for row in rows[-3:]] == ["0", "1", "1"]
    assert float(rows[-1]["expected"]) == pytest.approx(3, abs=0.3)


def test_daily_series(tmp_path):
    assert len(detect(tmp_path, table(some(length=40), step=1))) == 120


GOOD = "a,2026-03-02,1\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("series,day,count\n" + GOOD, "Row 1, column date:"),
        ("", "Row 1, column series:"),
        ("series,date,count\n", "Row 2, column series:"),
        ("series,date,count\n" + GOOD + " ,2026-03-09,1\n", "Row 3, column series:"),
        ("series,date,count\n" + GOOD + "a,09.03.2026,1\n", "Row 3, column date:"),
        ("series,date,count\n" + GOOD + "a,2026-03-09,1.5\n", "Row 3, column count:"),
        ("series,date,count\n" + GOOD + "a,2026-03-09,-1\n", "Row 3, column count:"),
        ("series,date,count\n" + GOOD + "a,2026-03-09\n", "Row 3, column count:"),
        ("series,date,count\n" + GOOD + GOOD, "Row 3, column date:"),
        ("series,date,count\n" + GOOD + "a,2026-03-16,1\n", "Row 3, column date:"),
        ("series,date,count,total\na,2026-03-02,3,2\n", "Row 2, column total:"),
        ("series,date,count,total\na,2026-03-02,3,\n", "Row 2, column total:"),
    ],
)
def test_a_bad_table_is_refused_by_row_and_column(tmp_path, text, place):
    with pytest.raises(CommandError) as refused:
        detect(tmp_path, text)
    assert place in str(refused.value)
    assert not (tmp_path / "out.csv").exists()


def test_a_file_that_is_missing_or_no_gzip_is_refused(tmp_path):
    with pytest.raises(CommandError):
        call_command("detect_series", "--input", str(tmp_path / "none"), "--output", "x")
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(b"series,date,count\n")
    with pytest.raises(CommandError):
        call_command("detect_series", "--input", str(broken), "--output", str(tmp_path / "x"))
