"""When a clock ends. All walks go forward: a pause or a holiday can only move the end later."""

import calendar as months
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from compliance.rules.calendars import DAYS_OF_THE_WEEK, ONE_DAY, Span, WorkCalendar
from compliance.rules.clocks import (
    ClockSpec,
    Deadline,
    Pause,
    Roll,
    Step,
    StepCode,
    Unit,
    demand_aware,
)

_TICK = timedelta.resolution
_MONTHS_A_YEAR = 12
DaySpan = tuple[date, date]  # from, up to but not including


def deadline(
    spec: ClockSpec,
    start: datetime,
    calendar: WorkCalendar,
    pauses: Sequence[Pause] = (),
    now: datetime | None = None,
) -> Deadline:
    """Return when the clock that began at `start` ends, and why, step by step.

    The same call answers again after a change of unit, amount or priority: it always counts from
    the original start and leaves the pauses out. Raises ValueError for instants without a zone,
    ValueError or OverflowError for an end beyond the year 9999.
    """
    demand_aware(start, "start")
    spans = united(pauses, since=start, now=now) if pauses else []
    local = start.astimezone(calendar.zone)
    steps = [
        Step(StepCode.START, local, {"tz": calendar.tz}),
        Step(StepCode.ALLOWED, local, {"unit": spec.unit.value, "amount": spec.amount}),
    ]
    if spec.unit.runs_by_the_day:
        due_at, due_date = _by_days(spec, local.date(), calendar, spans, steps)
    else:
        due_at, due_date = _by_time(spec, start, calendar, spans, steps)
    if any(pause.end is None and (now is None or pause.start <= now) for pause in pauses):
        steps.append(Step(StepCode.PAUSE_RUNNING, local if now is None else now))
    code = StepCode.DUE_DAY if spec.unit.runs_by_the_day else StepCode.DUE_INSTANT
    steps.append(Step(code, due_date if spec.unit.runs_by_the_day else due_at))
    return Deadline(due_at, due_date, tuple(steps))


def united(pauses: Iterable[Pause], *, since: datetime, now: datetime | None = None) -> list[Span]:
    """Return the pauses as instants in UTC: clipped to the start, in order, overlaps joined."""
    begin = since.astimezone(UTC)
    spans: list[Span] = []
    for pause in sorted(pauses, key=lambda pause: pause.start.astimezone(UTC)):
        end = pause.end or now
        if end is None:
            continue
        first, last = max(pause.start.astimezone(UTC), begin), end.astimezone(UTC)
        if spans and first <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], last))
        elif first < last:
            spans.append((first, last))
    return spans


# --- days, weeks, months ---------------------------------------------------------------------


def _by_days(
    spec: ClockSpec, day0: date, calendar: WorkCalendar, spans: list[Span], steps: list[Step]
) -> tuple[datetime, date]:
    first = day0 if spec.day0_counts else day0 + ONE_DAY
    paused = _paused_days(spans, calendar)
    steps.append(_day0_step(spec, day0, calendar))
    if spec.unit is Unit.WORK_DAY:
        last = _count_work_days(spec.amount, first, calendar, paused, steps)
    else:
        last = _count_days(_length(spec, day0, first, steps), first, paused, steps)
    last = _rolled(spec.roll, last, calendar, steps)
    return _end_of(last, calendar), last


def _day0_step(spec: ClockSpec, day0: date, calendar: WorkCalendar) -> Step:
    if not spec.day0_counts:
        return Step(StepCode.DAY0_EXCLUDED, day0)
    if spec.unit is Unit.WORK_DAY and not calendar.is_workday(day0):
        return Step(StepCode.DAY0_DAY_OFF, day0)
    return Step(StepCode.DAY0_COUNTED, day0)


def _end_of(day: date, calendar: WorkCalendar) -> datetime:
    """Return 24:00 of a local day; by way of UTC, where a clock change leaves no midnight."""
    midnight = datetime.combine(day + ONE_DAY, time.min, calendar.zone)
    return midnight.astimezone(UTC).astimezone(calendar.zone)


def _paused_days(spans: list[Span], calendar: WorkCalendar) -> list[DaySpan]:
    """Return the local days each pause takes: from the day it starts, up to the day it ends."""
    days = [
        (a.astimezone(calendar.zone).date(), b.astimezone(calendar.zone).date()) for a, b in spans
    ]
    return [(a, b) for a, b in days if a < b]


