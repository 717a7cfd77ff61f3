"""The counts of series are kept up with the complaints, and proven to say the same."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from monitoring.models import SeriesDay, SeriesPrint
from monitoring.selectors.series_counts import as_tuple, changed_days, kept_rows, recounted

AT_ONCE = 31  # days of one transaction
RECENT = 60  # days that are looked at every hour; a night's look goes over all


def keep_series(*, now: datetime, everything: bool = True) -> int:
    """Count the days anew that are no longer what they were when counted; return how many.

    Each month of days is a transaction. Not `everything` looks at the last two months only.
    """
    since = None if everything else timezone.localdate(now) - timedelta(days=RECENT)
    changed = changed_days(since)
    days = sorted(changed)
    for start in range(0, len(days), AT_ONCE):
        _recount({day: changed[day] for day in days[start : start + AT_ONCE]})
    return len(days)


@transaction.atomic
def _recount(marks: dict[date, str]) -> None:
    # The marks come first: what changes from here on changes the mark once more.
    SeriesPrint.objects.filter(day__in=marks).delete()
    SeriesPrint.objects.bulk_create(
        [SeriesPrint(day=day, mark=mark) for day, mark in marks.items() if mark]
    )
    SeriesDay.objects.filter(day__in=marks).delete()
    SeriesDay.objects.bulk_create(recounted(list(marks)), batch_size=1000)


@dataclass(frozen=True)
class Difference:
    """A day whose kept counts are not those of its complaints."""

    day: date
    kept: int
    counted: int


def verify_series(*, now: datetime) -> list[Difference]:
    """Count everything again and return the days that differ, after catching up with changes.

    Nothing is mended: a difference that a recount does not know of is a fault.
    """
    keep_series(now=now)
    days = sorted(SeriesPrint.objects.values_list("day", flat=True))
    different = []
    for start in range(0, len(days), AT_ONCE):
        part = days[start : start + AT_ONCE]
        kept = Counter(as_tuple(row) for row in kept_rows(part))
        counted = Counter(as_tuple(row) for row in recounted(part))
        for day in sorted({row[0] for row in (kept - counted) | (counted - kept)}):
            numbers = [
                sum(row[7] * times for row, times in rows.items() if row[0] == day)
                for rows in (kept, counted)
            ]
            different.append(Difference(day, *numbers))
    return different
