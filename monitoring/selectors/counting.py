"""Counting terms: from cells where one dimension or none is asked for, else from the facts.

Both give counts by measure and by bin; a bin is the days from one edge that some term has to the
next. However many figures are asked for, it is a few statements.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import accumulate
from typing import Any

from django.db import connection
from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast

from monitoring.models import Fact, Payment, Stretch
from monitoring.rules.kpi import Part, Term
from monitoring.rules.measures import (
    BY_CODE,
    BY_CODE_OF_PAYMENTS,
    BY_CODE_OF_STRETCHES,
    KEPT_BY_VALUE,
    Measure,
    counts_of,
)
from monitoring.rules.quantiles import bucket_of
from monitoring.selectors.scope import Scope
from monitoring.selectors.sources import Made
from monitoring.selectors.stored import stored


class Counts:
    """What was counted, by measure and bin; answers as rules.kpi.Counted asks.

    Everything is added before anything is asked for: a year by week asks for hundreds of sums over
    hundreds of bins, so each measure is summed up once, from the first bin on.
    """

    def __init__(self, edges: Sequence[date]) -> None:
        """Begin with nothing between these edges."""
        self.edges = list(edges)
        self._bins: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(_nothing))
        self._sums: dict[str, tuple[list[int], list[int]]] = {}
        self._codes: dict[str, set[str]] = defaultdict(set)

    def add(self, code: str, place: int, n: int, total: int) -> None:
        """Count something in a bin."""
        cell = self._bins[code][place]
        cell[0] += n
        cell[1] += total
        base, colon, _value = code.partition(":")
        if colon:
            self._codes[base].add(code)

    def bin_of(self, day: date) -> int:
        """Return in which bin a day lies; 0 is before all edges."""
        return bisect_right(self.edges, day)

    def count(self, part: Part) -> int:
        """Return how many the terms make together."""
        return sum(term.sign * self._sum(term.measure, term)[0] for term in part)

    def by_value(self, term: Term) -> Mapping[str, tuple[int, int]]:
        """Return how many, and how much, for each value of a measure that is kept by value."""
        return {
            code.partition(":")[2]: self._sum(code, term)
            for code in sorted(self._codes[term.measure])
        }

    def _sum(self, code: str, term: Term) -> tuple[int, int]:
        if code not in self._bins:
            return 0, 0
        if code not in self._sums:
            self._sums[code] = self._summed(code)
        numbers, amounts = self._sums[code]
        first = 0 if term.first is None else self.bin_of(term.first)
        after = len(self.edges) + 1 if term.after is None else self.bin_of(term.after)
        if after <= first:
            return 0, 0
        return numbers[after] - numbers[first], amounts[after] - amounts[first]

    def _summed(self, code: str) -> tuple[list[int], list[int]]:
        """Return how many, and how much, there are before each bin and after the last."""
        bins = self._bins[code]
        cells = [bins.get(place, (0, 0)) for place in range(len(self.edges) + 1)]
        return (
            list(accumulate((n for n, _ in cells), initial=0)),
            list(accumulate((total for _, total in cells), initial=0)),
        )


def _nothing() -> list[int]:
    return [0, 0]


def counted(scope: Scope, terms: Iterable[Term]) -> Counts:
    """Return the counts that these terms need."""
    wanted = [term for term in terms if term.first is None or term.first != term.after]
    edges = sorted({day for term in wanted for day in (term.first, term.after) if day is not None})
    counts = Counts(edges)
    if not wanted:
        return counts
    if scope.cell is None:
        _from_facts(scope, wanted, counts)
    else:
        _from_cells(scope, wanted, counts)
    return counts


def _from_cells(scope: Scope, terms: Sequence[Term], counts: Counts) -> None:
    """Sum cells by measure and bin, in one statement.

    As text: a dashboard asks this each time, and to put it together would take longer than to
    ask it. Two ways into the table have an index each: days of all measures, and a few measures
    over all days.
    """
    if scope.cell is None:
        return
    dimension, members = scope.cell
    place, edges = _place_of_day(counts.edges)
    open_to_all = "" if scope.confidential else " AND NOT confidential"
    parts, given = [], []
    for condition, values in _ways(terms):
        parts.append(
            f"SELECT measure, {place} AS place, SUM(n), SUM(total) FROM monitoring_cell"  # noqa: S608 - no word of anybody's
            f" WHERE dimension = %s AND member IN ({marks(members)}){open_to_all}"
            f" AND {condition} GROUP BY 1, 2"
        )
        given += [*edges, dimension, *members, *values]
    # Asked along: how many complaints there are about the reader; mostly none.
    parts.append("SELECT '', 0, COUNT(*), 0 FROM monitoring_fact WHERE subject_person_id = %s")
    rows = rows_of(" UNION ALL ".join(parts), [*given, scope.reader_id])
    about_reader = next(int(n) for measure, _place, n, _total in rows if not measure)
    for measure, number, n, total in rows:
        if measure:
            counts.add(measure, int(number), int(n), int(total))
    for row, hanging in _about_reader(scope, about_reader):
        places, payments = counts_of(row, hanging)
        for measure, day in places:
            counts.add(measure, counts.bin_of(day), -1, 0)
        for (measure, day), cents in payments:
            counts.add(measure, counts.bin_of(day), 0, -cents)


def _ways(terms: Sequence[Term]) -> list[tuple[str, list[Any]]]:
    """Return the conditions, each with an index, that together hold the cells of these terms."""
    unbounded = sorted({term.measure for term in terms if term.first is None})
    ways: list[tuple[str, list[Any]]] = []
    if unbounded:
        ways.append((f"measure IN ({marks(unbounded)})", [*unbounded]))
    bounded = [(term.first, term.measure) for term in terms if term.first is not None]
    if named := sorted({measure for _first, measure in bounded} - set(unbounded)):
        rest = ("NOT IN", unbounded) if set(named) & KEPT_BY_VALUE else ("IN", named)
        asked = f" AND measure {rest[0]} ({marks(rest[1])})" if rest[1] else ""
        ways.append((f"day >= %s{asked}", [min(first for first, _measure in bounded), *rest[1]]))
    return ways


def rows_of(sql: str, given: Sequence[Any]) -> Sequence[tuple[Any, ...]]:
    """Return what the database answers to a question that is put as text."""
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        found: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return found


def _place_of_day(edges: Sequence[date]) -> tuple[str, list[Any]]:
    """Return the bin of a cell's day as text, and what it is given; PostgreSQL halves its way."""
    if not edges:
        return "0", []
    if connection.vendor == "postgresql":
        return "width_bucket(day, %s::date[])", [list(edges)]
    whens = "".join(f" WHEN day < %s THEN {number}" for number in range(len(edges)))
    return f"CASE{whens} ELSE {len(edges)} END", [*edges]


