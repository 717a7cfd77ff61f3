"""Sealing days and proving that no entry was changed, removed or added."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Func, Max

from journal.models import Entry, Head, Seal, Verification
from journal.rules import GENESIS, entry_hash, seal_digest
from journal.services.recording import chain_of
from journal.states import FaultKind

GRACE = timedelta(hours=1)


def seal_days(*, now: datetime) -> list[Seal]:
    """Seal every finished day (UTC) since the last seal; return the new seals.

    A day is sealed an hour after its end, when no transaction begun in it can still be open. What
    a seal covers is fixed by two ids: after the last seal's, up to its own.
    """
    made: list[Seal] = []
    try:
        with transaction.atomic():
            last = Seal.objects.select_for_update().last()
            first_entry = Entry.objects.order_by("id").first()
            if first_entry is None:
                return []
            first_day = first_entry.recorded_at.astimezone(UTC).date()
            day = last.day + timedelta(days=1) if last else first_day
            while day < (now - GRACE).astimezone(UTC).date():
                last = _seal_one(day, last, now)
                made.append(last)
                day += timedelta(days=1)
    except IntegrityError:
        return []  # another worker sealed the same day at the same moment
    return made


def _seal_one(day: date, last: Seal | None, now: datetime) -> Seal:
    end = datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC)
    after = last.last_entry_id if last else 0
    last_id = (
        Entry.objects.filter(pk__gt=after, recorded_at__lt=end).aggregate(last=Max("pk"))["last"]
        or after
    )
    count, digest = _digest(after, last_id)
    previous = last.seal if last else GENESIS
    return Seal.objects.create(
        day=day,
        last_entry_id=last_id,
        count=count,
        digest=digest,
        previous_seal=previous,
        seal=seal_digest(settings.JOURNAL_KEY, previous, day.isoformat(), count, digest),
        sealed_at=now,
    )


def _digest(after: int, last_id: int) -> tuple[int, str]:
    """Return count and SHA-256 of the entries with after < id <= last_id."""
    covered = Entry.objects.filter(pk__gt=after, pk__lte=last_id).order_by("pk")
    running, count = sha256(), 0
    for pk, link in covered.values_list("pk", "hash").iterator(chunk_size=5000):
        running.update(f"{pk}:{link};".encode())
        count += 1
    return count, running.hexdigest()


@dataclass(frozen=True)
class Fault:
    """The first broken place: an entry (or seal) and what is wrong (a FaultKind)."""

    what: str
    where: str
    entry_id: int | None = None


@dataclass(frozen=True)
class Proof:
    """The result of a check: how much was looked at, and the first fault if there is one."""

    entries: int
    chains: int
    seals: int
    fault: Fault | None

    @property
    def intact(self) -> bool:
        """Return whether nothing was found changed, missing or added."""
        return self.fault is None


def verify_subject(subject: models.Model) -> Proof:
    """Prove the chain of one subject."""
    label, pk = chain_of(subject)
    with _one_moment():
        entries, chains, fault = _walk(
            Entry.objects.filter(subject_type=label, subject_id=pk),
            Head.objects.filter(subject_type=label, subject_id=pk),
            streamed=False,  # a cursor on the server pays for many rows only
        )
    return Proof(entries, chains, 0, fault)


def verify_journal() -> Proof:
    """Prove every chain and every seal. Memory stays bounded; time grows with the entries."""
    seals = 0
    with _one_moment():
        entries, chains, fault = _walk(Entry.objects.all(), Head.objects.all())
        if fault is None:
            seals, fault = _verify_seals()
    return Proof(entries, chains, seals, fault)


def prove_journal(*, actor: AbstractBaseUser | None, at: datetime) -> Verification:
    """Verify the whole journal and keep the result for the operator's page."""
    proof = verify_journal()
    fault = proof.fault or Fault("", "")
    return Verification.objects.create(
        proved_at=at,
        actor_id=actor.pk if actor else None,
        entries=proof.entries,
        chains=proof.chains,
        seals=proof.seals,
        fault=fault.what,
        fault_at=fault.where,
        fault_entry_id=fault.entry_id,
    )


