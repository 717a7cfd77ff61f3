"""What a figure is: which measures over which days, and what is made of the counts.

A figure names its terms before anything is counted. So all figures of a page are counted together,
and the complaints behind a figure are those that its terms name.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from monitoring.rules.exposure import Exposed
from monitoring.rules.intervals import FEW, half_up, wilson
from monitoring.rules.quantiles import median, of_counts, value_of

DAY = timedelta(days=1)
NINETY = Fraction(9, 10)
THOUSAND = 1000
_SPANS = 16


class Basis(StrEnum):
    """By which of its days a complaint belongs to a period."""

    RECEIVED = "R"
    DUE = "D"
    CLOSED = "C"
    SNAPSHOT = "S"
    EVENT = "E"


class Unit(StrEnum):
    """What a value is."""

    COUNT = "count"
    PERCENT = "percent"
    DAYS = "days"
    MINUTES = "minutes"
    MONEY = "money"
    PER_THOUSAND = "per_thousand"


class Of(StrEnum):
    """What a figure counts, and opens."""

    COMPLAINTS = "complaints"
    ALERTS = "alerts"
    INCIDENTS = "incidents"


@dataclass(frozen=True)
class Span:
    """Local days from `first` up to but not including `after`, seen on the day `today`."""

    first: date
    after: date
    today: date

    @property
    def over(self) -> date:
        """Return the day after the last one that has begun."""
        return min(self.after, self.today + DAY)

    def before(self) -> "Span":
        """Return the span before this one, of as many days as have begun of this one."""
        length = self.after - self.first
        begun = max(self.over - self.first, DAY)
        first = self.first - length
        return Span(first, first + min(begun, length), self.today)


class Term(NamedTuple):
    """A measure over days; None is without a bound. `sign` −1 takes away."""

    measure: str
    first: date | None
    after: date | None
    sign: int = 1


Part = tuple[Term, ...]


@dataclass(frozen=True)
class Shape:
    """The terms of a figure: what is counted, of how many, and what was left out and why.

    `by` names a measure that is kept by value (times) or by currency (money): the figure is its
    median, or its sums. `bands` are counted apart, in order. What is `exposed` is set against
    customers, orders or units, which are no complaints.
    """

    numerator: Part
    denominator: Part | None = None
    excluded: Mapping[str, Part] = field(default_factory=dict)
    by: Term | None = None
    bands: Mapping[str, Part] = field(default_factory=dict)
    open_at: date | None = None  # what is behind it: open when this day began
    exposed: bool = False

    def terms(self) -> Iterable[Term]:
        """Yield everything that is to be counted."""
        yield from self.numerator
        yield from self.denominator or ()
        for part in (*self.excluded.values(), *self.bands.values()):
            yield from part
        if self.by is not None:
            yield self.by


class Counted(Protocol):
    """What was counted."""

    def count(self, part: Part) -> int:
        """Return how many the terms make together."""

    def by_value(self, term: Term) -> Mapping[str, tuple[int, int]]:
        """Return how many, and how much, for each value of a measure that is kept by value."""


@dataclass(frozen=True)
class Kpi:
    """One line of the catalogue (monitoring/kpis.py). Words are lazy translations."""

    code: str
    name: Any
    says: Any
    formula: Any
    basis: Basis
    unit: Unit
    shape: Callable[[Span], Shape]
    source: Any
    every: Any
    owner: str  # a role
    better: int = 0  # 1: more is better, -1: less
    pairs: tuple[str, ...] = ()  # shown together, so that a target cannot be gamed
    version: int = 1
    kept: bool = False  # an interval says how sure the share is
    of: Of = Of.COMPLAINTS
    several: bool = False  # a complaint may count several times

    def __post_init__(self) -> None:
        """Remember the shapes of the spans asked for last: a board asks for the same all day."""
        object.__setattr__(self, "shape", lru_cache(maxsize=_SPANS)(self.shape))


@dataclass(frozen=True)
class Result:
    """A figure with all that it takes to judge it. `value` is exact; rounding is for display.

    The denominator of a rate is its exposure in whole numbers; `exposed` has it exactly.
    """

    kpi: Kpi
    span: Span
    numerator: int
    denominator: int | None
    value: Fraction | None
    excluded: Mapping[str, int]
    low: Fraction | None = None
    high: Fraction | None = None
    p90: int | None = None
    most: int | None = None
    bands: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[str, Fraction] = field(default_factory=dict)  # by currency
    exposed: Exposed | None = None

    @property
    def small_n(self) -> bool:
        """Return whether it rests on so few that it says little."""
        return self.denominator is not None and self.denominator < FEW

    @property
    def basis(self) -> Basis:
        """Return by which day it counts."""
        return self.kpi.basis

    @property
    def definition_version(self) -> int:
        """Return which edition of the definition it was made by."""
        return self.kpi.version


def result_of(
    kpi: Kpi, span: Span, shape: Shape, counts: Counted, exposed: Exposed | None = None
) -> Result:
    """Return a figure from what was counted; no value, and neither 0 nor 100, of nothing."""
    excluded = {reason: counts.count(part) for reason, part in shape.excluded.items()}
    numerator = counts.count(shape.numerator)
    denominator = None if shape.denominator is None else counts.count(shape.denominator)
    bands = {name: counts.count(part) for name, part in shape.bands.items()}
    found: dict[str, Any] = {
        "kpi": kpi,
        "span": span,
        "numerator": numerator,
        "denominator": denominator,
        "excluded": {reason: count for reason, count in excluded.items() if count},
        "bands": bands,
    }
    if shape.by is not None:
        return _by_value(found, kpi, counts.by_value(shape.by))
    if shape.exposed:
        return _rate(found, exposed or Exposed())
    if denominator is None:
        return Result(value=Fraction(numerator), **found)
    if denominator <= 0:
        return Result(value=None, **found)
    interval = wilson(numerator, denominator) if kpi.kept else None
    low, high = (Fraction(end) * 100 for end in interval) if interval else (None, None)
    return Result(value=Fraction(100 * numerator, denominator), low=low, high=high, **found)


def _rate(found: dict[str, Any], exposed: Exposed) -> Result:
    """Return a rate per thousand; none where the exposure of any month is not known."""
    if not exposed.amount:
        return Result(value=None, exposed=exposed, **found)
    found["denominator"] = int(half_up(exposed.amount, 0))
    value = THOUSAND * found["numerator"] / exposed.amount
    return Result(value=value, exposed=exposed, **found)


def _by_value(found: dict[str, Any], kpi: Kpi, values: Mapping[str, tuple[int, int]]) -> Result:
    if kpi.unit == Unit.MONEY:
        sums = {name: Fraction(total, 100) for name, (n, total) in values.items() if n}
        found["numerator"] = sum(n for n, _ in values.values())
        if found["denominator"] is not None:
            whole = found["denominator"]
            sums = {name: total / whole for name, total in sums.items()} if whole else {}
        only = next(iter(sums.values())) if len(sums) == 1 else None
        return Result(value=only, sums=sums, **found)
    counts = {value_of(int(bucket)): n for bucket, (n, _) in values.items() if n}
    found["numerator"] = found["denominator"] = sum(counts.values())
    most = max(counts, default=None)
    return Result(value=median(counts), p90=of_counts(counts, NINETY), most=most, **found)
