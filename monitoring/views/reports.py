"""Monthly reports: which there are, one of them beside what it would say today, and its files."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from hashlib import sha256
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of, demand
from complaints.errors import BadInput
from monitoring.kpis import CATALOGUE
from monitoring.models import Report
from monitoring.packs.report_paper import month_facts, month_table, provisional
from monitoring.packs.report_words import (
    MOST_CATEGORIES,
    alert_lines,
    bound_told,
    compared_in,
    excluded_told,
    flow_series,
    fraction_told,
    interval_told,
    month_words,
    place_words,
    spoken,
    value_words,
    verdict_told,
)
from monitoring.permissions import VIEW
from monitoring.rules import drawing
from monitoring.rules.kpi import DAY
from monitoring.rules.periods import month_of, months_on
from monitoring.rules.tabular import CSV_KIND, XLSX_KIND, csv_text, xlsx_book
from monitoring.selectors.figure_words import BANDS, change_words, share_words
from monitoring.selectors.report_data import LANGUAGES, Whole
from monitoring.selectors.reports import (
    Restated,
    freezes_at,
    places_of,
    report_of,
    reports_of,
    restated,
    years_of,
)
from monitoring.services.exporting import note_export, note_report_taken
from monitoring.services.folding import catch_up
from monitoring.services.reports import data_text, preview_report, print_report
from monitoring.views.common import as_file, joined

FORMATS: Mapping[str, str] = {
    "pdf": "application/pdf",
    "json": "application/json",
    "csv": CSV_KIND,
    "xlsx": XLSX_KIND,
}
REASONS: Mapping[str, Any] = {
    "definition": gettext_lazy("the definition is another"),
    "late": gettext_lazy("complaints were entered later"),
    "matured": gettext_lazy("what was too young or not yet due then is counted now"),
    "corrected": gettext_lazy("records were completed or corrected later"),
}
_SHOWN = ("K01", "K06", "K17")  # in the list of reports


@dataclass(frozen=True)
class Desk:
    """Whose reports somebody looks at."""

    actor: User
    places: Sequence[Whole]
    whole: Whole | None  # None where they see no whole place
    now: datetime

    @property
    def site(self) -> str:
        """Return the place as an address has it."""
        return self.whole.site.code if self.whole and self.whole.site else ""


def _desk(request: HttpRequest) -> Desk:
    """Return whose reports are asked for: of the site that is named, else of the widest place.

    Raises PermissionDenied, and Http404 for a place that is not theirs.
    """
    actor = actor_of(request.user)
    demand(actor, VIEW)
    places = places_of(actor)
    code = request.GET.get("site", "")
    found = [one for one in places if not code or (one.site and one.site.code == code)]
    if code and not found:
        raise Http404
    return Desk(actor, places, found[0] if found else None, timezone.now())


def _address(month: date, site: str) -> str:
    return joined(reverse("monitoring:report", args=[f"{month:%Y-%m}"]), "", site=site)


@login_required
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """List the frozen reports of a place by year, and the months that are not frozen yet."""
    here = _desk(request)
    if here.whole is None:
        return render(request, "monitoring/reports.html", {"places": []})
    address = reverse("monitoring:reports")
    years = years_of(here.whole)
    year = request.GET.get("year", "")
    chosen = int(year) if year in map(str, years) else (years[0] if years else None)
    context = {
        "places": _place_tabs(here, address),
        "years": [
            {
                "label": str(one),
                "url": joined(address, "", site=here.site, year=str(one)),
                "current": one == chosen,
            }
            for one in years
        ],
        "rows": [_line(report, here) for report in reports_of(here.whole, year=chosen)],
        "heads": [str(kpi.name) for kpi in CATALOGUE if kpi.code in _SHOWN],
        "waiting": _waiting(here, here.whole),
    }
    return render(request, "monitoring/reports.html", context)


def _place_tabs(here: Desk, address: str) -> list[dict[str, Any]]:
    return [
        {
            "label": str(one.site) if one.site else _("The whole organisation"),
            "url": joined(address, "", site=one.site.code if one.site else ""),
            "current": one == here.whole,
        }
        for one in here.places
    ]


def _line(report: Report, here: Desk) -> dict[str, Any]:
    figures = {one["code"]: one for one in json.loads(report.data)["figures"]}
    shown = [figures[code] for code in _SHOWN if code in figures]
    return {
        "month": month_words(report.month),
        "url": _address(report.month, here.site),
        "cells": [(spoken(one["name"]), value_words(one["unit"], one)) for one in shown],
        "reached": sum(one["verdict"] == "reached" for one in figures.values()),
        "missed": sum(one["verdict"] == "missed" for one in figures.values()),
        "frozen_at": report.frozen_at,
    }


def _waiting(here: Desk, whole: Whole) -> list[dict[str, Any]]:
    """Return the running month and the one before where it is not frozen yet."""
    this = timezone.localdate(here.now).replace(day=1)
    found = []
    for month in (this, months_on(this, -1)):
        if report_of(whole, month) is None:
            due = freezes_at(month, now=here.now)
            found.append(
                {
                    "month": month_words(month),
                    "url": _address(month, here.site),
                    "due": timezone.localdate(due) + DAY,
                    "overdue": due <= here.now,
                }
            )
    return found


@dataclass(frozen=True)
class Opened:
    """A month somebody looks at: its data, and the frozen report if it is one."""

    month: date
    text: str
    report: Report | None

    @property
    def data(self) -> dict[str, Any]:
        """Return the data."""
        found: dict[str, Any] = json.loads(self.text)
        return found


def _opened(here: Desk, month: str) -> Opened:
    """Return a frozen month, or the running or last one as it is now. Raises Http404."""
    first = month_of(month)
    if first is None or here.whole is None:
        raise Http404
    report = report_of(here.whole, first)
    if report is not None:
        return Opened(first, report.data, report)
    this = timezone.localdate(here.now).replace(day=1)
    if first not in {this, months_on(this, -1)}:
        raise Http404
    catch_up(at=here.now)
    return Opened(first, data_text(here.whole, first, at=here.now), None)


@login_required
@require_safe
def report(request: HttpRequest, month: str) -> HttpResponse:
    """Show a month: frozen, beside what it would say today; or provisional, and marked so."""
    here = _desk(request)
    opened = _opened(here, month)
    data, kept = opened.data, opened.report
    frozen_at = kept.frozen_at if kept else None
    late = 0
    if kept is not None:
        catch_up(at=here.now)
        lines, late = restated(kept, kpis=CATALOGUE, now=here.now)
    else:
        lines = [Restated(one, None, (), None) for one in data["figures"]]
    context = {
        "title": _("Report %(month)s") % {"month": month_words(opened.month)},
        "place": place_words(data),
        "places": _place_tabs(here, reverse("monitoring:report", args=[month])),
        "facts": month_facts(
            data, frozen_at=frozen_at, sha256=sha256(opened.text.encode()).hexdigest()
        ),
        "files": _files(kept),
        "provisional": "" if kept else provisional(),
        "frozen": kept is not None,
        "rows": [_figure_row(line) for line in lines],
        "changed": sum(line.differs for line in lines),
        "late": late_words(late) if late else "",
        "now": here.now,
        "tables": _tables(data),
        "alerts": alert_lines(data["alerts"]),
        "crumbs": [
            (_("Figures"), reverse("monitoring:dashboard")),
            (_("Monthly reports"), joined(reverse("monitoring:reports"), "", site=here.site)),
        ],
        "formats": [(fmt, fmt.upper()) for fmt in FORMATS],
        "file_url": joined(reverse("monitoring:report_file", args=[month]), "", site=here.site),
    }
    return render(request, "monitoring/report.html", context)


@dataclass(frozen=True)
class Cell:
    """A number of a table: as it is read, what stands below it, how dark it is on a map of heat."""

    text: str
    sub: str = ""
    few: bool = False
    step: int | None = None


@dataclass(frozen=True)
class Table:
    """Counts of a month as a table; `more` rows are left out."""

    name: str
    title: str
    heads: Sequence[Any]
    rows: Sequence[tuple[str, Sequence[Cell]]]
    heat: bool = False
    more: int = 0


def _tables(data: Mapping[str, Any]) -> list[Table]:
    """Return what stands below the figures."""
    causes = [
        (spoken(one["name"]) or one["code"] or _("unknown"), one["upheld"])
        for one in data["causes"]
    ]
    ages = [(str(BANDS[name]), count) for name, count in data["ages"].items()]
    number = pgettext("how many", "Number")
    return [
        _heat(data["categories"]),
        Table(
            "ages",
            _("Age of what was open at the end of the month"),
            (_("Age since receipt"), number),
            _counts(ages),
        ),
        Table("causes", _("Causes of what was upheld"), (_("Cause"), number), _counts(causes)),
        _flow(data["weeks"]),
        _providers(data),
    ]


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def late_words(count: int) -> str:
    """Return how many complaints of a month came in after it was frozen."""
    return ngettext(
        "%(n)s complaint of this month was entered after the freeze.",
        "%(n)s complaints of this month were entered after the freeze.",
        count,
    ) % {"n": count}


def _files(report: Report | None) -> list[tuple[str, str]]:
    names = {"en": "English", "zh-hans": "中文"}
    files = report.files.all() if report else []
    return [(f"SHA-256 · PDF {names[file.language]}", file.sha256) for file in files]


def _figure_row(line: Restated) -> dict[str, Any]:
    one, today = line.frozen, line.today
    verdict, tone = verdict_told(one)
    row = {
        "code": one["code"],
        "name": spoken(one["name"]),
        "says": spoken(one["says"]),
        "edition": one["edition"],
        "value": value_words(one["unit"], one),
        "fraction": fraction_told(one),
        "few": one["few"],
        "interval": interval_told(one),
        "excluded": excluded_told(one),
        "before": value_words(one["unit"], one["before"]),
        "target": bound_told(one),
        "verdict": verdict,
        "tone": tone,
        "differs": line.differs,
    }
    if today is not None:
        row["today"] = value_words(one["unit"], today)
        row["today_fraction"] = share_words(one["unit"], today["numerator"], today["denominator"])
        row["why"] = [REASONS[reason] for reason in line.reasons]
        if line.changed and one["unit"] != "money":
            row["change"] = change_words(Fraction(str(line.changed)), one["unit"])
    return row


def _flow(weeks: Sequence[Mapping[str, Any]]) -> Table:
    series = flow_series(weeks)
    return Table(
        "flow",
        _("Received and closed by week"),
        (_("Week of"), *series.values()),
        [
            (
                date_format(date.fromisoformat(row["week"])),
                tuple(Cell(str(row[name])) for name in series),
            )
            for row in reversed(weeks)
        ],
    )


def _heat(categories: Mapping[str, Any]) -> Table:
    found = categories["rows"]
    most = max((max(row["received"]) for row in found), default=0)
    return Table(
        "heat",
        _("Categories by week"),
        (_("Category"), *(week[5:] for week in categories["weeks"]), _("Sum")),
        [
            (
                spoken(row["name"]) or _("Without a category"),
                [
                    *(
                        Cell(str(count or "·"), step=drawing.heat(count, most))
                        for count in row["received"]
                    ),
                    Cell(str(sum(row["received"]))),
                ],
            )
            for row in found[:MOST_CATEGORIES]
        ],
        heat=True,
        more=max(0, len(found) - MOST_CATEGORIES),
    )


def _counts(rows: Sequence[tuple[str, int]]) -> list[tuple[str, Sequence[Cell]]]:
    return [(words, (Cell(str(count)),)) for words, count in rows]


def _providers(data: Mapping[str, Any]) -> Table:
    compared = compared_in(data)
    rows = []
    for one in data["providers"]:
        counts = [(unit, one["figures"][code]) for code, unit, _name in compared]
        cells = [
            Cell(
                value_words(unit, counted),
                share_words(unit, counted["numerator"], counted["denominator"]),
                counted["few"],
            )
            for unit, counted in counts
        ]
        rows.append((spoken(one["name"]), cells))
    heads = (_("Provider"), *(name for _code, _unit, name in compared))
    return Table("providers", _("Providers compared"), heads, rows)


# --- files ---------------------------------------------------------------------------------------


@login_required
@require_POST
def report_file(request: HttpRequest, month: str) -> HttpResponse:
    """Hand out a month as PDF, JSON, CSV or XLSX. By POST, because it is recorded."""
    here = _desk(request)
    fmt = request.POST.get("format", "")
    language = request.POST.get("language", "") or get_language() or LANGUAGES[0]
    if fmt not in FORMATS:
        raise BadInput(_("Choose PDF, JSON, CSV or XLSX."), field="format")
    if language not in LANGUAGES:
        raise BadInput(_("There is no report in this language."), field="language")
    opened = _opened(here, month)
    content = _content(here, opened, fmt, language)
    if opened.report is not None:
        note_report_taken(
            report=opened.report,
            fmt=fmt,
            language=language,
            sha256=_digest(content),
            actor=here.actor,
            at=here.now,
        )
    else:
        asked = {"site": here.site} if here.site else {}
        note_export(what=f"report {month}", fmt=fmt, asked=asked, actor=here.actor, at=here.now)
    parts = ["report", month, here.site, "" if opened.report else "provisional"]
    name = "-".join(part for part in (*parts, language if fmt != "json" else "") if part)
    return as_file(content, FORMATS[fmt], f"{name}.{fmt}")


def _content(here: Desk, opened: Opened, fmt: str, language: str) -> bytes:
    if fmt == "json":
        return opened.text.encode()
    if fmt != "pdf":
        rows = month_table(opened.data)
        return csv_text(rows) if fmt == "csv" else xlsx_book(_("Figures"), rows)
    if opened.report is not None:
        return bytes(
            print_report(report_id=opened.report.pk, language=language, at=here.now).content
        )
    return preview_report(text=opened.text, language=language, at=here.now)
