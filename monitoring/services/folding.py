"""Keeping facts and cells: what the journal tells of is looked at again, and the difference added.

Nothing is done in the transaction in which a complaint changes. A fold reads the entries after its
cursor, makes the facts of the complaints they name anew from the sources, and moves the cells by
what has changed, all in one transaction that holds the cursor: two at once take turns, a killed one
leaves nothing behind, and to fold the same entries twice changes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Max, QuerySet

from complaints.models import Complaint
from journal.models import Entry
from journal.services.bulk_rows import insert_rows, insert_values, no_search_for_cycles
from monitoring.models import Cell, Fact, Fold, Payment, Stretch
from monitoring.rules.measures import ALL, KEPT, Place, counts_of, member_of
from monitoring.rules.rows import FIELDS, Hanging, PaymentRow, Row, StretchRow
from monitoring.selectors.edition import edition
from monitoring.selectors.sources import COMPLAINT, Made, batches, facts_made, run_of
from monitoring.selectors.stored import stored

ENTRIES = 2_000  # of the journal, in one transaction
BATCH = 500
LITTLE = 500  # so much is folded while somebody waits for a page
_COLUMNS = ("id", *FIELDS)
Member = tuple[str, str, bool]  # dimension, member, confidential
_OF_CELL = ("dimension", "member", "day", "measure", "confidential", "n", "total")
_PART = 20_000  # cells in one statement


class Delta:
    """What is to be added to cells: how many, and how much where there is money."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.numbers: dict[Member, Counter[Place]] = {}
        self.amounts: dict[tuple[Member, Place], int] = {}

    def change(self, before: Made | None, after: Made | None) -> None:
        """Take what a complaint added before, add what it adds now."""
        if before is not None:
            self._move([before], -1)
        if after is not None:
            self._move([after], 1)

    def add(self, made: Iterable[Made]) -> None:
        """Add what these complaints add, all of them together."""
        self._move(made, 1)

    def _move(self, made: Iterable[Made], sign: int) -> None:
        # Gathered by the values that facts hold, for a name takes longer to make than to count.
        gained = [(name, at, defaultdict[tuple[Any, bool], list[Place]](list)) for name, at in KEPT]
        parts = [(at, places_of) for _name, at, places_of in gained]
        for row, hanging in made:
            places, payments = counts_of(row, hanging)
            hidden = row.confidential
            for at, places_of in parts:
                places_of[row[at], hidden] += places
            for place, cents in payments:
                self._pay(row, place, sign * cents)
        for name, _at, places_of in gained:
            for (value, hidden), places in places_of.items():
                self._count((name, member_of(value), hidden), places, sign)
        # Every complaint is of one member in each dimension, so that any of them tells of all.
        for (_value, hidden), places in gained[0][2].items():
            self._count((ALL, "", hidden), places, sign)

    def _count(self, member: Member, places: list[Place], sign: int) -> None:
        cells = self.numbers.setdefault(member, Counter())
        if sign > 0:
            cells.update(places)
        else:
            cells.subtract(places)

    def _pay(self, row: Row, place: Place, cents: int) -> None:
        for name, member in ((ALL, ""), *((name, member_of(row[at])) for name, at in KEPT)):
            key = ((name, member, row.confidential), place)
            self.amounts[key] = self.amounts.get(key, 0) + cents

    def changed(self) -> Iterator[tuple[Any, ...]]:
        """Yield what is not nothing, as rows of cells, in the order of an index of theirs."""
        for member in sorted(self.numbers):
            dimension, name, confidential = member
            for place, number in sorted(self.numbers[member].items()):
                amount = self.amounts.get((member, place), 0)
                if number or amount:
                    yield (dimension, name, place[1], place[0], confidential, number, amount)


def fold_journal(*, at: datetime, limit: int = ENTRIES) -> int:
    """Fold entries that have come since into facts and cells; return how many."""
    here = standing()
    if here.outdated:
        rebuild_outdated(at=at)
        return 0
    if not here.waiting:
        return 0  # an idle look must not take SQLite's one write lock
    with transaction.atomic():
        fold = _locked()
        # A gap seen for the first time is looked at again at once: mostly nobody is at work there.
        certain = _fold_window(fold, limit) or _fold_window(fold, limit)
        fold.folded_at = at
        fold.save()
    return certain


