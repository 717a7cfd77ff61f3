"""Frozen reports: when a month may be frozen, who sees which, and what has changed since."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.utils import timezone

from accounts.models import Site, User
from complaints.selectors.policy import policy_in_force
from compliance.rules.clocks import ClockSpec, Unit
from compliance.rules.deadlines import deadline
from compliance.selectors import load_calendar
from monitoring.models import Fact, Report
from monitoring.rules.kpi import DAY, Kpi, Result
from monitoring.rules.periods import months_on
from monitoring.selectors.report_data import (
    OF_THE_MOMENT,
    Whole,
    entered_late,
    figures_now,
    sums_told,
    value_told,
)
from monitoring.selectors.scope import Asked, scope_of

FREEZE_AFTER = 10  # working days
MISSED = 24  # months: what is older was over long before anybody froze reports here


def freezes_at(month: date, *, now: datetime) -> datetime:
    """Return when a month may be frozen: ten working days after it, by our working calendar."""
    calendar = load_calendar(policy_in_force(now).says.calendar)
    last = datetime.combine(months_on(month, 1) - DAY, time(12))
    start = timezone.make_aware(last)
    return deadline(ClockSpec(Unit.WORK_DAY, FREEZE_AFTER), start, calendar).due_at


def months_to_freeze(*, now: datetime) -> list[date]:
    """Return the months that could be frozen and are not, oldest first, from the first complaint.

    None is older than two years: an import of old history needs no reports made up for it.
    """
    first = Fact.objects.filter(counted=True).order_by("received_day").values_list("received_day")
    begin = first.first()
    if begin is None:
        return []
    frozen = set(Report.objects.order_by().values_list("month", flat=True).distinct())
    this = timezone.localdate(now).replace(day=1)
    month, found = max(begin[0].replace(day=1), months_on(this, -MISSED)), []
    while month < this:
        if month not in frozen and freezes_at(month, now=now) <= now:
            found.append(month)
        month = months_on(month, 1)
    return found


def wholes() -> list[Whole]:
    """Return what a report is made of each month: everything and each site, in both editions."""
    sites: list[Site | None] = [None, *Site.objects.order_by("code")]
    return [Whole(site, confidential) for site in sites for confidential in (True, False)]


def places_of(actor: User) -> list[Whole]:
    """Return the places whose reports the actor sees: where they see a board of the whole place.

    The edition is what the board would count for them there.
    """
    found = []
    for site in [None, *Site.objects.order_by("code")]:
        scope = scope_of(actor, Asked(site_id=site.pk if site else None))
        whole = {"site": (str(site.pk),)} if site else {}
        if scope is not None and scope.members == whole:
            found.append(Whole(site, scope.confidential))
    return found


def reports_of(whole: Whole, *, year: int | None = None) -> list[Report]:
    """Return the frozen reports of a place, newest first."""
    found = Report.objects.filter(site=whole.site, confidential=whole.confidential)
    if year is not None:
        found = found.filter(month__year=year)
    return list(found.order_by("-month"))


def years_of(whole: Whole) -> list[int]:
    """Return the years with frozen reports of a place, newest first."""
    found = Report.objects.filter(site=whole.site, confidential=whole.confidential)
    return [day.year for day in found.dates("month", "year", order="DESC")]


def report_of(whole: Whole, month: date) -> Report | None:
    """Return the frozen report of a month of a place."""
    found = Report.objects.filter(site=whole.site, confidential=whole.confidential, month=month)
    return found.prefetch_related("files").defer("files__content").first()


# --- what has changed since ----------------------------------------------------------------------


@dataclass(frozen=True)
class Restated:
    """A frozen figure beside what it is today. `reasons` are codes, where it differs."""

    frozen: Mapping[str, Any]
    today: Mapping[str, Any] | None  # None: it is so only at the moment it is asked
    reasons: Sequence[str]
    changed: float | None  # by how much, where both have a value

    @property
    def differs(self) -> bool:
        """Return whether it is another today."""
        return bool(self.reasons)


def restated(report: Report, *, kpis: Sequence[Kpi], now: datetime) -> tuple[list[Restated], int]:
    """Return each figure of a frozen report beside today's, and how many came in late."""
    data = json.loads(report.data)
    whole = Whole(report.site, report.confidential)
    late = entered_late(whole, report.month, since=report.frozen_at)
    found = figures_now(whole, report.month, kpis=kpis, today=timezone.localdate(now))
    return [_restated(one, found.get(one["code"]), late) for one in data["figures"]], late


def _restated(frozen: Mapping[str, Any], now: Result | None, late: int) -> Restated:
    if now is None or frozen["code"] in OF_THE_MOMENT:
        return Restated(frozen, None, (), None)
    today = {
        "value": value_told(now),
        "numerator": now.numerator,
        "denominator": now.denominator,
        "sums": sums_told(now),
    }
    reasons = []
    if frozen["edition"] != now.definition_version:
        reasons.append("definition")
    if any(frozen[name] != today[name] for name in today):
        if any(
            frozen["excluded"].get(name, 0) > now.excluded.get(name, 0)
            for name in ("immature", "not_due")
        ):
            reasons.append("matured")
        if late:
            reasons.append("late")
        if not reasons:
            reasons.append("corrected")
    both = frozen["value"] is not None and today["value"] is not None
    return Restated(
        frozen, today, tuple(reasons), today["value"] - frozen["value"] if both else None
    )
