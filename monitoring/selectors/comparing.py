"""Figures side by side: by category and week, by handler, by provider, by age."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, DateField, F, Func, IntegerField, Q, QuerySet, Value

from accounts.models import Team, User
from monitoring.models import Fact
from monitoring.permissions import VIEW_COMPLAINTS
from monitoring.rules.kpi import DAY, Kpi, Result, Span
from monitoring.rules.measures import DIMENSIONS
from monitoring.rules.periods import working_days_ahead
from monitoring.rules.shapes import open_at, over
from monitoring.selectors.counting import counted, marks, rows_of
from monitoring.selectors.results import results
from monitoring.selectors.scope import Scope

AHEAD = 3  # working days
PACE = 28  # days by whose closings the next days are guessed
_WORKING = 20  # working days in them
_WEEK = timedelta(days=7)


def flow(scope: Scope, weeks: Sequence[date], *, today: date) -> list[tuple[int, int, int]]:
    """Return for weeks that begin on these Mondays: received, closings, open at the end."""
    spans = [Span(week, week + _WEEK, today) for week in weeks]
    parts = [
        (over(span, "received"), over(span, "closings"), open_at(span).numerator) for span in spans
    ]
    counts = counted(scope, (term for week in parts for part in week for term in part))
    return [
        (counts.count(came), counts.count(went), counts.count(left)) for came, went, left in parts
    ]


class _WeekOf(Func):
    """The number of the week in which a day lies, counted from a day given; by plain arithmetic."""

    arg_joiner = " - "
    template = "(%(expressions)s) / 7"
    output_field = IntegerField()

    def __init__(self, day: str, first: date) -> None:
        super().__init__(F(day), Value(first, output_field=DateField()))

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """Return it with days as numbers: SQLite keeps them as text."""
        numbers = self.copy()
        days = [Func(one, function="julianday") for one in self.get_source_expressions()]
        numbers.set_source_expressions(days)
        template = "CAST((%(expressions)s) / 7 AS integer)"
        return numbers.as_sql(compiler, connection, template=template, **more)


def received_by_category(scope: Scope, weeks: Sequence[date]) -> Mapping[int | None, list[int]]:
    """Return how many were received each week, by category (None for those without).

    Weeks are given by the Mondays on which they begin, one after the other.
    """
    found: dict[int | None, list[int]] = {}
    for category, week, n in _received_by(scope, "category", weeks[0], weeks[-1] + _WEEK):
        found.setdefault(int(category) if category else None, [0] * len(weeks))[week] += n
    return {category: counts for category, counts in found.items() if any(counts)}


def _received_by(
    scope: Scope, dimension: str, first: date, after: date
) -> list[tuple[str, int, int]]:
    """Return members of a dimension with the week, counted from the first day, and how many."""
    column = DIMENSIONS[dimension]
    span = {"received_day__gte": first, "received_day__lt": after}
    if not set(scope.members) <= {dimension}:
        facts = Fact.objects.filter(scope.facts(), counted=True, **span)
        grouped = facts.order_by().values_list(column, _WeekOf("received_day", first))
        return [(_member(one), week, n) for one, week, n in grouped.annotate(n=Count("*"))]
    about = Fact.objects.filter(
        scope.facts(about_others=False),
        subject_person_id=scope.reader_id,
        counted=True,
        **span,
    ).values_list(column, "received_day")
    rows, about_reader = _kept_by_week(scope, dimension, first, after)
    taken_off = about if about_reader else ()
    return [*rows, *((_member(one), (day - first).days // 7, -1) for one, day in taken_off)]


def _kept_by_week(
    scope: Scope, dimension: str, first: date, after: date
) -> tuple[list[tuple[str, int, int]], int]:
    """Return members with week and how many, from cells; and how many are about the reader.

    As text: to put it together would take longer than to ask it.
    """
    week = "(day - %s::date) / 7"
    if connection.vendor == "sqlite":
        week = "CAST((julianday(day) - julianday(%s)) / 7 AS integer)"
    members = scope.members.get(dimension, ())
    among = f" AND member IN ({marks(members)})" if members else ""
    open_to_all = "" if scope.confidential else " AND NOT confidential"
    sql = (
        f"SELECT member, {week} AS week, SUM(n) FROM monitoring_cell"  # noqa: S608 - no word of anybody's
        f" WHERE dimension = %s AND measure = 'received' AND day >= %s AND day < %s"
        f"{among}{open_to_all} GROUP BY 1, 2 UNION ALL"
        f" SELECT '', -1, COUNT(*) FROM monitoring_fact WHERE subject_person_id = %s"
    )
    rows = rows_of(sql, [first, dimension, first, after, *members, scope.reader_id])
    counted = [(member, int(week), int(n)) for member, week, n in rows if week >= 0]
    return counted, next(int(n) for _member, week, n in rows if week < 0)


def _member(value: Any) -> str:
    return "" if value is None else str(value)


@dataclass(frozen=True)
class Load:
    """What one person has on the table.

    `late` are past the last day of their next time limit, `ahead` run out today or within the next
    three working days; `forecast` of them will not be done in time
    if work goes on at the pace of the last four weeks.
    """

    owner_id: int | None
    name: str
    open: int
    late: int
    ahead: int
    closed: int  # in the last four weeks

    @property
    def forecast(self) -> int:
        """Return how many more will be late in three working days at the present pace."""
        return max(0, self.ahead - self.closed * AHEAD // _WORKING)


def workload(scope: Scope, *, today: date) -> list[Load]:
    """Return what everybody has on the table, the most endangered first; nobody's work is last."""
    loads = _loads(Fact.objects.filter(scope.facts()), "owner_id", today)
    return sorted(
        loads,
        key=lambda load: (load.owner_id is None, -load.forecast, -load.late, -load.open, load.name),
    )


