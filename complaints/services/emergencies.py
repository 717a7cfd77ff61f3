"""Quickly: declare an emergency, take it, act first, and say that it is none after all."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import BadInput, MoveRefused
from complaints.models import Complaint
from complaints.services.clocks import refresh_next_due, retime, runs, start_clocks, stop_clocks
from complaints.services.escalation import Rung, climb
from complaints.services.moves import keep, note_down, take, write_down
from complaints.states import Priority, Stage, State


@transaction.atomic
def declare_emergency(
    *,
    complaint_id: int,
    trigger: str,
    facts: str,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Complaint:
    """Open the fast channel (CM-8.2b): minutes-scale clocks at once, the whole ladder told.

    Clocks count from the declaration on, never from a receipt long past. `trigger` is one of the
    standard's three or a code of the complaint's policy. Raises MoveRefused, BadInput naming
    `trigger` or `facts`.
    """
    complaint = take(
        complaint_id,
        actor=actor,
        permission="complaints.declare_emergency",
        expected_version=expected_version,
    )
    if not complaint.is_open or complaint.emergency:
        raise MoveRefused([_("Only an open complaint that is no emergency yet can become one.")])
    if not facts.strip():
        raise BadInput(_("Say in a few words what is dangerous."), field="facts")
    says = complaint.policy.says
    if trigger not in says.triggers:
        raise BadInput(_("Choose what makes this an emergency."), field="trigger")
    complaint.emergency, complaint.emergency_trigger = True, str(trigger)
    complaint.emergency_declared_at = at
    complaint.emergency_taken_at = complaint.emergency_taken_by = None
    complaint.priority = Priority.P0
    complaint.depth_required = says.priority(Priority.P0).depth
    retime(complaint, says=says, now=at, not_before=at)
    if complaint.state != State.RESPONDED and not runs(complaint, Stage.FIRST_ACTION):
        start_clocks(complaint, stages=[Stage.FIRST_ACTION], started_at=at, says=says)
    refresh_next_due(complaint)
    note_down(
        events.EMERGENCY_DECLARED,
        complaint,
        actor=actor,
        at=at,
        payload={
            "trigger": str(trigger),
            **write_down(complaint, facts, actor=actor, at=at),
        },
    )
    climb(
        [Rung(complaint, step, "emergency", facts) for step in says.escalation], actor=actor, at=at
    )
    keep(
        complaint,
        "emergency",
        "emergency_trigger",
        "emergency_declared_at",
        "emergency_taken_at",
        "emergency_taken_by",
        "priority",
        "depth_required",
        "escalation_level",
    )
    return complaint


@transaction.atomic
def take_emergency(*, complaint_id: int, actor: User, at: datetime) -> Complaint:
    """Take charge of an emergency: the banner goes out. Raises MoveRefused when taken already."""
    complaint = take(complaint_id, actor=actor, permission="complaints.take_emergency")
    if not complaint.emergency or complaint.emergency_taken_at is not None:
        raise MoveRefused([_("This emergency is not waiting for anybody.")])
    complaint.emergency_taken_at, complaint.emergency_taken_by = at, actor
    complaint.escalations.filter(trigger="emergency", taken_at__isnull=True).update(
        taken_by=actor, taken_at=at
    )
    keep(complaint, "emergency_taken_at", "emergency_taken_by")
    note_down(events.EMERGENCY_TAKEN, complaint, actor=actor, at=at)
    return complaint


@transaction.atomic
def note_first_action(*, complaint_id: int, actor: User, at: datetime) -> Complaint:
    """Stop the clock of the first action: whoever is in charge has decided what is done at once.

    The deed itself is recorded by the floor that knows of it, in the same transaction.
    """
    complaint = take(complaint_id, actor=actor, permission="complaints.take_emergency")
    stop_clocks(complaint, Stage.FIRST_ACTION, at=at)
    refresh_next_due(complaint)
    keep(complaint)
    return complaint


@transaction.atomic
def downgrade_emergency(
    *,
    complaint_id: int,
    reason: str,
    priority: Priority,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Complaint:
    """Say that it is no emergency after all. Raises BadInput (`reason`, `priority`)."""
    complaint = take(
        complaint_id,
        actor=actor,
        permission="complaints.downgrade_emergency",
        expected_version=expected_version,
    )
    if not (complaint.emergency and complaint.is_open):
        raise MoveRefused([_("Only an open emergency can be taken back.")])
    if not reason.strip():
        raise BadInput(_("Say why this is no emergency."), field="reason")
    if priority == Priority.P0:
        raise BadInput(_("Choose the priority it has instead."), field="priority")
    says = complaint.policy.says
    complaint.emergency = False
    complaint.priority = priority
    complaint.depth_required = says.priority(priority).depth
    retime(complaint, says=says, now=at)
    refresh_next_due(complaint)
    keep(complaint, "emergency", "priority", "depth_required")
    note_down(
        events.EMERGENCY_DOWNGRADED,
        complaint,
        actor=actor,
        at=at,
        payload={
            "priority": str(priority),
            **write_down(complaint, reason, actor=actor, at=at),
        },
    )
    return complaint