def _length(spec: ClockSpec, day0: date, first: date, steps: list[Step]) -> int:
    """Return a clock of days, weeks or months as a number of days counted from `first`."""
    if spec.unit is Unit.CAL_DAY:
        return spec.amount
    if spec.unit is Unit.WEEK:
        return spec.amount * DAYS_OF_THE_WEEK
    year, month = divmod(day0.year * _MONTHS_A_YEAR + day0.month - 1 + spec.amount, _MONTHS_A_YEAR)
    wanted = day0.day - 1 if spec.day0_counts else day0.day
    if wanted == 0:  # a month that begins on the 1st, the 1st included, ends with its month
        last = date(year, month + 1, 1) - ONE_DAY
    else:
        last = date(year, month + 1, min(wanted, months.monthrange(year, month + 1)[1]))
        if last.day < wanted:
            steps.append(Step(StepCode.MONTH_END, last))
    return (last - first).days + 1


def _count_days(amount: int, first: date, paused: list[DaySpan], steps: list[Step]) -> date:
    last = first + (amount - 1) * ONE_DAY
    for start, end in paused:
        begin = max(start, first)
        if begin > last:
            break
        if begin < end:
            last += end - begin
            steps.append(_paused_step(begin, end, (end - begin).days))
    return last


def _paused_step(begin: date, end: date, days: int) -> Step:
    return Step(StepCode.PAUSED_DAYS, begin, {"until": end - ONE_DAY, "days": days})


@dataclass
class _Seen:
    """The days a walk met that need a word in the explanation."""

    off: list[date] = field(default_factory=list)
    makeup: list[date] = field(default_factory=list)
    pauses: list[Step] = field(default_factory=list)

    def steps(self, calendar: WorkCalendar) -> list[Step]:
        """Return weekly days off as one sum, the rest by date."""
        return sorted([*self._days(calendar), *self.pauses], key=lambda step: step.at)

    def _days(self, calendar: WorkCalendar) -> Iterator[Step]:
        holidays = [day for day in self.off if day in calendar.holidays]
        if len(holidays) < len(self.off):
            weekly = next(day for day in self.off if day not in calendar.holidays)
            yield Step(StepCode.DAYS_OFF, weekly, {"days": len(self.off) - len(holidays)})
        for begin, end in _runs(holidays):
            params: dict[str, Any] = {"until": end, "days": (end - begin).days + 1}
            yield Step(StepCode.HOLIDAYS, begin, params)
        for day in self.makeup:
            yield Step(StepCode.MAKEUP_DAY, day)


def _runs(days: list[date]) -> Iterator[DaySpan]:
    """Yield (first, last) of each run of consecutive days."""
    begin = end = None
    for day in days:
        if begin is not None and end is not None and day - end > ONE_DAY:
            yield begin, end
            begin = None
        begin, end = begin or day, day
    if begin is not None and end is not None:
        yield begin, end


def _count_work_days(
    amount: int, first: date, calendar: WorkCalendar, paused: list[DaySpan], steps: list[Step]
) -> date:
    seen, left, day = _Seen(), amount, first
    stops = iter(paused)
    begin, end = next(stops, (date.max, date.max))
    while True:
        while day >= end:
            begin, end = next(stops, (date.max, date.max))
        if day >= begin:
            lost = sum(map(calendar.is_workday, _days(day, end)))
            seen.pauses.append(_paused_step(day, end, lost))
            day = end
            continue
        if calendar.is_workday(day):
            if day in calendar.workdays:
                seen.makeup.append(day)
            left -= 1
            if left == 0:
                break
        else:
            seen.off.append(day)
        day += ONE_DAY
    steps.extend(seen.steps(calendar))
    return day


def _days(first: date, end: date) -> Iterator[date]:
    while first < end:
        yield first
        first += ONE_DAY


