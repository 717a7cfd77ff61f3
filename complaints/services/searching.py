"""Keeping the search index: an entry per complaint, written in the transaction of the complaint.

Indexed are references, numbers, product, what happened, what is asked for, and who complains.
Notes, findings and messages are not: search answers "which complaint is this?".
"""

from collections.abc import Callable, Iterator, Sequence

from django.db import connection, transaction

from complaints.models import Complainant, Complaint
from complaints.rules.bigrams import (
    as_vector,
    bounded,
    bucket_token,
    code_tokens,
    phone_tokens,
    tokens,
)

BATCH = 500
_Row = tuple[int, list[str]]


def index_complaint(complaint: Complaint) -> None:
    """Write or replace the entry of one complaint."""
    index_many([complaint])


def index_many(complaints: Sequence[Complaint]) -> None:
    """Write or replace the entries of complaints. Their complainants should be fetched already."""
    rows = [(complaint.pk, bounded(tokens_of(complaint))) for complaint in complaints]
    write = _write_postgresql if connection.vendor == "postgresql" else _write_sqlite
    for start in range(0, len(rows), BATCH):
        write(rows[start : start + BATCH])


def index_complainant(complainant: Complainant) -> None:
    """Write the entries of all complaints of a person anew, whose name or numbers have changed."""
    rows = Complaint.everything.filter(complainant=complainant)
    index_many(list(rows.select_related("complainant")))


def tokens_of(complaint: Complaint) -> list[str]:
    """Return what a complaint is found by; long texts last, because only they are ever cut."""
    found = [
        *code_tokens(complaint.reference),
        *_tail(complaint.reference),
        *code_tokens(complaint.external_id),
        *code_tokens(complaint.order_number),
    ]
    person = complaint.complainant
    if person is not None:
        found += [
            *tokens(person.name),
            *tokens(person.organisation),
            *code_tokens(person.customer_number),
            *code_tokens(person.phone),
            *phone_tokens((person.phone, person.phone_key)),
            *tokens(person.email),
        ]
    for text in (
        complaint.representative,
        complaint.product,
        complaint.description,
        complaint.remedy_sought,
    ):
        found += tokens(text)
    return found


def _tail(reference: str) -> list[str]:
    """Return the drawn part of a reference without its dash: people leave the year out."""
    return code_tokens(reference.partition("-")[2])[-1:]


def _write_postgresql(rows: Sequence[_Row]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO complaints_search (complaint_id, vector)"
            " SELECT id, words::tsvector FROM unnest(%s::bigint[], %s::text[]) AS new (id, words)"
            " ON CONFLICT (complaint_id) DO UPDATE SET vector = EXCLUDED.vector",
            [[pk for pk, _ in rows], [as_vector(found, bucket_token(pk)) for pk, found in rows]],
        )


def _write_sqlite(rows: Sequence[_Row]) -> None:
    with connection.cursor() as cursor:
        marks = ",".join(["%s"] * len(rows))
        cursor.execute(
            f"DELETE FROM complaints_search WHERE rowid IN ({marks})",  # noqa: S608 - marks only
            [pk for pk, _ in rows],
        )
        cursor.executemany(
            "INSERT INTO complaints_search (rowid, tokens) VALUES (%s, %s)",
            [(pk, " ".join(found)) for pk, found in rows],
        )


def leave_out(complaint_ids: Sequence[int]) -> None:
    """Take complaints that are no more out of the index."""
    key = "complaint_id" if connection.vendor == "postgresql" else "rowid"
    marks = ",".join(["%s"] * len(complaint_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM complaints_search WHERE {key} IN ({marks})",  # noqa: S608 - marks only
            list(complaint_ids),
        )


def wipe_index() -> None:
    """Take out of the index what it only marked as deleted: the words of what was disposed of.

    SQLite keeps them in its segments until these are merged, which takes seconds per million
    entries; PostgreSQL's vacuum does so by itself.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO complaints_search (complaints_search) VALUES ('optimize')")


def rebuild_index(*, on_progress: Callable[[int, int], None] = lambda _done, _total: None) -> int:
    """Write the whole index anew, a batch per transaction; return how many entries it has.

    Search goes on meanwhile: entries are replaced in place, and those without a complaint go last.
    """
    total = Complaint.everything.count()
    done = 0
    for batch in _batches():
        with transaction.atomic():
            index_many(batch)
        done += len(batch)
        on_progress(done, total)
    key = "complaint_id" if connection.vendor == "postgresql" else "rowid"
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM complaints_search WHERE {key} NOT IN"  # noqa: S608 - a fixed name
            " (SELECT id FROM complaints_complaint)"
        )
    return done


def _batches() -> Iterator[list[Complaint]]:
    last = 0
    while True:
        batch = list(
            Complaint.everything.filter(pk__gt=last)
            .select_related("complainant")
            .order_by("pk")[:BATCH]
        )
        if not batch:
            return
        yield batch
        last = batch[-1].pk
