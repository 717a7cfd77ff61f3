"""Charts: each a part of a dashboard and a page of its own, each with its figures as a table.

Drawn on the server as SVG, with classes for colours: they need no script, follow the theme, print,
and are read out (docs/adr/0010-charts.md).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints.selectors.policy import policy_in_force
from monitoring.kpis import BY_CODE, COMPARED
from monitoring.rules import drawing
from monitoring.rules.kpi import DAY
from monitoring.rules.periods import weeks_before
from monitoring.rules.shapes import aged
from monitoring.selectors.comparing import (
    Load,
    causes,
    compared,
    members_in,
    received_by_category,
    week_term,
    weekly,
    workload,
)
from monitoring.selectors.counting import counted
from monitoring.selectors.figure_words import BANDS, figure, fraction_of, value_of
from monitoring.views.common import Desk, desk, frame, joined

WEEKS, HEAT_WEEKS, MOST = 26, 12, 14


@dataclass(frozen=True)
class Drawn:
    """A chart: its title, what it says, how it is made, and on which boards it stands."""

    title: Any
    says: Any
    template: str
    make: Callable[[Desk], dict[str, Any]]
    boards: frozenset[str] = frozenset({"operations", "quality", "management"})


def _flow(here: Desk) -> dict[str, Any]:
    weeks = weeks_before(here.span.over - DAY, WEEKS)
    counts = weekly(here.scope, ("received", "closings"), weeks)
    rows = []
    for week in weeks:
        came, went = (counts.count((week_term(name, week),)) for name in ("received", "closings"))
        rows.append((week, came, went))
    bars, line = [], []
    for week, came, went in rows:
        words = {"week": date_format(week, "MONTH_DAY_FORMAT"), "came": came, "went": went}
        told = _("Week of %(week)s: %(came)s received, %(went)s closed") % words
        bars.append((came, told))
        line.append((went, told))
    labels = [
        date_format(week, "MONTH_DAY_FORMAT") if number % 5 == 2 else ""  # noqa: PLR2004 - room
        for number, week in enumerate(weeks)
    ]
    return {
        "chart": drawing.bars_and_line(bars, line, labels),
        "width": drawing.WIDTH,
        "height": drawing.HEIGHT,
        "left": drawing.LEFT,
        "series": (pgettext("series", "Received"), pgettext("series", "Closed")),
        "heads": (_("Week of"), pgettext("series", "Received"), pgettext("series", "Closed")),
        "rows": [((date_format(week), came, went)) for week, came, went in reversed(rows)],
    }


def _ageing(here: Desk) -> dict[str, Any]:
    bands = aged(here.span.today)
    counts = counted(here.scope, (term for part in bands.values() for term in part))
    found = {name: counts.count(part) for name, part in bands.items()}
    most = max(found.values(), default=0)
    address = reverse("monitoring:figure", args=["K09"])
    return {
        "lines": [
            {
                "words": BANDS[name],
                "count": count,
                "length": drawing.share_of(count, most),
                "url": joined(address, here.question.query(period=""), which=name),
            }
            for name, count in found.items()
        ],
        "head": _("Age since receipt"),
    }


def _heat(here: Desk) -> dict[str, Any]:
    weeks = weeks_before(here.span.over - DAY, HEAT_WEEKS)
    found = received_by_category(here.scope, weeks)
    named = {category.pk: category for category in here.known.categories}
    rows = sorted(found.items(), key=lambda row: -sum(row[1]))
    most = max((count for _, counts in rows for count in counts), default=0)
    own = {"period": "own"}
    url = reverse("monitoring:figure", args=["K01"])

    def cell(category: int | None, number: int, count: int) -> dict[str, Any]:
        first = weeks[number]
        asked = own | {"first": first.isoformat(), "last": f"{first + timedelta(days=6)}"}
        if category is not None:
            asked["category"] = named[category].code
        return {
            "count": count,
            "step": drawing.heat(count, most),
            "url": f"{url}?{here.question.query(**asked)}" if count and category else "",
        }

    return {
        "weeks": [f"{week:%m-%d}" for week in weeks],
        "rows": [
            {
                "name": str(named[category]) if category in named else _("Without a category"),
                "cells": [cell(category, number, count) for number, count in enumerate(counts)],
                "total": sum(counts),
            }
            for category, counts in rows[:MOST]
            if any(counts)
        ],
        "more": max(0, len(rows) - MOST),
    }


def load_rows(loads: Sequence[Load], query: str | None) -> dict[str, Any]:
    """Return rows of who has what on the table; without a query they open nothing."""
    address = reverse("monitoring:figure", args=["K09"])
    most = max((load.open for load in loads), default=0)
    return {
        "loads": [
            {
                "name": load.name or _("Nobody yet"),
                "open": load.open,
                "late": load.late,
                "ahead": load.ahead,
                "forecast": load.forecast,
                "closed": load.closed,
                "length": drawing.share_of(load.open, most),
                "url": ""
                if query is None
                else joined(address, query, owner=str(load.owner_id or "none")),
            }
            for load in loads
        ]
    }


def _load(here: Desk) -> dict[str, Any]:
    loads = workload(here.scope, today=here.span.today)
    return load_rows(loads, here.question.query(period=""))


def _providers(here: Desk) -> dict[str, Any]:
    kpis = [BY_CODE[code] for code in COMPARED]
    members = members_in(here.scope, "provider", here.span)
    names = {str(one.pk): one for one in here.known.providers}
    found = compared(here.scope, "provider", members, kpis, here.span)
    return {
        "heads": [kpi.name for kpi in kpis],
        "rows": [
            {
                "name": str(names[member]) if member in names else member,
                "cells": [
                    {
                        "value": value_of(result),
                        "fraction": fraction_of(result),
                        "few": bool(result.small_n),
                        "url": joined(
                            reverse("monitoring:figure", args=[result.kpi.code]),
                            here.question.query(provider=names[member].code),
                        )
                        if member in names
                        else "",
                    }
                    for result in results
                ],
            }
            for member, results in found.items()
        ],
    }


def _causes(here: Desk) -> dict[str, Any]:
    rows = causes(here.scope, here.span)
    language = get_language() or "en"
    says = policy_in_force(here.now).says
    names = {cause.code: cause.names.of(language) for cause in says.causes}
    whole, most = sum(count for _, count in rows), max((count for _, count in rows), default=0)
    unknown = next((count for cause, count in rows if not cause), 0)
    return {
        "lines": [
            {
                "words": names.get(cause, cause) or _("unknown"),
                "count": count,
                "share": figure(_percent(count, whole), "percent"),
                "length": drawing.share_of(count, most),
                "url": "",
            }
            for cause, count in rows
        ],
        "head": _("Cause"),
        "warning": _("More than 15 percent of causes are unknown: the distribution says little.")
        if whole and unknown * 100 > 15 * whole
        else "",
    }


def _percent(part: int, whole: int) -> Fraction | None:
    return Fraction(100 * part, whole) if whole else None


CHARTS: Mapping[str, Drawn] = {
    "flow": Drawn(
        gettext_lazy("Received and closed by week"),
        gettext_lazy(
            "The last 26 weeks up to the end of the period. Each closing counts on its day."
        ),
        "monitoring/_flow.html",
        _flow,
    ),
    "ageing": Drawn(
        gettext_lazy("Age of what is open"),
        gettext_lazy("Calendar days since receipt of what is open now."),
        "monitoring/_lines.html",
        _ageing,
        frozenset({"operations", "management"}),
    ),
    "causes": Drawn(
        gettext_lazy("Causes of what was upheld"),
        gettext_lazy(
            "Decisions of the period that uphold the complaint, wholly or partly, by the "
            "class of cause."
        ),
        "monitoring/_lines.html",
        _causes,
        frozenset({"quality", "management"}),
    ),
    "heat": Drawn(
        gettext_lazy("Categories by week"),
        gettext_lazy("Received in the last twelve weeks up to the end of the period."),
        "monitoring/_heat.html",
        _heat,
    ),
    "workload": Drawn(
        gettext_lazy("Workload"),
        gettext_lazy(
            "What is open now by owner. Forecast: what runs out within the next three working"
            " days beyond what the owner closes at the pace of the last four weeks."
        ),
        "monitoring/_workload.html",
        _load,
        frozenset({"operations"}),
    ),
    "providers": Drawn(
        gettext_lazy("Providers compared"),
        gettext_lazy("Over the period. A share of fewer than ten cases is marked: it says little."),
        "monitoring/_providers.html",
        _providers,
        frozenset({"operations", "quality"}),
    ),
}


@login_required
@require_safe
def chart(request: HttpRequest, name: str) -> HttpResponse:
    """Show one chart: as a part for the page that asks for it, or as a page of its own."""
    here = desk(request)
    drawn = CHARTS.get(name)
    if drawn is None:
        raise Http404
    context = {
        **frame(here),
        **drawn.make(here),
        "title": drawn.title,
        "says": drawn.says,
        "name": name,
        "part": drawn.template,
        "url": joined(reverse("monitoring:chart", args=[name]), here.query),
        "paper_url": joined(reverse("monitoring:chart_paper", args=[name]), here.query),
    }
    part = request.headers.get("HX-Request")
    return render(request, f"monitoring/{'_chart' if part else 'chart'}.html", context)
