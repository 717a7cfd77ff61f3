"""Scanning: what is over is judged, what differs becomes an alert, what is calm again is told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic

from django.db import transaction
from django.utils import timezone

from accounts.services import system_user
from journal.origin import origin
from journal.services import record
from monitoring import events
from monitoring.models import Alert, ScanRun, WarningSettings
from monitoring.rules.cells import closed_periods
from monitoring.rules.levels import Explained
from monitoring.rules.scanning import LONGEST, Scan, scan_period
from monitoring.rules.series import DAY, WEEK
from monitoring.rules.watch_settings import WatchSettings
from monitoring.rules.watching import Outcome, settle
from monitoring.selectors.series_counts import Loaded, begin_of, load_counts
from monitoring.selectors.watching import (
    episodes_at,
    settings_in_force,
)
from monitoring.services.returning import follow_repeats
from monitoring.services.scan_desk import Desk, Plan
from monitoring.services.series import keep_series
from monitoring.services.warning_settings import ensure_settings
from monitoring.states import AlertState, Dismissal

STEPS = (WEEK, DAY)
CATCH_UP = 14  # days: what was missed for longer is looked through by hand (`--since`)
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
    # Everything is reckoned before anything is locked: on SQLite others wait for who writes.
    desk = Desk(loaded, scan, settings, day, at=at, now=now)
    plan = desk.plan(outcome)
    run = ScanRun(
        step=step,
        period=periods.last,
        settings=settings,
        at=now,
        series=scan.series,
        judged=len(scan.judged),
        raised=len(outcome.raised),
        milliseconds=int((monotonic() - began) * 1000),
    )
    alerts = _written(run, desk, plan, at=at)
    return Scanned(scan.series, len(scan.judged), outcome.raised, alerts)


@transaction.atomic
def _written(run: ScanRun, desk: Desk, plan: Plan, *, at: datetime) -> list[Alert]:
    """Write a scan down; of two that judged the same period at once, the second fails whole."""
    run.save(force_insert=True)
    alerts = desk.carry_out(plan, run)
    payload = {
        "step": run.step,
        "period": run.period.isoformat(),
        "series": run.series,
        "judged": run.judged,
        "raised": run.raised,
    }
    record(kind=events.SCANNED, subject=run, actor=system_user(), occurred_at=at, payload=payload)
    return alerts


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
