"""Searching complaints by words, names and numbers; through the asker's eyes only, newest first.

What is confidential and not to be read just now is not found by its words (selectors/access.py).

How the rows are found differs by database. SQLite reads its word index backwards and stops when
the page is full. PostgreSQL knows no order in its word index, but each row names its stretch of ids
as one more word, so the index is asked for the newest stretch first, which fills a page with any
frequent word. A rare word then comes from the index all at once; for somebody who sees few
complaints these are looked at; and a word that was frequent, but not lately, comes stretch by
stretch. A word's beginning cannot be asked for by stretches: there the newest rows are walked.
Every step is bounded, whatever the word and however many complaints there are.
"""
# ruff: noqa: S608, S611 - the SQL is fixed or Django's own; what people type is a parameter

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property, reduce
from operator import or_
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accounts.models import User
from complaints.models import Complaint
from complaints.permissions import withheld_from
from complaints.querysets import ComplaintQuerySet, Words
from complaints.rules.bigrams import (
    BUCKET_ROWS,
    AllOf,
    as_match,
    as_tsquery,
    bucket_name,
    exact,
    parse,
)
from complaints.selectors.access import in_words_within, within_words

PAGE = 50
COUNT_CAP = 100
_BEYOND = 2**63 - 1
_FEW = 8_000  # rows that are all looked at when a word is that rare, or the asker sees no more
_FREQUENT = 10  # seen in the newest stretches: going back will fill the page soon
_TELLING = 4_096  # rows of a stretch that say how frequent a word is
# Rows walked for the beginning of a word, to see how frequent it is: the newest, and half way back.
_BEGINNINGS = ((512, 128), (4_096, 512))
_DOUBT = 3  # hits that a sample may have missed by chance
_WALKS = 4  # stretches walked where nothing else helps
_WIDEST = 4  # stretches taken together when they bring little
_STEPS = 20  # after so many the page is given as it is
_PK = '"complaints_complaint"."id"'


@dataclass(frozen=True)
class Hits:
    """Ids of a page, newest first, and how many there are in all (on the first page only).

    `next_before` is where the next page begins. When `complete` is false, the looking was broken
    off there with the page not full: there may be more behind it.
    """

    ids: list[int]
    next_before: int | None
    complete: bool = True
    count: int | None = None
    capped: bool = False

    @property
    def more(self) -> bool:
        """Return whether there is, or may be, a next page."""
        return self.next_before is not None


@dataclass(frozen=True)
class SearchPage:
    """A page of complaints with what `Hits` says of them."""

    rows: list[Complaint]
    hits: Hits

    @property
    def more(self) -> bool:
        """Return whether there is, or may be, a next page."""
        return self.hits.more

    @property
    def next_before(self) -> int | None:
        """Return the `before_id` of the next page."""
        return self.hits.next_before

    @property
    def count(self) -> int | None:
        """Return how many were found, at most COUNT_CAP; known on the first page."""
        return self.hits.count

    @property
    def capped(self) -> bool:
        """Return whether there may be more than `count` says."""
        return self.hits.capped


def search(
    actor: User,
    text: str,
    *,
    limit: int = PAGE,
    before_id: int | None = None,
    at: datetime | None = None,
) -> SearchPage:
    """Return a page of the complaints visible to the actor that hold every word of the text."""
    visible: ComplaintQuerySet = Complaint.objects.visible_to(actor)
    at = at or timezone.now()
    hits = find(visible, text, actor=actor, at=at, limit=limit, before_id=before_id)
    rows = Complaint.objects.select_related("category", "complainant", "owner").in_bulk(hits.ids)
    return SearchPage([rows[pk] for pk in hits.ids if pk in rows], hits)


