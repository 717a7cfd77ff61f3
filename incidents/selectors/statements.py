"""The communication log as its readers see it: facts apart, statements with their approvals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from complaints.rules.policy import PolicyContent
from incidents.models import ApprovalStep, Fact, Incident, Statement, StatementVersion
from incidents.permissions import may_decide_step
from incidents.states import FactState, StatementState


@dataclass(frozen=True)
class StepView:
    """A link of the chain: who is asked, how it stands, whether this reader decides."""

    step: ApprovalStep
    name: str
    status: str  # not_yet, waiting, late, granted, returned
    mine: bool


@dataclass(frozen=True)
class VersionView:
    """A version with its chain."""

    version: StatementVersion
    steps: Sequence[StepView]


@dataclass(frozen=True)
class StatementView:
    """A statement with its newest version, and the earlier ones."""

    statement: Statement
    newest: VersionView
    earlier: Sequence[VersionView]


@dataclass(frozen=True)
class FactBase:
    """What is known, what is only said, and what turned out wrong: kept apart."""

    confirmed: Sequence[Fact]
    unconfirmed: Sequence[Fact]
    refuted: Sequence[Fact]


def step_names(says: PolicyContent, language: str) -> dict[str, str]:
    """Return the names of the links of the approval chain by their code."""
    return {step.code: step.names.of(language) for step in says.statement_steps}


def fact_base(incident: Incident) -> FactBase:
    """Return the facts of an incident, by how sure they are."""
    facts = list(incident.fact_base.select_related("by", "settled_by"))
    return FactBase(
        *(
            [fact for fact in facts if fact.state == state]
            for state in (FactState.CONFIRMED, FactState.UNCONFIRMED, FactState.REFUTED)
        )
    )


def statements_of(
    incident: Incident, actor: User, names: Mapping[str, str], *, now: datetime
) -> list[StatementView]:
    """Return the communication log, the newest statement first; a few questions for all."""
    statements = incident.statements.prefetch_related(
        "versions__by", "versions__released_by", "versions__steps__decided_by"
    ).order_by("-pk")
    shown = []
    for statement in statements:
        views = []
        for version in statement.versions.all():
            version.statement = statement
            statement.incident = incident
            views.append(VersionView(version, _steps(version, actor, names, now)))
        if views:
            shown.append(StatementView(statement, views[0], views[1:]))
    return shown


def waiting_statements(
    incident: Incident, actor: User, names: Mapping[str, str], *, now: datetime
) -> list[StatementView]:
    """Return the statements that wait for approval or may be released."""
    wanted = {StatementState.WAITING, StatementState.APPROVED}
    return [
        view
        for view in statements_of(incident, actor, names, now=now)
        if view.newest.version.state in wanted
    ]


def _steps(
    version: StatementVersion, actor: User, names: Mapping[str, str], now: datetime
) -> list[StepView]:
    views = []
    for step in version.steps.all():
        step.version = version
        status = _status(step, now)
        waits = status in {"waiting", "late"} and version.state == StatementState.WAITING
        mine = waits and may_decide_step(actor, step)
        views.append(StepView(step, names.get(step.code, step.code), status, mine))
    return views


def _status(step: ApprovalStep, now: datetime) -> str:
    if step.decided_at is not None:
        return "granted" if step.granted else "returned"
    if step.asked_at is None or step.due_at is None:
        return "not_yet"
    return "late" if step.due_at <= now else "waiting"
