"""All series of all sets in one period: judged together, as the settings want it.

Only series with enough complaints in the last four periods are judged, and those of episodes that
are not over: no other could be an alarm, and the share of false ones is reckoned among these.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from monitoring.rules.cells import Cells, Ints, Mask, Periods, Table, closed_periods, table_of
from monitoring.rules.deciding import alarms, enough_complaints
from monitoring.rules.designs import DAILY, DAYS_OF_YEAR, WEEKLY
from monitoring.rules.judging import Judgement, judge
from monitoring.rules.levels import Node
from monitoring.rules.offsets import Offset, offset_of
from monitoring.rules.rates import judge_rate, upper_rate
from monitoring.rules.rebasing import Lift, lifted
from monitoring.rules.series import DAY, Floats
from monitoring.rules.signs import MEMORY, went_silent
from monitoring.rules.signs import SILENCE as SILENT_P
from monitoring.rules.tails import surprise_of
from monitoring.rules.watch_settings import DimensionSet, WatchSettings

COMPLAINTS, REPEATS, RATE, SILENCE = "complaints", "repeats", "rate", "silence"
LONGEST = {DAY: DAILY.past + 40, 7: WEEKLY.past + 40}  # periods of past that a judgement looks at
MONTHS = 12


@dataclass(frozen=True)
class World:
    """What a scan needs beside the counts: names of members, levels taken as new, exposure."""

    names: Mapping[str, Sequence[str]]  # by dimension: code → what a key calls it
    parents: Mapping[int, int]  # of categories, by code
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
    counts: Floats  # as they were judged: the past in the measure of the present
    totals: Floats | None
    offset: Offset | None = None
    drifted: bool = False  # by the chart of slow drift


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
    here = np.flatnonzero(periods.in_last(cells))
    with_tree = cells.with_ancestors("category", world.parents)
    judged: list[Judged] = []
    series = 0
    for one in settings.sets:
        along = with_tree if "category" in one.dimensions else cells
        table = table_of(along, one.dimensions, periods)
        for found, number in _of_set(_Divided(table, one, here), settings, world):
            judged += found
            series += number
    return Scan(periods, judged, cells.complaints[here], series)


@dataclass(frozen=True)
class _Divided:
    """A set of series, and which cells are of the period judged."""

    table: Table
    one: DimensionSet
    here: Ints

    def key(self, measure: str, row: int, world: World) -> str:
        """Return what names the series of a row."""
        pairs = zip(self.one.dimensions, self.table.members[row], strict=True)
        return key_of(measure, self.one.dimensions, [world.names[name][at] for name, at in pairs])

    def offset(self, row: int, world: World) -> Offset | None:
        """Return the exposure of a row: its own, else that of its product, its site, or of all.

        That of all says nothing of one product or site.
        """
        if not world.exposure:
            return None
        members = dict(zip(self.one.dimensions, self.members(row), strict=True))
        keys = [self.key("", row, world)]
        keys += [
            key_of("", (name,), (world.names[name][members[name]],))
            for name in ("product", "site")
            if name in members
        ]
        if len(keys) == 1:
            keys.append(key_of("", (), ()))
        try:
            return offset_of(keys, world.exposure, self.table.periods.dates)
        except KeyError:
            return None

    def members(self, row: int) -> tuple[int, ...]:
        """Return the codes of a row."""
        return tuple(int(code) for code in self.table.members[row])

    def within(self, row: int) -> Mask:
        """Return which cells of the period belong to a row."""
        size = int(max(self.here.max(initial=-1), self.table.cells.origin.max(initial=-1))) + 1
        flags: Mask = np.zeros(size, dtype=np.bool_)
        flags[self.table.in_last(row)] = True
        return flags[self.here]


def _of_set(
    divided: _Divided, settings: WatchSettings, world: World
) -> Iterable[tuple[list[Judged], int]]:
    table, one = divided.table, divided.one
    weekly = table.periods.step != DAY
    asked = one.weekly if weekly else one.daily
    if not len(table.members) or not (asked or world.watched):
        return
    counts = table.counts(table.cells.complaints)
    # An episode is followed in days and weeks alike: what it explains is no alarm of its own.
    yield _grown(divided, counts, settings, world, all_of_them=asked), len(counts) if asked else 0
    if not asked:
        return
    if one.repeats and weekly:
        repeats = table.counts(table.cells.repeats)
        yield _shares(divided, REPEATS, repeats, counts, settings, world), len(counts)
    if one.rate and weekly:
        totals = _exposed(divided, world)
        known = totals[:, -1] > 0
        counted = np.where(known[:, None], np.minimum(counts, totals), 0)
        yield _shares(divided, RATE, counted, totals, settings, world), int(known.sum())
    if one.silence and weekly:
        yield _silent(divided, counts, world), 0


def _candidates(
    divided: _Divided,
    measure: str,
    counts: Floats,
    least: int,
    world: World,
    *,
    all_of_them: bool = True,
) -> tuple[Ints, list[str]]:
    """Return the rows that are judged, and their keys."""
    enough = enough_complaints(counts, last=1, least=least)[:, 0]
    # Keys are text: they are made for all only where an episode has to be looked for.
    asked = range(len(counts)) if world.watched else np.flatnonzero(enough)
    keys = {int(row): divided.key(measure, int(row), world) for row in asked}
    rows = [row for row in keys if (all_of_them and enough[row]) or keys[row] in world.watched]
    return np.array(rows, dtype=np.int64), [keys[row] for row in rows]


def _grown(
    divided: _Divided,
    counts: Floats,
    settings: WatchSettings,
    world: World,
    *,
    all_of_them: bool,
) -> list[Judged]:
    rows, keys = _candidates(
        divided, COMPLAINTS, counts, settings.least, world, all_of_them=all_of_them
    )
    if not len(rows):
        return []
    table = divided.table
    seen = counts[rows]
    past = seen.copy()
    # Complaints of a declared incident are no measure of what is usual, but they are counted.
    past[:, :-1] -= table.counts(table.cells.apart)[rows][:, :-1]
    dates = list(table.periods.dates)
    for at, key in enumerate(keys):
        if key in world.lifts:
            past[at] = lifted(past[at], dates, world.lifts[key])
    offsets = [divided.offset(int(row), world) for row in rows]
    for at, offset in enumerate(offsets):
        if offset is not None and offset.ratio is not None:
            past[at, :-1] = np.rint(past[at] * offset.ratio)[:-1]
    kinds = [world.kinds.get(day, 0) for day in dates]
    known = kinds if table.periods.step == DAY and any(kinds) else None
    found = judge(past, dates, last=1, kinds=known, drift=settings.drift)
    told = _told(divided, COMPLAINTS, rows, keys, found, past, None, settings)
    return [replace(one, offset=offset) for one, offset in zip(told, offsets, strict=True)]


def _shares(
    divided: _Divided,
    measure: str,
    events: Floats,
    totals: Floats,
    settings: WatchSettings,
    world: World,
) -> list[Judged]:
    rows, keys = _candidates(divided, measure, events, settings.least, world)
    if not len(rows):
        return []
    found = judge_rate(events[rows], totals[rows], list(divided.table.periods.dates), last=1)
    return _told(divided, measure, rows, keys, found, events[rows], totals[rows], settings)


def _told(
    divided: _Divided,
    measure: str,
    rows: Ints,
    keys: Sequence[str],
    found: Judgement,
    counts: Floats,
    totals: Floats | None,
    settings: WatchSettings,
) -> list[Judged]:
    """Return each row with what was found, and whether it is an alarm by these settings."""
    alpha = settings.alpha if totals is None else settings.rate_alpha
    flags = alarms(
        found, counts, last=1, alpha=alpha, least=settings.least, share=settings.false_share
    )
    upper = found.upper(alpha) if totals is None else upper_rate(found, totals[:, -1:], alpha)
    surprises = surprise_of(found.p)
    return [
        Judged(
            Node(
                key=keys[at],
                observed=float(counts[at, -1]),
                expected=float(found.expected[at, 0]),
                upper=float(upper[at, 0]),
                p=float(found.p[at, 0]),
                p_local=float(found.p_local[at, 0]),
                surprise=float(surprises[at, 0]),
                alarm=bool(flags[at, 0] and counts[at, -1] >= settings.least_now),
                within=divided.within(int(row)),
                depth=len(divided.one.dimensions),
            ),
            measure,
            divided.one.dimensions,
            divided.members(int(row)),
            alpha,
            counts[at],
            None if totals is None else totals[at],
            drifted=found.drifted is not None and bool(found.drifted[at, 0]),
        )
        for at, row in enumerate(rows)
    ]


def _exposed(divided: _Divided, world: World) -> Floats:
    """Return the exposure of each series in each period; 0 where it is not known."""
    table = divided.table
    totals = np.zeros((len(table.members), table.periods.count))
    for row in range(len(table.members)):
        key = divided.key("", row, world)
        if key in world.exposure:
            totals[row] = offset_of([key], world.exposure, table.periods.dates).amounts
    return np.rint(totals * table.periods.step * MONTHS / DAYS_OF_YEAR)


def _silent(divided: _Divided, counts: Floats, world: World) -> list[Judged]:
    nothing = np.zeros(len(divided.here), dtype=np.bool_)
    found = []
    for row in map(int, np.flatnonzero(went_silent(counts))):
        heard = int(np.flatnonzero(counts[row])[-1])
        usual = float(counts[row, max(0, heard - MEMORY + 1) : heard + 1].mean())
        key = divided.key(SILENCE, row, world)
        node = Node(key, 0.0, usual, 0.0, SILENT_P, SILENT_P, 3.0, alarm=True, within=nothing,
                    depth=len(divided.one.dimensions))  # fmt: skip
        one = divided.one.dimensions
        found.append(Judged(node, SILENCE, one, divided.members(row), SILENT_P, counts[row], None))
    return found
