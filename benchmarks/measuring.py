"""What a call costs: CPU of this process and of its database server, wall time, statements.

Machines are noisy, so the quickest of several rounds is told, and always beside a bare reference.
"""

import gc
import json
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from django.db import connection

ROUNDS, MOST_ROUNDS = 9, 45
QUICKER = 0.98  # what counts as quicker
AGAIN_AFTER = (5, 20, 40)  # seconds
_Place = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True)
class Cost:
    """CPU and wall milliseconds per call, and statements of one call."""

    cpu: float
    wall: float
    statements: int

    def least(self, other: "Cost") -> "Cost":
        """Return the quickest of two measurements of the same."""
        return Cost(min(self.cpu, other.cpu), min(self.wall, other.wall), self.statements)


def _server_pid() -> int | None:
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        row = cursor.fetchone()
    return int(row[0])


def _server_seconds(pid: int | None) -> float:
    """Return the CPU seconds of the database process, where it runs on this machine."""
    if pid is None:
        return 0.0
    file = Path(f"/proc/{pid}/schedstat")
    return int(file.read_text().split()[0]) / 1e9 if file.exists() else 0.0


def cost(call: Callable[[], object], *, calls: int = 3) -> Cost:
    """Return what one call costs: in the quickest of some rounds of so many calls each."""
    return in_turn([call], calls=calls)[0]


def in_turn(
    jobs: Sequence[Callable[[], object]],
    *,
    places: Sequence[_Place] = (),
    calls: int = 3,
) -> list[Cost]:
    """Return what each job costs. They take turns, so that a neighbour slows all of them alike.

    Neighbours only ever add to a time, so the quickest round tells it best; and the busier they
    are, the more rounds it takes until there was a quiet one: rounds go on until so many in a row
    have brought no job a quicker one. Bursts last longer than that: see `compared`.
    `places` are contexts to do each of them in. Entering one may empty caches, so that a first call
    of each turn does not count.
    """
    statements = [0] * len(jobs)
    cpu: list[list[float]] = [[] for _ in jobs]
    wall: list[list[float]] = [[] for _ in jobs]
    pid = _server_pid()
    last, turn = 0, 0  # the last round that was a quicker one
    while turn < last + ROUNDS and turn < MOST_ROUNDS:
        before = [min(spent, default=0.0) for spent in cpu]
        for number, job in enumerate(jobs):
            place = places[number] if places else nullcontext
            if turn == 0:
                statements[number] = copy_context().run(_statements, job, place)
            # Django makes a context variable whenever the addresses are others, as they are
            # between ours and the bare ones; a web process does so once. What logs looks at all
            # there are, which is why those of a turn go with it.
            spent, passed = copy_context().run(_calls, job, place, calls, pid)
            cpu[number].append(spent)
            wall[number].append(passed)
        if any(min(spent) < QUICKER * held for spent, held in zip(cpu, before, strict=True)):
            last = turn
        turn += 1
    return [
        Cost(min(cpu[number]), min(wall[number]), statements[number]) for number in range(len(jobs))
    ]


def _calls(
    job: Callable[[], object], place: _Place, calls: int, pid: int | None
) -> tuple[float, float]:
    """Return CPU and wall milliseconds per call, after one that does not count."""
    with place():
        job()
        server, own, clock = _server_seconds(pid), time.process_time(), time.perf_counter()
        for _ in range(calls):
            job()
        passed = time.perf_counter() - clock
        spent = time.process_time() - own + _server_seconds(pid) - server
    return spent / calls * 1000, passed / calls * 1000


def _statements(job: Callable[[], object], place: _Place) -> int:
    counted = 0

    def count(execute: Any, *given: Any) -> Any:
        nonlocal counted
        counted += 1
        return execute(*given)

    with place():
        job()
        with connection.execute_wrapper(count):
            job()
    return counted


class Spent:
    """How many CPU seconds a block took, here and in the database's process."""

    seconds = 0.0

    def __enter__(self) -> "Spent":
        """Begin."""
        self._pid = _server_pid()
        self._began = time.process_time() + _server_seconds(self._pid)
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.seconds = time.process_time() + _server_seconds(self._pid) - self._began


@dataclass(frozen=True)
class Row:
    """One line of the report: what, the figure, its goal, whether the goal is reached.

    `flat` is what must not grow with the number of complaints: a cost as a multiple of its
    reference, or the time that one row takes; None where growth says nothing. Pages are compared
    with pages that show as many `rows`.
    """

    what: str
    figure: str
    goal: str
    reached: bool
    note: str = ""
    flat: float | None = None
    rows: int | None = None


