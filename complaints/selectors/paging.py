"""Pages of complaints by key: the next page begins behind a row, never behind a count of rows.

So the thousandth page costs what the first one does, and a row that comes in meanwhile neither
hides another nor shows it twice.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

from django.db import connection
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Left

from complaints.models import Clock, Complaint
from complaints.querysets import ComplaintQuerySet, Words
from complaints.selectors.prepared import Prepared
from complaints.selectors.register import DUE_FIRST, NEWEST, OLDEST

PAGE = 50
DUE_ONLY = "due-only"
COUNT_CAP = 1_000
WORDS_SHOWN = 140  # letters of the description that a row may show
WORDS_SEARCHED = 2_000  # and where words were looked for
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST = 2**63 - 1


class Line(NamedTuple):
    """What a row of a list knows of its complaint."""

    pk: int
    reference: str
    state: str
    is_open: bool
    priority: str
    channel: str
    description: str
    received_at: datetime
    next_due_at: datetime | None
    next_due_since: datetime | None
    next_due_stage: str
    paused: bool
    emergency: bool
    confidential: bool
    anonymous: bool
    pending_approval: str
    escalation_level: int
    repeat_of_id: int | None
    missing: list[str]
    subject_person_id: int | None
    recorded_by_id: int
    site_id: int | None
    team_id: int | None
    provider_id: int | None
    owner_id: int | None
    owner_name: str | None
    owner_username: str | None
    complainant: str | None
    organisation: str | None
    customer_number: str | None
    category_en: str | None
    category_zh: str | None


_CLOCK_BEGAN = Subquery(
    Clock.objects.filter(
        complaint=OuterRef("pk"),
        due_at=OuterRef("next_due_at"),
        stopped_at__isnull=True,
        paused_at__isnull=True,
        dropped=False,
    )
    .order_by("pk")
    .values("started_at")[:1]
)
_COLUMNS = (
    "pk",
    "reference",
    "state",
    "is_open",
    "priority",
    "channel",
    "said",
    "received_at",
    "next_due_at",
    _CLOCK_BEGAN,
    "next_due_stage",
    "paused",
    "emergency",
    "confidential",
    "anonymous",
    "pending_approval",
    "escalation_level",
    "repeat_of",
    "missing",
    "subject_person",
    "recorded_by",
    "site",
    "team",
    "provider",
    "owner",
    "owner__display_name",
    "owner__username",
    "complainant__name",
    "complainant__organisation",
    "complainant__customer_number",
    "category__name_en",
    "category__name_zh",
)


@cache
def _listed(words: int) -> Prepared:
    return Prepared(
        Complaint.everything.annotate(said=Left("description", words)).values_list(*_COLUMNS)
    )


def lines(ids: Words | Sequence[int], *, order: str = "", words: int = WORDS_SHOWN) -> list[Line]:
    """Return the rows of these complaints in this order, with so many letters of what was said."""
    return list(itertools.starmap(Line, asked(_listed(words), ids, order=order)))


def asked(
    listed: Prepared, ids: Words | Sequence[int], *, order: str = ""
) -> list[tuple[Any, ...]]:
    """Return what a prepared question says of these complaints, in this order."""
    if not isinstance(ids, Words):
        ids = Words(", ".join(["%s"] * len(ids)), [*ids])
    if not ids.sql:
        return []
    more = f"WHERE {_column('pk')} IN ({ids.sql})"
    return listed.ask(f"{more} ORDER BY {order}" if order else more, ids.params)


@cache
def _column(name: str) -> str:
    meta: Any = Complaint._meta
    column: str = meta.pk.column if name == "pk" else meta.get_field(name).column
    quote = connection.ops.quote_name
    return f"{quote(meta.db_table)}.{quote(column)}"


def lines_by_id(ids: Sequence[int], *, words: int = WORDS_SHOWN) -> list[Line]:
    """Return rows in the order of their ids, as the search found them."""
    found = {line.pk: line for line in lines(ids, words=words)}
    return [found[pk] for pk in ids if pk in found]


@dataclass(frozen=True)
class Segment:
    """A stretch of an order: which complaints, by which key, then by id."""

    key: str  # "" for the id alone
    descending: bool = False
    given: str = ""  # a column that holds something in this stretch
    missing: str = ""  # one that holds nothing

    @property
    def keys(self) -> list[str]:
        """Return what it is ordered by."""
        return [self.key, "pk"] if self.key else ["pk"]

    def order(self, *, backwards: bool, of: Callable[[str], str]) -> str:
        """Return what to order by, forwards or backwards; `of` says how a column is called."""
        way = "DESC" if self.descending != backwards else "ASC"
        return ", ".join(f"{of(key)} {way}" for key in self.keys)

    def beyond(self, mark: "Mark | None", *, backwards: bool) -> Words:
        """Return what to add to conditions: to lie in it, behind a mark (or before it)."""
        sql = f" AND {_column(self.given)} IS NOT NULL" if self.given else ""
        sql += f" AND {_column(self.missing)} IS NULL" if self.missing else ""
        if mark is None:
            return Words(sql, [])
        sign = "<" if self.descending != backwards else ">"
        if not self.key:
            return Words(f"{sql} AND {_column('pk')} {sign} %s", [mark.pk])
        moment = connection.ops.adapt_datetimefield_value(mark.moment)
        columns = f"({_column(self.key)}, {_column('pk')})"
        return Words(f"{sql} AND {columns} {sign} (%s, %s)", [moment, mark.pk])


ORDERS: dict[str, tuple[Segment, ...]] = {
    NEWEST: (Segment("received_at", descending=True),),
    OLDEST: (Segment("received_at"),),
    # What no clock drives comes last; it is a stretch of its own, so that an index serves both.
    DUE_FIRST: (
        Segment("next_due_at", given="next_due_at"),
        Segment("", missing="next_due_at"),
    ),
    # Where only what falls due is listed, a database must not look through all the rest for more.
    DUE_ONLY: (Segment("next_due_at", given="next_due_at"),),
}


class Mark(NamedTuple):
    """Where a page ends: in which segment, at which key and id. Its text stands in the address."""

    segment: int
    micros: int
    pk: int

    @classmethod
    def parse(cls, text: str | None, segments: int) -> Self | None:
        """Read a mark. Anything else than a mark is none, and leads to the first page."""
        parts = (text or "").split(".")
        if len(parts) != len(cls._fields) or not all(p.lstrip("-").isdecimal() for p in parts):
            return None
        mark = cls(*(int(part[:20]) for part in parts))
        fits = 0 <= mark.segment < segments and 0 < mark.pk <= _LARGEST
        return mark if fits and abs(mark.micros) < 10**17 else None

    def __str__(self) -> str:
        """Return the text for the address."""
        return f"{self.segment}.{self.micros}.{self.pk}"

    @property
    def moment(self) -> datetime:
        """Return the key."""
        return _EPOCH + timedelta(microseconds=self.micros)


class Keyed(Protocol):
    """What every row of a list says: by what it is ordered."""

    @property
    def pk(self) -> int:
        """Return the id of the complaint."""

    @property
    def received_at(self) -> datetime:
        """Return when it was received."""

    @property
    def next_due_at(self) -> datetime | None:
        """Return when its next clock ends."""


Row = TypeVar("Row", bound=Keyed)
Told = TypeVar("Told", bound=Keyed, covariant=True)


class Reader(Protocol[Told]):
    """Reads the rows of some complaints, as `lines` does."""

    def __call__(self, ids: Words | Sequence[int], *, order: str = "") -> Sequence[Told]:
        """Return them."""


@dataclass(frozen=True)
class PageOf(Generic[Row]):
    """Some rows of a list, and the marks of the pages before and after it."""

    lines: list[Row]
    before: str = ""
    after: str = ""


Page = PageOf[Line]


def page_of(
    parts: Sequence[ComplaintQuerySet],
    order: str,
    *,
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE,
) -> Page:
    """Return a page of complaints in one of ORDERS: behind a mark, before a mark, or the first.

    `parts` together are what is listed (ComplaintQuerySet.parts_visible_to); they may overlap.
    """
    return rows_of(lines, parts, order, after=after, before=before, size=size)


def rows_of(
    read: Reader[Row],
    parts: Sequence[ComplaintQuerySet],
    order: str,
    *,
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE,
) -> PageOf[Row]:
    """Return a page of what `read` tells of complaints; see `page_of`."""
    segments = ORDERS[order]
    behind, ahead = Mark.parse(after, len(segments)), Mark.parse(before, len(segments))
    mark, backwards = (ahead, True) if ahead else (behind, False)
    found = _walk(read, parts, segments, mark, backwards=backwards, wanted=size + 1)
    more, shown = len(found) > size, found[:size]
    if backwards:
        shown.reverse()
    if not shown:
        # The rows behind the mark are gone: begin again rather than show an empty page.
        return rows_of(read, parts, order, size=size) if mark else PageOf([])
    return PageOf(
        [line for _, line in shown],
        before=str(_mark(*shown[0], segments)) if (more if backwards else mark) else "",
        after=str(_mark(*shown[-1], segments)) if backwards or more else "",
    )


def _walk(
    read: Reader[Row],
    parts: Sequence[ComplaintQuerySet],
    segments: Sequence[Segment],
    mark: Mark | None,
    *,
    backwards: bool,
    wanted: int,
) -> list[tuple[int, Row]]:
    found: list[tuple[int, Row]] = []
    first = mark.segment if mark else 0
    numbers = range(first, -1, -1) if backwards else range(first, len(segments))
    for number in numbers:
        segment, missing = segments[number], wanted - len(found)
        behind = mark if mark is not None and number == mark.segment else None
        more = segment.beyond(behind, backwards=backwards)
        heads = _heads(parts, more, segment, backwards=backwards, limit=missing)
        # The names of people and classes are joined to the rows of this page only.
        rows = read(heads, order=segment.order(backwards=backwards, of=_column))
        found += [(number, line) for line in rows]
        if len(found) >= wanted:
            break
    return found


def _heads(
    parts: Sequence[ComplaintQuerySet],
    more: Words,
    segment: Segment,
    *,
    backwards: bool,
    limit: int,
) -> Words:
    """Return the ids of the first rows of several lists together, by these keys."""
    order = segment.order(backwards=backwards, of=_column)
    told = ", ".join(f"{_column(key)} AS {key}" for key in segment.keys)
    heads = _union(parts, told, Words(f"{more.sql} ORDER BY {order} LIMIT {limit}", more.params))
    if len(parts) > 1 and heads.sql:
        by = segment.order(backwards=backwards, of=str)
        heads = Words(f"{heads.sql} ORDER BY {by} LIMIT {limit}", heads.params)
    sql = f"SELECT pk FROM ({heads.sql}) AS heads"  # noqa: S608 - names of columns
    return Words(sql, heads.params) if heads.sql else heads


def _union(parts: Sequence[ComplaintQuerySet], told: str, more: Words) -> Words:
    """Return what is told of rows that lie in any of some parts; each gets the rest of its own."""
    asked = [words for words in (part.in_words for part in parts) if words is not None]
    # SQLite wants an order and a limit one level deeper.
    heads = [
        f"SELECT * FROM (SELECT {told} {words.sql}{more.sql}) AS head"  # noqa: S608 - the ORM's
        for words in asked
    ]
    params = [value for words in asked for value in (*words.params, *more.params)]
    return Words(" UNION ".join(heads), params)


def _mark(number: int, line: Keyed, segments: Sequence[Segment]) -> Mark:
    key = segments[number].key
    moment: datetime = getattr(line, key) if key else _EPOCH
    return Mark(number, (moment - _EPOCH) // timedelta(microseconds=1), line.pk)


def capped_counts(
    lists: Mapping[str, Sequence[ComplaintQuerySet]], *, caps: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Count several lists, each given in parts, in one statement; each to one more than its cap.

    A number that no list shows whole need not be exact: "1,000+" is an answer, and costs the same
    however many there are.
    """
    counts = dict.fromkeys(lists, 0)
    asked: list[tuple[str, str]] = []
    values: list[Any] = []
    told = f"{_column('pk')} AS pk"
    for name, parts in lists.items():
        most = (caps or {}).get(name, COUNT_CAP) + 1
        heads = _union(parts, told, Words(f" LIMIT {most}", []))
        if heads.sql:
            count = f"(SELECT COUNT(*) FROM ({heads.sql}) AS list)"  # noqa: S608 - the ORM's
            asked.append((name, count))
            values += heads.params
    if asked:
        with connection.cursor() as cursor:
            cursor.execute("SELECT " + ", ".join(sql for _, sql in asked), values)
            row = cursor.fetchone()
        counts |= {name: count for (name, _), count in zip(asked, row, strict=True)}
    return counts