def marks(values: Sequence[str]) -> str:
    """Return as many places for values as there are."""
    return ", ".join(["%s"] * len(values))


def _place(edges: Sequence[date], column: str) -> Case:
    """Return the bin of a day as an expression."""
    cases = [
        When(**{f"{column}__lt": edge}, then=Value(number)) for number, edge in enumerate(edges)
    ]
    return Case(*cases, default=Value(len(edges)), output_field=IntegerField())


def _about_reader(scope: Scope, count: int) -> list[Made]:
    """Return the facts in these cells that are about the reader: they are taken off again."""
    if not count:
        return []
    mine = Fact.objects.filter(subject_person_id=scope.reader_id).order_by()
    ids = list(mine.values_list("complaint", flat=True))
    here = Fact.objects.filter(scope.facts(about_others=False), complaint__in=ids).order_by()
    return list(stored(list(here.values_list("complaint", flat=True))).values())


def _from_facts(scope: Scope, terms: Sequence[Term], counts: Counts) -> None:
    """Count facts, all measures of all terms in one statement for each table."""
    bounds = _bounds(terms)
    hanging = scope.facts(prefix="fact__")
    tables: list[tuple[_Rows, Mapping[str, Measure]]] = [
        (Fact.objects.filter(scope.facts()), BY_CODE),
        (Stretch.objects.filter(hanging), BY_CODE_OF_STRETCHES),
        (Payment.objects.filter(hanging), BY_CODE_OF_PAYMENTS),
    ]
    for rows, measures in tables:
        asked = {code: measures[code] for code in bounds if code in measures}
        _add_rows(rows, asked, bounds, counts)


_Rows = QuerySet[Fact] | QuerySet[Stretch] | QuerySet[Payment]
_Bounds = dict[str, tuple[date | None, date | None]]


def _bounds(terms: Sequence[Term]) -> _Bounds:
    """Return for each measure the first day that any term wants, and the day after the last."""
    found: _Bounds = {}
    for term in terms:
        if term.measure not in found:
            found[term.measure] = (term.first, term.after)
            continue
        first, after = found[term.measure]
        found[term.measure] = (
            None if first is None or term.first is None else min(first, term.first),
            None if after is None or term.after is None else max(after, term.after),
        )
    return found


def _add_rows(
    rows: "_Rows",
    measures: Mapping[str, Measure],
    bounds: _Bounds,
    counts: Counts,
) -> None:
    parts = [
        _grouped(rows.filter(condition_of(measure, *bounds[code])), measure, counts.edges)
        for code, measure in measures.items()
    ]
    if not parts:
        return
    for code, place, value, name, n, total in parts[0].union(*parts[1:], all=True):
        measure = measures[code]
        if measure.by:
            if value is not None:
                counts.add(f"{code}:{bucket_of(value)}", place, n, 0)
        elif measure.named:
            counts.add(f"{code}:{name}", place, n, total or 0)
        else:
            counts.add(code, place, n, 0)


def _grouped(
    rows: "_Rows", measure: Measure, edges: Sequence[date]
) -> "QuerySet[Fact, tuple[str, int, int | None, str, int, int | None]]":
    grouped = rows.order_by().annotate(
        code=Value(measure.code),
        place=_place(edges, measure.day),
        kept=F(measure.by) if measure.by else Cast(Value(None), IntegerField()),
        called=F(measure.named) if measure.named else Value(""),
    )
    summed = Sum("cents") if measure.money else Value(0)
    return grouped.values_list("code", "place", "kept", "called").annotate(  # type: ignore[return-value]
        n=Count("*"), total=summed
    )


def condition_of(measure: Measure, first: date | None, after: date | None) -> Q:
    """Return the condition by which a measure counts rows over these days."""
    found = Q(**{f"{measure.day}__isnull": False})
    for name, wanted in measure.where.items():
        if wanted is None:
            found &= Q(**{f"{name}__isnull": True})
        elif isinstance(wanted, tuple):
            found &= Q(**{f"{name}__in": wanted})
        else:
            found &= Q(**{name: wanted})
    if first is not None:
        found &= Q(**{f"{measure.day}__gte": first})
    if after is not None:
        found &= Q(**{f"{measure.day}__lt": after})
    return found