@dataclass(frozen=True)
class Floor:
    """What the bare way does, in rows per second of CPU.

    Here, and there: on the machine for which the goals were written.
    """

    what: str
    here: float
    there: float


def ratio(
    what: str,
    ours: Cost,
    bare: Cost,
    *,
    at_most: float,
    statements: int | None = None,
    at_once: float | None = None,
    rows: int | None = None,
) -> Row:
    """Return the line for a page against its bare reference; `at_once` is in milliseconds."""
    times = ours.cpu / bare.cpu
    few = statements is None or ours.statements <= statements
    quick = at_once is None or ours.wall <= at_once
    goal = f"≤ {at_most:g} ×"
    goal += f", ≤ {statements} statements" if statements else ""
    goal += f", ≤ {at_once:g} ms" if at_once else ""
    return Row(
        what,
        f"{times:.2f} × ({ours.cpu:.1f} / {bare.cpu:.1f} ms CPU)",
        goal,
        times <= at_most and few and quick,
        f"{ours.statements} statements, {ours.wall:.1f} ms",
        flat=times,
        rows=rows,
    )


class Took(Protocol):
    """What has taken so many seconds of CPU."""

    seconds: float


def compared(
    what: str,
    jobs: tuple[Callable[[], object], Callable[[], object]],
    *,
    site: _Place,
    calls: int = 3,
    **goal: Any,
) -> Row:
    """Measure ours in turn with the bare one, which is done within `site`, and return the line.

    `goal` is what `ratio` takes.

    A line that misses is measured again after some seconds, for a neighbour's burst may have
    lasted through all rounds; both keep their quickest.
    """
    places = [nullcontext, site]
    ours, bare = in_turn(jobs, places=places, calls=calls)
    row = ratio(what, ours, bare, **goal)
    for seconds in AGAIN_AFTER:
        if row.reached:
            break
        time.sleep(seconds)
        one, other = in_turn(jobs, places=places, calls=calls)
        ours, bare = ours.least(one), bare.least(other)
        row = ratio(what, ours, bare, **goal)
    return row


def rate(
    what: str,
    count: int,
    spent: Took,
    *,
    at_least: float,
    floor: Floor,
    note: str = "",
) -> Row:
    """Return the line for a rate per second of CPU, beside that of the bare way.

    A goal was set on a machine whose floor is known. Where this one's is lower, the line tells what
    the same share of it would be; the goal itself stays what it is.
    """
    per_second = count / spent.seconds
    if per_second < at_least:
        note += f"; by the floor this machine owes {at_least * floor.here / floor.there:,.0f} /s"
    return Row(
        what,
        f"{per_second:,.0f} /s, {per_second / floor.here:.2f} × {floor.what}",
        f"≥ {at_least:,.0f} /s",
        per_second >= at_least,
        note,
        flat=1 / per_second,
    )


def grown(by_size: dict[int, list[Row]], *, at_most: float = 1.3) -> list[Row]:
    """Return how much dearer each line has become from a smaller size to the largest.

    The smallest size in which the page showed as many rows is the one to compare with: a page
    that is longer may cost more.
    """
    largest = max(by_size, default=0)
    found = []
    for row in by_size.get(largest, []):
        for size in sorted(by_size):
            before = next((one for one in by_size[size] if one.what == row.what), None)
            if size < largest and row.flat and before and before.flat and before.rows == row.rows:
                times = row.flat / before.flat
                figure, goal = f"{times:.2f} ×", f"≤ {at_most:g} ×"
                found.append(Row(row.what, figure, goal, times <= at_most, f"than at {size:,}"))
                break
    return found


def write_rows(rows: list[Row]) -> str:
    """Return lines as text for the process that began this one."""
    return json.dumps([asdict(row) for row in rows])


def read_rows(text: str) -> list[Row]:
    """Return the lines of such a text."""
    return [Row(**row) for row in json.loads(text)]


class Peak:
    """How much memory a block has taken at most beyond what there was, in MB (Linux)."""

    grown = 0.0

    def __enter__(self) -> "Peak":
        """Begin: the kernel forgets the peak so far."""
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")
        self._before = resident("VmHWM")
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.grown = resident("VmHWM") - self._before


def resident(what: str = "VmRSS", pid: int | str = "self") -> float:
    """Return the memory of a process in MB: now (VmRSS), or at most (VmHWM)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    found = next(line for line in lines if line.startswith(what))
    return int(found.split()[1]) / 1024


def report(title: str, rows: list[Row]) -> None:
    """Print the lines as a table."""
    print(f"\n### {title}\n")
    print("| what | figure | goal | reached | |")
    print("|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.what} | {row.figure} | {row.goal} | {'yes' if row.reached else '**no**'}"
            f" | {row.note} |",
            flush=True,
        )
