"""The end: close, withdraw, merge and undo a merge. What comes after: follow_ups, reopening."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import BadInput, MoveRefused
from complaints.models import Complaint
from complaints.selectors.people import same_matter, same_person
from complaints.services.clocks import (
    drop_clocks,
    end_clocks,
    end_pause,
    refresh_next_due,
    start_clocks,
    take_up_clocks,
)
from complaints.services.moves import keep, make, note_down, take_for, write_down
from complaints.services.response import drop_approval
from complaints.states import Answer, ClosureBasis, Stage, State
from journal.selectors import history_of

_BASIS_OF = {
    Answer.ACCEPTED: ClosureBasis.ACCEPTED,
    Answer.REFUSED: ClosureBasis.REMEDIES_TOLD,
    Answer.NO_REPLY: ClosureBasis.NO_REPLY,
    Answer.NONE: ClosureBasis.NO_CONTACT,
}


@transaction.atomic
def close_complaint(
    *,
    complaint_id: int,
    lessons: str = "",
    cause_code: str = "",
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Complaint:
    """Close on the basis that the answer gives (CM-8.6c, 8.6d); the follow-up falls due.

    Raises MoveRefused with every guard that stops it, BadInput naming `cause_code`.
    """
    complaint = take_for("close", complaint_id, actor=actor, expected_version=expected_version)
    causes = {cause.code for cause in complaint.policy.says.causes}
    if cause_code and cause_code not in causes:
        raise BadInput(_("The handling policy knows no such class of cause."), field="cause_code")
    complaint.cause_code = cause_code or complaint.cause_code
    basis = _BASIS_OF[Answer(complaint.answer)]
    before = make("close", complaint, at=at, basis=str(basis))
    complaint.lessons = lessons
    end_pause(complaint, actor=actor, at=at)
    end_clocks(complaint, at=at, stages=[stage for stage in Stage if stage != Stage.REMEDY])
    gone_before = complaint.followed_up_at
    if gone_before is not None:
        complaint.follow_up(at=gone_before)  # the policy asked for it before closing
    elif not complaint.unreachable and complaint.no_contact_at is None:
        start_clocks(complaint, stages=[Stage.FOLLOW_UP], started_at=at, says=complaint.policy.says)
    refresh_next_due(complaint)
    keep(complaint, "closed_at", "closure_basis", "cause_code", "lessons", "followed_up_at")
    note_down(
        events.CLOSED,
        complaint,
        actor=actor,
        at=at,
        payload={
            "from": before,
            "basis": str(basis),
            "cause": complaint.cause_code,
            **write_down(complaint, lessons, actor=actor, at=at),
        },
    )
    return complaint


@transaction.atomic
def withdraw_complaint(
    *,
    complaint_id: int,
    reason: str,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Complaint:
    """Note that the complainant takes it back. Raises MoveRefused, BadInput (`reason`)."""
    complaint = take_for("withdraw", complaint_id, actor=actor, expected_version=expected_version)
    if not reason.strip():
        raise BadInput(_("Say how and why the complainant withdrew."), field="reason")
    before = make("withdraw", complaint, at=at)
    end_pause(complaint, actor=actor, at=at)
    end_clocks(complaint, at=at)
    drop_approval(complaint)
    refresh_next_due(complaint)
    keep(complaint, "closed_at", "pending_approval")
    note_down(
        events.WITHDRAWN,
        complaint,
        actor=actor,
        at=at,
        payload={"from": before, **write_down(complaint, reason, actor=actor, at=at)},
    )
    return complaint


@transaction.atomic
def merge_complaint(
    *,
    complaint_id: int,
    into_id: int,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Complaint:
    """Merge into another open complaint of the same complainant about the same matter.

    Both references stay. Raises MoveRefused, BadInput naming `into`.
    """
    # Locked in order of id, so that two merges across each other cannot wait in a circle.
    for pk in sorted((complaint_id, into_id)):
        Complaint.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    complaint = take_for("merge", complaint_id, actor=actor, expected_version=expected_version)
    into = take_for("merge", into_id, actor=actor)
    _check_merge(complaint, into)
    before = make("merge", complaint, at=at)
    complaint.merged_into, complaint.merged_at = into, at
    end_pause(complaint, actor=actor, at=at)
    clocks = drop_clocks(complaint)
    drop_approval(complaint)
    refresh_next_due(complaint)
    keep(
        complaint, "state_before_merge", "closed_at", "merged_into", "merged_at", "pending_approval"
    )
    keep(into)
    note_down(
        events.MERGED,
        complaint,
        actor=actor,
        at=at,
        payload={"from": before, "into": into.pk, "clocks": clocks},
    )
    note_down(events.MERGE_RECEIVED, into, actor=actor, at=at, payload={"merged": complaint.pk})
    return complaint


def _check_merge(complaint: Complaint, into: Complaint) -> None:
    if into.pk == complaint.pk or not into.is_open:
        raise BadInput(_("Choose another complaint that is still open."), field="into")
    if complaint.complainant is None or into.complainant is None:
        raise BadInput(
            _("Only complaints of one known complainant are merged; link others instead."),
            field="into",
        )
    here = Complaint.objects.filter(pk=into.pk)
    if not here.filter(same_person(complaint.complainant)).exists():
        raise BadInput(_("This complaint is by somebody else: it cannot be merged."), field="into")
    if not here.filter(same_matter(complaint)).exists():
        raise BadInput(
            _("This complaint is about another matter: it cannot be merged."), field="into"
        )


@transaction.atomic
def unmerge_complaint(
    *, complaint_id: int, actor: User, at: datetime, expected_version: int | None = None
) -> Complaint:
    """Undo a merge within the policy's days; the clocks go on from where they began.

    Raises MoveRefused.
    """
    complaint = take_for("unmerge", complaint_id, actor=actor, expected_version=expected_version)
    days = complaint.policy.says.windows.unmerge_days
    merged_at, into = complaint.merged_at, complaint.merged_into
    if merged_at is not None and at - merged_at > timedelta(days=days):
        raise MoveRefused([_("A merge can be undone for %(days)s days only.") % {"days": days}])
    make("unmerge", complaint)
    complaint.merged_into = complaint.merged_at = None
    merged = history_of(complaint).filter(kind=events.MERGED).last()
    take_up_clocks(complaint, merged.payload["clocks"] if merged else [])
    refresh_next_due(complaint)
    keep(complaint, "state_before_merge", "closed_at", "merged_into", "merged_at")
    note_down(
        events.UNMERGED,
        complaint,
        actor=actor,
        at=at,
        payload={"from": str(State.MERGED), "out_of": into.pk if into else None},
    )
    return complaint
