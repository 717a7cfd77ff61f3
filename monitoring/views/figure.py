"""One figure with its meaning and the complaints behind it; all figures; figures as a file."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from complaints.selectors.policy import policy_in_force
from incidents.selectors.lists import incidents_among
from monitoring.kpis import BY_CODE, CATALOGUE, SCORECARD, WAITING
from monitoring.rules.kpi import Kpi, Of, Result, Unit
from monitoring.rules.measures import UNKNOWN_CAUSES
from monitoring.rules.survival import curve, reached, reached_between
from monitoring.selectors.alerts import alerts_among
from monitoring.selectors.comparing import causes, times_of_cohort
from monitoring.selectors.figure_words import (
    BANDS,
    BASES,
    REASONS,
    days_between,
    figure,
    fraction_of,
    interval_of,
    judged,
    owner_of,
    running_words,
    value_of,
)
from monitoring.selectors.results import (
    COUNTED,
    NO_CAUSE,
    NOBODY,
    REST,
    WHOLE,
    behind,
    results,
    signals_behind,
)
from monitoring.selectors.running import running_week
from monitoring.selectors.targets import targets_on
from monitoring.services.exporting import note_export
from monitoring.views.common import Desk, days_words, desk, frame, joined
from monitoring.views.files import format_of, table_file
from monitoring.views.listing import listing
from monitoring.views.trend import ONLY_NOW

_COHORT = {"K08a", "K08c"}
_LARGEST = 19  # digits of an id
_LONGEST = 60  # characters of a class of cause
_LITTLE = Fraction(15, 100)  # unknown causes above which a distribution says little


@login_required
@require_safe
def figure_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show a figure in full with a page of the complaints behind it."""
    here = desk(request)
    kpi = BY_CODE.get(code)
    if kpi is None:
        raise Http404
    now, then = results(here.scope, [(kpi, here.span), (kpi, here.span.before())])
    target = None if here.scope.members else targets_on(here.span.over).get(code)
    which = request.GET.get("which", "")
    parts = _parts(here, now)
    if which not in {part["name"] for part in parts}:
        which = parts[0]["name"]
    address = reverse("monitoring:figure", args=[code])
    pairs = [BY_CODE[pair] for pair in kpi.pairs if pair in BY_CODE]
    context = {
        **frame(here),
        "kpi": kpi,
        "result": now,
        "value": value_of(now),
        "fraction": fraction_of(now),
        "interval": interval_of(now),
        "previous": "" if code == ONLY_NOW else value_of(then),
        "trend_url": ""
        if code == ONLY_NOW
        else joined(reverse("monitoring:trend", args=[code]), here.query),
        "judged": judged(now, target),
        "basis": BASES[kpi.basis],
        "owner": owner_of(now),
        "excluded": [(REASONS[reason], count) for reason, count in now.excluded.items()],
        "p90": None if now.p90 is None else figure(Fraction(now.p90), kpi.unit),
        "most": None if now.most is None else figure(Fraction(now.most), kpi.unit),
        "cohort": _cohort(here) if code in _COHORT else None,
        "causes": _causes(here) if code == "K22" else None,
        "running": running_words(running_week(here.scope, here.span.today))
        if code == "K01" and here.span.over > here.span.today
        else "",
        "pairs": [(pair.name, joined(_address(pair), here.query)) for pair in pairs],
        "parts": [
            {
                **part,
                "url": joined(address, here.query, which=part["name"]),
                "current": part["name"] == which,
            }
            for part in parts
        ],
        **_BEHIND[kpi.of](request, here, now, which, address),
    }
    return render(request, "monitoring/figure.html", context)


def _complaints_behind(
    request: HttpRequest, here: Desk, result: Result, which: str, address: str
) -> dict[str, Any]:
    """Return a page of the complaints behind a figure, and where the pages beside it are."""
    only = {"owner": _owner(request), "cause": request.GET.get("cause", "")[:_LONGEST]}
    listed = behind(
        here.scope,
        result.kpi,
        here.span,
        which,
        only=only,
        actor=here.actor,
        after=request.GET.get("after"),
        before=request.GET.get("before"),
    )
    again = joined(address, here.query, which=which, **only)
    return listing(listed, again)


def _alerts_behind(
    request: HttpRequest, here: Desk, result: Result, which: str, address: str
) -> dict[str, Any]:
    """Return a page of the alerts behind a figure."""
    ids = signals_behind(here.scope, result.kpi, here.span, which)
    page = alerts_among(ids, here.actor, now=here.now, before=request.GET.get("before"))
    told = ngettext("%(count)s alert", "%(count)s alerts", len(ids))
    again = joined(address, here.query, which=which)
    return {"alerts": page.lines, **_paged(told, len(ids), again, page.before)}


def _incidents_behind(
    request: HttpRequest, here: Desk, result: Result, which: str, address: str
) -> dict[str, Any]:
    """Return a page of the incidents behind a figure."""
    ids = signals_behind(here.scope, result.kpi, here.span, which)
    before = request.GET.get("before", "")
    page = incidents_among(ids, here.actor, before=int(before) if _is_id(before) else None)
    told = ngettext("%(count)s incident", "%(count)s incidents", len(ids))
    again = joined(address, here.query, which=which)
    return {"incidents": page.rows, **_paged(told, len(ids), again, page.next_before)}


def _paged(told: str, count: int, again: str, before: int | None) -> dict[str, Any]:
    return {
        "told": told % {"count": number_format(count, force_grouping=True)},
        "pager": {"next_url": f"{again}&before={before}" if before else ""},
    }


_BEHIND = {
    Of.COMPLAINTS: _complaints_behind,
    Of.ALERTS: _alerts_behind,
    Of.INCIDENTS: _incidents_behind,
}


