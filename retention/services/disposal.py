"""The verbs of disposal: list what is due, review the list by two, carry it out, log it.

Nothing is erased without two people who did not make the list. What was approved is carried out in
the background, each complaint in its own transaction in which its row of the log is written too: a
worker that is killed leaves nothing half done, and the next one goes on behind the last row.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import system_user
from complaints.models import Complaint
from complaints.services.disposing import anonymise_complaint, reasons_to_keep
from complaints.services.moves import digest
from complaints.services.searching import wipe_index
from journal.services import record
from retention import events
from retention.errors import BadInput, Conflict, NotAllowed
from retention.models import DisposalItem, DisposalRun, SubjectRequest
from retention.permissions import demand_everywhere
from retention.rules.schedule import DueBy
from retention.selectors.classes import hooks, reasons_against
from retention.selectors.disposal import counts_of, log_digest, why_not
from retention.selectors.due import due_now, due_of, local_day
from retention.selectors.schedule import schedule_in_force
from retention.services.holds import extend_holds
from retention.states import Outcome, RunState, Skip

log = structlog.get_logger(__name__)

MOST = 10_000  # rows of one list: as many as two people can answer for
BATCH = 100
_WAITING = (RunState.PROPOSED, RunState.REVIEWED)


# --- listing -------------------------------------------------------------------------------------


def propose_disposal(*, actor: User | None, at: datetime) -> DisposalRun | None:
    """List what is due by the approved schedule; None when nothing is. Nobody is the sweep.

    Raises NotAllowed, and Conflict while no schedule was approved.
    """
    if actor is not None:
        demand_everywhere(actor, "retention.propose", _("Your role does not make disposal lists."))
    extend_holds(now=at)
    return _propose(actor, at)


@transaction.atomic
def _propose(actor: User | None, at: datetime) -> DisposalRun | None:
    schedule = schedule_in_force()
    if schedule is None:
        raise Conflict(_("No version of the retention schedule was approved yet."))
    found = list(due_now(timezone.localdate(at), schedule.says, most=MOST))
    if not found:
        return None
    run = DisposalRun.objects.create(schedule=schedule, proposed_by=actor, proposed_at=at)
    _fill(run, found, actor, at)
    return run


@transaction.atomic
def propose_early_disposal(
    *, request: SubjectRequest, complaint_ids: Sequence[int], actor: User, at: datetime
) -> DisposalRun:
    """List complaints before their time because the person they are about asks for it.

    Raises NotAllowed; Conflict without an approved schedule; BadInput when none of them can go.
    """
    demand_everywhere(actor, "retention.subjects", _("Your role does not answer these requests."))
    schedule = schedule_in_force()
    if schedule is None:
        raise Conflict(_("No version of the retention schedule was approved yet."))
    rows = Complaint.objects.visible_to(actor).filter(
        pk__in=complaint_ids, anonymised_at__isnull=True, is_open=False, holds=0
    )
    complaints = list(rows.select_related("merged_into").order_by("pk"))
    due = due_of(complaints, schedule.says)
    found = [(complaint, due[complaint.pk]) for complaint in complaints if complaint.pk in due]
    if not found:
        raise BadInput(
            _("None of these can go: they are open, or a legal hold lies on them."),
            field="complaints",
        )
    run = DisposalRun.objects.create(
        schedule=schedule, request=request, proposed_by=actor, proposed_at=at
    )
    _fill(run, found, actor, at)
    return run


def _fill(
    run: DisposalRun, found: Sequence[tuple[Complaint, DueBy]], actor: User | None, at: datetime
) -> None:
    DisposalItem.objects.bulk_create(
        (
            DisposalItem(
                run=run,
                complaint=complaint,
                record_class=due.code,
                ended_on=due.since,
                due_on=due.due_on,
            )
            for complaint, due in found
        ),
        batch_size=500,
    )
    run.total = len(found)
    run.save(update_fields=["total"])
    _note(
        events.DISPOSAL_PROPOSED,
        run,
        actor,
        at,
        schedule=run.schedule.version,
        request=run.request_id,
        complaints=run.total,
        sha256=log_digest(run),
    )


# --- reviewing -----------------------------------------------------------------------------------


@transaction.atomic
def take_out(*, item_id: int, reason: str, actor: User, at: datetime) -> DisposalItem:
    """Take one complaint off a list that waits. Raises NotAllowed, Conflict, BadInput."""
    demand_everywhere(actor, "retention.review", _("Your role does not review disposal lists."))
    run_id = DisposalItem.objects.values_list("run", flat=True).get(pk=item_id)
    run = _locked(run_id, *_WAITING)
    if not reason.strip():
        raise BadInput(_("Say why it stays."), field="reason")
    item = run.items.select_for_update(of=("self",)).get(pk=item_id)
    if item.outcome != Outcome.LISTED:
        raise Conflict(_("This row was taken out already."))
    item.outcome, item.reason = Outcome.TAKEN_OUT, reason.strip()[:500]
    item.by, item.at = actor, at
    item.save(update_fields=["outcome", "reason", "by", "at"])
    _note(
        events.DISPOSAL_ROW_TAKEN_OUT,
        run,
        actor,
        at,
        complaint=item.complaint_id,
        sha256=digest(item.reason),
    )
    return item


@transaction.atomic
def review_disposal(*, run_id: int, actor: User, at: datetime) -> DisposalRun:
    """Agree to a list: the first reviewer hands it on, the second lets it be carried out.

    Raises NotAllowed (also for whoever made the list, and for the same person twice), Conflict.
    """
    demand_everywhere(actor, "retention.review", _("Your role does not review disposal lists."))
    run = _locked(run_id, *_WAITING)
    against = why_not(actor, run)
    if against:
        raise NotAllowed(against[0])
    if run.state == RunState.PROPOSED:
        run.state, run.first_reviewer, run.first_at = RunState.REVIEWED, actor, at
        kind = events.DISPOSAL_REVIEWED
    else:
        run.state, run.second_reviewer, run.second_at = RunState.APPROVED, actor, at
        kind = events.DISPOSAL_APPROVED
    run.save(update_fields=["state", "first_reviewer", "first_at", "second_reviewer", "second_at"])
    _note(kind, run, actor, at, sha256=log_digest(run))
    return run


@transaction.atomic
def reject_disposal(*, run_id: int, note: str, actor: User, at: datetime) -> DisposalRun:
    """Throw a list away; nothing on it goes. Raises NotAllowed, Conflict, BadInput on `note`."""
    demand_everywhere(actor, "retention.review", _("Your role does not review disposal lists."))
    run = _locked(run_id, *_WAITING)
    if not note.strip():
        raise BadInput(_("Say why the list is rejected."), field="note")
    run.state, run.rejected_by, run.note = RunState.REJECTED, actor, note.strip()
    run.finished_at = at
    run.save(update_fields=["state", "rejected_by", "note", "finished_at"])
    _note(events.DISPOSAL_REJECTED, run, actor, at, sha256=digest(run.note))
    return run


def _locked(run_id: int, *states: str) -> DisposalRun:
    run = DisposalRun.objects.select_for_update(of=("self",)).get(pk=run_id)
    if run.state not in states:
        raise Conflict(_("This list is no longer where you saw it. Look at it again."))
    return run


# --- carrying out --------------------------------------------------------------------------------


def carry_out_disposal(*, now: datetime, limit: int = BATCH) -> int:
    """Carry the oldest approved run on for at most so many complaints; return how many were done.

    Several workers may do so at once: each row is taken by one of them.
    """
    run = DisposalRun.objects.filter(state=RunState.APPROVED).order_by("pk").first()
    if run is None:
        return 0
    extend_holds(now=now)
    done = 0
    while done < limit and _next(run, now):
        done += 1
    if done < limit:
        wipe_index()
        _finish(run.pk, now)
    return done


def _next(run: DisposalRun, now: datetime) -> bool:
    """Deal with the next row of a run; return whether there was one."""
    with transaction.atomic():
        item = (
            run.items.select_for_update(
                of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked
            )
            .filter(outcome=Outcome.LISTED)
            .order_by("pk")
            .first()
        )
        if item is None:
            return False
        item.code, item.reason = _deal_with(run, item, now)
        item.outcome = Outcome.SKIPPED if item.code else Outcome.DISPOSED
        item.at = now
        item.save(update_fields=["outcome", "code", "reason", "at"])
    return True


def _deal_with(run: DisposalRun, item: DisposalItem, now: datetime) -> tuple[str, str]:
    """Dispose of one complaint; return why not, as a code and in words, or nothing."""
    try:
        with transaction.atomic():  # a fault undoes what was begun, not the note of it
            complaint = (
                Complaint.objects.select_for_update(of=("self",))
                .select_related("merged_into")
                .get(pk=item.complaint_id)
            )
            code, reasons = _against(run, complaint, now)
            if code:
                with translation.override(settings.LANGUAGE_CODE):
                    return code, " ".join(map(str, reasons))[:500]
            actor = system_user()
            for _code, erase in hooks("erase"):
                erase(complaint_id=complaint.pk, actor=actor, at=now)
            anonymise_complaint(complaint_id=complaint.pk, under=str(run), actor=actor, at=now)
    except Exception as error:
        # One complaint that trips us up must not hold up the rest of the run for ever.
        log.exception("disposal", run=run.pk, complaint=item.complaint_id, error=str(type(error)))
        return Skip.FAULT, ""
    return "", ""


def _against(run: DisposalRun, complaint: Complaint, now: datetime) -> tuple[str, list[Any]]:
    """Return what stands against it now: a code of Skip, and the reasons in words."""
    if complaint.anonymised_at is not None:
        return Skip.GONE, []
    if complaint.holds:
        return Skip.HELD, []
    if complaint.is_open:
        return Skip.OPEN, []
    due = due_of([complaint], run.schedule.says).get(complaint.pk)
    if due is None or (run.request_id is None and due.due_on > local_day(now)):
        return Skip.NOT_DUE, []
    reasons = reasons_to_keep(complaint) + reasons_against([complaint.pk]).get(complaint.pk, [])
    return (Skip.BLOCKED, reasons) if reasons else ("", [])


@transaction.atomic
def _finish(run_id: int, now: datetime) -> None:
    run = DisposalRun.objects.select_for_update(of=("self",)).get(pk=run_id)
    if run.state != RunState.APPROVED or run.items.filter(outcome=Outcome.LISTED).exists():
        return
    run.state, run.finished_at = RunState.FINISHED, now
    run.save(update_fields=["state", "finished_at"])
    counts = counts_of(run)
    _note(
        events.DISPOSAL_FINISHED,
        run,
        None,
        now,
        schedule=run.schedule.version,
        reviewers=[run.first_reviewer_id, run.second_reviewer_id],
        **{
            str(name): counts[name]
            for name in (Outcome.DISPOSED, Outcome.SKIPPED, Outcome.TAKEN_OUT)
        },
        sha256=log_digest(run),
    )


def _note(kind: str, run: DisposalRun, actor: User | None, at: datetime, **payload: Any) -> None:
    record(kind=kind, subject=run, actor=actor, occurred_at=at, payload=payload)
