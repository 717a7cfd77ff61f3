"""What is watched, and how surprising it must be: the content of the warning settings, validated.

Stored as JSON with each version. A wrong value is refused with the path of the field at fault.
"""

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Dimension = Literal["category", "product", "site", "channel", "provider"]
DIMENSIONS: tuple[Dimension, ...] = ("category", "product", "site", "channel", "provider")
MOST_SETS = 20


class Part(BaseModel):
    """Unknown names are faults, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DimensionSet(Part):
    """One way to divide complaints into series; no dimension at all is the whole."""

    dimensions: tuple[Dimension, ...] = ()
    weekly: bool = True
    daily: bool = False
    repeats: bool = False  # also the share of repeats among its complaints
    rate: bool = False  # also complaints for each customer, order or unit, where that is known
    silence: bool = False  # also whether it has fallen silent

    @property
    def code(self) -> str:
        """Return the dimensions as one word; `all` for none."""
        return ".".join(self.dimensions) or "all"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        ordered = tuple(name for name in DIMENSIONS if name in self.dimensions)
        if ordered != self.dimensions:
            raise ValueError("dimensions_order")
        return self


class WatchSettings(Part):
    """Which series are watched and when they deserve an alarm (docs/early-warning.md)."""

    sets: tuple[DimensionSet, ...] = Field(min_length=1, max_length=MOST_SETS)
    alpha: float = Field(default=0.01, gt=0, le=0.05)
    rate_alpha: float = Field(default=0.01, gt=0, le=0.05)
    red_alpha: float = Field(default=0.001, gt=0, le=0.05)
    false_share: float = Field(default=0.10, gt=0, le=0.5)
    drift: bool = True  # also what creeps up slowly, week by week
    least: int = Field(default=5, ge=2, le=1000)
    least_now: int = Field(default=3, ge=1, le=1000)  # in the period itself
    silence_days: int = Field(default=7, ge=0, le=90)  # after an alarm, unless it rises
    repeats: int = Field(default=3, ge=2, le=100)
    repeat_days: int = Field(default=30, ge=1, le=365)
    repeats_safety: int = Field(default=2, ge=2, le=100)
    safety_days: int = Field(default=90, ge=1, le=365)
    due_days: int = Field(default=2, ge=1, le=30)  # working days until somebody has to have it
    effect_weeks: int = Field(default=6, ge=2, le=52)
    calendar: str = Field(default="CN", min_length=1, max_length=40)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        codes = [one.code for one in self.sets]
        if len(set(codes)) != len(codes):
            raise ValueError("set_twice")
        if self.red_alpha > self.alpha:
            raise ValueError("red_above_amber")
        return self


def default_settings() -> WatchSettings:
    """Return what is watched until somebody decides otherwise."""
    return WatchSettings(
        sets=(
            DimensionSet(dimensions=(), daily=True, repeats=True),
            DimensionSet(dimensions=("category",), daily=True, repeats=True),
            DimensionSet(dimensions=("product",), daily=True, repeats=True, rate=True),
            DimensionSet(dimensions=("site",), daily=True, rate=True, silence=True),
            DimensionSet(dimensions=("channel",), silence=True),
            DimensionSet(dimensions=("provider",), silence=True),
            DimensionSet(dimensions=("category", "product")),
            DimensionSet(dimensions=("category", "site")),
            DimensionSet(dimensions=("product", "site")),
        )
    )


def read_settings(content: Any) -> WatchSettings:
    """Return validated content. Raises pydantic's ValidationError."""
    return WatchSettings.model_validate(content)


def faults_of(error: ValidationError) -> Sequence[tuple[str, str]]:
    """Return each fault as the path of the field and a code."""
    found = []
    for fault in error.errors(include_url=False):
        told = fault.get("ctx", {}).get("error")
        path = ".".join(str(part) for part in fault["loc"])
        found.append((path, str(told) if told else fault["type"]))
    return found
