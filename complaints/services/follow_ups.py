"""Asking afterwards how it went: by phone, by letter, by the complainant's own link (CM-8.6b)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import system_user
from complaints import events
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint, FollowUpAttempt
from complaints.permissions import may_rate
from complaints.selectors.involved import involved_in
from complaints.services.clocks import refresh_next_due, stop_clocks
from complaints.services.moves import digest, keep, make, note_down, take, take_for
from complaints.services.reopening import ask_to_reopen
from complaints.states import FollowUpHold, FollowUpOutcome, ReopenSource, Stage
from complaints.workflow import OWN_CASE, follows_up_early, reasons_against_following_up

IN_VAIN = (FollowUpOutcome.UNREACHABLE, FollowUpOutcome.WRONG_NUMBER)
_GOES_ON = (*IN_VAIN, FollowUpOutcome.CALL_BACK)


@dataclass(frozen=True)
class FollowUp:
    """One try to ask how it went: scores 1 to 10 for handling and for outcome, apart (CM-8.6b).

    `next_at` is when to try again. `reopen_reason` says in the complainant's words why it should be
    looked at again: that becomes a request which a person decides.
    """

    channel: str
    outcome: FollowUpOutcome
    handling_score: int | None = None
    outcome_score: int | None = None
    comment: str = ""
    next_at: datetime | None = None
    reopen_reason: str = ""


@transaction.atomic
def record_follow_up(
    *,
    complaint_id: int,
    follow_up: FollowUp,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> FollowUpAttempt:
    """Record an attempt; an answer, a refusal to answer, or the policy's last attempt completes it.

    Raises NotAllowed for whoever worked on the complaint, MoveRefused, and BadInput naming
    `handling_score`, `outcome_score`, `next_at` or `reopen_reason`.
    """
    complaint = take_for("follow_up", complaint_id, actor=actor, expected_version=expected_version)
    if not may_rate(actor, complaint, involved=involved_in(complaint)):
        raise NotAllowed(OWN_CASE)
    return _record(complaint, follow_up, actor=actor, source=ReopenSource.FOLLOW_UP, at=at)


@transaction.atomic
def answer_follow_up(*, complaint_id: int, follow_up: FollowUp, at: datetime) -> FollowUpAttempt:
    """Take the complainant's own answer, given by their link. The system account writes it down.

    Raises MoveRefused when nobody asks (any more), BadInput as `record_follow_up` does.
    """
    actor = system_user()
    complaint = take_for("follow_up", complaint_id, actor=actor)
    return _record(complaint, follow_up, actor=actor, source=ReopenSource.COMPLAINANT, at=at)


def _record(
    complaint: Complaint,
    follow_up: FollowUp,
    *,
    actor: User,
    source: ReopenSource,
    at: datetime,
) -> FollowUpAttempt:
    if reasons := reasons_against_following_up(complaint):
        raise MoveRefused(reasons)
    says = complaint.policy.says.follow_up
    answered = follow_up.outcome == FollowUpOutcome.ANSWERED
    _check(follow_up, at)
    low = answered and min(_scores(follow_up)) <= says.dissatisfied_at_most
    attempt = FollowUpAttempt.objects.create(
        complaint=complaint,
        cycle=complaint.cycle,
        by=actor,
        at=at,
        channel=follow_up.channel,
        outcome=follow_up.outcome,
        handling_score=follow_up.handling_score if answered else None,
        outcome_score=follow_up.outcome_score if answered else None,
        comment=follow_up.comment,
        reopen_offered=low,
    )
    complete = _is_complete(complaint, follow_up, says.attempts)
    if complete:
        end_follow_up(complaint, at=at)
    else:
        attempt.next_at = follow_up.next_at
        attempt.save(update_fields=["next_at"])
    note_down(
        events.FOLLOWED_UP if complete else events.FOLLOW_UP_ATTEMPTED,
        complaint,
        actor=actor,
        at=at,
        payload={
            "attempt": attempt.pk,
            "outcome": str(follow_up.outcome),
            "handling": attempt.handling_score,
            "result": attempt.outcome_score,
            "reopen_offered": low,
            "sha256": digest(follow_up.comment),
        },
    )
    if answered and follow_up.reopen_reason.strip():
        _ask_to_reopen(complaint, follow_up.reopen_reason, source, actor=actor, at=at)
    keep(complaint, "followed_up_at")
    return attempt


def _ask_to_reopen(
    complaint: Complaint, reason: str, source: ReopenSource, *, actor: User, at: datetime
) -> None:
    try:
        ask_to_reopen(complaint, reason, source, actor=actor, at=at)
    except MoveRefused as refusal:
        raise BadInput(refusal.reasons[0], field="reopen_reason") from refusal


def _is_complete(complaint: Complaint, follow_up: FollowUp, attempts: int) -> bool:
    """Return whether nothing is left to try: whoever asked to be called again is called again."""
    if follow_up.outcome == FollowUpOutcome.CALL_BACK:
        return False
    if follow_up.outcome not in IN_VAIN:
        return True
    tried = complaint.followupattempts.filter(cycle=complaint.cycle, outcome__in=IN_VAIN)
    return tried.count() >= attempts


def _scores(follow_up: FollowUp) -> tuple[int, int]:
    return follow_up.handling_score or 0, follow_up.outcome_score or 0


def _check(follow_up: FollowUp, at: datetime) -> None:
    if follow_up.outcome == FollowUpOutcome.ANSWERED:
        names = ("handling_score", "outcome_score")
        for name, score in zip(names, _scores(follow_up), strict=True):
            if not 1 <= score <= 10:  # noqa: PLR2004 - the scale of the two questions
                raise BadInput(_("Give a score from 1 to 10."), field=name)
    if follow_up.outcome == FollowUpOutcome.CALL_BACK and follow_up.next_at is None:
        raise BadInput(_("Say when to call again."), field="next_at")
    if follow_up.outcome in _GOES_ON and follow_up.next_at and follow_up.next_at <= at:
        raise BadInput(_("This lies in the past."), field="next_at")


def end_follow_up(complaint: Complaint, *, at: datetime) -> None:
    """Complete the follow-up. The caller holds the complaint and keeps `followed_up_at`."""
    if follows_up_early(complaint):
        complaint.followed_up_at = at
    else:
        make("follow_up", complaint, at=at)
        stop_clocks(complaint, Stage.FOLLOW_UP, at=at)
        refresh_next_due(complaint)


# --- not now, for a reason that lies elsewhere ---------------------------------------------------


@transaction.atomic
def hold_follow_up(*, complaint_id: int, hold: FollowUpHold, actor: User, at: datetime) -> None:
    """Invite nobody for the time being. Holding twice for the same reason changes nothing."""
    complaint = take(complaint_id, actor=actor, permission="complaints.note")
    if str(hold) in complaint.follow_up_holds:
        return
    complaint.follow_up_holds = [*complaint.follow_up_holds, str(hold)]
    keep(complaint, "follow_up_holds")
    payload = {"hold": str(hold)}
    note_down(events.FOLLOW_UP_HELD, complaint, actor=actor, at=at, payload=payload)


@transaction.atomic
def release_follow_up(*, complaint_id: int, hold: FollowUpHold, actor: User, at: datetime) -> None:
    """Let people be invited again, where nothing else holds. Releasing twice changes nothing."""
    complaint = take(complaint_id, actor=actor, permission="complaints.note")
    if str(hold) not in complaint.follow_up_holds:
        return
    complaint.follow_up_holds = [code for code in complaint.follow_up_holds if code != str(hold)]
    keep(complaint, "follow_up_holds")
    payload = {"hold": str(hold)}
    note_down(events.FOLLOW_UP_RELEASED, complaint, actor=actor, at=at, payload=payload)
