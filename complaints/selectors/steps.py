"""What can be done with a complaint now, by whom, in the order of the work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from complaints.selectors.obstacles import (
    Situation,
    against_asking_to_reopen,
    against_deciding,
    against_deciding_reopening,
    against_dismissing,
    against_escalating,
    against_extending,
    against_following_up,
    against_handling,
    against_leaving_alone,
    against_merging,
    against_reassessing,
    against_responding,
    against_skipping,
    against_taking,
    against_telling_remedies,
    against_unmerging,
    always,
    deep_enough,
    machine,
    when,
    while_open,
)
from complaints.states import State
from complaints.workflow import (
    CAUSE_NAMED,
    MOVES,
)


@dataclass(frozen=True)
class Step:
    """One thing to do: `against` says why not now, `fits` whether it is listed at all."""

    name: str
    label: Any
    icon: str
    permission: str
    against: Callable[[Situation], list[Any]]
    fits: Callable[[Situation], bool] = lambda _here: True
    danger: bool = False


@dataclass(frozen=True)
class Option:
    """A step as offered to a reader: possible when there are no reasons against it."""

    step: Step
    reasons: tuple[Any, ...] = ()
    allowed: bool = True

    @property
    def name(self) -> str:
        """Return the name that stands in addresses."""
        return self.step.name

    @property
    def hint(self) -> Any:
        """Return in a sentence what the step is about."""
        return HINTS.get(self.name, "")

    @property
    def possible(self) -> bool:
        """Return whether it can be done now by the reader."""
        return self.allowed and not self.reasons


def _move(name: str, icon: str, **more: Any) -> Step:
    move = MOVES[name]
    more.setdefault("against", machine(name))
    return Step(name, move.label, icon, move.permission, **more)


STEPS: Mapping[str, Step] = {
    step.name: step
    for step in (
        _move("acknowledge", "check"),
        Step(
            "approve",
            _("Decide on the request"),
            "approve",
            "complaints.approve",
            against_deciding,
            fits=when(lambda c: c.pending_approval),
        ),
        Step(
            "take",
            _("Take it yourself"),
            "user",
            "complaints.assign_self",
            against_taking,
            fits=when(lambda c: c.owner_id is None and c.is_open),
        ),
        Step("assign", _("Assign"), "user-plus", "complaints.assign", while_open),
        _move("assess", "scale"),
        Step(
            "reassess",
            _("Assess anew"),
            "scale",
            "complaints.assess",
            against_reassessing,
            fits=when(lambda c: c.assessed_at),
        ),
        _move("investigate", "search", fits=when(lambda c: c.state != State.INVESTIGATING)),
        Step("findings", _("Record findings"), "edit", "complaints.investigate", against_handling),
        Step(
            "skip",
            _("Answer without investigation"),
            "arrow-right",
            "complaints.investigate",
            against_skipping,
            fits=when(lambda c: not c.investigation_skipped and not deep_enough(c)),
        ),
        _move("respond", "send", against=against_responding),
        _move("record_decision", "user"),
        Step(
            "remedies",
            _("Tell other remedies"),
            "branch",
            "complaints.message",
            against_telling_remedies,
        ),
        Step(
            "remedy_done",
            _("Remedy carried out"),
            "check",
            "complaints.note",
            always,
            fits=lambda here: bool(here.remedies),
        ),
        _move("close", "lock", against=machine("close", besides=[CAUSE_NAMED])),
        _move("follow_up", "phone", against=against_following_up),
        Step(
            "decide_reopening",
            _("Decide on reopening"),
            "refresh",
            "complaints.decide_reopening",
            against_deciding_reopening,
            fits=lambda here: here.wish is not None,
        ),
        Step(
            "request_reopening",
            _("Pass on the wish to reopen"),
            "refresh",
            "complaints.follow_up",
            against_asking_to_reopen,
            fits=when(lambda c: c.state in {State.RESPONDED, State.CLOSED, State.FOLLOWED_UP}),
        ),
        _move("reopen", "refresh"),
        Step(
            "stop_contact",
            _("No further contact"),
            "stop",
            "complaints.follow_up",
            against_leaving_alone,
            fits=when(lambda c: c.no_contact_at is None),
        ),
        Step(
            "resume_contact",
            _("May be contacted again"),
            "check",
            "complaints.follow_up",
            always,
            fits=when(lambda c: c.no_contact_at is not None),
        ),
        Step("message", _("Write to the complainant"), "mail", "complaints.message", always),
        Step("note", _("Add a note"), "note", "complaints.note", always),
        Step("correct", _("Complete or correct facts"), "edit", "complaints.note", always),
        Step(
            "pause",
            _("Pause the clocks"),
            "pause",
            "complaints.investigate",
            while_open,
            fits=when(lambda c: not c.paused),
        ),
        Step(
            "resume",
            _("Let the clocks go on"),
            "clock",
            "complaints.note",
            always,
            fits=when(lambda c: c.paused),
        ),
        Step(
            "extend",
            _("Extend a time limit"),
            "calendar",
            "complaints.approve",
            against_extending,
            fits=when(lambda c: c.is_open),
        ),
        Step("escalate", _("Escalate"), "up", "complaints.escalate", against_escalating),
        Step(
            "emergency",
            _("Declare an emergency"),
            "emergency",
            "complaints.declare_emergency",
            while_open,
            fits=when(lambda c: not c.emergency),
            danger=True,
        ),
        Step(
            "downgrade",
            _("No emergency after all"),
            "down",
            "complaints.downgrade_emergency",
            always,
            fits=when(lambda c: c.emergency and c.is_open),
        ),
        _move("merge", "merge", against=against_merging),
        _move(
            "unmerge",
            "branch",
            against=against_unmerging,
            fits=when(lambda c: c.state == State.MERGED),
        ),
        _move("withdraw", "undo", danger=True),
        _move("dismiss", "flag", against=against_dismissing, danger=True),
    )
}


HINTS: Mapping[str, Any] = {
    "acknowledge": _("Tell the complainant that it was received, what happens now and until when."),
    "approve": _("A colleague asks for the decision of a second person."),
    "take": _("Nobody owns this complaint yet: take it, or have it assigned."),
    "assign": _("Nobody owns this complaint yet: make somebody accountable."),
    "assess": _("Judge severity, safety, complexity, impact, and the need to act at once."),
    "investigate": _("Find out what happened and why, as deep as the severity asks."),
    "findings": _("Write down what was found out, as deep as the severity asks."),
    "respond": _("Decide, give the reasons, and tell the complainant at once."),
    "record_decision": _("Record whether the complainant accepts the decision."),
    "remedies": _("The decision was refused: tell where else the complainant can turn."),
    "remedy_done": _("Carry out what was promised, and say what shows it."),
    "close": _("Everything has been told and settled: close the complaint."),
    "decide_reopening": _(
        "The complainant asks to look at it again: decide, once, and tell them why."
    ),
    "follow_up": _("Ask how satisfied the complainant is with the handling and with the result."),
}


def option(name: str, here: Situation) -> Option:
    """Return one step as offered to the reader."""
    step = STEPS[name]
    return Option(step, tuple(step.against(here)), _allowed(step, here))


def _allowed(step: Step, here: Situation) -> bool:
    if step.name == "assign" and here.complaint.owner_id == here.actor.pk:
        return True  # whoever owns it may hand it on
    return here.may(step.permission)


def options(here: Situation) -> list[Option]:
    """Return every step that fits the complaint, in the order of the work."""
    return [option(name, here) for name, step in STEPS.items() if step.fits(here)]
