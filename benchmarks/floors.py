"""Floors of bulk work: how quickly the same database does the barest form of it.

The goals in rows per second were written for one machine, whose floors are told here (`THERE`).
Each is measured again next to the work that it belongs to, for another machine, or the same in a
busy hour, does both at another pace.
"""

import csv
import hashlib
import io
import zipfile
from datetime import datetime
from xml.sax.saxutils import escape

from django.db import connection, transaction

from accounts.models import User
from benchmarks.filling import STORY_ZH
from benchmarks.measuring import Floor, Spent
from complaints.models import Clock, Complaint
from complaints.selectors.policy import policy_in_force
from journal.models import Entry

SWEPT_THERE = 5_000  # breaches a second: 5,000 to 7,000, of which this asks the larger share
EXPORTED_THERE = {"postgresql": 381_000, "sqlite": 35_000}  # rows a second: COPY, the ORM
CREATED_THERE = {"postgresql": 3_100, "sqlite": 5_200}  # rows a second, bulk_create
TIED_THERE = 147_000  # entries a second
BOUND_THERE = 32_000  # rows of a workbook a second, written as plain XML
_BATCH = 500
_AT_ONCE, _CREATED = 1_000, 3_000
_TIED, _BOUND = 100_000, 20_000
_STORY = STORY_ZH.format(product="", n=3, m=2, fault="", wish="", tail=1)
# As many columns as an export has.
_EXPORTED = (
    *("reference", "state", "channel", "received_at", "recorded_at", "closed_at", "priority"),
    *("description", "product", "order_number", "confidential", "anonymous", "emergency"),
    *("complainant__name", "complainant__phone", "complainant__email", "complainant__organisation"),
    *("category__name_zh", "site__name_zh", "team__name_zh", "owner__display_name", "next_due_at"),
)


def sweeping(ids: list[int], later: datetime) -> Floor:
    """Let clocks be over, plainly: read them with their complaints, write a row each, save them."""
    with transaction.atomic():
        with Spent() as spent:
            done = sum(_sweep(ids[i : i + _BATCH], later) for i in range(0, len(ids), _BATCH))
        transaction.set_rollback(True)
    return Floor("bare", done / spent.seconds, SWEPT_THERE)


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


def exporting() -> Floor:
    """Write complaints as CSV as they are: by COPY, or by the ORM where there is none."""
    every = Complaint.everything.order_by("pk")
    count = every.count()
    with Spent() as spent:
        if connection.vendor == "postgresql":
            table = Complaint._meta.db_table
            statement = f"COPY {table} TO STDOUT (FORMAT csv)"
            with connection.cursor() as cursor, cursor.copy(statement) as copy:
                for _piece in copy:
                    pass
        else:
            lines = csv.writer(io.StringIO())
            lines.writerows(every.values_list(*_EXPORTED).iterator(chunk_size=1_000))
    return Floor("bare", count / spent.seconds, EXPORTED_THERE[connection.vendor])


def creating(actor: User, at: datetime) -> Floor:
    """Let the ORM create closed complaints, a thousand at a time, and undo it."""
    policy = policy_in_force(at)
    with transaction.atomic():
        with Spent() as spent:
            for start in range(0, _CREATED, _AT_ONCE):
                Complaint.everything.bulk_create(
                    Complaint(
                        reference=f"F-{number}",
                        channel="phone",
                        description=_STORY,
                        anonymous=True,
                        state="followed_up",
                        is_open=False,
                        received_at=at,
                        recorded_at=at,
                        closed_at=at,
                        recorded_by=actor,
                        policy=policy,
                    )
                    for number in range(start, start + _AT_ONCE)
                )
        transaction.set_rollback(True)
    return Floor("bare", _CREATED / spent.seconds, CREATED_THERE[connection.vendor])


def tying() -> Floor:
    """Go through entries and tie a hash to the one before, whatever chain they belong to."""
    columns = ("subject_type", "subject_id", "seq", "kind", "body", "occurred_at")
    rows = Entry.objects.order_by("pk").values_list(*columns)[:_TIED]
    link, done = "", 0
    with Spent() as spent:
        for values in rows.iterator(chunk_size=2_000):
            text = "\x1f".join((link, *map(str, values)))
            link = hashlib.sha256(text.encode()).hexdigest()
            done += 1
    return Floor("bare", done / spent.seconds, TIED_THERE)


def binding() -> Floor:
    """Write complaints as the sheet of a workbook: each value escaped, in one archive."""
    rows = Complaint.everything.order_by("pk").values_list(*_EXPORTED)[:_BOUND]
    done = 0
    with (
        Spent() as spent,
        zipfile.ZipFile(io.BytesIO(), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("sheet1.xml", "w") as sheet,
    ):
        for values in rows.iterator(chunk_size=1_000):
            cells = "".join(
                f'<c t="inlineStr"><is><t>{escape(str(one))}</t></is></c>' for one in values
            )
            sheet.write(f"<row>{cells}</row>".encode())
            done += 1
    return Floor("bare", done / spent.seconds, BOUND_THERE)
