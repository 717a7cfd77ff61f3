"""The verbs on working calendars. Each change makes a new edition; no edition is ever rewritten.

Due dates that complaints already carry are not touched: a complaint keeps the edition its clocks
were reckoned with, and a change of the table holds for what is reckoned from then on.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from secrets import token_hex
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from compliance import events
from compliance.models import Calendar, CalendarDay, CalendarRevision
from compliance.permissions import may_edit_calendars
from compliance.rules.calendars import WorkCalendar, week_from_json
from compliance.selectors.calendars import unadopted_days
from compliance.states import DaySource
from journal.errors import Refusal
from journal.services import record

LONGEST_RANGE = 31  # days set in one go


@dataclass(frozen=True)
class DayFacts:
    """What is said about a day: working or off, a holiday by law or not, and why."""

    is_workday: bool
    statutory: bool = False
    note_en: str = ""
    note_zh: str = ""


@transaction.atomic
def set_calendar_day(
    *,
    code: str,
    first: date,
    last: date | None = None,
    facts: DayFacts,
    reason: str = "",
    actor: User,
    at: datetime,
) -> Calendar:
    """Say of a day, or of each day from first to last, that it is off or a working day.

    Raises Refusal for a range that is empty or too long, for a working day that is one anyway, for
    work on a holiday by law, and for days gone by without a reason. Saying it twice changes
    nothing.
    """
    calendar = _locked(code, actor)
    days = _range(first, last or first)
    _demand_reason(calendar, first, reason, at)
    _demand_sense(calendar, days, facts)
    rows = {row.date: row for row in calendar.days.filter(until__isnull=True, date__in=days)}
    fields = asdict(facts)
    changed = [day for day in days if day not in rows or not rows[day].same_as(fields)]
    if not changed:
        return calendar
    _write(calendar, [(day, fields) for day in changed], DaySource.HAND, reason, actor, at)
    payload = {"days": [day.isoformat() for day in changed], "is_workday": facts.is_workday}
    _record(events.CALENDAR_DAYS_SET, calendar, actor, at, payload)
    return calendar


@transaction.atomic
def remove_calendar_day(
    *, code: str, day: date, reason: str = "", actor: User, at: datetime
) -> Calendar:
    """Let a day be again what its weekday says. Raises Refusal where there is nothing to remove."""
    calendar = _locked(code, actor)
    _demand_reason(calendar, day, reason, at)
    if not calendar.days.filter(until__isnull=True, date=day).exists():
        raise Refusal(_("This day has no entry of its own."), code="no_entry", field="day")
    _next_edition(calendar, reason, actor, at)
    calendar.days.filter(until__isnull=True, date=day).update(until=calendar.revision)
    _record(events.CALENDAR_DAY_REMOVED, calendar, actor, at, {"day": day.isoformat()})
    return calendar


@transaction.atomic
def adopt_published_year(*, code: str, year: int, actor: User, at: datetime) -> Calendar:
    """Take over what the built-in list knows about a year and the table does not say.

    Raises Refusal when there is nothing to take over. Days gone by need no further reason here:
    the published list is the reason.
    """
    calendar = _locked(code, actor)
    days = unadopted_days(calendar, year)
    if not days:
        raise Refusal(_("The table already says what the built-in list says."), code="no_news")
    rows = [
        (day.date, {name: value for name, value in asdict(day).items() if name != "date"})
        for day in days
    ]
    _write(calendar, rows, DaySource.PUBLISHED, "", actor, at)
    payload = {"days": [day.date.isoformat() for day in days], "published": year}
    _record(events.CALENDAR_DAYS_SET, calendar, actor, at, payload)
    return calendar


@transaction.atomic
def confirm_calendar_year(*, code: str, year: int, actor: User, at: datetime) -> Calendar:
    """Put on record that somebody compared a year with the published list. Twice changes nothing.

    Raises Refusal for a calendar that follows no published list and for a year without a day.
    """
    calendar = _locked(code, actor)
    if not calendar.yearly_list:
        raise Refusal(_("This calendar follows no published list."), code="no_list")
    if year in calendar.confirmed_years:
        return calendar
    if not calendar.days.filter(until__isnull=True, date__year=year).exists():
        raise Refusal(_("Enter the days of this year first."), code="year_empty", field="year")
    calendar.confirmed_years = sorted([*calendar.confirmed_years, year])
    calendar.save(update_fields=["confirmed_years"])
    _record(events.CALENDAR_YEAR_CONFIRMED, calendar, actor, at, {"year": year})
    return calendar


@transaction.atomic
def set_calendar_hours(
    *, code: str, windows: Any, reason: str = "", actor: User, at: datetime
) -> Calendar:
    """Set the working hours of the seven days of the week.

    Raises Refusal for a week in which nobody works and for hours that overlap or run backwards.
    """
    calendar = _locked(code, actor)
    try:
        WorkCalendar(code=code, tz="UTC", windows=week_from_json(windows))
    except ValueError as fault:
        message = _("Working hours follow each other, and at least one day has some.")
        raise Refusal(message, code="hours", field="windows") from fault
    if windows == calendar.windows:
        return calendar
    calendar.windows = windows
    _next_edition(calendar, reason, actor, at)
    calendar.save(update_fields=["windows"])
    _record(events.CALENDAR_HOURS_SET, calendar, actor, at, {"windows": windows})
    return calendar


# --- what the verbs share --------------------------------------------------------------------


def _locked(code: str, actor: User) -> Calendar:
    if not may_edit_calendars(actor):
        raise PermissionDenied
    return Calendar.objects.select_for_update().get(code=code)


def _range(first: date, last: date) -> list[date]:
    length = (last - first).days + 1
    if length < 1:
        raise Refusal(_("The last day lies before the first."), code="range", field="last")
    if length > LONGEST_RANGE:
        message = _("At most %(days)s days can be set in one go.") % {"days": LONGEST_RANGE}
        raise Refusal(message, code="range", field="last")
    return [first + timedelta(days=n) for n in range(length)]


def _demand_reason(calendar: Calendar, first: date, reason: str, at: datetime) -> None:
    today = at.astimezone(ZoneInfo(calendar.tz or settings.TIME_ZONE)).date()
    if first < today and not reason.strip():
        message = _("To change a day that has passed, say why.")
        raise Refusal(message, code="reason_needed", field="reason")


def _demand_sense(calendar: Calendar, days: Iterable[date], facts: DayFacts) -> None:
    if not facts.is_workday:
        return
    if facts.statutory:
        message = _("A holiday by law cannot be a working day.")
        raise Refusal(message, code="contradiction", field="statutory")
    if any(calendar.windows[day.weekday()] for day in days):
        message = _("A make-up working day must fall on a weekly day off.")
        raise Refusal(message, code="workday_anyway", field="is_workday")


def _write(
    calendar: Calendar,
    rows: list[tuple[date, dict[str, Any]]],
    source: str,
    reason: str,
    actor: User,
    at: datetime,
) -> None:
    """End the rows that say otherwise and add the new ones, in one new edition."""
    edition = _next_edition(calendar, reason, actor, at)
    dates = [day for day, _fields in rows]
    calendar.days.filter(until__isnull=True, date__in=dates).update(until=edition)
    CalendarDay.objects.bulk_create(
        CalendarDay(calendar=calendar, date=day, source=source, since=edition, **fields)
        for day, fields in rows
    )


def _next_edition(calendar: Calendar, reason: str, actor: User, at: datetime) -> int:
    calendar.revision += 1
    calendar.save(update_fields=["revision"])
    CalendarRevision.objects.create(
        calendar=calendar,
        number=calendar.revision,
        token=token_hex(8),
        tz=calendar.tz,
        windows=calendar.windows,
        reason=reason.strip(),
        made_at=at,
        made_by=actor,
    )
    return calendar.revision


def _record(
    kind: str, calendar: Calendar, actor: User, at: datetime, payload: dict[str, Any]
) -> None:
    payload = {**payload, "revision": calendar.revision}
    record(kind=kind, subject=calendar, actor=actor, occurred_at=at, payload=payload)