def own_load(actor: User, *, today: date) -> list[Load]:
    """Return what the actor has on the table, then each of their teams as a whole.

    Of colleagues one by one, only those in charge see this.
    """
    about_others = Q(subject_person_id__isnull=True) | ~Q(subject_person_id=actor.pk)
    seen = Fact.objects.filter(about_others)
    mine = _loads(seen.filter(owner_id=actor.pk), "owner_id", today)
    grants = [grant for grant in actor.grants if VIEW_COMPLAINTS in grant.carried]
    teams = {grant.team_id for grant in grants if grant.team_id is not None}
    plain = seen.filter(team_id__in=teams, confidential=False)
    names = {team.pk: str(team) for team in Team.objects.filter(pk__in=teams)}
    shared = _loads(plain, "team_id", today)
    return [
        *(mine or [Load(actor.pk, str(actor), 0, 0, 0, 0)]),
        *(replace(load, name=names.get(load.owner_id or 0, "")) for load in shared),
    ]


def _loads(facts: QuerySet[Fact], by: str, today: date) -> list[Load]:
    until = working_days_ahead(today, AHEAD)
    rows = (
        facts.filter(ended_day__isnull=True)
        .order_by()
        .values_list(by)
        .annotate(
            n=Count("*"),
            late=Count("next_due_day", filter=Q(next_due_day__lt=today)),
            ahead=Count("next_due_day", filter=Q(next_due_day__gte=today, next_due_day__lte=until)),
        )
    )
    pace = dict(
        facts.filter(ended_day__gt=today - timedelta(days=PACE), ending="closed")
        .order_by()
        .values_list(by)
        .annotate(n=Count("*"))
    )
    names = {
        user.pk: str(user)
        for user in User.objects.filter(pk__in=[owner for owner, *_ in rows if owner])
    }
    return [
        Load(owner, names.get(owner, ""), count, late, ahead, pace.get(owner, 0))
        for owner, count, late, ahead in rows
    ]


def compared(
    scope: Scope, dimension: str, members: Sequence[str], kpis: Sequence[Kpi], span: Span
) -> Mapping[str, list[Result]]:
    """Return figures of several members of a dimension side by side."""
    return {
        member: results(scope.with_member(dimension, member), [(kpi, span) for kpi in kpis])
        for member in members
    }


def members_in(scope: Scope, dimension: str, span: Span) -> list[str]:
    """Return the members of a dimension with complaints received in a span, but for none."""
    counts: Counter[str] = Counter()
    for member, _week, n in _received_by(scope, dimension, span.first, span.after):
        counts[member] += n
    return sorted((one for one, n in counts.items() if one and n), key=lambda one: (len(one), one))


def causes(scope: Scope, span: Span) -> list[tuple[str, int]]:
    """Return the causes of what was upheld in a span, the most frequent first; "" is unknown."""
    (term,) = over(span, "upheld_for")
    found = counted(scope, [term]).by_value(term)
    rows = [(cause, n) for cause, (n, _) in found.items() if n]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def times_of_cohort(scope: Scope, span: Span) -> list[tuple[int, int, bool]]:
    """Return for what was received in a span: days watched, how many, whether to an end.

    The end is the final response. What is open was watched until today, or until the day before
    the span's end where that has passed; what was withdrawn, until then.
    """
    last = span.over - DAY
    facts = Fact.objects.filter(
        scope.facts(), counted=True, received_day__gte=span.first, received_day__lt=span.after
    )
    rows = facts.order_by().values_list("received_day", "answered_day", "ended_day")
    found: dict[tuple[int, bool], int] = {}
    for received, answered, ended, count in rows.annotate(n=Count("*")):
        done = answered is not None and answered <= last
        end = answered if done else min(ended or last, last)
        key = (max(0, (end - received).days), done)
        found[key] = found.get(key, 0) + count
    return [(time, count, done) for (time, done), count in found.items()]
