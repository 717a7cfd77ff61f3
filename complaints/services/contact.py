"""No further contact: the complainant asks to be left alone, or takes that back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import MoveRefused, NotAllowed
from complaints.models import Complaint, FollowUpAttempt
from complaints.permissions import may_rate
from complaints.selectors.involved import involved_in
from complaints.services.follow_ups import end_follow_up
from complaints.services.moves import keep, note_down, take, write_down
from complaints.states import FollowUpOutcome, State
from complaints.workflow import OWN_CASE


@transaction.atomic
def stop_contact(
    *,
    complaint_id: int,
    reason: str = "",
    channel: str = "other",
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Complaint:
    """Note that the complainant wants no further contact: nobody invites, reminds or calls.

    What must be told (receipt, decision) is still told. A follow-up that was due ends as declined;
    whoever worked on the complaint cannot end it that way. The system account acts where the
    complainant does. Raises MoveRefused when it was asked for already, NotAllowed.
    """
    complaint = take(
        complaint_id,
        actor=actor,
        permission="complaints.follow_up",
        expected_version=expected_version,
    )
    if complaint.no_contact_at is not None:
        raise MoveRefused([_("The complainant has asked for no further contact already.")])
    due = complaint.state == State.CLOSED
    if due and not may_rate(actor, complaint, involved=involved_in(complaint)):
        raise NotAllowed(OWN_CASE)
    complaint.no_contact_at = at
    attempt = None
    if due:
        attempt = FollowUpAttempt.objects.create(
            complaint=complaint,
            cycle=complaint.cycle,
            by=actor,
            at=at,
            channel=channel,
            outcome=FollowUpOutcome.DECLINED,
        )
        end_follow_up(complaint, at=at)
    keep(complaint, "no_contact_at", "followed_up_at")
    note_down(
        events.CONTACT_STOPPED,
        complaint,
        actor=actor,
        at=at,
        payload={
            "attempt": attempt.pk if attempt else None,
            **write_down(complaint, reason, actor=actor, at=at),
        },
    )
    return complaint


@transaction.atomic
def resume_contact(
    *,
    complaint_id: int,
    reason: str = "",
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Complaint:
    """Note that the complainant may be contacted again. Raises MoveRefused when they always could.

    A follow-up that ended as declined stays as it was answered.
    """
    complaint = take(
        complaint_id,
        actor=actor,
        permission="complaints.follow_up",
        expected_version=expected_version,
    )
    if complaint.no_contact_at is None:
        raise MoveRefused([_("The complainant has not asked to be left alone.")])
    complaint.no_contact_at = None
    keep(complaint, "no_contact_at")
    note_down(
        events.CONTACT_RESUMED,
        complaint,
        actor=actor,
        at=at,
        payload=write_down(complaint, reason, actor=actor, at=at),
    )
    return complaint