def _fold_window(fold: Fold, limit: int) -> int:
    settled_to = _settled_to(fold)  # asked before the entries are read
    window = list(
        Entry.objects.filter(pk__gt=fold.cursor)
        .order_by("pk")
        .values_list("pk", "subject_type", "subject_id")[:limit]
    )
    certain = _certain(fold, [pk for pk, _, _ in window], settled_to)
    ids = {pk for _entry, kind, pk in window[:certain] if kind == COMPLAINT}
    for batch in batches(sorted(ids), BATCH):
        refresh(batch)
    if certain:
        fold.cursor = window[certain - 1][0]
    return certain


def catch_up(*, at: datetime) -> datetime | None:
    """Fold what is left if it is little, so that who changes something sees it in the figures.

    Returns when the figures were last brought up to date where more is left than that, else None.
    """
    here = standing()
    little = here.waiting <= LITTLE and not here.outdated  # to make all anew is for the worker
    if little and here.waiting:
        fold_journal(at=at, limit=LITTLE)
    if little:
        return None
    return Fold.objects.values_list("folded_at", flat=True).first() or at


def fold_all(*, at: datetime) -> int:
    """Fold everything there is; return how many entries it was."""
    done = 0
    while folded := fold_journal(at=at):
        done += folded
    return done


class Standing(NamedTuple):
    """Up to which entry the journal is folded in, and how many wait: no more than can be told.

    `outdated` says that facts and cells were made in another edition than is made now.
    """

    cursor: int
    waiting: int
    outdated: bool


def standing() -> Standing:
    """Return how far the fold is. Entries are counted: ids of what was undone never come."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT fold.cursor, (SELECT COUNT(*) FROM"
            " (SELECT 1 FROM journal_entry WHERE id > fold.cursor LIMIT %s) AS waiting)"
            ", fold.edition FROM (SELECT COALESCE(MAX(cursor), 0) AS cursor,"
            " MAX(edition) AS edition FROM monitoring_fold WHERE id = 1) AS fold",
            [LITTLE + 1],
        )
        row = cursor.fetchone()
    return Standing(int(row[0]), int(row[1]), row[2] is not None and row[2] != edition())


def refresh(ids: Sequence[int]) -> None:
    """Make the facts of these complaints anew, and move the cells by the difference.

    Call it with the cursor locked.
    """
    before, after = stored(ids), facts_made(ids)
    changed = [pk for pk in ids if before.get(pk) != after.get(pk)]
    if not changed:
        return
    delta = Delta()
    for pk in changed:
        delta.change(before.get(pk), after.get(pk))
    Fact.objects.filter(complaint__in=[pk for pk in changed if pk in before]).delete()
    _write([after[pk] for pk in changed if pk in after])
    _move_cells(delta)


def rebuild_figures(*, at: datetime) -> int:
    """Make all facts and cells anew from the sources; return how many complaints are in them."""
    last = _last_entry()
    with transaction.atomic():
        done = _rebuilt(_locked(), last, at)
    _tidy_up()
    return done


def rebuild_outdated(*, at: datetime) -> int:
    """Make everything anew if it was made in another edition: an update has changed what counts.

    It may take minutes, and the worker looks every few seconds: whoever finds somebody at it goes
    away again instead of waiting.
    """
    with transaction.atomic():
        if not _free():
            return 0
    last = _last_entry()
    with transaction.atomic():
        fold = _free().first()
        if fold is None or fold.edition == edition():
            return 0
        done = _rebuilt(fold, last, at)
    _tidy_up()
    return done


def _free() -> "QuerySet[Fold]":
    return Fold.objects.select_for_update(skip_locked=True).filter(pk=1)


def _last_entry() -> int:
    """Return the last entry, once no smaller id can come any more: writers wait for a moment."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("LOCK TABLE journal_entry IN SHARE MODE")
        return Entry.objects.aggregate(last=Max("pk"))["last"] or 0


def _rebuilt(fold: Fold, last: int, at: datetime) -> int:
    fold.edition = edition()
    fold.cursor, fold.gap_to, fold.gap_horizon = last, 0, 0
    Cell.objects.all().delete()
    Stretch.objects.all().delete()
    Payment.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM monitoring_fact")
    delta, done = Delta(), 0
    ids = Complaint.everything.filter(is_test=False).order_by("pk").values_list("pk", flat=True)
    with no_search_for_cycles():
        for batch in batches(ids.iterator(chunk_size=10_000), BATCH * 4):
            made = list(facts_made(run_of(batch)).values())
            _write(made)
            delta.add(made)
            done += len(made)
        insert_values(Cell, _OF_CELL, delta.changed())
    fold.folded_at = at
    fold.save()
    return done