def find(
    among: ComplaintQuerySet,
    text: str,
    *,
    actor: User,
    at: datetime,
    limit: int = PAGE,
    before_id: int | None = None,
    counted: bool = True,
) -> Hits:
    """Return which of these complaints hold every word of the text; `among` is already scoped.

    What the actor may not read at this moment is found by its reference only. With `counted` the
    first page also says how many there are, up to the cap.
    Somebody who is not shown all of a complainant finds nothing by what they are not shown.
    """
    among = _openly(among, text, actor)
    query = parse(text)
    if not query.parts or among.query.is_empty():
        return Hits([], None, count=0)
    # Put together only when something is found that it has to be asked of: most words find nothing.
    open_to_words = cache(lambda: in_words_within(among, text, actor, at=at))
    counted = counted and before_id is None
    wanted = max(limit, COUNT_CAP if counted else 0) + 1
    found: list[int] = []
    below = 0
    for step, batch in enumerate(_batches(query, open_to_words, before_id, wanted), start=1):
        found += batch.ids
        below = batch.below
        if len(found) > limit or step >= _STEPS:
            break
    beyond = len(found) > limit
    return Hits(
        ids=found[:limit],
        next_before=found[limit - 1] if beyond else (below or None),
        complete=beyond or not below,
        count=min(len(found), COUNT_CAP) if counted else None,
        capped=counted and (len(found) > COUNT_CAP or below > 0),
    )


def _openly(among: ComplaintQuerySet, text: str, actor: User) -> ComplaintQuerySet:
    """Narrow complaints to those in which what the actor is shown holds every word.

    Asked beside the index, which holds the rest too; only of a provider's own complaints.
    """
    withheld = withheld_from(actor)
    if not withheld:
        return among
    columns = [
        *_OPEN_COLUMNS,
        *(path for name, path in _OF_PERSONS.items() if name not in withheld),
    ]
    for word in text.split():
        among = among.filter(
            reduce(or_, (Q(**{f"{column}__icontains": word}) for column in columns))
        )
    return among


_OPEN_COLUMNS = (
    "reference",
    "external_id",
    "order_number",
    "product",
    "description",
    "remedy_sought",
)
_OF_PERSONS = {
    **{name: f"complainant__{name}" for name in ("name", "organisation", "phone", "email")},
    "customer_number": "complainant__customer_number",
    "representative": "representative",
}


def narrow(
    complaints: ComplaintQuerySet, text: str, *, actor: User, at: datetime
) -> ComplaintQuerySet:
    """Narrow complaints to those that hold every word of the text, to go through all of them.

    What the actor may not read at this moment is found by its reference only.
    """
    return holding(within_words(_openly(complaints, text, actor), text, actor, at=at), text)


def holding(complaints: ComplaintQuerySet, text: str) -> ComplaintQuerySet:
    """Narrow complaints to all that hold every word, for what must miss none: a legal hold."""
    query = parse(text)
    if not query.parts:
        return complaints.none()
    if connection.vendor == "postgresql":
        sql = "SELECT complaint_id FROM complaints_search WHERE vector @@ %s::tsquery"
        return complaints.filter(pk__in=RawSQL(sql, [as_tsquery(query)]))
    sql = "SELECT rowid FROM complaints_search WHERE complaints_search MATCH %s"
    return complaints.filter(pk__in=RawSQL(sql, [as_match(query)]))


_Among = Callable[[], Words | None]


class _Batch(NamedTuple):
    """Ids in falling order; nothing at or above `below` is left to look at. 0 is the end."""

    ids: list[int]
    below: int


def _batches(query: AllOf, among: _Among, before: int | None, wanted: int) -> Iterator[_Batch]:
    if connection.vendor == "postgresql":
        return _WayBack(query, among, before, wanted).batches()
    return _backwards(query, among, before, wanted)


def _seen(among: Words | None) -> Words:
    """Return SQL that says whether a `hit` is among the complaints: looked up one by one."""
    if among is None:  # a filter that names nothing
        return Words("1 = 0", [])
    return Words(f"(SELECT 1 {among.sql} AND {_PK} = hit.id) = 1", among.params)


