"""Counting what is few and read whole: alerts and incidents, by the day on which they began."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, Protocol, TypeVar

from monitoring.rules.kpi import Part, Term
from monitoring.rules.quantiles import bucket_of


class Signal(Protocol):
    """A row that is counted on a local day."""

    @property
    def pk(self) -> int:
        """Return which row it is."""

    @property
    def day(self) -> date:
        """Return on which day it counts."""


R = TypeVar("R", bound=Signal)


@dataclass(frozen=True)
class SignalMeasure(Generic[R]):
    """Which rows a measure counts; `minutes` gives what is kept by value."""

    holds: Callable[[R], bool]
    minutes: Callable[[R], int | None] | None = None


class CountedSignals(Generic[R]):
    """Some rows; answers as rules.kpi.Counted asks."""

    def __init__(self, rows: Sequence[R], measures: Mapping[str, SignalMeasure[R]]) -> None:
        """Keep the rows, and by what they are counted."""
        self.rows, self.measures = rows, measures

    def among(self, part: Part) -> list[R]:
        """Return the rows that any of these terms counts."""
        return [row for row in self.rows if any(self._counts(term, row) for term in part)]

    def count(self, part: Part) -> int:
        """Return how many the terms make together."""
        return sum(term.sign * len(self.among((term,))) for term in part)

    def by_value(self, term: Term) -> Mapping[str, tuple[int, int]]:
        """Return how many rows there are for each bucket of minutes."""
        found: dict[str, tuple[int, int]] = {}
        minutes = self.measures[term.measure].minutes
        for row in self.among((term,)):
            value = None if minutes is None else minutes(row)
            if value is not None:
                bucket = str(bucket_of(value))
                found[bucket] = (found.get(bucket, (0, 0))[0] + 1, 0)
        return found

    def _counts(self, term: Term, row: R) -> bool:
        inside = (term.first is None or row.day >= term.first) and (
            term.after is None or row.day < term.after
        )
        return inside and self.measures[term.measure].holds(row)
