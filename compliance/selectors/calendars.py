"""The questions about working calendars: as they are, as they were, and what they lack."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby

from django.conf import settings
from django.db.models import Max, Q, QuerySet
from django.utils.dates import WEEKDAYS_ABBR

from compliance.models import Calendar, CalendarDay, CalendarRevision
from compliance.rules.calendars import DAYS_OF_THE_WEEK, WorkCalendar, week_from_json
from compliance.rules.published import PublishedDay
from compliance.selectors.published import published_days

LIST_OVERDUE_FROM = 9  # the next year's list is published in the autumn
BUILT_IN_LIST_OF = "CN"
COMPLETE, MISSING, NOT_YET = "complete", "missing", "not_yet"


def load_calendar(code: str, revision: int | None = None) -> WorkCalendar:
    """Return a calendar as it is now, or as it was in an earlier edition.

    One small statement; the days themselves are read once per process and edition.
    Raises Calendar.DoesNotExist.
    """
    editions = CalendarRevision.objects.filter(calendar__code=code)
    if revision is not None:
        editions = editions.filter(number=revision)
    found = editions.order_by("-number").values_list("pk", "number", "token").first()
    if found is None:
        raise Calendar.DoesNotExist(f"{code}#{revision or ''}")
    return _edition(code, *found, settings.TIME_ZONE)


@lru_cache(maxsize=64)
def _edition(code: str, pk: int, number: int, token: str, tz: str) -> WorkCalendar:  # noqa: ARG001
    """Build one edition; the token in the key tells it from one that was rolled back."""
    edition = CalendarRevision.objects.get(pk=pk)
    days = CalendarDay.objects.filter(
        Q(until__isnull=True) | Q(until__gt=number),
        calendar_id=edition.calendar_id,
        since__lte=number,
    ).values_list("date", "is_workday", "statutory")
    rows = list(days)
    return WorkCalendar(
        code=code,
        tz=edition.tz or tz,
        windows=week_from_json(edition.windows),
        workdays=frozenset(day for day, work, _ in rows if work),
        holidays=frozenset(day for day, work, _ in rows if not work),
        statutory=frozenset(day for day, _, law in rows if law),
        revision=number,
    )


def calendars() -> "QuerySet[Calendar]":
    """Return all calendars with when they were last changed."""
    return Calendar.objects.annotate(changed_at=Max("revisions__made_at"))


def week_of(calendar: Calendar) -> list[tuple[str, str]]:
    """Return name and hours of Monday to Sunday; no hours on a weekly day off."""
    return [
        (str(WEEKDAYS_ABBR[number]), ", ".join(f"{begin}–{end}" for begin, end in spans))
        for number, spans in enumerate(calendar.windows)
    ]


def editions_of(calendar: Calendar) -> "QuerySet[CalendarRevision]":
    """Return a calendar's editions, newest first, with who made them."""
    return calendar.revisions.select_related("made_by").order_by("-number")


def days_of(calendar: Calendar, year: int) -> "QuerySet[CalendarDay]":
    """Return the days of a year that now differ from their weekday, in order."""
    return calendar.days.filter(until__isnull=True, date__year=year).order_by("date")


# --- what is missing -------------------------------------------------------------------------


@dataclass(frozen=True)
class CalendarWarning:
    """A year whose published list is not in the table yet."""

    calendar: Calendar
    year: int


def calendar_warnings(today: date) -> list[CalendarWarning]:
    """Return the years that lack their list: this year always, the next one from September on."""
    return [
        CalendarWarning(calendar, year)
        for calendar in Calendar.objects.filter(yearly_list=True)
        for year in (today.year, today.year + 1)
        if list_state(calendar, year, today) == MISSING
    ]


def list_state(calendar: Calendar, year: int, today: date) -> str:
    """Return how a year's published list stands: complete, missing, or not_yet to be expected."""
    if not calendar.yearly_list or _is_complete(calendar, year):
        return COMPLETE
    due = today.year + 1 if today.month >= LIST_OVERDUE_FROM else today.year
    return MISSING if year <= due else NOT_YET


def _is_complete(calendar: Calendar, year: int) -> bool:
    """Return whether the list is in: make-up days are only known once it is published."""
    if year in calendar.confirmed_years:
        return True
    return days_of(calendar, year).filter(is_workday=True).exists()


def unadopted_days(calendar: Calendar, year: int) -> list[PublishedDay]:
    """Return what the built-in list knows about a year and the table does not say."""
    if calendar.code != BUILT_IN_LIST_OF:
        return []
    known = {day.date: (day.is_workday, day.statutory) for day in days_of(calendar, year)}
    return [
        day
        for day in published_days(year)
        if known.get(day.date) != (day.is_workday, day.statutory)
    ]


# --- a year on a page ------------------------------------------------------------------------


@dataclass(frozen=True)
class DayCell:
    """One day of the year view; `kind` is work, off, holiday, bridge or makeup."""

    date: date
    kind: str
    row: CalendarDay | None
    today: bool


@dataclass(frozen=True)
class MonthGrid:
    """A month as weeks from Monday to Sunday; None fills the first and last week."""

    first: date
    weeks: list[list[DayCell | None]]


def year_grid(calendar: Calendar, year: int, today: date) -> list[MonthGrid]:
    """Return the twelve months of a year as the table has them now."""
    work = load_calendar(calendar.code)
    rows = {row.date: row for row in days_of(calendar, year)}
    cells = (
        DayCell(day, _kind(work, day, rows.get(day)), rows.get(day), day == today)
        for day in _days_of_year(year)
    )
    return [
        MonthGrid(date(year, month, 1), _weeks(group))
        for month, group in groupby(cells, key=lambda cell: cell.date.month)
    ]


def _days_of_year(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += timedelta(days=1)


def _kind(work: WorkCalendar, day: date, row: CalendarDay | None) -> str:
    if row is None:
        return "work" if work.is_workday(day) else "off"
    if row.is_workday:
        return "makeup"
    return "holiday" if row.statutory else "bridge"


def _weeks(cells: Iterable[DayCell]) -> list[list[DayCell | None]]:
    days = list(cells)
    padded: list[DayCell | None] = [*[None] * days[0].date.weekday(), *days]
    padded += [None] * (-len(padded) % DAYS_OF_THE_WEEK)
    return [
        padded[start : start + DAYS_OF_THE_WEEK]
        for start in range(0, len(padded), DAYS_OF_THE_WEEK)
    ]
