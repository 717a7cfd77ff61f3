"""THE state machine of a complaint: every state, every move, every guard, in one place.

A move sets fields of its own row in memory and nothing else; the verbs in complaints/services ask,
lock, move, save and record. `docs/workflow.md` draws the same machine; tests/complaints/
test_workflow_table.py writes it down a second time, by hand, so that the two must agree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import RETURN_VALUE, FSMField, FSMModelMixin, can_proceed, transition

from complaints.states import (
    DEPTHS,
    OPEN_STATES,
    Answer,
    ApprovalKind,
    ClosureBasis,
    Depth,
    Finding,
    State,
)

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True)
class Guard:
    """A condition of a move, with the sentence that explains it to the person who is stopped."""

    code: str
    reason: Any
    test: Callable[[Any], bool]

    def __call__(self, complaint: "Workflow") -> bool:
        """Return whether the condition holds."""
        return self.test(complaint)


HAS_OWNER = Guard(
    "owner", _("Nobody owns this complaint yet: assign it first."), lambda c: bool(c.owner_id)
)
ASSESSED_OR_EMERGENCY = Guard(
    "assessed",
    _("Assess the complaint first. Only an emergency may be answered before."),
    lambda c: c.emergency or c.assessed_at is not None,
)
DEEP_ENOUGH = Guard(
    "depth",
    _("The investigation is not yet as deep as this severity asks."),
    lambda c: (
        c.emergency
        or c.investigation_skipped
        or DEPTHS.index(Depth(c.depth_done)) >= DEPTHS.index(Depth(c.depth_required))
    ),
)
OUTCOME_NOTIFIED = Guard(
    "notified",
    _("The complainant has not been told the outcome: no decision has gone out."),
    lambda c: c.decision_sent_at is not None or c.unreachable,
)
ANSWERED = Guard(
    "answered",
    _(
        "There is no answer yet. Record whether the complainant accepts or refuses, "
        "or wait until the reminders have gone out and the time for a reply is over."
    ),
    lambda c: bool(c.answer) or c.unreachable,
)
REMEDIES_TOLD = Guard(
    "remedies_told",
    _("The response was refused: tell the complainant of the other remedies first."),
    lambda c: c.answer != Answer.REFUSED or c.remedies_told_at is not None,
)
REMEDY_SETTLED = Guard(
    "remedy",
    _("The promised remedy is neither done nor scheduled with somebody responsible."),
    lambda c: c.remedy_settled,
)
FOLLOWED_UP_FIRST = Guard(
    "follow_up",
    _("The handling policy asks for the follow-up before closing."),
    lambda c: (
        not c.follow_up_gates_closing
        or c.followed_up_at is not None
        or c.unreachable
        or c.no_contact_at is not None
    ),
)
CAUSE_NAMED = Guard(
    "cause",
    _("Name the cause: the complaint was upheld."),
    lambda c: c.finding not in {Finding.UPHELD, Finding.PARTLY} or bool(c.cause_code),
)
NOTHING_PENDING = Guard(
    "approval",
    _("A request for approval is still waiting."),
    lambda c: not c.pending_approval,
)
NOBODY_ASKS_AGAIN = Guard(
    "reopening",
    _("The complainant asks to look at this again: that is decided before closing."),
    lambda c: not c.reopening_waits,
)
NOT_HELD = Guard(
    "hold",
    _("This complaint is on legal hold: it must stay as it is."),
    lambda c: not c.holds,
)
STILL_TOLD = Guard(
    "disposed",
    _("This complaint was disposed of: what was said is gone, only figures are left."),
    lambda c: c.anonymised_at is None,
)
DISMISSAL_GRANTED = Guard(
    "second_person",
    _("A second person must confirm that this is not a complaint."),
    lambda c: c.pending_approval == ApprovalKind.NOT_A_COMPLAINT,
)

OWN_CASE = _(
    "You worked on this complaint or decided about it: somebody else asks how satisfied "
    "the complainant is."
)

ASKED_BEFORE = _("The complainant has asked for this closing already: it is decided once.")
OTHERS_DECIDE = _("Somebody decides who neither handled the complaint nor asked to reopen it.")


def move(**how: Any) -> Callable[[Method], Method]:
    """Declare a method as a move of the machine; django-fsm's decorator, with its type kept."""
    decorate: Callable[[Method], Method] = transition(field="state", **how)
    return decorate


