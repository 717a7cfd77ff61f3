"""Floors of bulk work: how quickly the same database does the barest form of it.

The goals in rows per second were written for one machine, whose floors are told here (`THERE`).
Each is measured again next to the work that it belongs to: a machine on which it is lower owes as
much less, one on which it is higher owes no more.
"""

from datetime import datetime

from django.db import connection, transaction

from benchmarks.measuring import Floor, Spent
from complaints.models import Clock, Complaint
from journal.models import Entry

SWEPT_THERE = 6_000  # breaches a second: 5,000 to 7,000
COPIED_THERE = 381_000  # rows a second, COPY of a table as CSV
_BATCH, _ENOUGH = 500, 5_000


def sweeping(ids: list[int], later: datetime) -> Floor:
    """Let clocks be over, plainly: read them with their complaints, write a row each, save them."""
    done = 0
    seconds = 0.0
    while done < _ENOUGH:
        with transaction.atomic():
            with Spent() as spent:
                done += sum(_sweep(ids[i : i + _BATCH], later) for i in range(0, len(ids), _BATCH))
            seconds += spent.seconds
            transaction.set_rollback(True)
    return Floor("bare", done / seconds, SWEPT_THERE)


def _sweep(ids: list[int], later: datetime) -> int:
    clocks = list(Clock.objects.select_related("complaint").filter(pk__in=ids))
    Entry.objects.bulk_create(
        Entry(
            subject_type="complaints.clock",
            subject_id=clock.pk,
            seq=1,
            kind="clock.breached",
            occurred_at=clock.due_at,
            recorded_at=later,
            body="{}",
            previous_hash="0" * 64,
            hash="0" * 64,
        )
        for clock in clocks
    )
    return Clock.objects.filter(pk__in=ids).update(told_percent=100, next_event_at=None)


def copying() -> Floor | None:
    """Let PostgreSQL write the table of complaints as CSV, as it is; None elsewhere."""
    if connection.vendor != "postgresql":
        return None
    count = Complaint.everything.count()
    with Spent() as spent, connection.cursor() as cursor:
        table = Complaint._meta.db_table
        with cursor.copy(f"COPY {table} TO STDOUT (FORMAT csv)") as copy:
            for _piece in copy:
                pass
    return Floor("bare COPY", count / spent.seconds, COPIED_THERE)
