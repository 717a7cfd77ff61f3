"""Boards and charts on paper: what the reader has before them, with its filters and definitions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from complaints.errors import BadInput
from monitoring.kpis import BY_CODE, COMPARED
from monitoring.packs.report_paper import moment_words, organisation
from monitoring.packs.report_words import (
    age_blocks,
    cause_blocks,
    conventions,
    definitions_table,
    flow_blocks,
    heat_blocks,
    provider_blocks,
    workload_blocks,
)
from monitoring.rules.kpi import DAY, Kpi
from monitoring.selectors.comparing import workload
from monitoring.selectors.report_data import (
    ages_at,
    category_rows,
    cause_rows,
    provider_rows,
    week_rows,
)
from monitoring.services.exporting import note_export
from monitoring.views.charts import CHARTS
from monitoring.views.common import Desk, as_file, chips, days_words, desk
from monitoring.views.dashboard import BOARDS, board_of, tiles
from papers.rules import blocks
from papers.rules.blocks import Block, Tile
from papers.services import KINDS, render_paper


def _providers(here: Desk) -> list[Block]:
    kpis = [BY_CODE[code] for code in COMPARED]
    compared = [(kpi.code, str(kpi.unit), str(kpi.name)) for kpi in kpis]
    return provider_blocks(provider_rows(here.scope, here.span, kpis), compared)


DRAWN: Mapping[str, Callable[[Desk], list[Block]]] = {
    "flow": lambda here: flow_blocks(week_rows(here.scope, here.span)),
    "ageing": lambda here: age_blocks(ages_at(here.scope, here.span.today + DAY)),
    "causes": lambda here: cause_blocks(cause_rows(here.scope, here.span, at=here.now)),
    "heat": lambda here: heat_blocks(category_rows(here.scope, here.span)),
    "workload": lambda here: workload_blocks(workload(here.scope, today=here.span.today)),
    "providers": _providers,
}


@login_required
@require_POST
def board_paper(request: HttpRequest) -> HttpResponse:
    """Hand out the board as PDF, as of now. By POST, because it is recorded."""
    here = desk(request)
    board = request.GET.get("board", "")
    if board not in BOARDS:
        board = board_of(here.actor)
    name, codes = BOARDS[board]
    found = [blocks.heading(_("At a glance")), blocks.tiles(_tiles(here, codes))]
    for chart, drawn in CHARTS.items():
        if board in drawn.boards and chart in DRAWN:
            found += [blocks.heading(str(drawn.title)), blocks.text(str(drawn.says), muted=True)]
            found += DRAWN[chart](here)
    found += [
        blocks.heading(_("How it is counted")),
        blocks.text(conventions()),
        definitions_table([_definition(BY_CODE[code]) for code in codes]),
    ]
    title = _("Complaint figures: %(board)s") % {"board": name}
    note_export(what=f"board {board}", fmt="pdf", asked=here.asked, actor=here.actor, at=here.now)
    return _handed_out(here, f"board-{board}", title, found, "pdf")


@login_required
@require_POST
def chart_paper(request: HttpRequest, name: str) -> HttpResponse:
    """Hand out one chart as PDF or as a picture. By POST, because it is recorded."""
    here = desk(request)
    drawn = CHARTS.get(name)
    if drawn is None or name not in DRAWN:
        raise Http404
    form = request.POST.get("format", "")
    if form not in KINDS:
        raise BadInput(_("Choose PDF or PNG."), field="format")
    found = [blocks.text(str(drawn.says), muted=True), *DRAWN[name](here)]
    note_export(what=f"chart {name}", fmt=form, asked=here.asked, actor=here.actor, at=here.now)
    return _handed_out(here, f"chart-{name}", str(drawn.title), found, form)


def _handed_out(
    here: Desk, name: str, title: str, found: Sequence[Block], form: Any
) -> HttpResponse:
    as_of = here.data_of or here.now
    data = {
        "title": title,
        "subject": days_words(here.span),
        "place": _place(here),
        "organisation": organisation(),
        "about": _("Complaint handling: figures and charts as of a moment"),
        "mark": "",
        "foot": _("As of %(moment)s") % {"moment": moment_words(as_of)},
        "facts": _facts(here),
        "contents": len(found) > len(DRAWN),
        "blocks": list(found),
    }
    content = render_paper(
        sheet="picture" if form == "png" else "report",
        data=data,
        language=get_language() or "en",
        at=here.now,
        form=form,
    )
    day = timezone.localdate(here.now)
    return as_file(content, KINDS[form], f"{name}-{day}.{form}")


def _place(here: Desk) -> str:
    """Return whose figures these are: what the filters say, else everything the reader sees."""
    words = [chip["words"] for chip in chips(here)]
    return " · ".join(words) or (
        _("All that %(reader)s sees") % {"reader": here.actor}
        if here.scope.members
        else _("The whole organisation")
    )


def _facts(here: Desk) -> list[tuple[str, str]]:
    filters = " · ".join(chip["words"] for chip in chips(here))
    return [
        (_("Period"), days_words(here.span)),
        (_("The period before"), days_words(here.span.before())),
        (pgettext("figures", "Filters"), filters or pgettext("filters", "none")),
        (
            _("As of"),
            moment_words(here.data_of or here.now)
            + (f" · {_('newer facts are still being counted')}" if here.data_of else ""),
        ),
        (_("Made for"), str(here.actor)),
        (
            _("Confidential complaints"),
            pgettext("confidential complaints", "counted")
            if here.scope.confidential
            else pgettext("confidential complaints", "left out"),
        ),
    ]


def _tiles(here: Desk, codes: Sequence[str]) -> list[Tile]:
    return [
        {
            "name": str(tile["name"]),
            "figure": tile["figure"],
            "notes": [
                note
                for note in (
                    " · ".join(filter(None, (tile["fraction"], tile["few"]))),
                    tile["previous"],
                    tile.get("target", ""),
                )
                if note
            ],
            "tone": tile.get("tone", ""),
            "verdict": tile.get("verdict", ""),
        }
        for tile in tiles(here, codes)
    ]


def _definition(kpi: Kpi) -> tuple[str, str, str, str, str, int]:
    says, source, formula = (str(part) for part in (kpi.says, kpi.source, kpi.formula))
    return kpi.code, str(kpi.name), says, source, formula, kpi.version
