"""What is counted of alerts: ONE table, by which they are counted and found (K25)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from monitoring.rules.kpi import Part, Term
from monitoring.rules.quantiles import bucket_of


class AlertRow(NamedTuple):
    """One alert as it is counted, by the local day on which it was raised."""

    pk: int
    day: date
    decided: bool  # it led to an action, belongs to an incident, or was dismissed
    confirmed: bool  # one of the first two
    acknowledge_minutes: int | None
    close_minutes: int | None


@dataclass(frozen=True)
class AlertMeasure:
    """Which alerts a measure counts; `minutes` gives what is kept by value."""

    holds: Callable[[AlertRow], bool]
    minutes: Callable[[AlertRow], int | None] | None = None


MEASURES: Mapping[str, AlertMeasure] = {
    "alerts": AlertMeasure(lambda _row: True),
    "alerts_decided": AlertMeasure(lambda row: row.decided),
    "alerts_confirmed": AlertMeasure(lambda row: row.confirmed),
    "alerts_undecided": AlertMeasure(lambda row: not row.decided),
    "alerts_unacknowledged": AlertMeasure(lambda row: row.acknowledge_minutes is None),
    "alerts_unended": AlertMeasure(lambda row: row.close_minutes is None),
    "alert_acknowledge_time": AlertMeasure(
        lambda row: row.acknowledge_minutes is not None, lambda row: row.acknowledge_minutes
    ),
    "alert_close_time": AlertMeasure(
        lambda row: row.close_minutes is not None, lambda row: row.close_minutes
    ),
}


class CountedAlerts:
    """Some alerts; answers as rules.kpi.Counted asks."""

    def __init__(self, rows: Sequence[AlertRow]) -> None:
        """Keep the rows."""
        self.rows = rows

    def among(self, part: Part) -> list[AlertRow]:
        """Return the alerts that any of these terms counts."""
        return [row for row in self.rows if any(_counts(term, row) for term in part)]

    def count(self, part: Part) -> int:
        """Return how many the terms make together."""
        return sum(term.sign * len(self.among((term,))) for term in part)

    def by_value(self, term: Term) -> Mapping[str, tuple[int, int]]:
        """Return how many alerts there are for each bucket of minutes."""
        found: dict[str, tuple[int, int]] = {}
        minutes = MEASURES[term.measure].minutes
        for row in self.among((term,)):
            value = None if minutes is None else minutes(row)
            if value is not None:
                bucket = str(bucket_of(value))
                found[bucket] = (found.get(bucket, (0, 0))[0] + 1, 0)
        return found


def _counts(term: Term, row: AlertRow) -> bool:
    inside = (term.first is None or row.day >= term.first) and (
        term.after is None or row.day < term.after
    )
    return inside and MEASURES[term.measure].holds(row)
