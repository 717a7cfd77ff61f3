"""The verbs of import: hand a file in, go on with it batch by batch, come to its end.

A job is claimed with a lease and works in batches, each its own transaction in which the rows, the
job's place in the file and the renewed lease commit together. A killed worker loses only the batch
in hand: when its lease runs out, the next one goes on behind the last that was committed.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import DataError, IntegrityError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import has
from complaints import events
from complaints.errors import BadInput, NotAllowed
from complaints.models import ImportJob, ImportProblem
from complaints.rules.importing import ImportMap, Problem, RowReader, map_faults
from complaints.rules.policy_file import PolicyFileError, read_policy_file
from complaints.selectors.imports import file_problem_text, map_fault_text
from complaints.services.import_rows import Batch, Outcome, RowTaker
from complaints.services.policy_sources import FILE_WORDS
from complaints.services.tables import Line, TableFault, count_rows, open_table
from journal.origin import origin
from journal.rules import fault_line
from journal.services import record, utc_now

log = structlog.get_logger(__name__)

BATCH = 1_000
PASSED_OVER = 20_000  # rows between two renewals of the lease
LEASE = timedelta(seconds=120)
TURN = timedelta(seconds=30)  # then the worker looks after other things for a moment
MAX_FILE_BYTES = 2**30
Clock = Callable[[], datetime]
Progress = Callable[[ImportJob], None]
Status = ImportJob.Status


class BadMap(BadInput):
    """A map is at fault; `faults` names every place with its reason."""

    code = "bad_map"

    def __init__(self, faults: Iterable[tuple[str, Any]]) -> None:
        """Keep the faults; the first one is the message."""
        self.faults = list(faults)
        path, reason = self.faults[0]
        super().__init__(f"{path}: {reason}" if path else reason, field="map")


def folder() -> Path:
    """Return where files wait to be imported: beside the attachments, never served."""
    return Path(settings.MEDIA_ROOT) / "imports"


def path_of(job: ImportJob) -> Path:
    """Return where a job's file lies."""
    return folder() / job.path


def read_map(text: str) -> dict[str, Any]:
    """Return the map that a YAML file holds. Raises BadMap: each fault with its field and line."""
    try:
        file = read_policy_file(text)
    except PolicyFileError as error:
        raise BadMap(
            [(_line(error.line), FILE_WORDS[error.code] % {"value": error.value})]
        ) from None
    faults = map_faults(file.content)
    if faults:
        raise BadMap(
            (f"{_line(file.line_of(fault.path))}, {fault.path}", map_fault_text(fault))
            for fault in faults
        )
    content: dict[str, Any] = file.content
    return content


def _line(number: int) -> str:
    return _("line %(number)s") % {"number": number}


def check_map(given: Any) -> ImportMap:
    """Return a map that can be worked with. Raises BadMap with every fault."""
    faults = map_faults(given)
    if faults:
        raise BadMap((fault.path, map_fault_text(fault)) for fault in faults)
    return ImportMap.model_validate(given)


def hand_in_import(
    *,
    file: Iterable[bytes],
    file_name: str,
    mapping: Mapping[str, Any],
    dry_run: bool = False,
    actor: User,
    at: datetime,
) -> ImportJob:
    """Keep a file and queue its import; a dry run only says what would happen.

    Raises NotAllowed, BadMap, and BadInput naming `file` when the file cannot be read, or `map`
    when the map's columns are not in it.
    """
    if not has(actor, "complaints.import"):
        raise NotAllowed(_("Your role does not import complaints."))
    table_map = check_map(mapping)
    name = uuid.uuid4().hex
    sha256 = _keep(file, name)
    try:
        _demand_readable(name, table_map, at)
        with transaction.atomic():
            job = ImportJob.objects.create(
                by=actor,
                created_at=at,
                file_name=Path(file_name).name[:200],
                path=name,
                mapping=table_map.model_dump(mode="json", exclude_defaults=True),
                dry_run=dry_run,
            )
            record(
                kind=events.IMPORT_STARTED,
                subject=job,
                actor=actor,
                occurred_at=at,
                payload={"source": table_map.source, "dry_run": dry_run, "sha256": sha256},
            )
    except BaseException:
        (folder() / name).unlink(missing_ok=True)
        raise
    return job


