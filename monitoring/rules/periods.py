"""The periods one looks at figures for."""

from datetime import date, datetime, timedelta

from monitoring.rules.kpi import DAY, Span

LAST_30, LAST_90 = "30", "90"
WEEK, MONTH, QUARTER, YEAR = "week", "month", "quarter", "year"
LAST_MONTH, OWN = "last_month", "own"
PERIODS = (LAST_30, LAST_90, WEEK, MONTH, LAST_MONTH, QUARTER, YEAR, OWN)
LONGEST = timedelta(days=1830)  # five years
_MONTHS_A_QUARTER = 3


def span_of(period: str, today: date, first: date | None = None, last: date | None = None) -> Span:
    """Return the span of a named period; an own one without sense becomes the last 30 days."""
    begin, after = _bounds(period, today)
    if period == OWN and first and last and timedelta(0) <= last - first < LONGEST:
        begin, after = first, last + DAY
    return Span(begin, after, today)


def _bounds(period: str, today: date) -> tuple[date, date]:
    month = today.replace(day=1)
    if period == WEEK:
        monday = today - timedelta(days=today.weekday())
        return monday, monday + timedelta(days=7)
    if period == MONTH:
        return month, months_on(month, 1)
    if period == LAST_MONTH:
        return (month - DAY).replace(day=1), month
    if period == QUARTER:
        begin = today.replace(month=today.month - (today.month - 1) % _MONTHS_A_QUARTER, day=1)
        return begin, months_on(begin, _MONTHS_A_QUARTER)
    if period == YEAR:
        return today.replace(month=1, day=1), today.replace(year=today.year + 1, month=1, day=1)
    days = 89 if period == LAST_90 else 29
    return today - timedelta(days=days), today + DAY


def months_on(day: date, months: int) -> date:
    """Return the first of a month so many months later."""
    years, month = divmod(day.month - 1 + months, 12)
    return day.replace(year=day.year + years, month=month + 1)


def weeks_before(day: date, count: int) -> list[date]:
    """Return the Mondays of the last `count` weeks, oldest first, that of `day` included."""
    monday = day - timedelta(days=day.weekday())
    return [monday - timedelta(weeks=back) for back in reversed(range(count))]


def months_before(day: date, count: int) -> list[date]:
    """Return the first days of the last `count` months, oldest first, that of `day` included."""
    month = day.replace(day=1)
    return [months_on(month, -back) for back in reversed(range(count))]


def working_days_ahead(day: date, count: int) -> date:
    """Return the last of the next so many days from Monday to Friday after `day`."""
    while count:
        day += DAY
        count -= day.weekday() < 5  # noqa: PLR2004 - Saturday
    return day


def month_of(text: str) -> date | None:
    """Return the first day of a month that is written as 2026-05; None where it is none."""
    try:
        return datetime.strptime(text, "%Y-%m").date() if len(text) == len("2026-05") else None  # noqa: DTZ007 - a month has no zone
    except ValueError:
        return None


def month_span(month: date, today: date) -> Span:
    """Return the days of a month, as seen on a day."""
    return Span(month, months_on(month, 1), today)