def _tidy_up() -> None:
    """Let PostgreSQL see at once that all rows are there for everybody.

    Until it has, its indexes do not answer alone, and a report takes six times as long. It would
    come round to that by itself, but only after some minutes.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        for model in (Fact, Cell, Stretch, Payment):
            cursor.execute(f"VACUUM (ANALYZE) {model._meta.db_table}")


def _locked() -> Fold:
    Fold.objects.get_or_create(pk=1, defaults={"edition": edition()})
    return Fold.objects.select_for_update().get(pk=1)


def _certain(fold: Fold, ids: Sequence[int], settled_to: int) -> int:
    """Return how many of these entries may be folded: up to the first id that may still come.

    An id is drawn before its transaction commits, so a smaller one may appear after a larger one.
    A gap is certain once every transaction that ran when it was seen has ended. Where one writes
    at a time there are no gaps but those that stay.
    """
    if connection.vendor != "postgresql":
        return len(ids)
    expected = fold.cursor + 1
    for number, pk in enumerate(ids):
        if pk != expected and pk > settled_to:
            fold.gap_to, fold.gap_horizon = ids[-1], _snapshot()[0]
            return number
        expected = pk + 1
    return len(ids)


def _settled_to(fold: Fold) -> int:
    """Return up to which id nothing can come any more that has not come yet."""
    if connection.vendor != "postgresql" or not fold.gap_to:
        return 0
    _next, running = _snapshot()
    return 0 if any(one < fold.gap_horizon for one in running) else fold.gap_to


def _snapshot() -> tuple[int, list[int]]:
    """Return the number of the next transaction, and the others that may write entries here.

    Numbers are given out for all databases of a server. Who works in another one, or only tidies
    up, brings no entry: to wait for them could take as long as their longest transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RUNNING)
        newest, running = cursor.fetchone()
    return newest, running


_RUNNING = """
SELECT pg_snapshot_xmax(seen.snapshot)::text::bigint, ARRAY(
    SELECT one::text::bigint FROM pg_snapshot_xip(seen.snapshot) AS one
    WHERE NOT EXISTS (
        SELECT 1 FROM pg_locks AS held JOIN pg_stat_activity AS who USING (pid)
        WHERE held.locktype = 'transactionid'
        AND held.transactionid::text::bigint = (one::text::bigint & 4294967295)
        AND (who.datname <> current_database() OR who.backend_type = 'autovacuum worker')
        AND held.mode = 'ExclusiveLock'
    )
) FROM (SELECT pg_current_snapshot() AS snapshot) AS seen
"""


def _write(made: Iterable[Made]) -> None:
    facts: list[Fact] = []
    hanging: list[tuple[Fact, Hanging]] = []
    for row, rows in made:
        fact = Fact.from_db(connection.alias, _COLUMNS, (None, *row))
        facts.append(fact)
        hanging += [(fact, one) for one in rows]
    insert_rows(facts)
    stretches = [(fact, one) for fact, one in hanging if isinstance(one, StretchRow)]
    payments = [(fact, one) for fact, one in hanging if isinstance(one, PaymentRow)]
    insert_rows([Stretch(fact=fact, **one._asdict()) for fact, one in stretches])
    insert_rows([Payment(fact=fact, **one._asdict()) for fact, one in payments])


def _move_cells(delta: Delta) -> None:
    changed = delta.changed()
    while rows := list(islice(changed, _PART)):
        _add_to_cells(rows)


def _add_to_cells(rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "INSERT INTO monitoring_cell"
                " (dimension, member, day, measure, confidential, n, total)"
                " SELECT * FROM unnest(%s::text[], %s::text[], %s::date[], %s::text[],"
                " %s::boolean[], %s::bigint[], %s::bigint[])"
                " ON CONFLICT (dimension, member, day, measure, confidential) DO UPDATE"
                " SET n = monitoring_cell.n + excluded.n,"
                " total = monitoring_cell.total + excluded.total",
                [list(column) for column in zip(*rows, strict=True)],
            )
        else:
            cursor.executemany(
                "INSERT INTO monitoring_cell"
                " (dimension, member, day, measure, confidential, n, total)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (dimension, member, day, measure, confidential) DO UPDATE"
                " SET n = n + excluded.n, total = total + excluded.total",
                rows,
            )
