"""The arithmetic of time limits. Pure: no database, no clock, no settings."""

from compliance.rules.calendars import WEEKDAYS, WorkCalendar
from compliance.rules.clocks import (
    MAX_AMOUNT,
    ClockSpec,
    Deadline,
    Pause,
    Roll,
    Step,
    StepCode,
    Unit,
)
from compliance.rules.deadlines import business_seconds, deadline, net_seconds, united

__all__ = [
    "MAX_AMOUNT",
    "WEEKDAYS",
    "ClockSpec",
    "Deadline",
    "Pause",
    "Roll",
    "Step",
    "StepCode",
    "Unit",
    "WorkCalendar",
    "business_seconds",
    "deadline",
    "net_seconds",
    "united",
]
