"""When work is done: weekly windows, holidays, and the working days that make up for them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Self
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
DAYS_OF_THE_WEEK = 7

Window = tuple[time, time]
Week = tuple[tuple[Window, ...], ...]
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class WorkCalendar:
    """A working calendar in its own time zone.

    `windows` holds the working hours of Monday to Sunday, each a tuple of (from, to); a `to` of
    00:00 is midnight at the end of the day. `holidays` are days off by decree, bridge days
    included, `statutory` those of them that are holidays by law; `workdays` are working days that
    the week would have off. A day in both is off. `revision` says which edition of the table this
    is, so that what was reckoned with it can be explained after the table has changed.
    """

    code: str
    tz: str
    windows: Week
    workdays: frozenset[date] = frozenset()
    holidays: frozenset[date] = frozenset()
    statutory: frozenset[date] = frozenset()
    revision: int = 0

    def __post_init__(self) -> None:
        """Refuse weeks in which nobody works and windows that end before they begin."""
        if len(self.windows) != DAYS_OF_THE_WEEK:
            raise ValueError("windows: must name all seven days of the week")
        if not any(self.windows):
            raise ValueError("windows: at least one day of the week must be a working day")
        for windows in self.windows:
            _demand_order(windows)

    @cached_property
    def zone(self) -> ZoneInfo:
        """Return the time zone."""
        return ZoneInfo(self.tz)

    def in_zone(self, tz: str) -> Self:
        """Return the same calendar read on another zone's clocks."""
        return self if tz == self.tz else replace(self, tz=tz)

    def is_workday(self, day: date) -> bool:
        """Return whether work is done on this day."""
        if day in self.holidays:
            return False
        return bool(self.windows[day.weekday()]) or day in self.workdays

    def is_holiday(self, day: date) -> bool:
        """Return whether the day is off by decree; a plain weekend is not."""
        return day in self.holidays

    def windows_on(self, day: date) -> tuple[Window, ...]:
        """Return the day's working hours; a make-up day without its own has Monday's."""
        if not self.is_workday(day):
            return ()
        return self.windows[day.weekday()] or self.windows[0] or next(filter(None, self.windows))

    def spans_on(self, day: date) -> Iterator[Span]:
        """Yield the day's working hours as instants in UTC, less what a clock change swallows."""
        for begin, end in self.windows_on(day):
            last = day + ONE_DAY if end == time.min else day
            opened = datetime.combine(day, begin, self.zone).astimezone(UTC)
            closed = datetime.combine(last, end, self.zone).astimezone(UTC)
            if opened < closed:
                yield opened, closed


def _demand_order(windows: tuple[Window, ...]) -> None:
    previous = time.min
    for begin, end in windows:
        if begin < previous or begin >= (end if end != time.min else time.max):
            raise ValueError("windows: must follow each other and end after they begin")
        previous = end if end != time.min else time.max


def week_from_json(data: Any) -> Week:
    """Read seven lists of ["HH:MM", "HH:MM"]. Raises ValueError for anything else."""
    if not isinstance(data, Sequence) or isinstance(data, str) or len(data) != DAYS_OF_THE_WEEK:
        raise ValueError("windows: must name all seven days of the week")
    return tuple(tuple(_window(window) for window in windows) for windows in data)


def week_to_json(week: Week) -> list[list[list[str]]]:
    """Return the week as `week_from_json` reads it."""
    return [[[f"{a:%H:%M}", f"{b:%H:%M}"] for a, b in windows] for windows in week]


def _window(window: Any) -> Window:
    try:
        begin, end = window
        return time.fromisoformat(begin), time.min if end == "24:00" else time.fromisoformat(end)
    except (TypeError, ValueError):
        raise ValueError(f"windows: {window!r} is not a span like 09:00-17:00") from None


OFFICE_HOURS: tuple[Window, ...] = ((time(9), time(17)),)
WEEKDAYS = WorkCalendar(code="weekdays", tz="UTC", windows=(OFFICE_HOURS,) * 5 + ((),) * 2)
