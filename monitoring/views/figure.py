"""One figure with its meaning and the complaints behind it; all figures; figures as a file."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from monitoring.kpis import BY_CODE, CATALOGUE
from monitoring.rules.kpi import Kpi, Result, Unit
from monitoring.rules.survival import curve, reached
from monitoring.selectors.comparing import times_of_cohort
from monitoring.selectors.figure_words import (
    BANDS,
    BASES,
    REASONS,
    figure,
    fraction_of,
    interval_of,
    judged,
    owner_of,
    value_of,
)
from monitoring.selectors.results import COUNTED, NOBODY, REST, WHOLE, behind, results
from monitoring.selectors.targets import targets_on
from monitoring.services.exporting import note_export
from monitoring.views.common import Desk, days_words, desk, frame, joined
from monitoring.views.files import format_of, table_file
from monitoring.views.listing import listing
from monitoring.views.trend import ONLY_NOW

_COHORT = {"K08a", "K08c"}
_LARGEST = 19  # digits of an id


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
    owner = _owner(request)
    listed = behind(
        here.scope,
        kpi,
        here.span,
        which,
        owner=owner,
        actor=here.actor,
        after=request.GET.get("after"),
        before=request.GET.get("before"),
    )
    address = reverse("monitoring:figure", args=[code])
    again = joined(address, here.query, which=which, owner=owner)
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
        "cohort": _cohort(here) if code in _COHORT else None,
        "pairs": [(pair.name, joined(_address(pair), here.query)) for pair in pairs],
        "parts": [
            {
                **part,
                "url": joined(address, here.query, which=part["name"]),
                "current": part["name"] == which,
            }
            for part in parts
        ],
        **listing(listed, again),
    }
    return render(request, "monitoring/figure.html", context)


def _address(kpi: Kpi) -> str:
    return reverse("monitoring:figure", args=[kpi.code])


def _owner(request: HttpRequest) -> str:
    owner = request.GET.get("owner", "")
    is_id = owner.isascii() and owner.isdecimal() and len(owner) < _LARGEST
    return owner if is_id or owner == NOBODY else ""


def _parts(here: Desk, result: Result) -> list[dict[str, Any]]:
    """Return what one may list of a figure: what it counts, what it is of, the others, the rest."""
    shape = result.kpi.shape(here.span)
    found = [{"name": COUNTED, "label": _("Counted")}]
    if shape.denominator is not None:
        found.append({"name": WHOLE, "label": _("All it is of")})
        if result.kpi.unit == Unit.PERCENT and result.kpi.kept:
            found.append({"name": REST, "label": _("The others")})
    found += [{"name": name, "label": str(BANDS[name])} for name in shape.bands]
    found += [
        {"name": reason, "label": str(REASONS[reason])}
        for reason in shape.excluded
        if reason in result.excluded
    ]
    return found


def _cohort(here: Desk) -> dict[str, Any]:
    """Return how long it takes for what was received in the period, what is open included."""
    times = times_of_cohort(here.scope, here.span)
    steps = curve(times)
    return {
        "n": sum(count for _, count, _ in times),
        "median": reached(steps, Fraction(1, 2)),
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
    }
    return render(request, "monitoring/catalogue.html", context)


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
