"""The first page of those in charge: what burns, what is late, how it goes."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.permissions import has
from complaints.states import Channel
from monitoring.kpis import BY_CODE, MANAGEMENT, OPERATIONS, QUALITY
from monitoring.models import Target
from monitoring.permissions import SET_TARGETS
from monitoring.rules.kpi import Result
from monitoring.selectors.figure_words import fraction_of, judged, value_of
from monitoring.selectors.results import results
from monitoring.selectors.targets import targets_on
from monitoring.views.charts import CHARTS
from monitoring.views.common import Desk, desk, frame, joined

# What a dashboard shows, by whom it is for.
BOARDS: Mapping[str, tuple[Any, Sequence[str]]] = {
    "operations": (pgettext_lazy("board", "Operations"), OPERATIONS),
    "quality": (pgettext_lazy("board", "Quality"), QUALITY),
    "management": (pgettext_lazy("board", "Management"), MANAGEMENT),
}
_FIRST = {"quality_manager": "quality", "auditor": "quality", "top_management": "management"}


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show the figures of a board over a period, beside the period before and their targets."""
    here = desk(request)
    board = request.GET.get("board", "")
    if board not in BOARDS:
        board = board_of(here.actor)
    context = {
        **frame(here),
        "tiles": tiles(here, BOARDS[board][1]),
        "board": board,
        "tabs": [
            {
                "label": words,
                "url": joined(reverse("monitoring:dashboard"), here.query, board=name),
                "current": name == board,
            }
            for name, (words, _codes) in BOARDS.items()
        ],
        "charts": [
            {"name": name, "title": chart.title, "url": _chart_url(name, here)}
            for name, chart in CHARTS.items()
            if board in chart.boards
        ],
        "may_set": has(here.actor, SET_TARGETS),
        "paper_url": joined(reverse("monitoring:board_paper"), here.query, board=board),
    }
    return render(request, "monitoring/dashboard.html", context)


def board_of(actor: User) -> str:
    """Return which board somebody sees first, by their roles."""
    roles = [grant.role for grant in actor.grants]
    if "manager" in roles:
        return "operations"
    return next((_FIRST[role] for role in roles if role in _FIRST), "operations")


def _chart_url(name: str, here: Desk) -> str:
    return joined(reverse("monitoring:chart", args=[name]), here.query)


def tiles(here: Desk, codes: Sequence[str]) -> list[dict[str, Any]]:
    """Return the tiles of these figures; all of them are counted together."""
    kpis = [BY_CODE[code] for code in codes]
    before = here.span.before()
    found = results(here.scope, [(kpi, span) for kpi in kpis for span in (here.span, before)])
    targets = targets_on(here.span.over) if not here.scope.members else {}
    return [
        _tile(here, now, then, targets.get(now.kpi.code))
        for now, then in zip(found[::2], found[1::2], strict=True)
    ]


def _tile(here: Desk, now: Result, then: Result, target: Target | None) -> dict[str, Any]:
    kpi = now.kpi
    few = now.small_n and now.denominator
    previous = value_of(then)
    if kpi.code == "K09L":  # it is not known what was late then
        previous = ""
    return {
        "name": kpi.name,
        "url": joined(reverse("monitoring:figure", args=[kpi.code]), here.query),
        "figure": value_of(now),
        "fraction": _young(now) or fraction_of(now),
        "previous": previous and pgettext("period", "before: %(value)s") % {"value": previous},
        "few": _("few cases") if few else "",
        **judged(now, target),
    }


def _young(result: Result) -> str:
    """Return why there is no value yet where all cases are too young to be judged."""
    count = result.excluded.get("immature", 0)
    if result.value is not None or not count:
        return ""
    return ngettext("%(n)s case is too young", "all %(n)s cases are too young", count) % {
        "n": count
    }


@login_required
@require_safe
def filters(request: HttpRequest) -> HttpResponse:
    """Show what figures can be narrowed by, for a page on which somebody opens it."""
    here = desk(request)
    codes = here.question.codes
    lists = {
        "site": (_("Site"), here.known.sites),
        "team": (_("Team"), here.known.teams),
        "provider": (_("Provider"), here.known.providers),
        "category": (_("Category"), here.known.categories),
    }
    context = {
        **frame(here),
        "lists": [
            {
                "name": name,
                "label": label,
                "options": [(one.code, str(one), one.code == codes.get(name)) for one in options],
            }
            for name, (label, options) in lists.items()
        ],
        "channels": [
            (code, words, code == codes.get("channel")) for code, words in Channel.choices
        ],
        "product": codes.get("product", ""),
    }
    return render(request, "monitoring/_filters.html", context)
