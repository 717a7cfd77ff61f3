"""Clocks: start, stop, pause, extend, re-time. Callers hold the complaint's lock and keep it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import BadInput, MoveRefused
from complaints.models import Clock, Complaint, Pause
from complaints.rules.policy import ClockDef, PolicyContent
from complaints.services.moves import keep, note_down, take, write_down
from complaints.services.reckoning import (
    apply_pauses,
    calendars_of,
    new_clock,
    new_clocks,
    next_event,
    set_last_day,
    wanted_clocks,
)
from complaints.states import PauseReason, Stage, State

EPOCH = datetime(1, 1, 1, tzinfo=UTC)


def start_clocks(
    complaint: Complaint, *, stages: Sequence[Stage], started_at: datetime, says: PolicyContent
) -> list[Clock]:
    """Start the clocks of these stages that the complaint's policy asks for."""
    made = new_clocks(complaint, stages=stages, started_at=started_at, says=says)
    if complaint.paused:
        pauses = list(complaint.pauses.all())
        for clock in made:
            apply_pauses(clock, pauses, started_at)
    Clock.objects.bulk_create(made)
    return made


def stop_clocks(
    complaint: Complaint, stage: Stage, *, at: datetime, cycle: int | None = None
) -> list[Clock]:
    """Stop the running clocks of a stage (of one cycle); each says whether it was met."""
    running = _running(complaint).filter(stage=stage)
    stopped = list(running if cycle is None else running.filter(cycle=cycle))
    pauses = list(complaint.pauses.all()) if any(clock.paused_at for clock in stopped) else []
    for clock in stopped:
        if clock.paused_at is not None:
            apply_pauses(clock, pauses, at)
        clock.stopped_at = at
        clock.met = at < clock.due_at or (
            clock.paused_at is not None and clock.paused_at < clock.due_at
        )
        clock.next_event_at = None
    Clock.objects.bulk_update(stopped, ["due_at", "due_date", "stopped_at", "met", "next_event_at"])
    return stopped


def restart_clocks(complaint: Complaint, stage: Stage) -> None:
    """Let the clocks of a stage run again: what had stopped them did not happen after all."""
    clocks = list(
        complaint.clocks.filter(
            stage=stage, cycle=complaint.cycle, stopped_at__isnull=False, dropped=False
        )
    )
    pauses = list(complaint.pauses.all()) if clocks else []
    for clock in clocks:
        clock.stopped_at = clock.met = None
        apply_pauses(clock, pauses, None)
    Clock.objects.bulk_update(
        clocks, ["due_at", "due_date", "paused_at", "stopped_at", "met", "next_event_at"]
    )


def end_clocks(
    complaint: Complaint, *, at: datetime, stages: Sequence[Stage] | None = None
) -> None:
    """Take running clocks away that no longer apply. One that is over already was missed.

    The end of a complaint does not forgive what was late before it.
    """
    running = _running(complaint)
    if stages is not None:
        running = running.filter(stage__in=stages)
    running.filter(paused_at__isnull=True, due_at__lte=at).update(
        stopped_at=at, met=False, next_event_at=None
    )
    _dropped(running)


def drop_clocks(complaint: Complaint) -> list[int]:
    """Take all running clocks away as if they had never applied; return which they were."""
    return _dropped(_running(complaint))


def _dropped(running: "QuerySet[Clock]") -> list[int]:
    ids = list(running.values_list("pk", flat=True))
    Clock.objects.filter(pk__in=ids).update(dropped=True, next_event_at=None)
    return ids


def take_up_clocks(complaint: Complaint, ids: Sequence[int]) -> None:
    """Let clocks run again that were dropped by mistake, from where they began."""
    clocks = list(complaint.clocks.filter(pk__in=ids, dropped=True))
    for clock in clocks:
        clock.dropped = False
        clock.next_event_at = next_event(clock)
    Clock.objects.bulk_update(clocks, ["dropped", "next_event_at"])


