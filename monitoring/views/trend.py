"""A figure over time, as a part of its page: finished weeks or months, and a year before."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from monitoring.kpis import BY_CODE
from monitoring.models import Target
from monitoring.rules.kpi import DAY, Kpi, Result, Span, Unit
from monitoring.rules.periods import OWN, months_before, months_on, weeks_before
from monitoring.selectors.figure_words import fraction_of, target_words, value_of
from monitoring.selectors.results import results
from monitoring.selectors.targets import targets_on
from monitoring.views.common import Desk, desk, frame, joined
from monitoring.views.drawn import Column, Line, Shown, Table

ONLY_NOW = "K09L"  # it is not known what was late then
_WEEKS, _MONTHS = 26, 18
_SHORT = timedelta(days=31)  # asked for so many days or fewer, one looks at weeks
_WEEK, _YEAR = timedelta(weeks=1), timedelta(weeks=52)
_HOUR, _DAY = 60, 1440


@login_required
@require_safe
def trend(request: HttpRequest, code: str) -> HttpResponse:
    """Show how a figure went: as a part for the page that asks for it, or as a page of its own."""
    here = desk(request)
    kpi = BY_CODE.get(code)
    if kpi is None or code == ONLY_NOW:
        raise Http404
    target = None if here.scope.members else targets_on(here.span.over).get(code)
    context = {
        **frame(here),
        "table": _table(here, kpi, target),
        "title": _title(here, kpi),
        "says": _says(here),
        "name": "trend",
        "url": joined(reverse("monitoring:trend", args=[code]), here.query),
    }
    part = request.headers.get("HX-Request")
    return render(request, f"monitoring/{'_chart' if part else 'chart'}.html", context)


def _by_week(here: Desk) -> bool:
    return here.span.after - here.span.first <= _SHORT


def _title(here: Desk, kpi: Kpi) -> str:
    words = _("%(figure)s, by week") if _by_week(here) else _("%(figure)s, by month")
    return words % {"figure": kpi.name}


def _says(here: Desk) -> str:
    if _by_week(here):
        return _(
            "The last 26 weeks that were over at the end of the period, and those a year before."
        )
    return _("The last 18 months that were over at the end of the period, and those a year before.")


def _spans(here: Desk) -> list[tuple[Span, Span]]:
    """Return finished periods, oldest first, each with the same a year before."""
    today, over = here.span.today, here.span.over
    if _by_week(here):
        weeks = [(week, week + _WEEK) for week in weeks_before(over - _WEEK, _WEEKS)]
        return [
            (Span(first, after, today), Span(first - _YEAR, after - _YEAR, today))
            for first, after in weeks
        ]
    last = months_on(over.replace(day=1), -1)
    months = [(month, months_on(month, 1)) for month in months_before(last, _MONTHS)]
    return [
        (Span(first, after, today), Span(months_on(first, -12), months_on(after, -12), today))
        for first, after in months
    ]


def _table(here: Desk, kpi: Kpi, target: Target | None) -> Table:
    spans = _spans(here)
    found = results(here.scope, [(kpi, span) for pair in spans for span in pair])
    pairs = list(zip(found[::2], found[1::2], strict=True))
    size, axis = _axis(kpi, found)
    words = "SHORT_DATE_FORMAT" if _by_week(here) else "YEAR_MONTH_FORMAT"
    return Table(
        "time",
        _("Week from") if _by_week(here) else _("Month"),
        (
            Column(kpi.name, "line"),
            Column(pgettext("figure", "A year before"), "dash", "muted"),
        ),
        [
            Line(
                date_format(now.span.first, words),
                [_shown(here, now, size), _shown(here, then, size)],
            )
            for now, then in reversed(pairs)
        ],
        axis=axis,
        top=100 if kpi.unit == Unit.PERCENT and _whole_hundred(found) else None,
        goal=float(target.value) / size if target else None,
        goal_words=target_words(target, kpi.unit) if target else "",
    )


def _whole_hundred(found: Sequence[Result]) -> bool:
    """Return whether nothing exceeds a hundred: more came back than was closed, it may."""
    return all(result.value is None or result.value <= 100 for result in found)  # noqa: PLR2004


def _shown(here: Desk, result: Result, size: int) -> Shown:
    span = result.span
    days: dict[str, Any] = {"first": span.first.isoformat(), "last": f"{span.after - DAY}"}
    url = joined(
        reverse("monitoring:figure", args=[result.kpi.code]),
        here.question.query(period=OWN, **days),
    )
    return Shown(
        value_of(result),
        None if result.value is None else float(result.value) / size,
        "" if result.value is None else url,
        fraction_of(result),
        few=result.small_n and bool(result.denominator),
    )


def _axis(kpi: Kpi, found: Sequence[Result]) -> tuple[int, str]:
    """Return by what values are divided on the axis, and how its numbers are told."""
    if kpi.unit == Unit.PERCENT:
        return 1, "{n} %"
    if kpi.unit == Unit.DAYS:
        return 1, _("{n} d")
    if kpi.unit != Unit.MINUTES:
        return 1, "{n}"
    most = max((result.value for result in found if result.value is not None), default=0)
    if most < 2 * _HOUR:
        return 1, _("{n} min")
    if most < 2 * _DAY:
        return _HOUR, _("{n} h")
    return _DAY, _("{n} d")
