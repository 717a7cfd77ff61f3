"""Scanning: what is over is judged, what differs becomes an alert, what is calm again is told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from time import monotonic
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from accounts.services import system_user
from journal.origin import origin
from journal.services import record
from monitoring import events
from monitoring.models import Alert, ScanRun, WarningSettings
from monitoring.rules.cells import Cells, closed_periods
from monitoring.rules.changes import since_when
from monitoring.rules.judging import MODEL_VERSION, judge
from monitoring.rules.levels import Explained
from monitoring.rules.rates import judge_rate, upper_rate
from monitoring.rules.scanning import LONGEST, REPEATS, SILENCE, Judged, Scan, scan_period
from monitoring.rules.series import DAY, WEEK
from monitoring.rules.watch_settings import WatchSettings
from monitoring.rules.watching import Outcome, settle
from monitoring.selectors.series_counts import Loaded, begin_of, load_counts
from monitoring.selectors.watching import (
    complaints_behind,
    episodes_at,
    newest_alert,
    settings_in_force,
)
from monitoring.services.raising import Finding, calm_down, go_on, let_rise, raise_alert
from monitoring.services.returning import follow_repeats
from monitoring.services.series import keep_series
from monitoring.services.warning_settings import ensure_settings
from monitoring.states import AlertKind, AlertLevel, AlertState, Dismissal

STEPS = (WEEK, DAY)
CATCH_UP = 14  # days: what was missed for longer is looked through by hand (`--since`)
CHART = {WEEK: 60, DAY: 90}  # periods an alert shows
JUDGED = {WEEK: 30, DAY: 35}  # of them so many with what was expected
AFTER_MIDNIGHT = timedelta(hours=2)
HISTORY = timedelta(days=30)


@dataclass(frozen=True)
class Scanned:
    """What came of scanning: how many series, how many were judged, and what was raised."""

    series: int = 0
    judged: int = 0
    raised: Sequence[Explained] = ()
    alerts: Sequence[Alert] = ()


def scan_warnings(*, as_of: date, now: datetime, dry_run: bool = False) -> Scanned:
    """Judge what was over at the end of a day, and the days before it that were missed.

    A week is judged once it is over, a day at once. A dry run writes nothing and judges only this
    day and the last closed week. Raises ValueError for a day that is not over.
    """
    if as_of >= timezone.localdate(now):
        raise ValueError("as_of: must be over")
    keep_series(now=now)
    loaded = load_counts(as_of - timedelta(days=WEEK * LONGEST[WEEK] + CATCH_UP))
    if loaded is None:
        return Scanned()
    if dry_run:
        found = [_judged(loaded, settings_in_force().says, as_of, step) for step in (WEEK, DAY)]
        return Scanned(
            sum(scan.series for scan, _ in found),
            sum(len(scan.judged) for scan, _ in found),
            [one for _, outcome in found for one in (*outcome.raised, *outcome.risen)],
        )
    with origin("scheduler"):
        settings = ensure_settings(at=now)
        parts = [_scan_day(loaded, settings, day, now=now) for day in _missed(as_of)]
    return Scanned(
        max((part.series for part in parts), default=0),
        sum(part.judged for part in parts),
        [one for part in parts for one in part.raised],
        [alert for part in parts for alert in part.alerts],
    )


def look_through(
    *, since: date, as_of: date, now: datetime, by_week: bool = False, put_away: bool = True
) -> Scanned:
    """Judge history day by day, each from what was known then; what is long over needs nobody.

    Nobody is told of what is older than a fortnight, and what has been calm for a month is put
    away as history. `by_week` judges weeks only: a tenth of the work.
    """
    keep_series(now=now)
    loaded = load_counts()
    if loaded is None:
        return Scanned()
    alerts: list[Alert] = []
    judged = series = 0
    with origin("scheduler"):
        settings = ensure_settings(at=now)
        day = max(since, loaded.since)
        while day <= as_of:
            part = _scan_day(loaded, settings, day, now=now, steps=(WEEK,) if by_week else STEPS)
            alerts += part.alerts
            judged, series = judged + part.judged, max(series, part.series)
            day += timedelta(days=1)
        if put_away:
            put_history_away(now=now)
    return Scanned(series, judged, (), alerts)


@transaction.atomic
def put_history_away(*, now: datetime) -> int:
    """Dismiss alerts that nobody was told of and that have been calm for a month."""
    old = Alert.objects.select_for_update(of=("self",)).filter(
        state=AlertState.OPEN, calm_at__lt=now - HISTORY, notices__isnull=True
    )
    number = 0
    for alert in old:
        alert.dismiss(at=alert.calm_at or now, why=Dismissal.HISTORY, note="")
        alert.version += 1
        alert.save()
        record(
            kind=events.ALERT_DISMISSED,
            subject=alert,
            actor=system_user(),
            occurred_at=now,
            payload={"why": str(Dismissal.HISTORY), "sha256": ""},
        )
        number += 1
    return number


def _missed(as_of: date) -> Iterator[date]:
    last = ScanRun.objects.filter(step=DAY, period__lte=as_of).order_by("-period").first()
    first = as_of if last is None else last.period + timedelta(days=1)
    first = max(first, as_of - timedelta(days=CATCH_UP))
    for number in range((as_of - first).days + 1):
        yield first + timedelta(days=number)


@transaction.atomic
def _scan_day(
    loaded: Loaded,
    settings: WarningSettings,
    day: date,
    *,
    now: datetime,
    steps: Sequence[int] = STEPS,
) -> Scanned:
    at = min(begin_of(day + timedelta(days=1)) + AFTER_MIDNIGHT, now)
    parts = [_scan_step(loaded, settings, day, step, at=at, now=now) for step in steps]
    come_back = follow_repeats(settings.says, settings=settings, as_of=day, at=at, now=now)
    return Scanned(
        max(part.series for part in parts),
        sum(part.judged for part in parts),
        [one for part in parts for one in part.raised],
        [*(alert for part in parts for alert in part.alerts), *come_back],
    )


def _scan_step(
    loaded: Loaded, settings: WarningSettings, day: date, step: int, *, at: datetime, now: datetime
) -> Scanned:
    periods = closed_periods(loaded.since, day, step, LONGEST[step])
    if periods is None or ScanRun.objects.filter(step=step, period=periods.last).exists():
        return Scanned()
    began = monotonic()
    says = settings.says
    scan, outcome = _judged(loaded, says, day, step)
    run = ScanRun.objects.create(
        step=step,
        period=periods.last,
        settings=settings,
        at=now,
        series=scan.series,
        judged=len(scan.judged),
        raised=len(outcome.raised),
        milliseconds=int((monotonic() - began) * 1000),
    )
    desk = _Desk(loaded, scan, says, settings, run, day, at=at, now=now)
    alerts = desk.follow(outcome)
    payload = {
        "step": step,
        "period": periods.last.isoformat(),
        "series": scan.series,
        "judged": len(scan.judged),
        "raised": len(outcome.raised),
    }
    record(kind=events.SCANNED, subject=run, actor=system_user(), occurred_at=at, payload=payload)
    return Scanned(scan.series, len(scan.judged), outcome.raised, alerts)


def _judged(loaded: Loaded, says: WatchSettings, day: date, step: int) -> tuple[Scan, Outcome]:
    standing = episodes_at(day)
    watched = [one.key for one in standing if one.open]
    scan = scan_period(
        loaded.known(day), says, loaded.world(day, watched=watched), as_of=day, step=step
    )
    if scan.periods is None:
        return scan, Outcome()
    outcome = settle(
        [one.node for one in scan.judged],
        standing,
        scan.weights,
        period=scan.periods.last,
        step=step,
        silence_days=says.silence_days,
    )
    return scan, outcome


class _Desk:
    """What one scan writes."""

    def __init__(
        self,
        loaded: Loaded,
        scan: Scan,
        says: WatchSettings,
        settings: WarningSettings,
        run: ScanRun,
        day: date,
        *,
        at: datetime,
        now: datetime,
    ) -> None:
        """Keep what was scanned."""
        assert scan.periods is not None  # noqa: S101 - a period was judged
        self.loaded, self.scan, self.says, self.settings, self.run = (
            loaded, scan, says, settings, run,
        )  # fmt: skip
        self.periods = scan.periods
        self.day, self.at, self.now = day, at, now
        self.by_key = {one.node.key: one for one in scan.judged}

    def follow(self, outcome: Outcome) -> list[Alert]:
        """Carry an outcome out; return the alerts that are new."""
        new = [self._raise(found, None) for found in outcome.raised]
        for found in outcome.risen:
            before = newest_alert(found.node.key)
            if before is None or not before.is_open:
                new.append(self._raise(found, before))
            else:
                let_rise(before, self._finding(found), at=self.at, now=self.now)
        for node in outcome.going_on:
            alert = newest_alert(node.key)
            if alert is not None:
                behind = self._behind(self.by_key[node.key])
                go_on(alert, self.periods.last, node.surprise, behind, at=self.at)
        self._note_quiet(outcome)
        return new

    def _note_quiet(self, outcome: Outcome) -> None:
        over = set(outcome.over)
        for one in outcome.standing:
            if not one.quiet or (one.open is False and one.key not in over):
                continue
            alert = newest_alert(one.key)
            if alert is None or alert.quiet == one.quiet:
                continue
            alert.quiet = one.quiet
            if one.key in over:
                calm_down(alert, at=self.at, now=self.now)
            else:
                alert.save(update_fields=["quiet"])

    def _raise(self, found: Explained, before: Alert | None) -> Alert:
        return raise_alert(
            self._finding(found, before),
            self.says,
            run=self.run,
            settings=self.settings,
            at=self.at,
            now=self.now,
        )

    def _finding(self, found: Explained, before: Alert | None = None) -> Finding:
        node, one = found.node, self.by_key[found.node.key]
        series, since = self._series(one)
        red = node.p <= self.says.red_alpha and one.measure != SILENCE
        return Finding(
            key=node.key,
            kind=_KINDS[one.measure],
            level=AlertLevel.RED if red else AlertLevel.AMBER,
            dimensions=".".join(one.dimensions) or "all",
            members=self._members(one),
            first=self.periods.last,
            last=self.periods.end,
            observed=int(node.observed),
            complaints=self._behind(one),
            since=since,
            step=self.periods.step,
            expected=node.expected,
            upper=node.upper,
            p=node.p,
            peak=node.surprise,
            parameters={
                "model": MODEL_VERSION,
                "alpha": one.alpha,
                "p_recent": node.p_local,
                "series_judged": len(self.scan.judged),
                "false_share": self.says.false_share,
                "least": self.says.least,
                "least_now": self.says.least_now,
                "settings": self.settings.version,
            },
            series=series,
            also=found.also,
            follows=before,
        )

    def _members(self, one: Judged) -> Mapping[str, Any]:
        known: dict[str, Any] = {}
        for name, code in zip(one.dimensions, one.members, strict=True):
            text = self.loaded.names[name][code]
            known[name] = int(text) if name in {"category", "site", "provider"} else text
        return known

    def _behind(self, one: Judged) -> list[int]:
        if one.measure == SILENCE:
            return []
        return complaints_behind(
            self._members(one),
            self.periods.last,
            self.periods.end,
            repeats=one.measure == REPEATS,
        )

    def _series(self, one: Judged) -> tuple[dict[str, Any], date]:
        """Return the series as it was seen, and since when it runs at another level."""
        step = self.periods.step
        length = self.periods.count
        shown, judged = min(CHART[step], length), min(JUDGED[step], length)
        dates = list(self.periods.dates)
        expected = np.zeros(judged)
        upper = np.zeros(judged)
        if one.measure != SILENCE:
            expected, upper = _past(one, dates, judged)
        since = dates[-judged:][since_when(one.counts[-judged:], expected)]
        series = {
            "dates": [day.isoformat() for day in dates[-shown:]],
            "counts": [int(count) for count in one.counts[-shown:]],
            "hidden": [int(count) for count in self._hidden(one)[-shown:]],
            "expected": [round(float(value), 2) for value in expected],
            "upper": [round(float(value), 2) for value in upper],
        }
        if one.totals is not None:
            series["totals"] = [int(total) for total in one.totals[-shown:]]
        return series, since

    @cached_property
    def cells(self) -> Cells:
        """Return what was known on the day."""
        return self.loaded.known(self.day)

    @cached_property
    def with_tree(self) -> Cells:
        """Return the same with categories counting for those above them."""
        return self.cells.with_ancestors("category", self.loaded.parents)

    def _hidden(self, one: Judged) -> Any:
        cells = self.with_tree if "category" in one.dimensions else self.cells
        inside = np.ones(len(cells.days), dtype=bool)
        for name, code in zip(one.dimensions, one.members, strict=True):
            inside &= cells.codes[name] == code
        return self.periods.sums(cells.only(inside).days, cells.only(inside).hidden)


def _past(one: Judged, dates: list[date], judged: int) -> tuple[Any, Any]:
    counts = one.counts[None, :]
    if one.totals is None:
        found = judge(counts, dates, last=judged)
        return found.expected[0], found.upper(one.alpha)[0]
    totals = one.totals[None, :]
    found = judge_rate(counts, totals, dates, last=judged)
    return found.expected[0], upper_rate(found, totals[:, -judged:], one.alpha)[0]


_KINDS = {
    "complaints": AlertKind.COMPLAINTS,
    "repeats": AlertKind.REPEATS,
    "rate": AlertKind.RATE,
    "silence": AlertKind.SILENCE,
}