def retime(
    complaint: Complaint,
    *,
    says: PolicyContent,
    now: datetime,
    not_before: datetime | None = None,
) -> None:
    """Give the complaint the clocks of its present priority and category.

    Each counts from the instant its stage began, minus the pauses there have been: a change of
    priority neither forgives nor forgets time (domain brief 2.1, rule 6). Only the fast clocks of
    an emergency count from its declaration (`not_before`).
    """
    running = list(_running(complaint))
    began = _beginnings(complaint)
    wanted = wanted_clocks(complaint, began, says)
    calendars = calendars_of(wanted)
    codes = {definition.code for definition in wanted}
    gone = [clock.pk for clock in running if clock.code not in codes]
    Clock.objects.filter(pk__in=gone).update(dropped=True, next_event_at=None)
    known = {clock.code for clock in running}
    fresh = [
        new_clock(
            complaint,
            definition,
            max(began[definition.stage], not_before or EPOCH),
            calendars[definition.calendar],
        )
        for definition in wanted
        if definition.code not in known
    ]
    pauses = list(complaint.pauses.all())
    for clock in fresh:
        apply_pauses(clock, pauses, now)
    Clock.objects.bulk_create(fresh)


def _beginnings(complaint: Complaint) -> dict[str, datetime]:
    """Return since when each stage that is not over has lasted.

    Clocks that another priority dropped on the way count too: an emergency that was none restarts
    nothing, and a priority without a clock of the stage does not end it. A stage that comes again,
    like progress, began when it was last met.
    """
    over = set()
    if complaint.state == State.RESPONDED:
        over = {Stage.PROGRESS, Stage.FIRST_ACTION, Stage.ASSESS}
    if complaint.unreachable or complaint.acknowledged_at is not None:
        over.add(Stage.ACKNOWLEDGE)
    last_stop: dict[str, datetime] = {}
    began: dict[str, datetime] = {}
    clocks = list(complaint.clocks.filter(Q(cycle=complaint.cycle) | Q(stage=Stage.REMEDY)))
    for clock in clocks:
        if clock.stopped_at is not None:
            last_stop[clock.stage] = max(clock.stopped_at, last_stop.get(clock.stage, EPOCH))
    for clock in clocks:
        since_then = clock.started_at >= last_stop.get(clock.stage, EPOCH)
        if clock.stopped_at is None and since_then and clock.stage not in over:
            began[clock.stage] = min(clock.started_at, began.get(clock.stage, clock.started_at))
    return began


def _running(complaint: Complaint) -> "QuerySet[Clock]":
    """Return the clocks of this cycle that run; a promised remedy is owed beyond its cycle."""
    return complaint.clocks.filter(
        Q(cycle=complaint.cycle) | Q(stage=Stage.REMEDY), stopped_at__isnull=True, dropped=False
    )


def runs(complaint: Complaint, stage: Stage) -> bool:
    """Return whether a clock of this stage runs."""
    return _running(complaint).filter(stage=stage).exists()


def refresh_next_due(complaint: Complaint, clocks: Sequence[Clock] | None = None) -> None:
    """Set (in memory) which running clock ends first; of two at one time, the hard one.

    `clocks` are all that run, where the caller has them.
    """
    running = _running(complaint) if clocks is None else clocks
    running = [clock for clock in running if clock.paused_at is None]
    first = min(running, key=lambda clock: (clock.due_at, not clock.hard), default=None)
    complaint.next_due_at = first.due_at if first else None
    complaint.next_due_stage = first.stage if first else ""
    complaint.next_due_hard = first.hard if first else False


