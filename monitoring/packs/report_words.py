"""Reports in words of the present language: what a page and a paper say of the data of a month."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from monitoring.kpis import MANAGEMENT
from monitoring.rules import drawing
from monitoring.rules.kpi import Basis
from monitoring.selectors.comparing import Load
from monitoring.selectors.figure_words import (
    BANDS,
    BASES,
    NO_VALUE,
    REASONS,
    aim_words,
    figure,
    interval_words,
    money,
    share_words,
)
from monitoring.selectors.report_data import OF_THE_MOMENT
from monitoring.states import AlertKind, AlertLevel, AlertState, Direction
from papers.rules import blocks
from papers.rules.blocks import Block, Cell, Tile

MOST_CATEGORIES = 14
Compared = tuple[str, str, str]  # code, unit and name of a figure
_LABELLED = 5  # of the weeks below a chart, each so manieth has its date


def spoken(names: Mapping[str, str] | None) -> str:
    """Return a name in the present language; it was kept in all of them."""
    return (names or {}).get(get_language() or "en", "") if names else ""


def month_words(month: date) -> str:
    """Return a month in words."""
    return date_format(month, "YEAR_MONTH_FORMAT")


def place_words(data: Mapping[str, Any]) -> str:
    """Return which place a report is about."""
    return spoken(data["site"]["name"]) if data["site"] else _("The whole organisation")


def value_words(unit: str, counted: Mapping[str, Any] | None) -> str:
    """Return a value of the data as it is shown."""
    if counted is None:
        return NO_VALUE
    if unit == "money":
        return money({name: Fraction(total) for name, total in counted["sums"].items()})
    value = counted["value"]
    return figure(None if value is None else Fraction(str(value)), unit)


def target_told(one: Mapping[str, Any]) -> str:
    """Return the target of a figure in words; nothing where it has none."""
    target = one["target"]
    if target is None:
        return ""
    return aim_words(target["direction"], Fraction(target["value"]), one["unit"])


def bound_told(one: Mapping[str, Any]) -> str:
    """Return the bound that a target sets, for a column of targets; nothing where it has none."""
    target = one["target"]
    if target is None:
        return ""
    value = figure(Fraction(target["value"]), one["unit"])
    return f"{Direction(target['direction']).label} {value}"


def verdict_told(one: Mapping[str, Any]) -> tuple[str, str]:
    """Return the verdict in words, and its tone."""
    if one["verdict"] == "reached":
        return pgettext("target", "reached"), "ok"
    if one["verdict"] == "missed":
        return pgettext("target", "missed"), "bad"
    return "", ""


def fraction_told(one: Mapping[str, Any]) -> str:
    """Return of how many a figure is."""
    return share_words(one["unit"], one["numerator"], one["denominator"])


def excluded_told(one: Mapping[str, Any]) -> list[str]:
    """Return what was left out of a figure, and why."""
    return [f"{number_format(count)} {REASONS[name]}" for name, count in one["excluded"].items()]


def bands_told(one: Mapping[str, Any]) -> list[str]:
    """Return the bands of a figure with their counts."""
    return [f"{BANDS[name]}: {number_format(count)}" for name, count in one["bands"].items()]


def interval_told(one: Mapping[str, Any]) -> str:
    """Return the 95 % interval of a share in words; nothing where there is none."""
    if one["low"] is None or one["high"] is None:
        return ""
    return interval_words(Fraction(str(one["low"])), Fraction(str(one["high"])))


# --- blocks of a paper ---------------------------------------------------------------------------


def report_blocks(data: Mapping[str, Any]) -> list[Block]:
    """Return the blocks of the paper of a month."""
    figures = data["figures"]
    return [
        blocks.heading(_("At a glance")),
        blocks.tiles([_tile(one) for one in figures if one["code"] in MANAGEMENT]),
        blocks.heading(_("All figures")),
        figures_table(figures),
        blocks.heading(_("Received and closed by week")),
        *flow_blocks(data["weeks"]),
        blocks.heading(_("Categories by week")),
        *heat_blocks(data["categories"]),
        blocks.heading(_("Age of what was open at the end of the month")),
        *age_blocks(data["ages"]),
        blocks.heading(_("Causes of what was upheld")),
        *cause_blocks(data["causes"]),
        blocks.heading(_("Providers compared")),
        *provider_blocks(data["providers"], compared_in(data)),
        blocks.heading(_("Early warning: alerts raised in the month")),
        *alert_blocks(data["alerts"]),
        blocks.heading(_("How it is counted")),
        blocks.text(conventions()),
        blocks.text(_("The data attached to this file are exact to six decimals.")),
        definitions_table(
            [
                (
                    one["code"],
                    *(spoken(one[part]) for part in ("name", "says", "source", "formula")),
                    one["edition"],
                )
                for one in figures
            ]
        ),
    ]


def _tile(one: Mapping[str, Any]) -> Tile:
    verdict, tone = verdict_told(one)
    before = one["before"] and value_words(one["unit"], one["before"])
    notes = [
        " · ".join(filter(None, [fraction_told(one), _("few cases") if one["few"] else ""])),
        pgettext("period", "before: %(value)s") % {"value": before} if before else "",
        target_told(one),
    ]
    return {
        "name": spoken(one["name"]),
        "figure": value_words(one["unit"], one),
        "notes": [note for note in notes if note],
        "tone": tone,
        "verdict": verdict,
    }


def figures_table(figures: Sequence[Mapping[str, Any]]) -> Block:
    """Return all figures with what it takes to judge them."""
    heads = [
        _("Figure"),
        _("Value"),
        _("The month before"),
        _("Target"),
    ]
    return blocks.table(
        heads, [_figure_row(one) for one in figures], widths=[2, 2, 1.1, 1], numbers=[1, 2]
    )


def _figure_row(one: Mapping[str, Any]) -> list[Cell]:
    verdict, tone = verdict_told(one)
    left_out = excluded_told(one)
    name = blocks.cell(
        f"{one['code']}  {spoken(one['name'])}",
        _("as of the moment of counting")
        if one["code"] in OF_THE_MOMENT
        else str(BASES[Basis(one["basis"])]),
        _("left out: %(what)s") % {"what": " · ".join(left_out)} if left_out else "",
        *bands_told(one),
    )
    p90 = one["p90"]
    value = blocks.cell(
        value_words(one["unit"], one),
        " · ".join(filter(None, [fraction_told(one), _("few cases") if one["few"] else ""])),
        interval_told(one),
        ""
        if p90 is None
        else _("90th percentile: %(value)s") % {"value": figure(Fraction(p90), one["unit"])},
        tone=tone,
    )
    return [
        name,
        value,
        blocks.cell(
            value_words(one["unit"], one["before"]),
            fraction_told({**one, **one["before"]}) if one["before"] else "",
        ),
        blocks.cell(bound_told(one), verdict, tone=tone),
    ]


def flow_blocks(weeks: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Return what came in, was closed and was left by week, as a drawing and as a table."""
    dates = [date.fromisoformat(row["week"]) for row in weeks]
    labels = [
        date_format(day, "MONTH_DAY_FORMAT") if number % _LABELLED == _LABELLED // 2 else ""
        for number, day in enumerate(dates)
    ]
    chart = drawing.bars_and_line(
        [(row["received"], "") for row in weeks], [(row["closed"], "") for row in weeks], labels
    )
    series = flow_series(weeks)
    half = -(-len(weeks) // 2)
    cells = [
        [date_format(day), *(str(row[name]) for name in series)]
        for day, row in zip(dates, weeks, strict=True)
    ]
    # Two columns of weeks beside each other: a page is wide enough.
    heads, widths = [_("Week of"), *series.values()], [2, 1, 1, 1.3][: len(series) + 1]
    other = [*cells[half:], *[[""] * len(heads)] * (2 * half - len(cells))]
    rows = [[*left, "", *right] for left, right in zip(cells[:half], other, strict=True)]
    numbers = [place + 1 for place in range(len(series))]
    return [
        blocks.bars_and_line(
            chart,
            (series["received"], series["closed"]),
            _("Bars: received; line: closed. The table below has the numbers."),
        ),
        blocks.table(
            [*heads, "", *heads],
            rows,
            widths=[*widths, 0.3, *widths],
            numbers=[*numbers, *(place + len(heads) + 1 for place in numbers)],
        ),
    ]


def flow_series(weeks: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return what rows of weeks hold, with its name; older reports do not say what was left."""
    series = {"received": pgettext("series", "Received"), "closed": pgettext("series", "Closed")}
    if all("open" in row for row in weeks):
        series["open"] = pgettext("series", "Open at the end")
    return series


def heat_blocks(categories: Mapping[str, Any]) -> list[Block]:
    """Return what was received by category and week."""
    rows = categories["rows"]
    if not rows:
        return [_nothing()]
    most = max(max(row["received"]) for row in rows)
    heads = [
        _("Category"),
        *(date.fromisoformat(week).strftime("%m-%d") for week in categories["weeks"]),
        _("Sum"),
    ]
    found = [
        blocks.heat(
            heads,
            [
                (
                    spoken(row["name"]) or _("Without a category"),
                    [(count, drawing.heat(count, most)) for count in row["received"]],
                    sum(row["received"]),
                )
                for row in rows[:MOST_CATEGORIES]
            ],
        )
    ]
    more = len(rows) - MOST_CATEGORIES
    if more > 0:
        words = ngettext(
            "%(more)s more category has fewer.", "%(more)s more categories have fewer.", more
        )
        found.append(blocks.text(words % {"more": more}, muted=True))
    return found


def age_blocks(ages: Mapping[str, int]) -> list[Block]:
    """Return how old what is open was."""
    return _lines([(str(BANDS[name]), count) for name, count in ages.items()])


def cause_blocks(causes: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Return by which causes complaints were upheld; what is unknown is told."""
    return _lines(
        [(spoken(row["name"]) or row["code"] or _("unknown"), row["upheld"]) for row in causes]
    )


def _lines(rows: Sequence[tuple[str, int]]) -> list[Block]:
    most = max((count for _, count in rows), default=0)
    if not most:
        return [_nothing()]
    found = [
        {
            "words": words,
            "figure": number_format(count),
            "length": drawing.share_of(count, most),
        }
        for words, count in rows
    ]
    told = "; ".join(f"{row['words']}: {row['figure']}" for row in found)
    return [blocks.lines(found, told)]


def workload_blocks(loads: Sequence[Load]) -> list[Block]:
    """Return who has what on the table, and what will be late at the present pace."""
    if not loads:
        return [blocks.text(_("Nothing is open."), muted=True)]
    heads = [
        _("Owner"),
        pgettext("number of", "Open"),
        _("Late now"),
        _("Due in 3 working days"),
        _("Forecast: will be late"),
        _("Closed in 4 weeks"),
    ]
    rows = [
        [
            load.name or _("Nobody yet"),
            *map(str, (load.open, load.late, load.ahead, load.forecast, load.closed)),
        ]
        for load in loads
    ]
    return [blocks.table(heads, rows, widths=[2, 1, 1, 1, 1, 1], numbers=range(1, 6))]


def compared_in(data: Mapping[str, Any]) -> list[Compared]:
    """Return by which figures providers were set side by side when the data were gathered."""
    codes = {code for one in data["providers"] for code in one["figures"]}
    return [
        (one["code"], one["unit"], spoken(one["name"]))
        for one in data["figures"]
        if one["code"] in codes
    ]


def provider_blocks(
    providers: Sequence[Mapping[str, Any]], compared: Sequence[Compared]
) -> list[Block]:
    """Return providers side by side; few cases are marked, as on the board."""
    if not providers:
        return [_nothing()]
    rows: list[list[Cell]] = []
    for one in providers:
        cells: list[Cell] = [spoken(one["name"])]
        for code, unit, _name in compared:
            counted = one["figures"][code]
            cells.append(
                blocks.cell(
                    value_words(unit, counted),
                    share_words(unit, counted["numerator"], counted["denominator"]),
                    _("few cases") if counted["few"] else "",
                )
            )
        rows.append(cells)
    heads = [_("Provider"), *(name for _code, _unit, name in compared)]
    count = len(compared)
    return [blocks.table(heads, rows, widths=[1.6, *[1] * count], numbers=range(1, count + 1))]


def alert_lines(alerts: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the alerts of a month in words, and how the work on them stood."""
    return [
        {
            "reference": one["reference"],
            "raised": date_format(date.fromisoformat(one["raised"])),
            "kind": str(AlertKind(one["kind"]).label),
            "level": str(AlertLevel(one["level"]).label),
            "series": spoken(one["series"]),
            "observed": NO_VALUE
            if one["kind"] == AlertKind.EMERGENCY
            else number_format(one["observed"]),
            "expected": NO_VALUE if one["expected"] is None else number_format(one["expected"], 1),
            "state": str(AlertState(one["state"]).label),
        }
        for one in alerts
    ]


def alert_blocks(alerts: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Return the alerts of the month as a table."""
    if not alerts:
        return [blocks.text(_("No alert was raised."), muted=True)]
    rows: list[list[Cell]] = [
        [
            blocks.cell(line["reference"], line["raised"]),
            blocks.cell(line["kind"], line["level"]),
            line["series"],
            line["observed"],
            line["expected"],
            line["state"],
        ]
        for line in alert_lines(alerts)
    ]
    heads = [_("Alert"), _("Kind"), _("Series"), _("Seen"), _("Expected"), _("State")]
    return [blocks.table(heads, rows, widths=[1.1, 1.5, 1.9, 0, 0, 1.1], numbers=[3, 4])]


def definitions_table(rows: Sequence[tuple[str, str, str, str, str, int]]) -> Block:
    """Return what figures mean: code, name, meaning, source, formula and edition of each."""
    heads = [_("Figure"), _("What it means"), _("Formula"), _("Edition")]
    found: list[list[Cell]] = [
        [f"{code}  {name}", blocks.cell(says, source), formula, str(edition)]
        for code, name, says, source, formula, edition in rows
    ]
    return blocks.table(heads, found, widths=[1.3, 2.8, 1.5, 0], numbers=[3])


def conventions() -> str:
    """Return by which rules all figures are counted."""
    return _(
        "Registered complaints count; those found to be none and those merged into another "
        "leave every figure and are told apart; withdrawn ones stay in the volume. A figure of "
        "nothing has no value. Shares carry Wilson’s interval of 95 percent; a share of fewer "
        "than ten cases is marked and not judged against a target. Times are gross; medians lie"
        " between the middle two, percentiles are by nearest rank. Values are rounded half up "
        "for display only."
    )


def _nothing() -> Block:
    return blocks.text(_("Nothing to show for this period."), muted=True)
