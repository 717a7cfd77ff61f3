"""The reckoning of a complaint's clocks: which there are, when they end, what a pause adds."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from django.conf import settings

from complaints.models import Category, Clock, Complaint, Pause
from complaints.rules.policy import ROUND_THE_CLOCK, ClockDef, PolicyContent
from complaints.states import Stage
from compliance.rules import ClockSpec, Deadline, Unit, WorkCalendar, deadline
from compliance.rules import Pause as PauseSpan
from compliance.selectors.calendars import load_calendar

WARNINGS = (50, 75, 90, 100)


def calendar_for(code: str, revision: int | None = None) -> WorkCalendar:
    """Return the calendar a clock counts by; 24x7 has no days off and the organisation's zone."""
    if code == ROUND_THE_CLOCK:
        return _round_the_clock(settings.TIME_ZONE)
    return load_calendar(code, revision)


@lru_cache(maxsize=4)
def _round_the_clock(zone: str) -> WorkCalendar:
    return WorkCalendar(ROUND_THE_CLOCK, zone, (((time.min, time.min),),) * 7)


def spans(
    pauses: Iterable[Pause], reasons: Sequence[str], *, until: datetime | None = None
) -> list[PauseSpan]:
    """Return the pauses that a clock with these reasons may use, up to where it stopped."""
    usable = [(p.started_at, p.ended_at) for p in pauses if p.reason in reasons]
    if until is not None:
        usable = [(start, min(end or until, until)) for start, end in usable if start < until]
    return [PauseSpan(start, end) for start, end in usable]


def explain(clock: Clock, *, now: datetime) -> Deadline:
    """Work the clock's due date out again, with its steps, by the calendar as it was then."""
    pauses = clock.complaint.pauses.all()
    return deadline(
        ClockSpec.from_dict(clock.spec),
        clock.started_at,
        calendar_for(clock.calendar, clock.calendar_revision or None),
        spans(pauses, clock.pause_reasons, until=clock.stopped_at),
        now=now,
    )


def wanted_clocks(
    complaint: Complaint, stages: Iterable[str], says: PolicyContent
) -> list[ClockDef]:
    """Return the clocks that the policy asks for in these stages of this complaint."""
    path = category_path(complaint.category)
    return [
        definition
        for stage in stages
        for definition in says.clocks_for(
            stage=stage, priority=complaint.priority, channel=complaint.channel, categories=path
        )
    ]


def calendars_of(definitions: Iterable[ClockDef]) -> dict[str, WorkCalendar]:
    """Return the calendars these clocks count by, each asked for once."""
    return {code: calendar_for(code) for code in {item.calendar for item in definitions}}


def new_clock(
    complaint: Complaint, definition: ClockDef, started_at: datetime, calendar: WorkCalendar
) -> Clock:
    """Return an unsaved clock of a complaint, its due date worked out."""
    spec = ClockSpec(definition.unit, definition.amount, definition.day0_counts, definition.roll)
    found = deadline(spec, started_at, calendar)
    clock = Clock(
        complaint=complaint,
        cycle=complaint.cycle,
        code=definition.code,
        stage=definition.stage,
        hard=definition.hard,
        spec=spec.to_dict(),
        calendar=definition.calendar,
        calendar_revision=calendar.revision,
        pause_reasons=list(definition.pause_reasons),
        started_at=started_at,
        due_at=found.due_at,
        due_date=found.due_date,
        promised_at=found.due_at,
    )
    clock.next_event_at = next_event(clock)
    return clock


def new_clocks(
    complaint: Complaint, *, stages: Sequence[Stage], started_at: datetime, says: PolicyContent
) -> list[Clock]:
    """Return the clocks of these stages that the complaint's policy asks for, unsaved."""
    wanted = wanted_clocks(complaint, stages, says)
    calendars = calendars_of(wanted)
    return [
        new_clock(complaint, definition, started_at, calendars[definition.calendar])
        for definition in wanted
    ]


def next_event(clock: Clock) -> datetime | None:
    """Return when the next warning or the breach of a running clock is to be told."""
    if not clock.running or clock.paused_at is not None or clock.complaint.is_test:
        return None
    for percent in WARNINGS:
        if percent > clock.told_percent:
            return clock.counted_from + (clock.due_at - clock.counted_from) * percent / 100
    return None


def category_path(category: Category | None) -> frozenset[str]:
    """Return the codes of a category and all above it."""
    codes = set()
    while category is not None:
        codes.add(category.code)
        category = category.parent
    return frozenset(codes)


def apply_pauses(
    clock: Clock, pauses: Sequence[Pause], now: datetime | None, *, ended: Pause | None = None
) -> None:
    """Work the due date out anew; of an extended clock only what the ended pause adds."""
    usable = [pause for pause in pauses if pause.reason in clock.pause_reasons]
    if clock.extended_by_id is None:
        found = _deadline_of(clock, usable, now)
        clock.due_at, clock.due_date = found.due_at, found.due_date
    elif ended in usable and ended.started_at < clock.due_at:
        _move_by(clock, ended)
    # A clock that had run out before cannot be made to stand still.
    still = (p.started_at for p in usable if p.ended_at is None and p.started_at < clock.due_at)
    clock.paused_at = next(still, None)
    clock.next_event_at = next_event(clock)


def _deadline_of(clock: Clock, pauses: Sequence[Pause], now: datetime | None) -> Deadline:
    return deadline(
        ClockSpec.from_dict(clock.spec),
        clock.started_at,
        calendar_for(clock.calendar, clock.calendar_revision or None),
        spans(pauses, clock.pause_reasons),
        now=now,
    )


def _move_by(clock: Clock, pause: Pause) -> None:
    """Move an extended due date, which was given as a day, by what a pause has taken."""
    spec = ClockSpec.from_dict(clock.spec)
    calendar = calendar_for(clock.calendar, clock.calendar_revision or None)
    begin, end = pause.started_at, pause.ended_at or pause.started_at
    if not spec.unit.runs_by_the_day:
        clock.due_at += end - begin
        clock.due_date = (clock.due_at - datetime.resolution).astimezone(calendar.zone).date()
        return
    first, last = (moment.astimezone(calendar.zone).date() for moment in (begin, end))
    lost = [first + timedelta(days=number) for number in range((last - first).days)]
    if spec.unit is Unit.WORK_DAY:
        lost = [day for day in lost if calendar.is_workday(day)]
    if lost:
        unit = Unit.WORK_DAY if spec.unit is Unit.WORK_DAY else Unit.CAL_DAY
        from_here = datetime.combine(clock.due_date, time.min, tzinfo=calendar.zone)
        set_last_day(clock, deadline(ClockSpec(unit, len(lost)), from_here, calendar).due_date)


def set_last_day(clock: Clock, day: date) -> None:
    zone = calendar_for(clock.calendar, clock.calendar_revision or None).zone
    clock.due_date = day
    clock.due_at = datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)