class Workflow(FSMModelMixin, models.Model):  # type: ignore[misc]
    """The machine and the milestones it sets. Milestones stand beside the state (workflow.md)."""

    state = FSMField(_("state"), default=State.RECEIVED, choices=State.choices, protected=True)
    is_open = models.BooleanField(default=True, editable=False)
    state_before_merge = models.CharField(max_length=20, blank=True, editable=False)
    cycle = models.PositiveSmallIntegerField(_("cycle"), default=1)
    emergency = models.BooleanField(_("emergency"), default=False)

    depth_required = models.CharField(max_length=10, choices=Depth, default=Depth.FINDINGS)
    depth_done = models.CharField(max_length=10, choices=Depth, blank=True, default=Depth.NONE)
    investigation_skipped = models.BooleanField(default=False)
    finding = models.CharField(_("finding"), max_length=14, choices=Finding, blank=True)
    answer = models.CharField(_("answer"), max_length=10, choices=Answer, blank=True)
    closure_basis = models.CharField(max_length=14, choices=ClosureBasis, blank=True)
    cause_code = models.CharField(_("cause"), max_length=60, blank=True)
    pending_approval = models.CharField(max_length=20, choices=ApprovalKind, blank=True)
    reopening_waits = models.BooleanField(default=False, editable=False)
    unreachable = models.BooleanField(_("cannot be reached"), default=False)
    remedy_settled = models.BooleanField(default=True)
    follow_up_gates_closing = models.BooleanField(default=False)

    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    assessed_at = models.DateTimeField(_("assessed"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decision_sent_at = models.DateTimeField(_("decision sent"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    remedies_told_at = models.DateTimeField(_("other remedies told"), null=True, blank=True)
    remedy_due_at = models.DateTimeField(_("remedy due"), null=True, blank=True)
    remedy_done_at = models.DateTimeField(_("remedy done"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    followed_up_at = models.DateTimeField(_("followed up"), null=True, blank=True)
    referred_outside_at = models.DateTimeField(_("referred outside"), null=True, blank=True)
    external_decided_at = models.DateTimeField(_("decided outside"), null=True, blank=True)

    class Meta:
        """Only a base; the complaint is the table."""

        abstract = True

    @move(source=State.RECEIVED, target=State.ACKNOWLEDGED)
    def acknowledge(self) -> None:
        """Receipt was told, with the process and the expected dates (CM-8.2c)."""

    @move(source=State.ACKNOWLEDGED, target=State.ASSESSED, conditions=[HAS_OWNER])
    def assess(self, *, at: datetime) -> None:
        """All five criteria were judged (CM-8.3)."""
        self.assessed_at = at

    @move(source=State.ASSESSED, target=State.INVESTIGATING, conditions=[HAS_OWNER])
    def investigate(self) -> None:
        """Facts, evidence and cause are being looked for (CM-8.3+)."""

    @move(
        source=[State.RECEIVED, State.ACKNOWLEDGED, State.ASSESSED, State.INVESTIGATING],
        target=State.RESPONDED,
        conditions=[HAS_OWNER, ASSESSED_OR_EMERGENCY, DEEP_ENOUGH],
    )
    def respond(self, *, at: datetime, finding: str) -> None:
        """The decision was taken and is on its way (CM-8.5)."""
        self.decided_at = at
        self.finding = finding
        self.answer = Answer.NONE
        self.answered_at = self.remedies_told_at = None

    @move(
        source=State.RESPONDED,
        target=State.RESPONDED,
        conditions=[OUTCOME_NOTIFIED],
    )
    def record_decision(self, *, at: datetime, answer: str) -> None:
        """The complainant accepted, refused, or stayed silent (CM-8.6)."""
        self.answer = answer
        self.answered_at = at

    @move(
        source=State.RESPONDED,
        target=State.CLOSED,
        conditions=[
            OUTCOME_NOTIFIED,
            ANSWERED,
            REMEDIES_TOLD,
            REMEDY_SETTLED,
            FOLLOWED_UP_FIRST,
            CAUSE_NAMED,
            NOTHING_PENDING,
            NOBODY_ASKS_AGAIN,
        ],
    )
    def close(self, *, at: datetime, basis: str) -> None:
        """The complaint is at its end, on a named basis (CM-8.6c, 8.6d)."""
        self.closed_at = at
        self.closure_basis = basis
        self.is_open = False

    @move(source=State.CLOSED, target=State.FOLLOWED_UP, conditions=[STILL_TOLD])
    def follow_up(self, *, at: datetime) -> None:
        """The complainant was asked how it went, or could not be reached (CM-8.6b)."""
        self.followed_up_at = at

    @move(
        source=[State.RESPONDED, State.CLOSED, State.FOLLOWED_UP],
        target=State.INVESTIGATING,
        conditions=[STILL_TOLD],
    )
    def reopen(self) -> None:
        """A new cycle begins; what was measured in the earlier ones stays."""
        self.cycle += 1
        self.is_open = True
        self.finding = self.answer = self.closure_basis = ""
        self.depth_done = Depth.NONE
        self.investigation_skipped = self.reopening_waits = False
        self.decided_at = self.decision_sent_at = self.answered_at = None
        self.remedies_told_at = self.closed_at = self.followed_up_at = None

    @move(source=list(OPEN_STATES), target=State.WITHDRAWN)
    def withdraw(self, *, at: datetime) -> None:
        """The complainant takes it back; the record stays."""
        self.closed_at = at
        self.is_open = False

    @move(
        source=list(OPEN_STATES),
        target=State.NOT_A_COMPLAINT,
        conditions=[DISMISSAL_GRANTED],
    )
    def dismiss(self, *, at: datetime) -> None:
        """Two people agree that this is not a complaint; the record stays."""
        self.closed_at = at
        self.is_open = False

    @move(source=list(OPEN_STATES), target=State.MERGED, conditions=[NOT_HELD])
    def merge(self, *, at: datetime) -> None:
        """The same complainant's same matter is already being handled under another reference."""
        self.state_before_merge = str(self.state)
        self.closed_at = at
        self.is_open = False

    @move(
        source=State.MERGED,
        target=RETURN_VALUE(*[str(s) for s in OPEN_STATES]),
        conditions=[STILL_TOLD],
    )
    def unmerge(self) -> str:
        """The merge was a mistake: back to where it stood."""
        before = self.state_before_merge
        self.state_before_merge = ""
        self.closed_at = None
        self.is_open = True
        return before


@dataclass(frozen=True)
class Move:
    """What a page or the API says of a move: its name, its words, the permission it asks."""

    name: str
    label: Any
    permission: str


MOVES: dict[str, Move] = {
    item.name: item
    for item in (
        Move("acknowledge", _("Acknowledge"), "complaints.acknowledge"),
        Move("assess", _("Assess"), "complaints.assess"),
        Move("investigate", _("Investigate"), "complaints.investigate"),
        Move("respond", _("Respond"), "complaints.respond"),
        Move("record_decision", _("Record the answer"), "complaints.record_decision"),
        Move("close", _("Close"), "complaints.close"),
        Move("follow_up", _("Follow up"), "complaints.follow_up"),
        Move("reopen", _("Reopen"), "complaints.reopen"),
        Move("withdraw", _("Withdraw"), "complaints.withdraw"),
        Move("dismiss", _("Not a complaint"), "complaints.dismiss"),
        Move("merge", _("Merge"), "complaints.merge"),
        Move("unmerge", _("Undo the merge"), "complaints.merge"),
    )
}


def reasons_against(complaint: Workflow, name: str) -> list[Any]:
    """Return why a move is not possible now, as translatable sentences; empty when it is."""
    method = getattr(complaint, name)
    meta = method._django_fsm  # noqa: SLF001 - the library offers no public way
    if not meta.has_transition(complaint.state):
        return [_("This step does not follow from where the complaint stands.")]
    found = meta.get_transition(complaint.state)
    return [guard.reason for guard in found.conditions if not guard(complaint)]


def follows_up_early(complaint: Workflow) -> bool:
    """Return whether the policy asks how it went before closing, and the time for it is now."""
    return complaint.state == State.RESPONDED and complaint.follow_up_gates_closing


def reasons_against_following_up(complaint: Workflow) -> list[Any]:
    """Return why nobody asks now how it went; empty when somebody may."""
    early = follows_up_early(complaint)
    if complaint.state != State.CLOSED and not early:
        return [_("A follow-up belongs to a closed complaint.")]
    if early and complaint.followed_up_at is not None:
        return [_("The follow-up has been done.")]
    return [OUTCOME_NOTIFIED.reason] if early and not OUTCOME_NOTIFIED(complaint) else []


def possible_moves(complaint: Workflow) -> list[str]:
    """Return the names of the moves that state and guards allow now, in the order of MOVES."""
    return [name for name in MOVES if can_proceed(getattr(complaint, name))]
