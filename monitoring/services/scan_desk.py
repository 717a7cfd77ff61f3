"""What a scan makes of its outcome: findings with their series, alerts that go on or calm down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np

from monitoring.models import Alert, ScanRun, WarningSettings
from monitoring.rules.cells import Cells
from monitoring.rules.changes import since_when
from monitoring.rules.judging import MODEL_VERSION, judge
from monitoring.rules.levels import Explained
from monitoring.rules.rates import judge_rate, upper_rate
from monitoring.rules.scanning import REPEATS, SILENCE, Judged, Scan
from monitoring.rules.series import DAY, WEEK
from monitoring.rules.watching import Outcome
from monitoring.selectors.series_counts import Loaded
from monitoring.selectors.watching import complaints_behind, newest_alert
from monitoring.services.raising import Finding, calm_down, go_on, let_rise, raise_alert
from monitoring.states import AlertKind, AlertLevel

CHART = {WEEK: 60, DAY: 90}  # periods an alert shows
JUDGED = {WEEK: 30, DAY: 35}  # of them so many with what was expected


@dataclass(frozen=True)
class Plan:
    """What a scan is about to write: findings, and the complaints that join what goes on."""

    outcome: Outcome
    findings: Mapping[str, Finding]
    joining: Mapping[str, Sequence[int]]


class Desk:
    """What one scan writes: reckoned first, carried out in one transaction."""

    def __init__(
        self,
        loaded: Loaded,
        scan: Scan,
        settings: WarningSettings,
        day: date,
        *,
        at: datetime,
        now: datetime,
    ) -> None:
        """Keep what was scanned."""
        assert scan.periods is not None  # noqa: S101 - a period was judged
        self.loaded, self.scan, self.settings = loaded, scan, settings
        self.says = settings.says
        self.periods = scan.periods
        self.day, self.at, self.now = day, at, now
        self.by_key = {one.node.key: one for one in scan.judged}

    def plan(self, outcome: Outcome) -> Plan:
        """Return what follows from an outcome; nothing is written."""
        told = [*outcome.raised, *outcome.risen]
        return Plan(
            outcome,
            {found.node.key: self._finding(found) for found in told},
            {node.key: self._behind(self.by_key[node.key]) for node in outcome.going_on},
        )

    def carry_out(self, plan: Plan, run: ScanRun) -> list[Alert]:
        """Write a plan down; return the alerts that are new."""
        outcome, findings = plan.outcome, plan.findings
        new = [self._raise(findings[found.node.key], run) for found in outcome.raised]
        for found in outcome.risen:
            before = newest_alert(found.node.key)
            finding = findings[found.node.key]
            if before is None or not before.is_open:
                new.append(self._raise(replace(finding, follows=before), run))
            else:
                let_rise(before, finding, at=self.at, now=self.now)
        for node in outcome.going_on:
            alert = newest_alert(node.key)
            if alert is not None:
                behind = plan.joining[node.key]
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

    def _raise(self, finding: Finding, run: ScanRun) -> Alert:
        return raise_alert(
            finding, self.says, run=run, settings=self.settings, at=self.at, now=self.now
        )

    def _finding(self, found: Explained) -> Finding:
        node, one = found.node, self.by_key[found.node.key]
        series, since = self._series(one)
        red = node.p <= self.says.red_alpha and one.measure != SILENCE
        return Finding(
            key=node.key,
            kind=AlertKind.DRIFT if one.drifted else _KINDS[one.measure],
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
                **({} if one.offset is None else {"exposure": one.offset.told}),
            },
            series=series,
            also=found.also,
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
            expected, upper = _past(one, dates, judged, drift=self.says.drift)
        since = dates[-judged:][since_when(one.counts[-judged:], expected)]
        counts = one.counts
        if one.offset is not None and one.offset.ratio is not None:  # told as it was seen
            counts = np.rint(counts / one.offset.ratio)
            expected = expected / one.offset.ratio[-judged:]
            upper = upper / one.offset.ratio[-judged:]
        series = {
            "dates": [day.isoformat() for day in dates[-shown:]],
            "counts": [int(count) for count in counts[-shown:]],
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


def _past(one: Judged, dates: list[date], judged: int, *, drift: bool) -> tuple[Any, Any]:
    counts = one.counts[None, :]
    if one.totals is None:
        found = judge(counts, dates, last=judged, drift=drift)
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