def _address(kpi: Kpi) -> str:
    return reverse("monitoring:figure", args=[kpi.code])


def _owner(request: HttpRequest) -> str:
    owner = request.GET.get("owner", "")
    return owner if _is_id(owner) or owner == NOBODY else ""


def _is_id(text: str) -> bool:
    """Return whether a text may be the id of a row."""
    return text.isascii() and text.isdecimal() and len(text) < _LARGEST


def _parts(here: Desk, result: Result) -> list[dict[str, Any]]:
    """Return what one may list of a figure: what it counts, what it is of, the others, the rest."""
    shape = result.kpi.shape(here.span)
    counted = None if result.kpi.several else result.numerator
    found = [_part(COUNTED, _("Counted"), counted)]
    if shape.denominator is not None:
        whole = None if result.kpi.several else result.denominator
        found.append(_part(WHOLE, _("All it is of"), whole))
        if result.kpi.unit == Unit.PERCENT and result.kpi.kept and result.denominator is not None:
            rest = result.denominator - result.numerator
            found.append(_part(REST, _("The others"), rest))
    found += [_part(name, BANDS[name], result.bands.get(name)) for name in shape.bands]
    found += [
        _part(reason, REASONS[reason], None if result.kpi.several else count)
        for reason, count in result.excluded.items()
        if reason in shape.excluded
    ]
    return found


def _part(name: str, label: Any, count: int | None) -> dict[str, Any]:
    shown = None if count is None else number_format(count, force_grouping=True)
    return {"name": name, "label": str(label), "count": shown}


def _causes(here: Desk) -> dict[str, Any]:
    """Return the distribution of causes, each opening what it counts; "" is unknown."""
    rows = causes(here.scope, here.span)
    language = get_language() or "en"
    says = policy_in_force(here.now).says
    names = {cause.code: cause.names.of(language) for cause in says.causes}
    whole = sum(count for _, count in rows)
    unknown = sum(count for cause, count in rows if cause in UNKNOWN_CAUSES)
    address = reverse("monitoring:figure", args=["K22"])
    return {
        "rows": [
            {
                "words": names.get(cause, cause) or _("unknown"),
                "count": count,
                "share": figure(Fraction(100 * count, whole), Unit.PERCENT),
                "url": joined(address, here.query, which=WHOLE, cause=cause or NO_CAUSE),
            }
            for cause, count in rows
        ],
        "doubtful": unknown > _LITTLE * whole,
    }


def _cohort(here: Desk) -> dict[str, Any]:
    """Return how long it takes for what was received in the period, what is open included."""
    times = times_of_cohort(here.scope, here.span)
    steps = curve(times)
    return {
        "n": sum(count for _, count, _ in times),
        "median": reached(steps, Fraction(1, 2)),
        "sure": days_between(*reached_between(steps, Fraction(1, 2))),
        "p90": reached(steps, Fraction(1, 10)),
    }


@login_required
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """Show all figures with their definitions and values over the period."""
    here = desk(request)
    context = {
        **frame(here),
        "rows": [
            {
                "kpi": result.kpi,
                "url": joined(_address(result.kpi), here.query),
                "value": value_of(result),
                "fraction": fraction_of(result),
                "interval": interval_of(result),
                "few": result.small_n and bool(result.denominator),
                "basis": BASES[result.kpi.basis],
                "owner": owner_of(result),
            }
            for result in results(here.scope, [(kpi, here.span) for kpi in CATALOGUE])
        ],
        "waiting": WAITING,
        "scorecard": SCORECARD,
        "scorecards": _scorecards(here),
    }
    return render(request, "monitoring/catalogue.html", context)


def _scorecards(here: Desk) -> list[tuple[str, str]]:
    """Return the providers the reader knows, with the addresses of their scorecards."""
    return [
        (str(one), reverse("complaints:scorecard", args=[one.code])) for one in here.known.providers
    ]


@login_required
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Hand out all figures as CSV or XLSX, exact. By POST, because it is recorded."""
    here = desk(request)
    fmt = format_of(request)
    rows = list(_table(here))
    note_export(what="figures", fmt=fmt, asked=here.asked, actor=here.actor, at=here.now)
    name = f"figures-{here.span.first}-{here.span.over}"
    return table_file(rows, title=_("Figures"), name=name, fmt=fmt)


def _table(here: Desk) -> Iterator[list[Any]]:
    yield [
        _("Figure"),
        pgettext("figure", "Name"),
        _("Period"),
        _("Value"),
        _("Unit"),
        _("Numerator"),
        _("Denominator"),
        _("Left out"),
        _("from (95 %)"),
        _("to (95 %)"),
        _("90th percentile"),
        _("Few cases"),
        _("Before"),
        _("Definition"),
        _("Edition"),
        _("Basis"),
        _("As of"),
    ]
    asked = [(kpi, span) for kpi in CATALOGUE for span in (here.span, here.span.before())]
    found = results(here.scope, asked)
    as_of = timezone.localtime(here.data_of or here.now).isoformat(timespec="seconds")
    for now, then in zip(found[::2], found[1::2], strict=True):
        left_out = "; ".join(f"{REASONS[name]}: {count}" for name, count in now.excluded.items())
        yield [
            now.kpi.code,
            str(now.kpi.name),
            days_words(here.span),
            value_of(now) if now.kpi.unit == Unit.MONEY else _number(now.value),
            str(now.kpi.unit),
            now.numerator,
            now.denominator,
            left_out,
            _number(now.low),
            _number(now.high),
            now.p90,
            _("yes") if now.small_n else _("no"),
            _number(then.value),
            str(now.kpi.says),
            now.definition_version,
            str(now.basis),
            as_of,
        ]


def _number(value: Any) -> float | None:
    return None if value is None else round(float(value), 4)
