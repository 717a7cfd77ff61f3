"""The arithmetic of the scorecard (domain brief 3.3): points, score, gates, bands, plans.

    points = clamp((actual - floor) / (target - floor), 0, 1) x 100
    score  = sum(weight x points) / sum(weight), over the measures that apply

Shares are exact fractions: a band is never missed by the last digit of a float.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

FULL = 100
MONTHS_A_QUARTER = 3
_HUNDREDTH = Decimal("0.01")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Strict):
    """A text in both languages."""

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)

    def of(self, language: str) -> str:
        """Return it in a language."""
        return self.zh if language.startswith("zh") else self.en


class Measure(_Strict):
    """What is measured: its weight, from where points begin (floor), where they are full (target).

    Both are per cent of what is counted, or of the scale.
    """

    code: str
    names: Words
    how: Words
    weight: int = Field(ge=1, le=FULL)
    floor: int = Field(ge=0, le=FULL)
    target: int = Field(ge=0, le=FULL)
    minutes: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.floor >= self.target:
            raise PydanticCustomError("floor", "the target lies above the floor")
        return self


class Scheme(_Strict):
    """A scorecard in one edition: its measures, its bands, and how few complaints say nothing."""

    edition: str
    measures: tuple[Measure, ...]
    bands: Mapping[Literal["A", "B", "C"], int]
    fewest: int = Field(ge=1)
    plan_days: int = Field(ge=1)

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        codes = [measure.code for measure in self.measures]
        if len(set(codes)) != len(codes) or not codes:
            raise PydanticCustomError("measures", "each measure once")
        if not self.bands["A"] > self.bands["B"] > self.bands["C"] > 0:
            raise PydanticCustomError("bands", "bands fall from A to C")
        return self

    def measure(self, code: str) -> Measure | None:
        """Return a measure, or None where the scheme does not know it."""
        return next((one for one in self.measures if one.code == code), None)


@dataclass(frozen=True)
class Count:
    """What was counted: `part` of `whole`; nothing to count means that the measure does not apply.

    For a mark on a scale, `part` is the sum of the marks and `whole` the most they could be.
    """

    part: int
    whole: int

    @property
    def actual(self) -> Fraction | None:
        """Return the share in per cent, or None where there was nothing to count."""
        return Fraction(self.part * FULL, self.whole) if self.whole > 0 else None


@dataclass(frozen=True)
class Scored:
    """One measure with what was counted and the points it gives; None where it does not apply."""

    measure: Measure
    count: Count
    points: Fraction | None


@dataclass(frozen=True)
class Scorecard:
    """The result: a band, unless the complaints are too few to say anything."""

    measures: Sequence[Scored]
    complaints: int
    gates: Sequence[str]
    score: Fraction | None
    band: str  # A to D; empty: insufficient data

    @property
    def shown_score(self) -> Decimal | None:
        """Return the score to a hundredth, halves up."""
        return None if self.score is None else rounded(self.score)


def rounded(value: Fraction) -> Decimal:
    """Return a fraction to a hundredth, halves up."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(_HUNDREDTH, ROUND_HALF_UP)


def points_of(actual: Fraction | None, measure: Measure) -> Fraction | None:
    """Return the points of a measure, 0 to 100; None where it does not apply."""
    if actual is None:
        return None
    share = (actual - measure.floor) / (measure.target - measure.floor)
    return min(max(share, Fraction(0)), Fraction(1)) * FULL


def score_of(scored: Iterable[Scored]) -> Fraction | None:
    """Return the weighted score over the measures that apply; None where none does."""
    applying = [(one.measure.weight, one.points) for one in scored if one.points is not None]
    if not applying:
        return None
    total = sum((weight * points for weight, points in applying), Fraction(0))
    return total / sum(weight for weight, _points in applying)


def band_of(score: Fraction, scheme: Scheme) -> str:
    """Return the band that a score falls into; a band's own bound belongs to it."""
    for band in ("A", "B", "C"):
        if score >= scheme.bands[band]:
            return band
    return "D"


def scorecard(
    scheme: Scheme, counts: Mapping[str, Count], *, complaints: int, gates: Collection[str]
) -> Scorecard:
    """Return the scorecard of a period.

    A gate (an emergency that was not passed on, personal data disclosed) makes it D whatever the
    score and however few the complaints: one is enough. Otherwise too few say nothing.
    """
    scored = [
        Scored(measure, count, points_of(count.actual, measure))
        for measure in scheme.measures
        for count in [counts.get(measure.code, Count(0, 0))]
    ]
    score = score_of(scored)
    if gates:
        band = "D"
    elif complaints < scheme.fewest or score is None:
        band = ""
    else:
        band = band_of(score, scheme)
    return Scorecard(scored, complaints, sorted(gates), score, band)


def asks_for_plan(bands: Sequence[str]) -> int:
    """Return how many of the last quarters, oldest first, ask for an improvement plan; 0: none do.

    One D or two C in a row. Quarters without enough data neither help nor harm.
    """
    rated = [band for band in bands if band]
    if rated[-1:] == ["D"]:
        return 1
    if rated[-2:] == ["C", "C"]:
        return 2
    return 0


# --- quarters ------------------------------------------------------------------------------------


def quarter_of(day: date) -> str:
    """Return the quarter a day lies in: 2026Q3."""
    return f"{day.year}Q{(day.month - 1) // MONTHS_A_QUARTER + 1}"


def is_quarter(text: str) -> bool:
    """Return whether a text names a quarter of this century: 2026Q3."""
    return re.fullmatch(r"20[0-9]{2}Q[1-4]", text) is not None


def days_of(quarter: str) -> tuple[date, date]:
    """Return the first day of a quarter, and the first day after it. Raises ValueError."""
    year, _q, number = quarter.partition("Q")
    first = date(int(year), (int(number) - 1) * MONTHS_A_QUARTER + 1, 1)
    if number not in {"1", "2", "3", "4"}:
        raise ValueError(quarter)
    last = first.month + MONTHS_A_QUARTER
    months = 12
    return first, date(first.year + (last > months), (last - 1) % months + 1, 1)


def quarter_before(quarter: str) -> str:
    """Return the quarter before."""
    first, _after = days_of(quarter)
    year, number = first.year, (first.month - 1) // MONTHS_A_QUARTER
    return f"{year}Q{number}" if number else f"{year - 1}Q4"
