"""All series of all sets in one period: judged together, as the settings want it.

Only series with enough complaints in the last four periods are judged, and those of episodes that
are not over: no other could be an alarm, and the share of false ones is reckoned among these.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from monitoring.rules.cells import Cells, Ints, Mask, Periods, Table, closed_periods, table_of
from monitoring.rules.deciding import alarms, enough_complaints
from monitoring.rules.designs import DAILY, WEEKLY
from monitoring.rules.judging import Judgement, judge
from monitoring.rules.levels import Node
from monitoring.rules.rates import judge_rate, upper_rate
from monitoring.rules.rebasing import Lift, lifted
from monitoring.rules.series import DAY, Floats
from monitoring.rules.signs import went_silent
from monitoring.rules.tails import surprise_of
from monitoring.rules.watch_settings import DimensionSet, WatchSettings

COMPLAINTS, REPEATS, RATE, SILENCE = "complaints", "repeats", "rate", "silence"
LONGEST = {DAY: DAILY.past + 40, 7: WEEKLY.past + 40}  # periods of past that a judgement looks at
_SMALL = 1e-6


@dataclass(frozen=True)
class World:
    """What a scan needs beside the counts: names of members, levels taken as new, exposure."""

    names: Mapping[str, Sequence[str]]  # by dimension: code → what a key calls it
    since: date  # the first day of the records
    lifts: Mapping[str, Lift] = field(default_factory=dict)  # by key
    watched: frozenset[str] = frozenset()  # keys of episodes that are not over
    exposure: Mapping[str, Mapping[date, float]] = field(default_factory=dict)  # "dims:members"
    kinds: Mapping[date, int] = field(default_factory=dict)  # days off and make-up days, if known


@dataclass(frozen=True)
class Judged:
    """A series in the period judged, with everything that an alarm keeps of it."""

    node: Node
    measure: str
    dimensions: tuple[str, ...]
    members: tuple[int, ...]
    alpha: float
    counts: Floats
    totals: Floats | None


@dataclass(frozen=True)
class Scan:
    """What was judged in a period, and the weights of the cells in it."""

    periods: Periods | None
    judged: Sequence[Judged]
    weights: Floats
    series: int


def key_of(measure: str, dimensions: Sequence[str], names: Iterable[str]) -> str:
    """Return what names a series for good: what is counted, along what, of whom."""
    return f"{measure}:{'.'.join(dimensions) or 'all'}:{'|'.join(names)}"


def scan_period(
    cells: Cells, settings: WatchSettings, world: World, *, as_of: date, step: int
) -> Scan:
    """Judge the last period that was over at the end of a day, from what was known then."""
    periods = closed_periods(world.since, as_of, step, LONGEST[step])
    if periods is None:
        return Scan(None, (), np.zeros(0), 0)
    judged: list[Judged] = []
    series = 0
    for one in settings.sets:
        table = table_of(cells, one.dimensions, periods)
        for found, number in _of_set(table, one, settings, world):
            judged += found
            series += number
    return Scan(periods, judged, cells.complaints, series)


def _of_set(
    table: Table, one: DimensionSet, settings: WatchSettings, world: World
) -> Iterable[tuple[list[Judged], int]]:
    weekly = table.periods.step != DAY
    if not len(table.members) or not (one.weekly if weekly else one.daily):
        return
    counts = table.counts(table.cells.complaints)
    yield _grown(table, counts, one, settings, world), len(counts)
    if one.repeats and weekly:
        repeats = table.counts(table.cells.repeats)
        yield _shares(REPEATS, table, repeats, counts, one, settings, world), len(counts)
    if one.rate and weekly:
        totals = _exposed(table, one, world)
        known = totals[:, -1] > 0
        counted = np.where(known[:, None], np.minimum(counts, totals), 0)
        yield _shares(RATE, table, counted, totals, one, settings, world), int(known.sum())
    if one.silence and weekly:
        yield _silent(table, counts, one, world), 0


def _names(table: Table, row: int, one: DimensionSet, world: World) -> list[str]:
    codes = table.members[row]
    return [world.names[name][code] for name, code in zip(one.dimensions, codes, strict=True)]


def _candidates(
    measure: str, table: Table, counts: Floats, one: DimensionSet, least: int, world: World
) -> tuple[Ints, list[str]]:
    enough = enough_complaints(counts, last=1, least=least)[:, 0]
    keys = {row: key_of(measure, one.dimensions, _names(table, row, one, world)) for row in
            (range(len(counts)) if world.watched else np.flatnonzero(enough))}  # fmt: skip
    rows = [row for row in keys if enough[row] or keys[row] in world.watched]
    return np.array(rows, dtype=np.int64), [keys[row] for row in rows]


def _grown(
    table: Table, counts: Floats, one: DimensionSet, settings: WatchSettings, world: World
) -> list[Judged]:
    rows, keys = _candidates(COMPLAINTS, table, counts, one, settings.least, world)
    if not len(rows):
        return []
    seen = counts[rows]
    past = seen.copy()
    # Complaints of a declared incident are no measure of what is usual, but they are counted.
    past[:, :-1] -= table.counts(table.cells.apart)[rows][:, :-1]
    dates = list(table.periods.dates)
    for at, key in enumerate(keys):
        if key in world.lifts:
            past[at] = lifted(past[at], dates, world.lifts[key])
    kinds = [world.kinds.get(day, 0) for day in dates]
    known = kinds if table.periods.step == DAY and any(kinds) else None
    found = judge(past, dates, last=1, kinds=known)
    flags = alarms(
        found, seen, last=1, alpha=settings.alpha, least=settings.least, share=settings.false_share
    )
    upper = found.upper(settings.alpha)[:, 0]
    return [
        Judged(
            _node(table, row, keys[at], found, at, upper[at], flag=bool(flags[at, 0])),
            COMPLAINTS,
            one.dimensions,
            tuple(int(code) for code in table.members[row]),
            settings.alpha,
            past[at],
            None,
        )
        for at, row in enumerate(rows)
    ]


def _shares(
    measure: str,
    table: Table,
    events: Floats,
    totals: Floats,
    one: DimensionSet,
    settings: WatchSettings,
    world: World,
) -> list[Judged]:
    rows, keys = _candidates(measure, table, events, one, settings.least, world)
    if not len(rows):
        return []
    seen, of = events[rows], totals[rows]
    alpha = settings.rate_alpha
    found = judge_rate(seen, of, list(table.periods.dates), last=1)
    flags = alarms(
        found, seen, last=1, alpha=alpha, least=settings.least, share=settings.false_share
    )
    upper = upper_rate(found, of[:, -1:], alpha)[:, 0]
    values = table.cells.repeats if measure == REPEATS else table.cells.complaints
    return [
        Judged(
            _node(table, row, keys[at], found, at, upper[at], flag=bool(flags[at, 0]), of=values),
            measure,
            one.dimensions,
            tuple(int(code) for code in table.members[row]),
            alpha,
            seen[at],
            of[at],
        )
        for at, row in enumerate(rows)
    ]


def _node(
    table: Table,
    row: int,
    key: str,
    found: Judgement,
    at: int,
    upper: float,
    *,
    flag: bool,
    of: Floats | None = None,
) -> Node:
    within: Mask = table.in_last(row)
    values = table.cells.complaints if of is None else of
    return Node(
        key=key,
        observed=float(values[within].sum()),
        expected=float(found.expected[at, 0]),
        upper=float(upper),
        p=float(found.p[at, 0]),
        p_local=float(found.p_local[at, 0]),
        surprise=float(surprise_of(found.p[at : at + 1, 0])[0]),
        alarm=flag,
        within=within,
        depth=table.members.shape[1],
    )


def _exposed(table: Table, one: DimensionSet, world: World) -> Floats:
    """Return the exposure of each series in each period; 0 where it is not known."""
    totals = np.zeros((len(table.members), table.periods.count))
    for row in range(len(table.members)):
        known = world.exposure.get(
            key_of("", one.dimensions, _names(table, row, one, world)).removeprefix(":"), {}
        )
        if known:
            totals[row] = [known.get(day.replace(day=1), 0.0) for day in table.periods.dates]
    return np.rint(totals * table.periods.step * 12 / 365.2425)


def _silent(table: Table, counts: Floats, one: DimensionSet, world: World) -> list[Judged]:
    silent = went_silent(counts)
    nothing = np.zeros(len(table.cells.days), dtype=np.bool_)
    found = []
    for row in np.flatnonzero(silent):
        heard = int(np.flatnonzero(counts[row])[-1])
        usual = float(counts[row, max(0, heard - 25) : heard + 1].mean())
        key = key_of(SILENCE, one.dimensions, _names(table, int(row), one, world))
        p = _SMALL
        node = Node(key, 0.0, usual, 0.0, p, p, 3.0, alarm=True, within=nothing, depth=1)
        members = tuple(int(code) for code in table.members[row])
        found.append(Judged(node, SILENCE, one.dimensions, members, 0.001, counts[row], None))
    return found
