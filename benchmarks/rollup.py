"""The bare roll-up: a row per day and category with a column per count, and a histogram of times.

What one builds when figures must be quick, without facts, rights, intervals or proofs; and a plain
view that prints the twelve figures of the board "Operations" from it, over a period and the one
before. Its rows are made from our own cells, so that both count the same complaints.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.utils import timezone

_COLUMNS = (
    *("registered", "received", "repeats", "reopenings", "closings", "dismissals", "mergers"),
    *("closed", "closed_escalated", "first_closed", "first_reopened", "emergencies"),
    *("ack_met", "ack_missed", "ack_running", "respond_met", "respond_missed", "respond_running"),
    *("upheld", "partly", "not_upheld", "open", "due"),
)
_TILES = engines["django"].from_string(
    "<!doctype html><title>{{ user }}</title>{% for name, now, before, part, whole in tiles %}"
    "<p>{{ name }} <b>{{ now|floatformat:1 }}</b> {{ part }} / {{ whole }}"
    " before {{ before|floatformat:1 }}</p>{% endfor %}"
)
_SHARES = {
    "clearance": (("closings",), ("registered", "reopenings")),
    "acknowledged on time": (("ack_met",), ("ack_met", "ack_missed", "ack_running")),
    "answered on time": (
        ("respond_met",),
        ("respond_met", "respond_missed", "respond_running"),
    ),
    "reopened": (("first_reopened",), ("first_closed",)),
    "repeated": (("repeats",), ("received",)),
    "escalated": (("closed_escalated",), ("closed",)),
    "upheld": (("upheld", "partly"), ("upheld", "partly", "not_upheld")),
}


def make_rollup() -> None:
    """Make the tables anew."""
    names = ", ".join(f"'{name}'" for name in _COLUMNS)
    sums = ", ".join(
        f"COALESCE(SUM(CASE WHEN measure = '{name}' THEN n END), 0) AS {name}" for name in _COLUMNS
    )
    with connection.cursor() as cursor:
        for dimension in ("category", "site"):
            for table in (f"bench_{dimension}", f"bench_{dimension}_times"):
                cursor.execute(f"DROP TABLE IF EXISTS {table}")
            cells = f"monitoring_cell WHERE dimension = '{dimension}' AND measure"
            cursor.execute(
                f"CREATE TABLE bench_{dimension} AS SELECT day, member, {sums}"
                f" FROM {cells} IN ({names}) GROUP BY day, member"
            )
            cursor.execute(
                f"CREATE TABLE bench_{dimension}_times AS SELECT day, member,"
                f" CAST(substr(measure, 12) AS integer) AS bucket, SUM(n) AS n"
                f" FROM {cells} LIKE 'close_time:%' GROUP BY day, member, measure"
            )
            for table in (f"bench_{dimension}", f"bench_{dimension}_times"):
                cursor.execute(f"CREATE INDEX {table}_day ON {table} (day)")
                cursor.execute(f"ANALYZE {table}")


def by_day(first: date, *, member: bool = False) -> list[tuple[Any, ...]]:
    """Return what a series by week is drawn from: a few sums per day since, or day and category."""
    named = "day, member" if member else "day"
    sums = "SUM(received), SUM(closings), SUM(registered), SUM(reopenings)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {named}, {sums} FROM bench_category WHERE day >= %s GROUP BY {named}", [first]
        )
        return cursor.fetchall()


@login_required
def board(request: HttpRequest) -> HttpResponse:
    """Print twelve figures over the last days and over as many before."""
    days, site = int(request.GET["days"]), request.GET["site"]
    today = timezone.localdate()
    first, middle = today - timedelta(days=2 * days), today - timedelta(days=days)
    now, before = _sums(middle, today, site), _sums(first, middle, site)
    standing, since = _sums(None, None, site), _sums(middle, None, site)
    gone = since["closings"] + since["dismissals"] + since["mergers"]
    was_open = standing["open"] - since["registered"] - since["reopenings"] + gone
    late = _sums(None, today, site)["due"]
    times = [_times(*span, site) for span in ((middle, today), (first, middle))]
    tiles: list[Sequence[Any]] = [
        ("open", standing["open"], was_open, "", ""),
        ("late", late, "", "", ""),
        *((name, now[name], before[name], "", "") for name in ("emergencies", "received")),
        ("time to closing", _median(times[0]), _median(times[1]), sum(times[0].values()), ""),
    ]
    for name, (part, whole) in _SHARES.items():
        (over, of), (then, of_then) = (
            (sum(span[one] for one in part), sum(span[one] for one in whole))
            for span in (now, before)
        )
        tiles.append((name, _share(over, of), _share(then, of_then), over, of))
    return HttpResponse(_TILES.render({"tiles": tiles}, request))


def _share(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _where(first: date | None, after: date | None, site: str) -> tuple[str, list[Any]]:
    given = [("day >= %s", first), ("day < %s", after), ("member = %s", site or None)]
    asked = [(condition, value) for condition, value in given if value is not None]
    conditions = " AND ".join(condition for condition, _ in asked)
    return f" WHERE {conditions}" if conditions else "", [value for _, value in asked]


def _table(site: str) -> str:
    return "bench_site" if site else "bench_category"


def _sums(first: date | None, after: date | None, site: str) -> Mapping[str, int]:
    where, given = _where(first, after, site)
    sums = ", ".join(f"SUM({name})" for name in _COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sums} FROM {_table(site)}{where}", given)
        row = cursor.fetchone()
    return {name: int(value or 0) for name, value in zip(_COLUMNS, row, strict=True)}


def _times(first: date, after: date, site: str) -> Mapping[int, int]:
    where, given = _where(first, after, site)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT bucket, SUM(n) FROM {_table(site)}_times{where} GROUP BY bucket"
            " ORDER BY bucket",
            given,
        )
        return {int(bucket): int(n) for bucket, n in cursor.fetchall()}


def _median(counts: Mapping[int, int]) -> int | None:
    seen, half = 0, sum(counts.values()) / 2
    for value, n in counts.items():
        seen += n
        if seen >= half:
            return value
    return None