def _rows(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _backwards(query: AllOf, among: _Among, before: int | None, wanted: int) -> Iterator[_Batch]:
    seen, params = _seen(among())
    rows = _rows(
        "SELECT id FROM (SELECT rowid AS id FROM complaints_search WHERE complaints_search MATCH %s"
        f" AND rowid < %s ORDER BY rowid DESC) AS hit WHERE {seen} LIMIT %s",
        [as_match(query), _BEYOND if before is None else before, *params, wanted],
    )
    yield _Batch([pk for (pk,) in rows], rows[-1][0] if len(rows) == wanted else 0)


class _WayBack:
    """The way through PostgreSQL's index; nothing at or above `below` is left to look at."""

    def __init__(self, query: AllOf, among: _Among, before: int | None, wanted: int) -> None:
        self.words = as_tsquery(query)
        firm = exact(query)
        self.firm = as_tsquery(firm) if firm.parts else ""
        self.among = among
        self.wanted = wanted
        # Without firm words the first look tells how far the ids go.
        self.newest, self.near = self._newest() if self.firm else (_BEYOND - 1, True)
        self.below = self.newest + 1 if before is None else before
        self.hits = 0

    @cached_property
    def seen(self) -> Words:
        """Return SQL that says whether a `hit` may be seen."""
        return _seen(self.among())

    def batches(self) -> Iterator[_Batch]:
        """Ask for the newest; take the rest at once where it is little; go back by stretches."""
        if self.firm:
            if self.near:
                # A stretch that has only just begun says nothing about how frequent a word is.
                width = 1 if self.below % BUCKET_ROWS > _TELLING else 2
                yield from self._by_stretches(width, once=True)
            rare = self.hits < _FREQUENT
        else:
            rare = yield from self._sample()
        if self.below and rare:
            yield from self._all_at_once()
        if self.firm:
            yield from self._by_stretches()
        for _ in range(_WALKS):
            yield from self._walk(BUCKET_ROWS)

    def _newest(self) -> tuple[int, bool]:
        """Return the newest id, and whether the newest two stretches hold the firm words at all."""
        stretch = f"'''#' || id / {BUCKET_ROWS} - %s || ''''"
        # Set apart (MATERIALIZED), it is planned as if all were wanted: from the index. For the one
        # row that EXISTS wants, the planner would rather read the table, and all of it for a word
        # that is nowhere.
        return _rows(
            "SELECT id, EXISTS (WITH hit AS MATERIALIZED (SELECT 1 FROM complaints_search"
            f" WHERE vector @@ (%s || ' & (' || {stretch} || ' | ' || {stretch} || ')')::tsquery)"
            " SELECT 1 FROM hit)"
            " FROM (SELECT coalesce(max(complaint_id), 0) AS id FROM complaints_search) AS newest",
            [self.firm, 0, 1],
        )[0]

    def _sample(self) -> Generator[_Batch, None, bool]:
        """Walk few rows; return whether the beginning of a word is rare enough for the index.

        That reads all it has for every word with this beginning: very much for one that is
        frequent, whoever asks. Lately it may have been rarer than before (a file was imported,
        a hotline opened), so some rows half way back are asked as well.
        """
        for newest, older in _BEGINNINGS:
            [(looked_at, last, rows, before)] = _rows(
                "SELECT looked_at, last, rows, (SELECT count(*) FROM (SELECT vector"
                " FROM complaints_search WHERE complaint_id < last / 2"
                " ORDER BY complaint_id DESC LIMIT %s) AS older WHERE vector @@ %s::tsquery)"
                " FROM (SELECT count(*) AS looked_at, min(id) AS last, coalesce("
                "array_agg(id ORDER BY id DESC) FILTER (WHERE vector @@ %s::tsquery), '{}') AS rows"
                " FROM (SELECT complaint_id AS id, vector FROM complaints_search"
                " WHERE complaint_id < %s ORDER BY complaint_id DESC LIMIT %s) AS newest) AS told",
                [older, self.words, self.words, self.below, newest],
            )
            low = last if looked_at == newest else 0
            if rows:
                yield from self._batch("SELECT unnest(%s::bigint[]) AS id", [rows], low)
            else:
                yield self._told([], low)
            share = max(len(rows) / newest, before / older)
            in_index = max(share, (len(rows) + _DOUBT) / newest) * low
            # A row walked past costs a fifth of one that the index names, but may be in vain.
            if share and self.wanted / share < in_index:
                return False  # a page is full before the index would have been read
            if in_index <= _FEW:
                return True
            if len(rows) >= _FREQUENT:
                return False
        return True

    def _walk(self, width: int) -> Iterator[_Batch]:
        """Look at the next rows one by one, in the order of their ids."""
        low = max(self.below - width, 0)
        while self.below > low:
            # OFFSET 0 keeps the planner from asking the word index after all.
            yield from self._batch(
                "SELECT complaint_id AS id, vector FROM complaints_search"
                " WHERE complaint_id < %s AND complaint_id >= %s"
                " ORDER BY complaint_id DESC OFFSET 0",
                [self.below, low],
                low,
                "vector @@ %s::tsquery AND ",
            )

    def _all_at_once(self) -> Iterator[_Batch]:
        """Take what is left when the word is rare, or when the asker sees few complaints."""
        for words in self._for_the_index():
            rows = _rows(
                "WITH hit AS MATERIALIZED (SELECT complaint_id, vector @@ %s::tsquery"
                " FROM complaints_search WHERE vector @@ %s::tsquery)"
                " SELECT * FROM hit LIMIT %s",
                [self.words, words, _FEW + 1],
            )
            if len(rows) <= _FEW:
                hits = sorted((pk for pk, whole in rows if whole and pk < self.below), reverse=True)
                if hits:
                    yield from self._batch("SELECT unnest(%s::bigint[]) AS id", [hits], 0)
                else:
                    yield self._told([], 0)
                return
        visible = self._few()
        if visible is not None:
            rows = _rows(
                "SELECT complaint_id FROM complaints_search WHERE complaint_id = ANY(%s)"
                " AND complaint_id < %s AND (vector @@ %s::tsquery) IS TRUE"
                " ORDER BY complaint_id DESC LIMIT %s",
                [visible, self.below, self.words, self.wanted],
            )
            yield self._told([pk for (pk,) in rows], 0)

    def _few(self) -> list[int] | None:
        """Return all that may be seen where it is little."""
        among = self.among()
        if among is None:
            return []
        rows = _rows(f"SELECT {_PK} {among.sql} LIMIT {_FEW + 1}", among.params)
        return [pk for (pk,) in rows] if len(rows) <= _FEW else None

    def _for_the_index(self) -> list[str]:
        """Return what to ask the index for: first without open beginnings, which it reads whole.

        Not where the firm words alone are too frequent to be looked at one by one.
        """
        if not self.firm or self.firm == self.words:
            return [self.words]
        return [self.words] if self._is_frequent() else [self.firm, self.words]

    def _is_frequent(self) -> bool:
        """Return whether a whole stretch of lately holds the firm words as often as _FEW in all."""
        last = self.newest // BUCKET_ROWS - 1
        if last < 0:
            return False
        share = _FEW * BUCKET_ROWS // self.newest + 1
        held = _rows(
            "SELECT 1 FROM complaints_search WHERE vector @@ %s::tsquery LIMIT %s",
            [self._within(last, last), share],
        )
        return len(held) == share

    def _by_stretches(self, width: int = 1, *, once: bool = False) -> Iterator[_Batch]:
        """Ask the index for one stretch of ids after the other, or for the next one."""
        # IS TRUE keeps open beginnings out of the index, which would read all of them.
        whole = " AND (vector @@ %s::tsquery) IS TRUE" if self.firm != self.words else ""
        while self.below:
            newest = (self.below - 1) // BUCKET_ROWS
            oldest = max(newest - width + 1, 0)
            given = [self._within(oldest, newest), *([self.words] if whole else []), self.below]
            before = self.hits
            yield from self._batch(
                "SELECT complaint_id AS id FROM complaints_search"
                f" WHERE vector @@ %s::tsquery{whole} AND complaint_id < %s"
                " ORDER BY complaint_id DESC OFFSET 0",
                given,
                oldest * BUCKET_ROWS,
            )
            if once:
                return
            width = 1 if self.hits - before == self.wanted else min(2 * width, _WIDEST)

    def _within(self, oldest: int, newest: int) -> str:
        names = " | ".join(f"'{bucket_name(n)}'" for n in range(max(oldest, 0), newest + 1))
        return f"{self.firm} & ({names})"

    def _batch(self, hits: str, given: list[Any], low: int, test: str = "") -> Iterator[_Batch]:
        """Give those `hits` on that may be seen; the look went down to `low`."""
        seen, params = self.seen
        given = [*given, *([self.words] if test else []), *params, self.wanted]
        sql = f"SELECT id FROM ({hits}) AS hit WHERE {test}{seen} LIMIT %s"
        yield self._told([pk for (pk,) in _rows(sql, given)], low)

    def _told(self, ids: list[int], low: int) -> _Batch:
        """Note how far a look down to `low` came: a full batch cut it short."""
        self.hits += len(ids)
        self.below = ids[-1] if len(ids) == self.wanted else low
        return _Batch(ids, self.below)
