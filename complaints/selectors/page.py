"""What the page of one complaint shows, read in a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db.models import Q

from accounts.models import User
from complaints.models import (
    Approval,
    Assessment,
    Clock,
    Complaint,
    Escalation,
    Investigation,
    Message,
)
from complaints.permissions import may_know_complainant, may_take_escalation
from complaints.selectors.clocks import Standing, standings
from complaints.selectors.follow_ups import Due, plan_for
from complaints.selectors.next_step import next_step
from complaints.selectors.obstacles import Situation
from complaints.selectors.people import earlier_of, recurrences, same_person
from complaints.selectors.policy_words import WANTED_WORDS
from complaints.selectors.steps import Option, option, options
from complaints.selectors.timeline import Material, material_of, waiting_messages
from complaints.selectors.veil import veiled
from complaints.states import STEPS as STATE_STEPS
from complaints.states import ApprovalState, Occasion, Stage, State
from complaints.workflow import reasons_against_following_up

# Joined in the one question. Any more, and the database thinks longer than it reads.
_OTHERS = ("repeat_of", "merged_into")  # of which the page says the reference
_JOINED = ("policy", "category__parent", "complainant", "team", "site", *_OTHERS)
_LEFT_OUT = (
    "policy__content",  # known to each process (HandlingPolicy.says)
    *(
        f"{other}__{field.name}"
        for other in _OTHERS
        for field in Complaint._meta.concrete_fields
        if field.name not in {"id", "reference"}
    ),
)
_PEOPLE = ("owner", "recorded_by", "subject_person", "emergency_taken_by")


def complaint_for(actor: User, reference: str) -> Complaint | None:
    """Return a complaint with what its page needs, or None when it does not exist for the actor."""
    found = list(
        # There is one at most: an order would be worked out over every column of the join.
        Complaint.objects.visible_to(actor)
        .select_related(*_JOINED)
        .defer(*_LEFT_OUT)
        .filter(reference=reference.upper())[:1]
    )
    if not found:
        return None
    _introduce(found[0], actor)
    return veiled(found[0], actor)


def _introduce(complaint: Complaint, actor: User) -> None:
    """Read the people of a complaint at once: they are few, and often the reader is one."""
    ids = {getattr(complaint, f"{name}_id") for name in _PEOPLE} - {None, actor.pk}
    people = {actor.pk: actor, **(User.objects.in_bulk(ids) if ids else {})}
    for name in _PEOPLE:
        setattr(complaint, name, people.get(getattr(complaint, f"{name}_id")))


@dataclass(frozen=True)
class Stepped:
    """One step of the stepper (components/stepper.html)."""

    label: Any
    step: str  # done, now, todo or skipped
    at: datetime | None = None


@dataclass(frozen=True)
class Related:
    """Other complaints that this one is connected with, as far as the reader may know of them."""

    repeats: Sequence[Complaint]
    merged: Sequence[Complaint]
    earlier: Sequence[Complaint]
    recurrences: int


@dataclass(frozen=True)
class Climbed:
    """A rung of the ladder that nobody has taken yet, and whether the reader is asked to."""

    escalation: Escalation
    asks_reader: bool


@dataclass(frozen=True)
class Page:
    """Everything on the page of a complaint."""

    complaint: Complaint
    here: Situation
    material: Material
    clocks: Sequence[Standing]
    stepper: Sequence[Stepped]
    main: Option | None
    more: Sequence[Option]
    blocked: Sequence[Option]
    related: Related
    knows: bool  # whether the reader is shown who complains
    messages: Sequence[Message]
    escalations: Sequence[Climbed]
    missing: Sequence[Any]
    assessment: Assessment | None
    investigation: Investigation | None
    plan: Due | None  # of the follow-up, while it is due


def page_of(complaint: Complaint, actor: User, *, language: str, now: datetime) -> Page:
    """Return the page of a complaint for a reader."""
    material = material_of(complaint, actor)
    # A promised remedy is owed beyond its cycle.
    clocks = list(
        complaint.clocks.filter(
            Q(cycle=complaint.cycle) | Q(stage=Stage.REMEDY, stopped_at__isnull=True)
        )
    )
    here = situation_of(complaint, actor, material, clocks, now)
    offered = options(here)
    name = next_step(here)
    main = option(name, here) if name else None
    return Page(
        complaint=complaint,
        here=here,
        material=material,
        clocks=standings(clocks, complaint.policy.says, language=language, now=now),
        stepper=stepper_of(complaint),
        main=main,
        more=[item for item in offered if item.possible and item.name != name],
        blocked=[item for item in offered if item.allowed and item.reasons and item.name != name],
        related=_related(complaint, actor, now),
        knows=may_know_complainant(actor, complaint),
        messages=[
            m
            for m in waiting_messages(material)
            if m.occasion != Occasion.STAFF_NOTICE and complaint.anonymised_at is None
        ],
        escalations=[
            Climbed(row, may_take_escalation(actor, complaint, level=row.level))
            for row in material.of("escalation").values()
            if row.taken_at is None
        ],
        missing=[
            WANTED_WORDS.get(field, field)
            for field in complaint.missing
            if complaint.anonymised_at is None
        ],
        assessment=_last(material, "assessment", complaint),
        investigation=_last(material, "investigation", complaint),
        plan=_follow_up(here, material),
    )


def _follow_up(here: Situation, material: Material) -> Due | None:
    if reasons_against_following_up(here.complaint):
        return None
    tries = list(material.of("attempt").values())
    plan = plan_for(here.complaint, material.of("message").values(), tries, now=here.now)
    return Due(here.complaint, plan, tries, len(tries), asks=not here.involved)


def situation_of(
    complaint: Complaint,
    actor: User,
    material: Material,
    clocks: Sequence[Clock],
    now: datetime,
) -> Situation:
    """Return what the steps of a complaint depend on."""
    handlers = _handlers(material)
    decided = {row.decided_by_id for row in material.of("approval").values()}
    asked = [r for r in material.of("request").values() if r.cycle == complaint.cycle]
    return Situation(
        complaint,
        actor,
        now,
        handlers=handlers,
        involved=actor.pk in handlers | decided,
        asked=asked[-1] if asked else None,
        approval=_waiting_approval(material),
        remedies=[row for row in material.of("remedy").values() if row.done_at is None],
        extendable=any(extendable(clock, complaint, now) for clock in clocks),
    )


def _handlers(material: Material) -> frozenset[int]:
    """Return who handled the complaint, from its record; the same as selectors.involved."""
    worked = {
        row.by_id
        for name in ("assessment", "investigation", "response")
        for row in material.of(name).values()
    }
    worked |= {row.by_id for row in material.of("approval").values() if row.response_id}
    owner = material.complaint.owner_id
    return frozenset(worked if owner is None else {*worked, owner})


def extendable(clock: Clock, complaint: Complaint, now: datetime) -> bool:
    """Return whether the policy allows this clock to be extended now."""
    definition = next((d for d in complaint.policy.says.clocks if d.code == clock.code), None)
    return bool(
        definition
        and definition.extension_max
        and clock.extended_by_id is None
        and clock.running
        and now < clock.due_at
    )


def _waiting_approval(material: Material) -> Approval | None:
    pending = [
        row for row in material.of("approval").values() if row.state == ApprovalState.PENDING
    ]
    return pending[-1] if pending else None


def _last(material: Material, name: str, complaint: Complaint) -> Any:
    rows = [row for row in material.of(name).values() if row.cycle == complaint.cycle]
    return rows[-1] if rows else None


def _related(complaint: Complaint, actor: User, now: datetime) -> Related:
    linked = sorted(
        Complaint.objects.visible_to(actor).filter(
            Q(repeat_of=complaint.pk) | Q(merged_into=complaint.pk)
        ),
        key=attrgetter("received_at"),
    )
    days = complaint.policy.says.windows.same_person_days
    same = same_person(complaint.complainant) if complaint.complainant else None
    return Related(
        repeats=[row for row in linked if row.repeat_of_id == complaint.pk],
        merged=[row for row in linked if row.merged_into_id == complaint.pk],
        earlier=earlier_of(complaint, actor, at=now, days=days, same=same),
        recurrences=recurrences(complaint, actor, same=same),
    )


# --- where it is -----------------------------------------------------------------------------

_REACHED = {
    State.RECEIVED: "received_at",
    State.ACKNOWLEDGED: "acknowledged_at",
    State.ASSESSED: "assessed_at",
    State.RESPONDED: "decided_at",
    State.CLOSED: "closed_at",
    State.FOLLOWED_UP: "followed_up_at",
}
_OTHER_ENDS = {State.WITHDRAWN, State.NOT_A_COMPLAINT, State.MERGED}


def stepper_of(complaint: Complaint) -> list[Stepped]:
    """Return the steps of a complaint's life, with where it is and what was left out."""
    state = State(complaint.state)
    if state in _OTHER_ENDS:
        return [*_steps_before_the_end(complaint), Stepped(state.label, "now", complaint.closed_at)]
    place = STATE_STEPS.index(state)
    return [
        Stepped(step.label, _mark(complaint, step, number, place), _reached(complaint, step))
        for number, step in enumerate(STATE_STEPS)
    ]


def _steps_before_the_end(complaint: Complaint) -> list[Stepped]:
    return [
        Stepped(step.label, "done", at)
        for step in STATE_STEPS
        if (at := _reached(complaint, step)) and step not in {State.CLOSED, State.FOLLOWED_UP}
    ]


def _mark(complaint: Complaint, step: State, number: int, place: int) -> str:
    if number == place:
        return "now"
    if number > place:
        return "todo"
    left_out = (
        (step == State.ASSESSED and complaint.assessed_at is None)
        or (step == State.INVESTIGATING and not complaint.depth_done and complaint.cycle == 1)
        or (step == State.ACKNOWLEDGED and complaint.acknowledged_at is None)
    )
    return "skipped" if left_out else "done"


def _reached(complaint: Complaint, step: State) -> datetime | None:
    name = _REACHED.get(step)
    return getattr(complaint, name) if name else None
