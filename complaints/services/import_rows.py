"""Taking rows of an import: the rules of receipt for many at once, a batch per transaction."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import DataError, IntegrityError, transaction

from accounts.models import Site, User
from complaints import events
from complaints.errors import BadInput
from complaints.models import Clock, Complaint
from complaints.rules.importing import ENDS, Problem, RowReader, state_of
from complaints.rules.policy import PolicyContent
from complaints.services.disposing import forgotten_key
from complaints.services.import_lookups import Lookups
from complaints.services.import_people import PERSON, complainants_of, link_repeats
from complaints.services.intake import Intake, Person, build_complaint, check_intake
from complaints.services.moves import digest
from complaints.services.reckoning import WARNINGS, new_clock, next_event, wanted_clocks
from complaints.services.searching import index_many
from complaints.services.tables import Line
from complaints.states import ClosureBasis, Priority, Stage, State
from journal.services import Fact, record_many
from journal.services.bulk_rows import among, insert_rows, no_search_for_cycles

_STAGES = (Stage.ACKNOWLEDGE, Stage.ASSESS, Stage.FIRST_ACTION, Stage.PROGRESS, Stage.RESPOND)
_MILESTONES = (
    "acknowledged_at",
    "assessed_at",
    "decided_at",
    "decision_sent_at",
    "answered_at",
    "closed_at",
    "followed_up_at",
)
_PLAIN = (
    "channel",
    "description",
    "received_at",
    "remedy_sought",
    "product",
    "order_number",
    "external_id",
    "representative",
    "language",
)
_REACHED_BY = ("phone", "email", "customer_number", "address")


class BadRow(NamedTuple):
    """A row that was not taken."""

    line: int
    problem: Problem


@dataclass
class Outcome:
    """What came of a batch."""

    new: int = 0
    known: int = 0
    bad: int = 0
    problems: list[BadRow] = field(default_factory=list)

    def refuse(self, line: int, problems: Iterable[Problem]) -> None:
        """Note a bad row."""
        self.bad += 1
        self.problems += [BadRow(line, problem) for problem in problems]


@dataclass
class Batch:
    """Rows that could be read, by line, and what came of the others."""

    rows: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)


@dataclass(frozen=True)
class Taken:
    """A row that became an intake, with what had happened to it before."""

    line: int
    intake: Intake
    history: Mapping[str, Any]
    unknown_category: bool
    priority: str


def row_key(source: str, external_id: str) -> str:
    """Return what names a row of a source for ever: importing it again finds it there."""
    text = f"{source}\x1f{external_id}".encode()
    return f"import:{hashlib.sha256(text).hexdigest()[:48]}"


class RowTaker:
    """Takes batches of rows in the name of one person. The caller holds the transaction."""

    def __init__(
        self,
        reader: RowReader,
        *,
        source: str,
        actor: User,
        dry_run: bool,
        payload: Mapping[str, Any],
    ) -> None:
        """Prepare; `payload` is what each journal entry says beside the complaint's own facts."""
        self.reader = reader
        self.source = source
        self.actor = actor
        self.dry_run = dry_run
        self.payload = dict(payload)
        self.lookups = Lookups(actor)

    @no_search_for_cycles()
    def read(self, lines: Sequence[Line]) -> Batch:
        """Understand rows as far as that goes without the database, and so without its locks."""
        batch = Batch()
        for line in lines:
            if line.problem is not None:
                batch.outcome.refuse(line.number, [line.problem])
                continue
            if not self.reader.wanted(line.cells):
                continue
            reading = self.reader.read(line.cells)
            if reading.problems:
                batch.outcome.refuse(line.number, reading.problems)
            else:
                batch.rows.append((line.number, reading.values))
        return batch

    @no_search_for_cycles()
    def take(self, batch: Batch, *, at: datetime, carefully: bool = False) -> Outcome:
        """Take the good rows of a batch and name the bad ones.

        Raises IntegrityError or DataError for a row that the database refuses, and the caller's
        transaction is lost. `carefully` such a row is found and named, which takes longer.
        """
        outcome = replace(batch.outcome, problems=[*batch.outcome.problems])
        taken = self._intakes(self._unknown(batch.rows, outcome), outcome, at)
        if self.dry_run:
            outcome.new = len(taken)
        elif carefully:
            self._store(taken, outcome, at)
        elif taken:
            self._write(taken, at)
            outcome.new = len(taken)
        outcome.problems.sort(key=lambda bad: bad.line)
        return outcome

    def _unknown(
        self, rows: list[tuple[int, Mapping[str, Any]]], outcome: Outcome
    ) -> dict[str, tuple[int, Mapping[str, Any]]]:
        """Return the rows that are not there yet, by key; the second of two alike is there."""
        fresh: dict[str, tuple[int, Mapping[str, Any]]] = {}
        for line, values in rows:
            fresh.setdefault(row_key(self.source, values["external_id"]), (line, values))
        # What was disposed of does not come back by handing the same file in again.
        named = {forgotten_key(key): key for key in fresh}
        known = Complaint.objects.filter(among("idempotency_key", [*fresh, *named]))
        for key in known.values_list("idempotency_key", flat=True):
            fresh.pop(named.get(str(key), str(key)), None)
        outcome.known += len(rows) - len(fresh)
        return fresh

    def _intakes(
        self, rows: Mapping[str, tuple[int, Mapping[str, Any]]], outcome: Outcome, at: datetime
    ) -> list[Taken]:
        taken = []
        for key, (line, values) in rows.items():
            found = self._intake(key, line, values, at)
            if isinstance(found, Taken):
                taken.append(found)
            else:
                outcome.refuse(line, found)
        return taken

    def _intake(
        self, key: str, line: int, values: Mapping[str, Any], at: datetime
    ) -> Taken | list[Problem]:
        """Return the row as an intake that passed the rules of receipt, or what is wrong."""
        places, problems = self._places(values)
        if problems:
            return problems
        category = self.lookups.categories.get(values.get("category", "").casefold())
        team = places["team"] or (category.team if category else None)
        site: Site | None = places["site"]
        if not self.lookups.allowed(site.pk if site else None, team.pk if team else None):
            return [Problem("site", "not_allowed", site.code if site else "")]
        anonymous = values.get("anonymous", False)
        reachable = any(values.get(name) for name in _REACHED_BY)
        intake = Intake(
            **{name: values[name] for name in _PLAIN if name in values},
            person=Person(**{name: values.get(name, "") for name in PERSON}),
            anonymous=anonymous,
            contact_unknown=not anonymous and not reachable,
            occurred_at=values.get("occurred_at"),
            confidential=values.get("confidential", False),
            category=category,
            idempotency_key=key,
            **places,
        )
        try:
            check_intake(intake, at=at)
        except BadInput as error:
            return [Problem(error.field, "refused", str(values.get(error.field) or ""))]
        return Taken(
            line=line,
            intake=intake,
            history=_history(values),
            unknown_category=category is None and bool(values.get("category")),
            priority=values.get("priority", ""),
        )

    def _places(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
        found: dict[str, Any] = {}
        find: dict[str, Callable[[str], Any]] = {
            "site": lambda code: self.lookups.sites.get(code.casefold()),
            "team": lambda code: self.lookups.teams.get(code.casefold()),
            "owner": self.lookups.owner,
        }
        problems = []
        for name, look_up in find.items():
            said = values.get(name, "")
            found[name] = look_up(said) if said else None
            if said and found[name] is None:
                problems.append(Problem(name, "unknown_value", said))
        return found, problems

    def _store(self, taken: Sequence[Taken], outcome: Outcome, at: datetime) -> None:
        """Write rows all at once; if the database refuses, by halves, down to the row at fault."""
        if not taken:
            return
        try:
            with transaction.atomic():
                self._write(taken, at)
        except (DataError, IntegrityError):
            if len(taken) == 1:
                self._refused(taken[0], outcome)
                return
            middle = len(taken) // 2
            self._store(taken[:middle], outcome, at)
            self._store(taken[middle:], outcome, at)
        else:
            outcome.new += len(taken)

    def _refused(self, row: Taken, outcome: Outcome) -> None:
        key = row.intake.idempotency_key
        if Complaint.objects.filter(idempotency_key=key).exists():
            outcome.known += 1  # another run brought it in at the same moment
        else:
            outcome.refuse(row.line, [Problem("", "database")])

    def _write(self, taken: Sequence[Taken], at: datetime) -> None:
        people = complainants_of([row.intake for row in taken], at)
        complaints, clocks = [], []
        for row, person in zip(taken, people, strict=True):
            policy, says = self.lookups.in_force(row.intake.received_at)
            complaint = build_complaint(
                row.intake, actor=self.actor, at=at, says=says, **row.history
            )
            complaint.policy, complaint.complainant = policy, person
            if row.priority:
                complaint.priority = Priority(row.priority)
                complaint.depth_required = says.priority(row.priority).depth
            if row.unknown_category and "category" not in complaint.missing:
                complaint.missing.append("category")
            complaints.append(complaint)
            if complaint.is_open:
                clocks += self._clocks(complaint, says, at)
        insert_rows(complaints)
        _write_clocks(clocks)
        link_repeats(complaints, self._window)
        record_many([self._fact(complaint, at) for complaint in complaints])
        index_many(complaints)

    def _clocks(self, complaint: Complaint, says: PolicyContent, at: datetime) -> list[Clock]:
        """Return the clocks of an open row, as if it had been received then.

        What they would have told by now is taken as told: an import wakes nobody.
        """
        stages = [s for s in _STAGES if s != Stage.ACKNOWLEDGE or not complaint.acknowledged_at]
        wanted = wanted_clocks(complaint, stages, says)
        calendars = self.lookups.calendars(wanted)
        clocks = [
            new_clock(complaint, item, complaint.received_at, calendars[item.calendar])
            for item in wanted
        ]
        for clock in clocks:
            share = (at - clock.started_at) / (clock.due_at - clock.started_at) * 100
            clock.told_percent = max((told for told in WARNINGS if told <= share), default=0)
            clock.next_event_at = next_event(clock)
        first = min(clocks, key=lambda clock: (clock.due_at, not clock.hard), default=None)
        if first is not None:
            complaint.next_due_at, complaint.next_due_stage = first.due_at, first.stage
            complaint.next_due_hard = first.hard
        return clocks

    def _window(self, complaint: Complaint) -> timedelta:
        says = self.lookups.in_force(complaint.received_at).says
        return timedelta(days=says.windows.repeat_days)

    def _fact(self, complaint: Complaint, at: datetime) -> Fact:
        return Fact(
            events.IMPORTED,
            complaint,
            self.actor,
            at,
            {
                "state": str(complaint.state),
                "cycle": complaint.cycle,
                "channel": complaint.channel,
                "policy": complaint.policy.version,
                "missing": complaint.missing,
                "repeat_of": complaint.repeat_of_id,
                "sha256": digest(complaint.description, complaint.remedy_sought),
                **self.payload,
            },
        )


def _history(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what had happened to a row's complaint: where it stands, its dates, its answer."""
    said = state_of(values)
    if said not in ENDS:
        acknowledged = values.get("acknowledged_at")
        if acknowledged is None:
            return {}
        return {"state": State.ACKNOWLEDGED, "acknowledged_at": acknowledged}
    history: dict[str, Any] = {name: values.get(name) for name in _MILESTONES}
    history |= {name: values.get(name, "") for name in ("finding", "answer")}
    if said in {"closed", "followed_up"}:
        history["closure_basis"] = ClosureBasis.HISTORY
    return {**history, "state": State(said), "is_open": False}


def _write_clocks(clocks: Sequence[Clock]) -> None:
    for clock in clocks:
        clock.complaint = clock.complaint  # its id is known only now
    Clock.objects.bulk_create(clocks, batch_size=500)
