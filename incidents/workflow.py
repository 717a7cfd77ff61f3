"""The state machine of an incident: every state, every move, every guard, in one place.

As with complaints, a move sets fields of its own row in memory; only a verb saves it.
tests/incidents/test_workflow_table.py writes the machine down a second time, by hand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import FSMField, FSMModelMixin, can_proceed, transition

from incidents.states import IncidentState as State

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True)
class Facts:
    """What a guard must know that does not stand in the incident's own row.

    Counted by whoever asks the guards (selectors.outcomes.gather). What was not counted holds
    nothing open: a guard that needs it says no.
    """

    linked: int = 0
    without_outcome: int = 0  # linked complaints that have not been told an outcome of their own
    findings_approved: int = 0
    statements_waiting: int = 0
    joint_running: int = 0
    customers: int = 0


@dataclass(frozen=True)
class Guard:
    """A condition of a move, with the sentence that explains it to the person who is stopped."""

    code: str
    reason: Any
    test: Callable[[Any], bool]

    def __call__(self, incident: "Workflow") -> bool:
        """Return whether the condition holds."""
        return self.test(incident)


HAS_COMMANDER = Guard(
    "commander", _("Nobody is in command yet: name somebody."), lambda i: bool(i.commander_id)
)
HAS_HYPOTHESIS = Guard(
    "hypothesis",
    _("Say what the common cause is thought to be."),
    lambda i: bool(i.hypothesis.strip()),
)
HAS_COMPLAINTS = Guard(
    "linked",
    _("No complaint is linked yet."),
    lambda i: i.facts is not None and i.facts.linked > 0,
)
FINDING_APPROVED = Guard(
    "finding",
    _("No common finding has been approved yet."),
    lambda i: i.facts is not None and i.facts.findings_approved > 0,
)
EACH_HAS_OUTCOME = Guard(
    "outcome",
    _("A linked complaint has not been told an outcome of its own yet."),
    lambda i: i.facts is not None and i.facts.without_outcome == 0,
)
NO_STATEMENT_WAITING = Guard(
    "statements",
    _("A statement is still waiting for approval."),
    lambda i: i.facts is not None and i.facts.statements_waiting == 0,
)
NO_JOINT_RUNNING = Guard(
    "joint",
    _("A joint message is still on its way."),
    lambda i: i.facts is not None and i.facts.joint_running == 0,
)
OFFER_DECIDED = Guard(
    "offer",
    _("Customers are affected who did not complain: decide whether they are offered a remedy."),
    lambda i: i.facts is not None and (i.facts.customers == 0 or i.offer != ""),
)


def move(**how: Any) -> Callable[[Method], Method]:
    """Declare a method as a move of the machine; django-fsm's decorator, with its type kept."""
    decorate: Callable[[Method], Method] = transition(field="state", **how)
    return decorate


class Workflow(FSMModelMixin, models.Model):  # type: ignore[misc]
    """The machine and the milestones it sets."""

    state = FSMField(_("state"), default=State.SUSPECTED, choices=State.choices, protected=True)
    is_open = models.BooleanField(default=True, editable=False)
    containment = models.TextField(_("how it is contained"), blank=True)
    resolution = models.TextField(_("how it was resolved"), blank=True)
    lessons = models.TextField(_("lessons"), blank=True)
    end_reason = models.TextField(_("why it was no incident"), blank=True)
    offer = models.CharField(max_length=3, blank=True)  # yes or no; empty: not decided
    declared_at = models.DateTimeField(_("declared"), null=True, blank=True)
    contained_at = models.DateTimeField(_("contained"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    facts: Facts | None = None

    class Meta:
        """Only a base; the incident is the table."""

        abstract = True

    @move(
        source=State.SUSPECTED,
        target=State.DECLARED,
        conditions=[HAS_COMMANDER, HAS_HYPOTHESIS, HAS_COMPLAINTS],
    )
    def declare(self, *, at: datetime) -> None:
        """Many complaints have one cause: from here on it is handled as one event."""
        self.declared_at = at

    @move(source=State.SUSPECTED, target=State.STOOD_DOWN)
    def stand_down(self, *, at: datetime, reason: str) -> None:
        """It was no incident; the complaints go on as they are."""
        self.closed_at = at
        self.end_reason = reason
        self.is_open = False

    @move(source=State.DECLARED, target=State.CONTAINED)
    def contain(self, *, at: datetime, how: str) -> None:
        """Nobody else is harmed from here on."""
        self.contained_at = at
        self.containment = how

    @move(
        source=State.CONTAINED,
        target=State.RESOLVED,
        conditions=[FINDING_APPROVED, EACH_HAS_OUTCOME, NO_JOINT_RUNNING],
    )
    def resolve(self, *, at: datetime, how: str) -> None:
        """The cause is dealt with, and each complainant has been told their own outcome."""
        self.resolved_at = at
        self.resolution = how

    @move(source=State.RESOLVED, target=State.CONTAINED)
    def reopen(self, *, reason: str) -> None:
        """It came back, or was not resolved after all."""
        self.resolved_at = None
        self.resolution = ""
        self.end_reason = reason

    @move(
        source=State.RESOLVED,
        target=State.CLOSED,
        conditions=[EACH_HAS_OUTCOME, NO_STATEMENT_WAITING, NO_JOINT_RUNNING, OFFER_DECIDED],
    )
    def close(self, *, at: datetime, lessons: str) -> None:
        """Everything is said and done, and what was learnt is written down."""
        self.closed_at = at
        self.lessons = lessons
        self.is_open = False


@dataclass(frozen=True)
class Move:
    """What a page says of a move: its name, its words."""

    name: str
    label: Any


MOVES: dict[str, Move] = {
    item.name: item
    for item in (
        Move("declare", pgettext_lazy("incident", "Declare the incident")),
        Move("contain", pgettext_lazy("incident", "Note containment")),
        Move("resolve", pgettext_lazy("incident", "Note as resolved")),
        Move("close", pgettext_lazy("incident", "Close the incident")),
        Move("stand_down", pgettext_lazy("incident", "No incident after all")),
        Move("reopen", pgettext_lazy("incident", "Back to contained")),
    )
}


def reasons_against(incident: Workflow, name: str) -> list[Any]:
    """Return why a move is not possible now, as translatable sentences; empty when it is."""
    method = getattr(incident, name)
    meta = method._django_fsm  # noqa: SLF001 - the library offers no public way
    if not meta.has_transition(incident.state):
        return [_("This step does not follow from where the incident stands.")]
    found = meta.get_transition(incident.state)
    return [guard.reason for guard in found.conditions if not guard(incident)]


def possible_moves(incident: Workflow) -> list[str]:
    """Return the names of the moves that state and guards allow now, in the order of MOVES."""
    return [name for name in MOVES if can_proceed(getattr(incident, name))]
