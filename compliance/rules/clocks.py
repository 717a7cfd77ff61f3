"""What a time limit is made of: its unit, its amount, its pauses, and the answer with its steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self, TypeVar

E = TypeVar("E", bound=StrEnum)
MAX_AMOUNT = 100_000


class Unit(StrEnum):
    """What a clock counts."""

    MINUTE = "minute"
    HOUR = "hour"
    BUSINESS_HOUR = "business_hour"
    WORK_DAY = "work_day"
    CAL_DAY = "cal_day"
    WEEK = "week"
    MONTH = "month"

    @property
    def runs_by_the_day(self) -> bool:
        """Return whether the clock counts whole local days (and so ends at 24:00)."""
        return self in _DAY_UNITS


_DAY_UNITS = frozenset({Unit.WORK_DAY, Unit.CAL_DAY, Unit.WEEK, Unit.MONTH})


class Roll(StrEnum):
    """What happens when the last day is a day off. Clocks of hours or minutes never roll."""

    NONE = "none"
    NEXT_DAY_AFTER_HOLIDAY = "next_day_after_holiday"
    NEXT_WORK_DAY = "next_work_day"


@dataclass(frozen=True)
class ClockSpec:
    """A time limit: so many of a unit, whether the first day counts, and how the last day rolls.

    `day0_counts` and `roll` matter to days, weeks and months only: hours run from the instant.
    """

    unit: Unit
    amount: int
    day0_counts: bool = False
    roll: Roll = Roll.NONE

    def __post_init__(self) -> None:
        """Refuse amounts that no clock can have. Raises ValueError."""
        object.__setattr__(self, "unit", Unit(self.unit))
        object.__setattr__(self, "roll", Roll(self.roll))
        if isinstance(self.amount, bool) or not isinstance(self.amount, int):
            raise ValueError("amount: must be a whole number")
        if not 1 <= self.amount <= MAX_AMOUNT:
            raise ValueError(f"amount: must lie between 1 and {MAX_AMOUNT}")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from plain data. Raises ValueError that names the field at fault."""
        unknown = set(data) - {"unit", "amount", "day0_counts", "roll"}
        if unknown:
            raise ValueError(f"{min(unknown)}: unknown field")
        for name in ("unit", "amount"):
            if name not in data:
                raise ValueError(f"{name}: missing")
        return cls(
            unit=_member(Unit, "unit", data["unit"]),
            amount=data["amount"],
            day0_counts=bool(data.get("day0_counts", False)),
            roll=_member(Roll, "roll", data.get("roll", Roll.NONE)),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data that `from_dict` and JSON understand."""
        return {
            "unit": self.unit.value,
            "amount": self.amount,
            "day0_counts": self.day0_counts,
            "roll": self.roll.value,
        }


def _member(kind: type[E], name: str, value: Any) -> E:
    try:
        return kind(value)
    except ValueError:
        choices = ", ".join(kind)
        raise ValueError(f"{name}: must be one of {choices}") from None


@dataclass(frozen=True)
class Pause:
    """A lawful stop of a clock, from `start` up to `end`; None means that it still runs.

    A running pause counts as ended at the `now` handed to `deadline`; without a `now` it is left
    out of the sum.
    """

    start: datetime
    end: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse instants without a zone and ends before starts. Raises ValueError."""
        demand_aware(self.start, "pause")
        if self.end is not None:
            demand_aware(self.end, "pause")
            if self.end < self.start:
                raise ValueError("pause: ends before it starts")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an explanation: a machine code, where it stands in time, and its figures.

    The codes are the members of StepCode; compliance.selectors turns them into sentences.
    """

    code: str
    at: datetime | date
    params: dict[str, Any] = field(default_factory=dict)


class StepCode(StrEnum):
    """Every code a Step may carry, with its parameters."""

    START = "start"  # at: the local instant
    ALLOWED = "allowed"  # at: the local instant; unit, amount
    DAY0_EXCLUDED = "day0_excluded"  # at: the first day
    DAY0_COUNTED = "day0_counted"
    DAY0_DAY_OFF = "day0_day_off"  # the first day would count but is no working day
    OPENS = "opens"  # at: when working time begins after a start outside it
    DAYS_OFF = "days_off"  # weekly days off; days
    HOLIDAYS = "holidays"  # at: first day; until: last day; days
    MAKEUP_DAY = "makeup_day"  # a working day that makes up for a holiday
    MONTH_END = "month_end"  # the month has no such day: its last day was taken
    PAUSED_DAYS = "paused_days"  # at: first day; until: last day; days added
    PAUSED_TIME = "paused_time"  # at: instant; until: instant; seconds of the pause
    PAUSE_RUNNING = "pause_running"  # a pause has not ended yet
    ROLLED_HOLIDAY = "rolled_holiday"  # at: new last day; origin: the old one
    ROLLED_DAY_OFF = "rolled_day_off"
    ROLL_NOT_FOR_HOURS = "roll_not_for_hours"
    DUE_DAY = "due_day"  # at: the last day on which it is met
    DUE_INSTANT = "due_instant"  # at: the instant before which it is met


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a clock.

    `due_at` is an exclusive bound: the clock is met by what happens before it. For days it is
    24:00 local time, that is midnight after `due_date`; for hours the exact instant. `due_date` is
    the last local day on which the clock can be met.
    """

    due_at: datetime
    due_date: date
    steps: tuple[Step, ...]

    def is_met_by(self, event: datetime) -> bool:
        """Return whether something at this instant is in time."""
        return event < self.due_at


def demand_aware(at: datetime, name: str) -> None:
    """Refuse an instant without a zone. Raises ValueError."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError(f"{name}: an instant needs its time zone")
