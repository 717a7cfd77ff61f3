"""One move on many complaints: each through the same verb and guards, each for itself.

A run is written down before it begins, and what became of a complaint in the transaction of its
move: whoever goes on with a run that was broken off does nothing twice and leaves nothing out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Team, User
from accounts.permissions import has
from accounts.selectors import standing_in
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import BulkItem, BulkRun, Complaint
from complaints.services.closure import close_complaint, withdraw_complaint
from complaints.services.escalation import escalate_complaint
from complaints.services.letters import draft_letter
from complaints.services.notices import News, tell_many
from complaints.services.response import record_decision
from complaints.services.triage import acknowledge_complaint, assign_complaint
from complaints.states import Answer, MessageChannel, Occasion
from complaints.workflow import NOT_HELD
from journal.errors import Refusal

log = structlog.get_logger(__name__)
Action, Outcome = BulkRun.Action, BulkItem.Outcome

MOST_CHOSEN = 500
MOST = 5_000
MOST_ESCALATED = 50  # each is told to people by mail
# Taking what nobody owns needs less: the verb itself asks for more where more is done.
PERMISSION_OF: Mapping[str, str] = {
    Action.ASSIGN: "complaints.assign_self",
    Action.ACKNOWLEDGE: "complaints.acknowledge",
    Action.ESCALATE: "complaints.escalate",
    Action.NO_REPLY: "complaints.record_decision",
    Action.CLOSE: "complaints.close",
    Action.WITHDRAW: "complaints.withdraw",
}


@dataclass(frozen=True)
class Wish:
    """What is to be done with each, and what the move needs."""

    action: str
    owner_id: int | None = None
    team_id: int | None = None
    reason: str = ""
    lessons: str = ""
    cause_code: str = ""


@transaction.atomic
def start_bulk(
    *, wish: Wish, complaint_ids: Sequence[int], language: str, actor: User, at: datetime
) -> BulkRun:
    """Write a run down; `continue_bulk` carries it out. What the actor may not see is left out.

    Raises NotAllowed and BadInput naming `action`, `owner`, `reason` or `complaints`.
    """
    if wish.action not in Action.values:
        raise BadInput(_("Choose what is to be done."), field="action")
    if not has(actor, PERMISSION_OF[wish.action]):
        raise NotAllowed(_("Your role does not allow this."))
    _check(wish, len(complaint_ids))
    seen = set(
        Complaint.objects.visible_to(actor)
        .filter(pk__in=complaint_ids)
        .values_list("pk", flat=True)
    )
    chosen = [pk for pk in dict.fromkeys(complaint_ids) if pk in seen]
    if not chosen:
        raise BadInput(_("No complaint is chosen."), field="complaints")
    run = BulkRun.objects.create(
        by=actor,
        created_at=at,
        action=wish.action,
        given=asdict(wish),
        language=language,
        total=len(chosen),
    )
    BulkItem.objects.bulk_create(
        (BulkItem(run=run, complaint_id=pk) for pk in chosen), batch_size=500
    )
    return run


def _check(wish: Wish, count: int) -> None:
    most = MOST_ESCALATED if wish.action == Action.ESCALATE else MOST
    if count > most:
        raise BadInput(
            _("That is too much at once: choose at most %(most)s.") % {"most": most},
            field="complaints",
        )
    if wish.action == Action.ASSIGN and not (wish.owner_id or wish.team_id):
        raise BadInput(_("Choose a person, a team, or both."), field="owner")
    if wish.action in {Action.ESCALATE, Action.WITHDRAW} and not wish.reason.strip():
        raise BadInput(_("Say why: it is written down for each complaint."), field="reason")


def continue_bulk(*, run_id: int, limit: int, now: datetime) -> int:
    """Carry a run on for at most so many complaints; return how many were dealt with.

    Several may do so at once: each complaint is taken by one of them.
    """
    run = BulkRun.objects.select_related("by").get(pk=run_id)
    standing_in(run.by, now)
    done = 0
    with translation.override(run.language):
        while done < limit and _next(run, now):
            done += 1
    if done < limit:
        _finish(run, now)
    return done


def continue_oldest_bulk(*, now: datetime, limit: int = 100) -> int:
    """Carry the oldest unfinished run on; return how many complaints were dealt with."""
    run = BulkRun.objects.filter(finished_at__isnull=True).order_by("pk").first()
    return continue_bulk(run_id=run.pk, limit=limit, now=now) if run else 0


def _next(run: BulkRun, now: datetime) -> bool:
    """Deal with the next complaint of a run; return whether there was one."""
    with transaction.atomic():
        item = (
            run.items.select_for_update(of=("self",), skip_locked=True)
            .filter(outcome=Outcome.WAITING)
            .order_by("pk")
            .first()
        )
        if item is None:
            return False
        item.outcome, item.reason = _deal_with(run, item, now)
        item.save(update_fields=["outcome", "reason"])
    return True


def _deal_with(run: BulkRun, item: BulkItem, now: datetime) -> tuple[str, str]:
    try:
        with transaction.atomic():  # a refusal undoes the move, not the note of it
            _VERBS[run.action](run.by, Wish(**run.given), item.complaint_id, now)
    except Refusal as refusal:
        reasons = refusal.reasons if isinstance(refusal, MoveRefused) else [refusal]
        return Outcome.REFUSED, "\n".join(map(str, reasons))
    except Complaint.DoesNotExist:
        return Outcome.REFUSED, _("This complaint no longer exists for you.")
    except Exception as error:
        # One complaint that trips us up must not hold up the rest of the run for ever.
        log.exception("bulk", run=run.pk, complaint=item.complaint_id, error=type(error).__name__)
        return Outcome.REFUSED, _("Something went wrong on our side; nothing was changed.")
    return Outcome.DONE, ""


@transaction.atomic
def _finish(run: BulkRun, now: datetime) -> None:
    """Close a run whose last complaint is dealt with; tell the new owner once of all of them."""
    locked = BulkRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if locked.finished_at is not None or run.items.filter(outcome=Outcome.WAITING).exists():
        return
    locked.finished_at = now
    locked.save(update_fields=["finished_at"])
    owner_id = run.given["owner_id"]
    if run.action != Action.ASSIGN or owner_id in {None, run.by_id}:
        return
    owner = User.objects.get(pk=owner_id)
    done = run.items.filter(outcome=Outcome.DONE).select_related("complaint").order_by("pk")
    tell_many(
        [News(owner, item.complaint, "assigned") for item in done.iterator(chunk_size=500)],
        by=run.by,
        at=now,
    )


# --- the verbs, each for one complaint ----------------------------------------------------------


def _assign(actor: User, wish: Wish, complaint_id: int, at: datetime) -> None:
    assign_complaint(
        complaint_id=complaint_id,
        owner=User.objects.filter(pk=wish.owner_id).first() if wish.owner_id else None,
        team=Team.objects.filter(pk=wish.team_id).first() if wish.team_id else None,
        note=wish.reason,
        quietly=True,
        actor=actor,
        at=at,
    )


def _acknowledge(actor: User, _wish: Wish, complaint_id: int, at: datetime) -> None:
    complaint = Complaint.objects.visible_to(actor).get(pk=complaint_id)
    subject, text = draft_letter(
        complaint, Occasion.ACKNOWLEDGEMENT, MessageChannel.EMAIL, actor=actor, at=at
    )
    acknowledge_complaint(
        complaint_id=complaint_id,
        channel=MessageChannel.EMAIL,
        subject=subject,
        text=text,
        actor=actor,
        at=at,
        expected_version=complaint.version,
    )


def _escalate(actor: User, wish: Wish, complaint_id: int, at: datetime) -> None:
    escalate_complaint(complaint_id=complaint_id, reason=wish.reason, actor=actor, at=at)


def _no_reply(actor: User, wish: Wish, complaint_id: int, at: datetime) -> None:
    record_decision(
        complaint_id=complaint_id, answer=Answer.NO_REPLY, note=wish.reason, actor=actor, at=at
    )


def _close(actor: User, wish: Wish, complaint_id: int, at: datetime) -> None:
    close_complaint(
        complaint_id=complaint_id,
        lessons=wish.lessons,
        cause_code=wish.cause_code,
        actor=actor,
        at=at,
    )


def _withdraw(actor: User, wish: Wish, complaint_id: int, at: datetime) -> None:
    # One complaint under hold may be withdrawn by itself, with its own reason; never in a heap.
    if Complaint.objects.visible_to(actor).filter(pk=complaint_id, holds__gt=0).exists():
        raise MoveRefused([NOT_HELD.reason])
    withdraw_complaint(complaint_id=complaint_id, reason=wish.reason, actor=actor, at=at)


_VERBS: Mapping[str, Callable[[User, Wish, int, datetime], Any]] = {
    Action.ASSIGN: _assign,
    Action.ACKNOWLEDGE: _acknowledge,
    Action.ESCALATE: _escalate,
    Action.NO_REPLY: _no_reply,
    Action.CLOSE: _close,
    Action.WITHDRAW: _withdraw,
}