def _rolled(roll: Roll, last: date, calendar: WorkCalendar, steps: list[Step]) -> date:
    rolled = last
    if roll is Roll.NEXT_DAY_AFTER_HOLIDAY:
        while calendar.is_holiday(rolled):
            rolled += ONE_DAY
    elif roll is Roll.NEXT_WORK_DAY:
        while not calendar.is_workday(rolled):
            rolled += ONE_DAY
    if rolled != last:
        holiday = calendar.is_holiday(last)
        code = StepCode.ROLLED_HOLIDAY if holiday else StepCode.ROLLED_DAY_OFF
        steps.append(Step(code, rolled, {"origin": last}))
    return rolled


# --- hours and minutes -----------------------------------------------------------------------


def _by_time(
    spec: ClockSpec, start: datetime, calendar: WorkCalendar, spans: list[Span], steps: list[Step]
) -> tuple[datetime, date]:
    begin = start.astimezone(UTC)
    if spec.unit is Unit.BUSINESS_HOUR:
        due = _count_working_time(timedelta(hours=spec.amount), begin, calendar, spans, steps)
    else:
        minutes = spec.amount if spec.unit is Unit.MINUTE else 60 * spec.amount
        due = _count_time(timedelta(minutes=minutes), begin, spans)
    for first, last in spans:
        if first < due:
            length = int((last - first).total_seconds())
            params = {"until": last.astimezone(calendar.zone), "seconds": length}
            steps.append(Step(StepCode.PAUSED_TIME, first.astimezone(calendar.zone), params))
    if spec.roll is not Roll.NONE:
        steps.append(Step(StepCode.ROLL_NOT_FOR_HOURS, due.astimezone(calendar.zone)))
    # The bound is exclusive: what is due at midnight can last be met on the day before.
    return due.astimezone(calendar.zone), (due - _TICK).astimezone(calendar.zone).date()


def _count_time(left: timedelta, begin: datetime, spans: list[Span]) -> datetime:
    for first, last in spans:
        if first >= begin + left:
            break
        left -= first - begin
        begin = last
    return begin + left


def _count_working_time(
    left: timedelta, begin: datetime, calendar: WorkCalendar, spans: list[Span], steps: list[Step]
) -> datetime:
    seen, day, opened = _Seen(), begin.astimezone(calendar.zone).date(), False
    while True:
        working = [(max(a, begin), b) for a, b in calendar.spans_on(day) if b > begin]
        if working and not opened:
            opened = True
            if working[0][0] > begin:
                steps.append(Step(StepCode.OPENS, working[0][0].astimezone(calendar.zone)))
        for first, last in _without(working, spans):
            if last - first >= left:
                steps.extend(seen.steps(calendar))
                return first + left
            left -= last - first
        _note(day, calendar, seen)
        day += ONE_DAY


def _note(day: date, calendar: WorkCalendar, seen: _Seen) -> None:
    if not calendar.is_workday(day):
        seen.off.append(day)
    elif day in calendar.workdays:
        seen.makeup.append(day)


def _without(working: Iterable[Span], spans: list[Span]) -> Iterator[Span]:
    """Yield what is left of the working spans when the pauses are cut out."""
    for opened, closed in working:
        begin = opened
        for first, last in spans:
            if last <= begin:
                continue
            if first >= closed:
                break
            if begin < first:
                yield begin, first
            begin = last
        if begin < closed:
            yield begin, closed


# --- elapsed time ----------------------------------------------------------------------------


def net_seconds(start: datetime, end: datetime, pauses: Sequence[Pause] = ()) -> int:
    """Return the seconds between two instants less the pauses between them; never below 0."""
    whole = [(start.astimezone(UTC), end.astimezone(UTC))]
    return _seconds(_without(whole, united(pauses, since=start, now=end)))


def business_seconds(
    start: datetime, end: datetime, calendar: WorkCalendar, pauses: Sequence[Pause] = ()
) -> int:
    """Return the working time in seconds between two instants less the pauses; never below 0."""
    begin, until = start.astimezone(UTC), end.astimezone(UTC)
    first, last = (at.astimezone(calendar.zone).date() for at in (begin, until))
    working = (
        (max(a, begin), min(b, until))
        for day in _days(first, last + ONE_DAY)
        for a, b in calendar.spans_on(day)
    )
    return _seconds(_without(working, united(pauses, since=start, now=end)))


def _seconds(spans: Iterable[Span]) -> int:
    return int(sum((last - first for first, last in spans), timedelta()).total_seconds())
