"""Tables of counts by two dimensions, and the complaints behind each of their cells.

A cell and the list it opens are the same facts by the same expressions, so they cannot disagree.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce, ExtractIsoWeekDay, TruncMonth, TruncWeek
from django.db.models.lookups import In
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from complaints.models import Category
from complaints.selectors.register import Known
from complaints.states import Channel, Finding, Priority, TopClass
from monitoring.models import Fact
from monitoring.rules.kpi import Span
from monitoring.rules.measures import BY_CODE
from monitoring.rules.pivot import (
    COLUMNS,
    DAY,
    FILED_COLUMNS,
    FILED_ROWS,
    MONTH,
    NONE,
    OPENED_COLUMNS,
    OPENED_ROWS,
    OTHERS,
    ROWS,
    WEEK,
    Grid,
    Shown,
    dates_in,
    shown,
    step_for,
)
from monitoring.selectors.counting import condition_of
from monitoring.selectors.scope import Scope
from monitoring.states import Ending

Names = Callable[[Known], Mapping[str, str]]
YES, NO = "yes", "no"
_LONGEST = 200  # characters of a member: of a product, the longest there is


@dataclass(frozen=True)
class Dimension:
    """What a table can be laid out by: how a fact is put to a member, and what members are called.

    The key of a fact is text, "" where nothing is given; of a date it is the first day of its step.
    """

    label: Any
    key: Callable[[], Any]
    names: Names
    order: tuple[str, ...] = ()
    step: str = ""

    def words(self, member: str, known: Mapping[str, str]) -> str:
        """Return what a member is called."""
        if member == NONE:
            return pgettext("member", "None given")
        if not self.step:
            return known.get(member, member)
        day = date.fromisoformat(member)
        return date_format(day, "YEAR_MONTH_FORMAT" if self.step == MONTH else "SHORT_DATE_FORMAT")


def _text(column: str) -> Coalesce:
    return Coalesce(Cast(F(column), CharField()), Value(NONE))


def _of_known(name: str) -> Names:
    return lambda known: {str(one.pk): str(one) for one in getattr(known, name)}


def _of_choices(choices: Any) -> Names:
    return lambda _known: {str(code): str(words) for code, words in choices.choices}


def _top() -> Case:
    ids: dict[str, list[int]] = {}
    for pk, top in Category.objects.order_by().values_list("pk", "top_class"):
        ids.setdefault(top, []).append(pk)
    cases = [When(category_id__in=found, then=Value(top)) for top, found in ids.items()]
    return Case(*cases, default=Value(NONE), output_field=CharField())


def _repeat() -> Case:
    return Case(When(repeat=True, then=Value(YES)), default=Value(NO), output_field=CharField())


def _state() -> Case:
    """Return how it stands; an open complaint has no ending, which is no lack of one."""
    return Case(When(ending="", then=Value(_OPEN)), default=F("ending"), output_field=CharField())


_OPEN = "open"
_ENDINGS = (_OPEN, str(Ending.CLOSED), str(Ending.WITHDRAWN))
DIMENSIONS: Mapping[str, Dimension] = {
    "class": Dimension(
        pgettext_lazy("dimension", "Top class"),
        _top,
        _of_choices(TopClass),
        tuple(TopClass.values),
    ),
    "category": Dimension(
        pgettext_lazy("dimension", "Category"),
        lambda: _text("category_id"),
        _of_known("categories"),
    ),
    "product": Dimension(_("Product"), lambda: F("product"), lambda _known: {}),
    "site": Dimension(_("Site"), lambda: _text("site_id"), _of_known("sites")),
    "team": Dimension(_("Team"), lambda: _text("team_id"), _of_known("teams")),
    "provider": Dimension(_("Provider"), lambda: _text("provider_id"), _of_known("providers")),
    "channel": Dimension(_("Channel"), lambda: F("channel"), _of_choices(Channel)),
    "priority": Dimension(
        _("Priority"), lambda: F("priority"), _of_choices(Priority), tuple(Priority.values)
    ),
    "state": Dimension(
        _("State"),
        _state,
        lambda _known: {
            _OPEN: str(Ending.OPEN.label),
            **{str(one): str(one.label) for one in Ending if one},
        },
        _ENDINGS,
    ),
    "outcome": Dimension(
        pgettext_lazy("dimension", "Outcome"),
        lambda: F("finding"),
        _of_choices(Finding),
        tuple(Finding.values),
    ),
    "repeat": Dimension(
        pgettext_lazy("dimension", "Repeat"),
        _repeat,
        lambda _known: {
            YES: pgettext("dimension", "Repeat"),
            NO: pgettext("dimension", "Not a repeat"),
        },
        (NO, YES),
    ),
    MONTH: Dimension(
        pgettext_lazy("dimension", "Month of receipt"),
        lambda: TruncMonth("received_day"),
        lambda _known: {},
        step=MONTH,
    ),
    WEEK: Dimension(
        pgettext_lazy("dimension", "Week of receipt"),
        lambda: TruncWeek("received_day"),
        lambda _known: {},
        step=WEEK,
    ),
    DAY: Dimension(
        pgettext_lazy("dimension", "Day of receipt"),
        lambda: F("received_day"),
        lambda _known: {},
        step=DAY,
    ),
    "weekday": Dimension(
        pgettext_lazy("dimension", "Weekday of receipt"),
        lambda: Cast(ExtractIsoWeekDay("received_day"), CharField()),
        lambda _known: {str(at + 1): str(words) for at, words in WEEKDAYS.items()},
        tuple(str(at + 1) for at in WEEKDAYS),
    ),
}

COMPLAINTS, COMPLAINANTS, REPEATS = "complaints", "complainants", "repeats"
_NOBODY_KNOWN = Q(complaint__complainant__isnull=True)
COUNTED: Mapping[str, tuple[Any, Callable[[], Any]]] = {
    COMPLAINTS: (pgettext_lazy("counted", "Complaints"), lambda: Count("pk")),
    # Of whom nobody knows who they are, each is taken for somebody else.
    COMPLAINANTS: (
        pgettext_lazy("counted", "Different complainants"),
        lambda: Count("complaint__complainant", distinct=True) + Count("pk", filter=_NOBODY_KNOWN),
    ),
    REPEATS: (pgettext_lazy("counted", "Repeats"), lambda: Count("pk")),
}


@dataclass(frozen=True)
class Layout:
    """What a table shows: its two sides, what it counts, and which sides are opened wide."""

    rows: str
    columns: str
    counted: str = COMPLAINTS
    open_rows: bool = False
    open_columns: bool = False

    def within(self, span: Span) -> "Layout":
        """Return the same table with steps of time that a span can be read by."""
        sides = {
            side: step_for(code, span.first, span.after) if DIMENSIONS[code].step else code
            for side, code in (("rows", self.rows), ("columns", self.columns))
        }
        return Layout(
            sides["rows"], sides["columns"], self.counted, self.open_rows, self.open_columns
        )


_Side = tuple[Dimension, int]


def grid(scope: Scope, span: Span, layout: Layout, *, whole: bool = False) -> Grid:
    """Count a table; with `whole` as a file holds it: rows are not folded, columns hardly.

    At most two statements say which members there are, one what the cells come to. Different
    people cannot be added up: their sums take three more.
    """
    facts = _facts(scope, span, layout)
    rows = _shown(facts, span, _row_side(layout, whole=whole))
    columns = _shown(facts, span, _column_side(layout, whole=whole))
    count = COUNTED[layout.counted][1]
    placed = facts.annotate(
        r=_bucket(DIMENSIONS[layout.rows], rows), c=_bucket(DIMENSIONS[layout.columns], columns)
    )
    counted = placed.values_list("r", "c").annotate(n=count())
    cells = {(_told(row), _told(column)): n for row, column, n in counted}
    if layout.counted != COMPLAINANTS:
        of_row, of_column = Counter[str](), Counter[str]()
        for (row, column), n in cells.items():
            of_row[row] += n
            of_column[column] += n
        return Grid(rows, columns, cells, of_row, of_column, of_row.total())
    return Grid(
        rows,
        columns,
        cells,
        {_told(row): n for row, n in placed.values_list("r").annotate(n=count())},
        {_told(column): n for column, n in placed.values_list("c").annotate(n=count())},
        facts.aggregate(n=count())["n"],
    )


def facts_of(
    scope: Scope, span: Span, layout: Layout, row: str | None, column: str | None
) -> "QuerySet[Fact]":
    """Return the facts behind a cell; None on a side stands for all of it."""
    facts = whole = _facts(scope, span, layout)
    for side, member in ((_row_side(layout), row), (_column_side(layout), column)):
        if member is None:
            continue
        dimension, _most = side
        keyed = whole.annotate(key=dimension.key())
        if member == OTHERS:
            # Which ones are folded is a matter of the whole table, not of the row one is in.
            keyed = keyed.exclude(key__in=_shown(whole, span, side).members)
        else:
            keyed = keyed.filter(key=_value(dimension, member))
        facts = facts.filter(pk__in=keyed.values("pk"))
    return facts


def _value(dimension: Dimension, member: str) -> Any:
    return date.fromisoformat(member) if dimension.step else member


def _told(key: Any) -> str:
    return key.isoformat() if isinstance(key, date) else str(key)


def is_member(code: str, member: str) -> bool:
    """Return whether a text may be a member of a dimension: of one of time, a date."""
    if not DIMENSIONS[code].step:
        return len(member) <= _LONGEST and "\x00" not in member
    try:
        date.fromisoformat(member)
    except ValueError:
        return False
    return True


def names_of(code: str, known: Known) -> Callable[[str], str]:
    """Return what tells how the members of a dimension are called."""
    dimension = DIMENSIONS[code]
    names = dimension.names(known)
    return lambda member: dimension.words(member, names)


def _facts(scope: Scope, span: Span, layout: Layout) -> "QuerySet[Fact]":
    measure = BY_CODE["repeats" if layout.counted == REPEATS else "received"]
    return Fact.objects.filter(
        scope.facts(), condition_of(measure, span.first, span.after)
    ).order_by()


def _row_side(layout: Layout, *, whole: bool = False) -> _Side:
    most = OPENED_ROWS if layout.open_rows else ROWS
    return DIMENSIONS[layout.rows], FILED_ROWS if whole else most


def _column_side(layout: Layout, *, whole: bool = False) -> _Side:
    most = OPENED_COLUMNS if layout.open_columns else COLUMNS
    return DIMENSIONS[layout.columns], FILED_COLUMNS if whole else most


def _shown(facts: "QuerySet[Fact]", span: Span, side: _Side) -> Shown:
    dimension, most = side
    if dimension.step:
        days = dates_in(dimension.step, span.first, span.over)
        return Shown(tuple(day.isoformat() for day in days))
    totals = facts.annotate(key=dimension.key()).values_list("key").annotate(n=Count("pk"))
    return shown(dict(totals), most, dimension.order)


def _bucket(dimension: Dimension, side: Shown) -> Any:
    key = dimension.key()
    if not side.folded:
        return key
    kept = [When(In(key, side.members), then=key)]
    return Case(*kept, default=Value(OTHERS), output_field=CharField())
