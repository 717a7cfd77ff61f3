"""What goes through many rows: sweep, proof, export, import. Rates are per second of CPU."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from django.db import connection, transaction

from accounts.models import User
from benchmarks import floors
from benchmarks.filling import EVERYWHERE, MAP, NOW, as_csv
from benchmarks.measuring import QUICKER, Peak, Row, Spent, cost, rate
from complaints.models import Clock, Complaint, Escalation
from complaints.querysets import ComplaintQuerySet
from complaints.services.exporting import export
from complaints.services.importing import hand_in_import, run_import
from complaints.services.sweeping import sweep_clocks
from journal.services import verify_journal

BREACHES = 5_000
ROUNDS, MOST_ROUNDS = 3, 12  # a round takes seconds here
IMPORTED = 10_000
_T = TypeVar("_T")


def sweep() -> list[Row]:
    """Measure a sweep that finds nothing, and one that finds thousands of breaches."""
    later = NOW + timedelta(days=900)
    idle = cost(lambda: sweep_clocks(now=NOW), calls=50)
    rows = [
        Row(
            "clock sweep, nothing due",
            f"{idle.wall:.2f} ms",
            "≤ 10 ms",
            idle.wall <= 10,
            f"{idle.statements} statements",
        )
    ]
    with transaction.atomic():
        ids = _running_clocks()
        _breached(ids, later)  # once beforehand: what a process reads and puts together only once
        rounds = _settled(
            lambda: (_breached(ids, later), floors.sweeping(ids, later)),
            lambda found: found[0].seconds / found[0].breached,
        )
        transaction.set_rollback(True)
    ours = min((one for one, _bare in rounds), key=lambda one: one.seconds / one.breached)
    floor = max((bare for _one, bare in rounds), key=lambda bare: bare.here)
    note = f"{ours.breached:,} breaches, {ours.climbed:,} escalations told"
    what = "clock sweep, breaches"
    rows.append(rate(what, ours.breached, ours, at_least=2500, floor=floor, note=note))
    return rows


def _running_clocks() -> list[int]:
    """Return as many clocks at every size; small tables have fewer, and lend those of the closed.

    A sweep asks the clock, not how its complaint stands.
    """
    ids = list(Clock.objects.order_by("pk").values_list("pk", flat=True)[:BREACHES])
    without = Complaint.objects.filter(clocks__isnull=True).order_by("-pk")
    lent = [
        Clock(
            complaint=complaint,
            cycle=1,
            code="respond",
            stage="respond",
            hard=False,
            spec={},
            calendar="CN",
            calendar_revision=1,
            started_at=complaint.received_at,
            promised_at=complaint.received_at + timedelta(days=10),
            due_at=complaint.received_at + timedelta(days=10),
            due_date=(complaint.received_at + timedelta(days=10)).date(),
        )
        for complaint in without[: BREACHES - len(ids)]
    ]
    return [*ids, *(clock.pk for clock in Clock.objects.bulk_create(lent))]


@dataclass
class _Swept:
    """What a sweep has told of, and how long it took."""

    breached: int
    climbed: int
    seconds: float


def _breached(ids: list[int], later: datetime) -> _Swept:
    """Let these clocks run out, sweep, and undo it."""
    with transaction.atomic():
        Clock.objects.filter(pk__in=ids).update(next_event_at=NOW, told_percent=90)
        with Spent() as spent:
            swept = sweep_clocks(now=later, limit=1000)
        climbed = Escalation.objects.count()
        transaction.set_rollback(True)
    return _Swept(swept.breached, climbed, spent.seconds)


def chain() -> list[Row]:
    """Measure the check of the whole journal."""
    with Peak() as peak, Spent() as spent:
        proof = verify_journal()
    if not proof.intact:
        raise RuntimeError(str(proof.fault))
    note = f"{proof.entries:,} entries, memory +{peak.grown:.0f} MB"
    floor = floors.tying()
    what = "chain check, entries"
    return [rate(what, proof.entries, spent, at_least=50_000, floor=floor, note=note)]


def exports() -> list[Row]:
    """Measure the streamed exports of everything the reader may see."""
    reader = User.objects.get(username=EVERYWHERE)
    csv_goal = 100_000 if connection.vendor == "postgresql" else 30_000
    rows = []
    for kind, at_least, megabytes in (("csv", csv_goal, 16), ("xlsx", 10_000, 32)):
        chosen = Complaint.objects.visible_to(reader)
        if kind == "xlsx":
            chosen = chosen.filter(pk__lte=100_000)
        size = chosen.count()
        with Peak() as peak:
            spent, written = _quickest(partial(_written, chosen, kind, reader))
        row = rate(
            f"{kind.upper()} export, rows",
            size,
            spent,
            at_least=at_least,
            floor=floors.exporting() if kind == "csv" else floors.binding(),
            note=f"{size:,} rows, {written / 1e6:.0f} MB written",
        )
        rows.append(_bounded(row, peak, megabytes))
    return rows


def _written(chosen: ComplaintQuerySet, kind: str, reader: User) -> int:
    """Export these, and return how many bytes that gave."""
    pieces = export(complaints=chosen, fmt=kind, language="zh-hans", actor=reader, at=NOW)
    return sum(len(piece) for piece in pieces)


def imports() -> list[Row]:
    """Measure the import of closed history from CSV files."""
    reader = User.objects.get(username=EVERYWHERE)

    def bring_in() -> None:
        job = run_import(job_id=waiting.pop().pk)
        if job.rows_bad or job.rows_known:
            raise RuntimeError(f"{job.rows_bad} rows were refused, {job.rows_known} known")

    waiting = [
        hand_in_import(
            file=as_csv(IMPORTED, part=part),
            file_name=f"benchmark {part}.csv",
            mapping=MAP,
            actor=reader,
            at=NOW,
        )
        for part in range(ROUNDS)
    ]
    with Peak() as peak:
        spent, _nothing = _quickest(bring_in, most=len(waiting))
    at_least = 1500 if connection.vendor == "postgresql" else 2500
    note = f"{IMPORTED:,} rows of closed history"
    floor = floors.creating(reader, NOW)
    row = rate("CSV import, rows", IMPORTED, spent, at_least=at_least, floor=floor, note=note)
    return [_bounded(row, peak, 64)]


def _quickest(job: Callable[[], _T], *, most: int = MOST_ROUNDS) -> tuple[Spent, _T]:
    """Do a job some times; return what the quickest took, and what it gave."""

    def once() -> tuple[Spent, _T]:
        with Spent() as spent:
            gave = job()
        return spent, gave

    rounds = _settled(once, lambda found: found[0].seconds, most=most)
    return min(rounds, key=lambda found: found[0].seconds)


def _settled(
    measure: Callable[[], _T], dear: Callable[[_T], float], *, most: int = MOST_ROUNDS
) -> list[_T]:
    """Measure until so many times in a row brought nothing cheaper; see measuring.in_turn."""
    rounds: list[_T] = []
    last = 0
    while len(rounds) < min(last + ROUNDS, most):
        held = min(map(dear, rounds), default=0.0)
        rounds.append(measure())
        if dear(rounds[-1]) < QUICKER * held:
            last = len(rounds)
    return rounds


def _bounded(row: Row, peak: Peak, megabytes: int) -> Row:
    return Row(
        row.what,
        row.figure,
        f"{row.goal}, memory ≤ +{megabytes} MB",
        row.reached and peak.grown <= megabytes,
        f"{row.note}, memory +{peak.grown:.0f} MB",
        row.flat,
    )