@transaction.atomic
def pause_complaint(
    *,
    complaint_id: int,
    reason: PauseReason,
    evidence: str,
    told_at: datetime | None,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Pause:
    """Stop the clocks that allow this reason.

    Raises MoveRefused when the complaint is at its end or a pause runs already, BadInput naming
    `told_at` or `evidence` when a lawful pause (appraisal, mediation) lacks its proof.
    """
    complaint = take(
        complaint_id,
        actor=actor,
        permission="complaints.investigate",
        expected_version=expected_version,
    )
    if not complaint.is_open:
        raise MoveRefused([_("The complaint is at its end; nothing is left to pause.")])
    if complaint.paused:
        raise MoveRefused([_("A pause is running already.")])
    _check_pause(complaint, reason, evidence, told_at, at)
    pause = Pause.objects.create(
        complaint=complaint,
        cycle=complaint.cycle,
        reason=reason,
        started_at=at,
        told_at=told_at,
        evidence=evidence,
    )
    complaint.paused = True
    _repause(complaint, at)
    keep(complaint)
    note_down(
        events.PAUSED,
        complaint,
        actor=actor,
        at=at,
        payload={"reason": str(reason), "pause": pause.pk},
    )
    return pause


def _check_pause(
    complaint: Complaint,
    reason: PauseReason,
    evidence: str,
    told_at: datetime | None,
    at: datetime,
) -> None:
    if told_at is not None and told_at > at:
        raise BadInput(_("This lies in the future."), field="told_at")
    if reason == PauseReason.COMPLAINANT:
        return
    if told_at is None and not complaint.unreachable:
        raise BadInput(
            _("Such a pause counts only once the complainant has been told: say when."),
            field="told_at",
        )
    if not evidence.strip():
        raise BadInput(
            _("Say what shows it: the order for the test, for example."), field="evidence"
        )


@transaction.atomic
def resume_complaint(
    *, complaint_id: int, actor: User, at: datetime, expected_version: int | None = None
) -> None:
    """End the running pause. Raises MoveRefused when there is none."""
    complaint = take(
        complaint_id, actor=actor, permission="complaints.note", expected_version=expected_version
    )
    if not complaint.paused:
        raise MoveRefused([_("No pause is running.")])
    end_pause(complaint, actor=actor, at=at)
    keep(complaint)


def end_pause(complaint: Complaint, *, actor: User | None, at: datetime) -> None:
    """End the running pause of a locked complaint, if there is one."""
    pause = complaint.pauses.filter(ended_at__isnull=True).first()
    if pause is None:
        return
    pause.ended_at = max(at, pause.started_at)
    pause.save(update_fields=["ended_at"])
    complaint.paused = False
    _repause(complaint, at, ended=pause)
    note_down(events.RESUMED, complaint, actor=actor, at=at, payload={"pause": pause.pk})


def _repause(complaint: Complaint, now: datetime, *, ended: Pause | None = None) -> None:
    clocks = list(_running(complaint))
    pauses = list(complaint.pauses.all())
    for clock in clocks:
        apply_pauses(clock, pauses, now, ended=ended)
    Clock.objects.bulk_update(clocks, ["due_at", "due_date", "paused_at", "next_event_at"])
    refresh_next_due(complaint)


@transaction.atomic
def extend_clock(
    *,
    complaint_id: int,
    clock_id: int,
    new_due_date: date,
    reason: str,
    told_at: datetime | None,
    actor: User,
    at: datetime,
) -> Clock:
    """Move a due date, once, before it is over, by somebody who may approve, with notice.

    Raises NotAllowed, MoveRefused (not running, over already, not extendable, extended before) and
    BadInput naming reason, told_at or new_due_date.
    """
    complaint = take(complaint_id, actor=actor, permission="complaints.approve")
    clock = complaint.clocks.select_for_update().get(pk=clock_id)
    definition = _definition(complaint, clock)
    if not clock.running or at >= clock.due_at:
        raise MoveRefused(
            [_("Only a clock that still runs can be extended, and before it is over.")]
        )
    if definition is None or definition.extension_max is None or clock.extended_by_id:
        raise MoveRefused([_("The handling policy allows no (further) extension of this clock.")])
    if not reason.strip():
        raise BadInput(_("Say why the time is extended."), field="reason")
    if told_at is None or told_at > at:
        raise BadInput(_("Tell the complainant before extending, and say when."), field="told_at")
    longest = clock.due_date + timedelta(days=definition.extension_max)
    if not clock.due_date < new_due_date <= longest:
        raise BadInput(
            _("The new last day must be after the present one and no later than %(day)s.")
            % {"day": longest},
            field="new_due_date",
        )
    before = clock.due_at
    set_last_day(clock, new_due_date)
    clock.extended_reason, clock.extended_by = reason, actor
    clock.told_percent = 0
    clock.next_event_at = next_event(clock)
    clock.save()
    refresh_next_due(complaint)
    keep(complaint)
    note_down(
        events.EXTENDED,
        complaint,
        actor=actor,
        at=at,
        payload={
            "clock": clock.code,
            "from": before.isoformat(),
            "to": clock.due_at.isoformat(),
            "told_at": told_at.isoformat(),
            **write_down(complaint, reason, actor=actor, at=at),
        },
    )
    return clock


def _definition(complaint: Complaint, clock: Clock) -> ClockDef | None:
    return next((item for item in complaint.policy.says.clocks if item.code == clock.code), None)