def _keep(file: Iterable[bytes], name: str) -> str:
    """Write a file away; return its SHA-256."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    sha256, size = hashlib.sha256(), 0
    path = folder() / name
    with path.open("xb") as kept:
        path.chmod(0o600)
        for chunk in file:
            size += len(chunk)
            if size > MAX_FILE_BYTES:
                path.unlink()
                raise BadInput(file_problem_text(Problem("", "too_large")), field="file")
            sha256.update(chunk)
            kept.write(chunk)
    return sha256.hexdigest()


def _demand_readable(name: str, table_map: ImportMap, at: datetime) -> None:
    try:
        with open_table(folder() / name, table_map) as table:
            _reader(table_map, table.header, at)
    except TableFault as fault:
        field = "map" if fault.problem.code == "no_columns" else "file"
        raise BadInput(file_problem_text(fault.problem), field=field) from None


def _reader(table_map: ImportMap, header: list[str], at: datetime) -> RowReader:
    try:
        return RowReader(table_map, header, zone=settings.TIME_ZONE, now=at)
    except KeyError as missing:
        raise TableFault("no_columns", str(missing.args[0])) from None


# --- going on ----------------------------------------------------------------------------------


def run_next_import(*, now: datetime, clock: Clock = utc_now) -> ImportJob | None:
    """Go on with the oldest import that waits, for a while; return it, or None."""
    job = _claim(_waiting(now), now)
    return None if job is None else _work(job, clock, until=now + TURN)


def run_import(
    *, job_id: int, clock: Clock = utc_now, on_progress: Progress | None = None
) -> ImportJob:
    """Bring one import to its end. Raises BadInput when somebody else is at work on it."""
    now = clock()
    job = _claim(_waiting(now).filter(pk=job_id), now)
    if job is None:
        raise BadInput(_("This import is already under way, or at its end."))
    return _work(job, clock, until=None, on_progress=on_progress)


def _waiting(now: datetime) -> "QuerySet[ImportJob]":
    return ImportJob.objects.filter(
        Q(leased_until__isnull=True) | Q(leased_until__lt=now),
        status__in=[Status.QUEUED, Status.RUNNING],
    ).order_by("pk")


def _claim(waiting: "QuerySet[ImportJob]", now: datetime) -> ImportJob | None:
    pk = waiting.values_list("pk", flat=True).first()
    if pk is None:
        return None
    claimed = waiting.filter(pk=pk).update(status=Status.RUNNING, leased_until=now + LEASE)
    return ImportJob.objects.select_related("by").get(pk=pk) if claimed else None


def _work(
    job: ImportJob, clock: Clock, *, until: datetime | None, on_progress: Progress | None = None
) -> ImportJob:
    try:
        with origin("import"):
            whole = _take_all(job, clock, until, on_progress)
            if whole:
                _finish(job, clock())
            else:
                _let_go(job)
    except TableFault as fault:
        _fail(job, fault.problem, clock())
    except _LostError:
        log.info("import_passed_on", job=job.pk)
    except OperationalError:
        raise  # the database is away: the lease runs out and the import goes on
    except Exception as error:  # noqa: BLE001 - told on the page; the text may quote a row
        log.error("import_failed", job=job.pk, error=fault_line(error))
        _fail(job, Problem("", "failed", fault_line(error)), clock())
    job.refresh_from_db()
    return job


class _LostError(Exception):
    """The lease ran out and somebody else goes on with the job."""


def _take_all(
    job: ImportJob, clock: Clock, until: datetime | None, on_progress: Progress | None
) -> bool:
    """Take the rest of the file; return whether its end was reached."""
    if not (job.by.is_active and has(job.by, "complaints.import")):
        raise TableFault("not_allowed")
    table_map = ImportMap.model_validate(job.mapping)
    if job.rows_total is None:
        job.rows_total = count_rows(path_of(job), table_map)
        ImportJob.objects.filter(pk=job.pk).update(rows_total=job.rows_total)
    with open_table(path_of(job), table_map) as table:
        taker = RowTaker(
            _reader(table_map, table.header, clock()),
            source=table_map.source,
            actor=job.by,
            dry_run=job.dry_run,
            payload={"import": job.pk, "source": table_map.source},
        )
        _pass_over(job, table.lines, clock)
        for lines in _batches(table.lines):
            _take_batch(job, taker, lines, clock())
            if on_progress is not None:
                on_progress(job)
            # Going back into a workbook takes too long to leave it in between.
            if until is not None and not table.workbook and clock() >= until:
                return len(lines) < BATCH
    return True


def _pass_over(job: ImportJob, lines: Iterator[Line], clock: Clock) -> None:
    """Go past the rows that were dealt with before, and keep the lease meanwhile."""
    for number, _row in enumerate(islice(lines, job.rows_done), start=1):
        if number % PASSED_OVER == 0:
            _renew(job, clock() + LEASE)


def _renew(job: ImportJob, until: datetime) -> None:
    """Keep the job for longer. Raises _LostError when somebody else has it."""
    mine = ImportJob.objects.filter(pk=job.pk, leased_until=job.leased_until)
    if not mine.update(leased_until=until):
        raise _LostError
    job.leased_until = until


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while batch := list(islice(lines, BATCH)):
        yield batch


def _take_batch(job: ImportJob, taker: RowTaker, lines: list[Line], at: datetime) -> None:
    """Take a batch and move the job on, if it is still ours."""
    batch = taker.read(lines)
    try:
        outcome = _attempt(job, taker, batch, len(lines), at=at)
    except (DataError, IntegrityError):
        # Savepoints cost SQLite so much beside the journal's triggers that only this way has them.
        outcome = _attempt(job, taker, batch, len(lines), at=at, carefully=True)
    job.leased_until = at + LEASE
    job.rows_done += len(lines)
    job.rows_new += outcome.new
    job.rows_known += outcome.known
    job.rows_bad += outcome.bad


@transaction.atomic
def _attempt(
    job: ImportJob,
    taker: RowTaker,
    batch: Batch,
    count: int,
    *,
    at: datetime,
    carefully: bool = False,
) -> Outcome:
    # First of all, so that nobody can take the same rows at the same time.
    mine = ImportJob.objects.filter(pk=job.pk, leased_until=job.leased_until)
    if not mine.update(leased_until=at + LEASE):
        raise _LostError
    outcome = taker.take(batch, at=at, carefully=carefully)
    ImportProblem.objects.bulk_create(
        [
            ImportProblem(
                job=job,
                line=bad.line,
                field=bad.problem.field,
                code=bad.problem.code,
                value=bad.problem.value[:200],
            )
            for bad in outcome.problems
        ],
        batch_size=500,
    )
    ImportJob.objects.filter(pk=job.pk).update(rows_done=F("rows_done") + count, **_counts(outcome))
    return outcome


def _counts(outcome: Outcome) -> dict[str, Any]:
    return {
        "rows_new": F("rows_new") + outcome.new,
        "rows_known": F("rows_known") + outcome.known,
        "rows_bad": F("rows_bad") + outcome.bad,
    }


@transaction.atomic
def _finish(job: ImportJob, at: datetime) -> None:
    ours = ImportJob.objects.filter(pk=job.pk, leased_until=job.leased_until)
    done = job.rows_done
    if not ours.update(status=Status.DONE, leased_until=None, finished_at=at, rows_total=done):
        return
    counts = {name: getattr(job, name) for name in ("rows_new", "rows_known", "rows_bad")}
    record(
        kind=events.IMPORT_FINISHED,
        subject=job,
        actor=job.by,
        occurred_at=at,
        payload={"rows": job.rows_done, **counts},
    )


@transaction.atomic
def _fail(job: ImportJob, problem: Problem, at: datetime) -> None:
    error = f"{problem.code}:{problem.value}"[:300]
    ours = ImportJob.objects.filter(pk=job.pk, leased_until=job.leased_until)
    if not ours.update(status=Status.FAILED, leased_until=None, finished_at=at, error=error):
        return
    record(
        kind=events.IMPORT_FINISHED,
        subject=job,
        actor=job.by,
        occurred_at=at,
        payload={"rows": job.rows_done, "failed": problem.code},
    )


def _let_go(job: ImportJob) -> None:
    ImportJob.objects.filter(pk=job.pk, leased_until=job.leased_until).update(leased_until=None)


@transaction.atomic
def forget_imports(*, before: datetime, at: datetime) -> int:  # noqa: ARG001 - as all such verbs
    """Remove the files of imports that ended before a moment, and what bad rows said.

    Figures stay. Returns how many files were removed.
    """
    old = ImportJob.objects.filter(finished_at__lt=before)
    gone = 0
    for name in old.values_list("path", flat=True):
        file = folder() / name
        if file.exists():
            file.unlink(missing_ok=True)
            gone += 1
    ImportProblem.objects.filter(job__in=old).exclude(value="").update(value="")
    return gone
