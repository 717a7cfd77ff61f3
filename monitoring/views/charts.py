"""Charts: each a part of a dashboard and a page of its own, each drawn from its own table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints.selectors.policy import policy_in_force
from monitoring.kpis import BY_CODE, COMPARED
from monitoring.rules import drawing
from monitoring.rules.kpi import DAY, Result, Unit
from monitoring.rules.measures import UNKNOWN_CAUSES
from monitoring.rules.periods import OWN, weeks_before
from monitoring.rules.shapes import aged
from monitoring.selectors.comparing import (
    Load,
    causes,
    compared,
    flow,
    members_in,
    received_by_category,
    workload,
)
from monitoring.selectors.counting import counted
from monitoring.selectors.figure_words import BANDS, figure, fraction_of, value_of
from monitoring.selectors.results import NOBODY
from monitoring.views.common import Desk, desk, frame, joined
from monitoring.views.drawn import Column, Line, Shown, Table, number

WEEKS, HEAT_WEEKS, MOST = 26, 12, 14
_WEEK = timedelta(days=7)
_TONES = ("accent", "private", "quiet")  # of bars side by side
_UNKNOWN = 15  # percent of causes


@dataclass(frozen=True)
class Drawn:
    """A chart: its title, what it says, how it is made, and on which boards it stands."""

    title: Any
    says: Any
    make: Callable[[Desk], Table]
    boards: frozenset[str] = frozenset({"operations", "quality", "management"})


def _opening(here: Desk, code: str) -> Callable[..., str]:
    """Return what makes addresses of a figure that ask for the same but for some changes."""
    address = reverse("monitoring:figure", args=[code])
    return lambda **changes: joined(address, here.question.query(**changes))


def _week(first: date) -> dict[str, str]:
    return {"period": OWN, "first": first.isoformat(), "last": (first + _WEEK - DAY).isoformat()}


def _flow(here: Desk) -> Table:
    weeks = weeks_before(here.span.over - DAY, WEEKS)
    opening = [_opening(here, code) for code in ("K01", "K10", "K09")]
    counts = flow(here.scope, weeks, today=here.span.today)
    lines = [
        Line(
            date_format(week, "SHORT_DATE_FORMAT"),
            [number(n, opens(**_week(week))) for n, opens in zip(row, opening, strict=True)],
        )
        for week, row in zip(weeks, counts, strict=True)
    ]
    return Table(
        "time",
        _("Week from"),
        (
            Column(pgettext("series", "Received"), "bar"),
            Column(pgettext("series", "Closed"), "line", "text"),
            Column(pgettext("series", "Open at the end"), "dash", "bad"),
        ),
        lines[::-1],
    )


def _ageing(here: Desk) -> Table:
    bands = aged(here.span.today)
    counts = counted(here.scope, (term for part in bands.values() for term in part))
    opens = _opening(here, "K09")
    return Table(
        "bars",
        _("Age since receipt"),
        [Column(pgettext("how many", "Number"), "bar")],
        [
            Line(str(BANDS[name]), [number(counts.count(part), opens(period="", which=name))])
            for name, part in bands.items()
        ],
    )


def _heat(here: Desk) -> Table:
    weeks = weeks_before(here.span.over - DAY, HEAT_WEEKS)
    found = received_by_category(here.scope, weeks)
    named = {category.pk: category for category in here.known.categories}
    above = {category.parent_id for category in here.known.categories}
    rows = [row for row in sorted(found.items(), key=lambda row: -sum(row[1])) if any(row[1])]
    most = max((count for _, counts in rows for count in counts), default=0)
    opens = _opening(here, "K01")

    def cell(category: int | None, week: date, count: int) -> Shown:
        url = ""
        # A list of one category holds those below it too, which have lines of their own here.
        if count and category in named and category not in above:
            url = opens(category=named[category].code, **_week(week))
        return number(count, url, shade=drawing.heat(count, most))

    return Table(
        "heat",
        _("Category"),
        [
            *(Column(f"{week:%m-%d}", "cell") for week in weeks),
            Column(_("Sum")),
        ],
        [
            Line(
                str(named[category]) if category in named else _("Without a category"),
                [
                    *(cell(category, *one) for one in zip(weeks, counts, strict=True)),
                    number(sum(counts)),
                ],
            )
            for category, counts in rows[:MOST]
        ],
        foot=_more(len(rows) - MOST),
    )


def _more(more: int) -> str:
    if more <= 0:
        return ""
    words = ngettext(
        "%(more)s more category has fewer.", "%(more)s more categories have fewer.", more
    )
    return words % {"more": more}


def load_table(loads: Sequence[Load], address: Callable[[Load], str]) -> Table:
    """Return who has what on the table, and where that is listed."""
    return Table(
        "bars",
        _("Owner"),
        (
            Column(pgettext("number of", "Open"), "bar"),
            Column(_("Late now"), "part", "bad"),
            Column(_("Forecast: will be late"), "part", "warn"),
            Column(_("Due in 3 working days")),
            Column(_("Closed in 4 weeks")),
        ),
        [
            Line(
                load.name or _("Nobody yet"),
                [
                    number(load.open, address(load)),
                    number(load.late, badge="bad" if load.late else ""),
                    number(load.forecast, badge="warn" if load.forecast else ""),
                    number(load.ahead),
                    number(load.closed),
                ],
            )
            for load in loads
        ],
        empty=_("Nothing is open."),
    )


def _load(here: Desk) -> Table:
    opens = _opening(here, "K09")
    return load_table(
        workload(here.scope, today=here.span.today),
        lambda load: opens(period="", owner=str(load.owner_id or NOBODY)),
    )


def _providers(here: Desk) -> Table:
    kpis = [BY_CODE[code] for code in COMPARED]
    members = members_in(here.scope, "provider", here.span)
    names = {str(one.pk): one for one in here.known.providers}
    found = compared(here.scope, "provider", members, kpis, here.span)
    shares = [kpi.code for kpi in kpis if kpi.unit == Unit.PERCENT]
    tones = dict(zip(shares, _TONES, strict=True))
    opening = {kpi.code: _opening(here, kpi.code) for kpi in kpis}

    def cell(member: str, result: Result) -> Shown:
        known = names.get(member)
        return Shown(
            value_of(result),
            None if result.value is None else float(result.value),
            opening[result.kpi.code](provider=known.code) if known else "",
            fraction_of(result),
            few=bool(result.small_n),
        )

    return Table(
        "bars",
        _("Provider"),
        [
            Column(kpi.name, "bar", tones[kpi.code]) if kpi.code in tones else Column(kpi.name)
            for kpi in kpis
        ],
        [
            Line(
                str(names.get(member, member)),
                [cell(member, result) for result in results],
            )
            for member, results in found.items()
        ],
        empty=_("No provider took a complaint down in this period."),
        axis="{n} %",
        top=100,
    )


def _causes(here: Desk) -> Table:
    rows = causes(here.scope, here.span)
    language = get_language() or "en"
    names = {
        cause.code: cause.names.of(language) for cause in policy_in_force(here.now).says.causes
    }
    whole = sum(count for _, count in rows)
    unknown = sum(count for cause, count in rows if cause in UNKNOWN_CAUSES)
    return Table(
        "bars",
        _("Cause"),
        [Column(pgettext("how many", "Number"), "bar")],
        [
            Line(
                names.get(cause, cause) or _("unknown"),
                [number(count, note=figure(Fraction(100 * count, whole), Unit.PERCENT))],
            )
            for cause, count in rows
        ],
        warning=_("More than 15 percent of causes are unknown: the distribution says little.")
        if 100 * unknown > _UNKNOWN * whole
        else "",
    )


CHARTS: Mapping[str, Drawn] = {
    "flow": Drawn(
        gettext_lazy("Received and closed by week"),
        gettext_lazy(
            "The last 26 weeks up to the end of the period. Each closing counts on its day; open is"
            " what was so when the week ended."
        ),
        _flow,
    ),
    "ageing": Drawn(
        gettext_lazy("Age of what is open"),
        gettext_lazy("Calendar days since receipt of what is open now."),
        _ageing,
        frozenset({"operations", "management"}),
    ),
    "causes": Drawn(
        gettext_lazy("Causes of what was upheld"),
        gettext_lazy(
            "Decisions of the period that uphold the complaint, wholly or partly, by the "
            "class of cause."
        ),
        _causes,
        frozenset({"quality", "management"}),
    ),
    "heat": Drawn(
        gettext_lazy("Categories by week"),
        gettext_lazy("Received in the last twelve weeks up to the end of the period."),
        _heat,
    ),
    "workload": Drawn(
        gettext_lazy("Workload"),
        gettext_lazy(
            "What is open now by owner. Forecast: what runs out within the next three working"
            " days beyond what the owner closes at the pace of the last four weeks."
        ),
        _load,
        frozenset({"operations"}),
    ),
    "providers": Drawn(
        gettext_lazy("Providers compared"),
        gettext_lazy("Over the period. A share of fewer than ten cases is marked: it says little."),
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
        "table": drawn.make(here),
        "title": drawn.title,
        "says": drawn.says,
        "name": name,
        "url": joined(reverse("monitoring:chart", args=[name]), here.query),
        "paper_url": joined(reverse("monitoring:chart_paper", args=[name]), here.query),
    }
    part = request.headers.get("HX-Request")
    return render(request, f"monitoring/{'_chart' if part else 'chart'}.html", context)
