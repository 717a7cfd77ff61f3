"""Writing facts: each ties into its subject's chain and owes its subscribers a delivery."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, connection, models, transaction

from journal.models import Delivery, Entry, Head
from journal.origin import current_origin
from journal.registry import Witness, subscriptions_to, witness_of
from journal.rules import GENESIS, canonical, entry_hash, instant
from journal.services.bulk_rows import among, as_array, insert_rows, made, read_rows

_Chain = tuple[str, int]  # subject type and id


@dataclass(frozen=True)
class Fact:
    """What `record_many` writes: kind, subject, who, when it happened in the world, ids and codes.

    The payload holds ids and codes, never personal data, so erasure never has to touch it.
    """

    kind: str
    subject: models.Model
    actor: AbstractBaseUser | None
    occurred_at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)


def record(
    *,
    kind: str,
    subject: models.Model,
    actor: AbstractBaseUser | None,
    occurred_at: datetime,
    payload: Mapping[str, Any] | None = None,
) -> Entry:
    """Write one fact and what is owed to its subscribers, in the caller's transaction.

    Raises RuntimeError outside a transaction: a fact and its record commit together or not at all.
    """
    return record_many([Fact(kind, subject, actor, occurred_at, payload or {})])[0]


def record_many(facts: Sequence[Fact]) -> list[Entry]:
    """Write facts in order; a few statements however many there are. See `record`."""
    if not connection.in_atomic_block:
        raise RuntimeError("record() needs the transaction of the fact it records")
    if not facts:
        return []
    recorded_at = datetime.now(UTC)
    entries = _tied_in(facts, recorded_at)
    insert_rows(entries)
    _owe_deliveries(entries, recorded_at)
    _call_witnesses(facts, entries)
    return entries


def hashed_fields(entry: Entry) -> tuple[str, ...]:
    """Return the fields of an entry that its hash covers, as text."""
    return (
        entry.subject_type,
        str(entry.subject_id),
        str(entry.seq),
        entry.kind,
        str(entry.actor_id or ""),
        entry.door,
        entry.address,
        instant(entry.occurred_at),
        instant(entry.recorded_at),
        entry.body,
    )


def chain_of(subject: models.Model) -> _Chain:
    """Return what names the chain of a subject: its type and id."""
    return _type_of(type(subject)), int(subject.pk)


@cache
def _type_of(model: type[models.Model]) -> str:
    return model._meta.label_lower


def _tied_in(facts: Sequence[Fact], recorded_at: datetime) -> list[Entry]:
    """Return the facts as entries, each tied to the last of its chain; the heads are moved on."""
    where = current_origin()
    chains = [chain_of(fact.subject) for fact in facts]
    heads = _locked_heads(chains)
    entries = []
    for fact, chain in zip(facts, chains, strict=True):
        head = heads[chain]
        head.seq += 1
        payload = {"v": 1, **fact.payload}
        entry = made(
            Entry,
            subject_type=head.subject_type,
            subject_id=head.subject_id,
            seq=head.seq,
            kind=fact.kind,
            actor_id=fact.actor.pk if fact.actor else None,
            door=where.door,
            address=where.address,
            occurred_at=fact.occurred_at,
            recorded_at=recorded_at,
            body=canonical(payload),
            previous_hash=head.hash,
        )
        entry.payload = payload  # so that no witness has to read it out of the text again
        entry.hash = head.hash = entry_hash(entry.previous_hash, hashed_fields(entry))
        entries.append(entry)
    new = [head for head in heads.values() if head.pk is None]
    old = [head for head in heads.values() if head.pk is not None]
    if not _begun(new):
        return _tied_in(facts, recorded_at)
    _moved_on(old)
    return entries


def _locked_heads(chains: Iterable[_Chain]) -> dict[_Chain, Head]:
    """Return the heads of these chains, locked; chains that begin here get a new one.

    Always locked in the same order, so that two transactions cannot wait for each other here.
    """
    wanted = sorted(set(chains))
    found: dict[_Chain, Head] = {}
    for label in sorted({label for label, _ in wanted}):
        ids = [pk for kind, pk in wanted if kind == label]
        rows = Head.objects.select_for_update().filter(among("subject_id", ids), subject_type=label)
        columns = ("id", "subject_type", "subject_id", "seq", "hash")
        heads = read_rows(rows.order_by("subject_id"), *columns)
        found.update({(label, head.subject_id): head for head in heads})
    for label, pk in wanted:
        if (label, pk) not in found:
            found[label, pk] = made(Head, subject_type=label, subject_id=pk, hash=GENESIS)
    return found


def _begun(heads: list[Head]) -> bool:
    """Begin chains; return False when another transaction has begun one of them meanwhile."""
    if not heads:
        return True
    if not connection.features.has_select_for_update:
        insert_rows(heads)  # a database where one writes at a time: nobody has come between
        return True
    try:
        with transaction.atomic():
            insert_rows(heads)
    except IntegrityError:
        return False
    return True


def _moved_on(heads: list[Head]) -> None:
    if not heads:
        return
    if len(heads) == 1:
        Head.objects.filter(pk=heads[0].pk).update(seq=heads[0].seq, hash=heads[0].hash)
        return
    # Many at once by key: a statement with a case for each row takes ten times as long to plan.
    moved = [(head.seq, head.hash, head.id) for head in heads]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "UPDATE journal_head SET seq = moved.seq, hash = moved.hash"
                " FROM unnest(%s::int[], %s::text[], %s::bigint[]) AS moved (seq, hash, id)"
                " WHERE journal_head.id = moved.id",
                [as_array(column) for column in zip(*moved, strict=True)],
            )
        else:
            cursor.executemany("UPDATE journal_head SET seq = %s, hash = %s WHERE id = %s", moved)


def _owe_deliveries(entries: list[Entry], now: datetime) -> None:
    if current_origin().sandbox:
        return  # no letter leaves, nobody is called
    owed = [
        Delivery(entry=entry, subscriber=listener.name, next_attempt_at=now)
        for entry in entries
        for listener in subscriptions_to(entry.kind)
    ]
    Delivery.objects.bulk_create(owed, batch_size=1000)


def _call_witnesses(facts: Sequence[Fact], entries: list[Entry]) -> None:
    seen: dict[Witness, list[tuple[models.Model, Entry]]] = {}
    for fact, entry in zip(facts, entries, strict=True):
        handler = witness_of(entry.kind)
        if handler is not None:
            seen.setdefault(handler, []).append((fact.subject, entry))
    for handler, pairs in seen.items():
        handler(pairs)