@contextmanager
def _one_moment() -> Iterator[None]:
    """Let all reads inside see the journal of one moment, while others go on writing to it.

    Otherwise a chain that grows between the reading of its entries and of its head looks broken.
    SQLite gives that by itself: reads that overlap on one connection share a moment. A caller's
    own transaction is left as it is.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


class Link(NamedTuple):
    """An entry, read for its proof only: a model of each would take longer than its hash.

    Begins with what names its chain, as `End` does.
    """

    subject_type: str
    subject_id: int
    seq: int
    hash: str
    pk: int
    kind: str
    actor_id: int | None
    door: str
    address: str
    occurred: str
    recorded: str
    body: str
    previous_hash: str

    def hashed_fields(self) -> tuple[str, ...]:
        """Return what the hash covers, as `recording.hashed_fields` does for a model."""
        return (
            self.subject_type,
            str(self.subject_id),
            str(self.seq),
            self.kind,
            str(self.actor_id or ""),
            self.door,
            self.address,
            self.occurred,
            self.recorded,
            self.body,
        )


class Instant(Func):
    """A moment as `rules.instant` writes it, written by the database."""

    arity = 1
    output_field = models.TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, Any]:
        """Spell it for PostgreSQL."""
        form = (
            """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""
        )
        return self.as_sql(compiler, connection, template=form)

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, Any]:  # noqa: ARG002
        """Spell it for SQLite, where a moment lies as text in UTC, without a fraction of nought."""
        text, params = compiler.compile(self.source_expressions[0])
        fraction = f"CASE length({text}) WHEN 19 THEN '.000000' ELSE '' END"
        sql = f"replace({text}, ' ', 'T') || {fraction} || '+00:00'"
        return sql, [*params, *params]


_LINK = (
    *("subject_type", "subject_id", "seq", "hash", "pk", "kind", "actor_id", "door", "address"),
    *(Instant("occurred_at"), Instant("recorded_at"), "body", "previous_hash"),
)


class End(NamedTuple):
    """The head of a chain."""

    subject_type: str
    subject_id: int
    seq: int
    hash: str


def _walk(
    entries: "models.QuerySet[Entry]", heads: "models.QuerySet[Head]", *, streamed: bool = True
) -> tuple[int, int, Fault | None]:
    """Walk chains and heads side by side, both in order of subject."""
    found = heads.order_by("subject_type", "subject_id").values_list(*End._fields)
    ends = itertools.starmap(End, found.iterator(chunk_size=2000) if streamed else found)
    rows = entries.order_by("subject_type", "subject_id", "seq").values_list(*_LINK)
    count = chains = 0
    last: Link | None = None
    for entry in itertools.starmap(Link, rows.iterator(chunk_size=2000) if streamed else rows):
        if last is None or entry[:2] != last[:2]:
            fault = _wrong_end(last, ends)
            if fault:
                return count, chains, fault
            last, chains = None, chains + 1
        fault = _wrong_link(entry, last)
        if fault:
            return count, chains, fault
        last, count = entry, count + 1
    fault = _wrong_end(last, ends)
    if fault is None and (left_over := next(ends, None)):
        fault = Fault(FaultKind.ENTRIES_MISSING, _place(left_over, 1))
    return count, chains, fault


def _wrong_link(entry: Link, before: Link | None) -> Fault | None:
    """Return what is wrong with an entry, given the one before it in its chain."""
    due, link = (before.seq + 1, before.hash) if before else (1, GENESIS)
    if entry.seq != due:
        return Fault(FaultKind.ENTRY_MISSING, _place(entry, due), entry.pk)
    if entry.previous_hash != link:
        return Fault(FaultKind.CHAIN_BROKEN, _place(entry, entry.seq), entry.pk)
    if entry_hash(link, entry.hashed_fields()) != entry.hash:
        return Fault(FaultKind.ENTRY_CHANGED, _place(entry, entry.seq), entry.pk)
    return None


def _place(link: Link | End, seq: int) -> str:
    return f"{link.subject_type}:{link.subject_id}#{seq}"


def _wrong_end(last: Link | None, ends: Iterator[End]) -> Fault | None:
    """Return what is wrong with the end of a chain, given its last entry and the heads to come."""
    if last is None:
        return None
    head = next(ends, None)
    if head is None or head[:2] > last[:2]:
        return Fault(FaultKind.HEAD_MISSING, f"{last.subject_type}:{last.subject_id}", last.pk)
    if head[:2] < last[:2]:
        return Fault(FaultKind.ENTRIES_MISSING, _place(head, 1))
    if (head.seq, head.hash) != (last.seq, last.hash):
        return Fault(FaultKind.END_CHANGED, _place(last, last.seq + 1), last.pk)
    return None


def _verify_seals() -> tuple[int, Fault | None]:
    previous, after, verified = GENESIS, 0, 0
    for seal in Seal.objects.order_by("day").iterator():
        count, digest = _digest(after, seal.last_entry_id)
        expected = seal_digest(settings.JOURNAL_KEY, previous, seal.day.isoformat(), count, digest)
        if (seal.previous_seal, seal.count, seal.digest, seal.seal) != (
            previous,
            count,
            digest,
            expected,
        ):
            return verified, Fault(FaultKind.SEAL_BROKEN, seal.day.isoformat())
        previous, after, verified = seal.seal, seal.last_entry_id, verified + 1
    return verified, None
