"""What complainants do on their own page: each by a verb of the desk, in the system's name.

The record says that it came through the complainant's link: the door is `complainant`.
"""

from datetime import datetime

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.services import system_user
from complaints.errors import BadInput, MoveRefused
from complaints.models import Complaint, FollowUpAttempt, Message, ReopenRequest
from complaints.selectors.links import complaint_of_code
from complaints.selectors.reopening import may_ask_reopening
from complaints.services.closure import withdraw_complaint
from complaints.services.complainants import LONGEST_WORDS, tell_responsible
from complaints.services.contact import resume_contact, stop_contact
from complaints.services.follow_ups import FollowUp, record_follow_up
from complaints.services.letters import draft_letter
from complaints.services.links import Issued, issue_link, send_link
from complaints.services.messages import reachable_by_mail
from complaints.services.reopening import request_reopening
from complaints.services.response import record_decision, tell_remedies
from complaints.states import (
    Answer,
    Channel,
    FollowUpOutcome,
    LinkPurpose,
    MessageChannel,
    Occasion,
    ReopenSource,
)
from journal.errors import Refusal

log = structlog.get_logger(__name__)


@transaction.atomic
def answer_decision(*, complaint_id: int, accepted: bool, reason: str, at: datetime) -> Complaint:
    """Record that the complainant accepts or refuses; who refuses is told of other remedies.

    Raises MoveRefused when there is nothing to answer, BadInput naming `reason`.
    """
    system = system_user()
    if not accepted and not reason.strip():
        raise BadInput(_("Tell us what is not right about our decision."), field="reason")
    # Locked before it is looked at: two answers at once are one after the other.
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    if complaint.answer in {Answer.ACCEPTED, Answer.REFUSED}:
        raise MoveRefused([_("We have your answer already.")])
    record_decision(
        complaint_id=complaint_id,
        answer=Answer.ACCEPTED if accepted else Answer.REFUSED,
        note=reason,
        actor=system,
        at=at,
    )
    complaint.refresh_from_db()
    if not accepted:
        _tell_remedies(complaint, at)
    tell_responsible(complaint, kind="complainant", by=system, at=at)
    complaint.refresh_from_db()
    return complaint


def _tell_remedies(complaint: Complaint, at: datetime) -> None:
    """Tell the other remedies by letter; where none can go, the page that follows has told them."""
    by_mail = reachable_by_mail(complaint)
    channel = MessageChannel.EMAIL if by_mail else MessageChannel.OTHER
    subject, text = draft_letter(complaint, Occasion.REMEDIES, channel, actor=None)
    try:
        with transaction.atomic():
            tell_remedies(
                complaint_id=complaint.pk,
                channel=channel,
                subject=subject if by_mail else "",
                text=text,
                told_at=None if by_mail else at,
                actor=system_user(),
                at=at,
            )
    except Refusal as refusal:
        # The answer counts all the same; before closing, a person has to tell them.
        log.warning("remedies_refused", complaint=complaint.pk, code=refusal.code)


@transaction.atomic
def answer_follow_up(
    *,
    complaint_id: int,
    handling: int | None,
    outcome: int | None,
    comment: str,
    at: datetime,
) -> FollowUpAttempt:
    """Record how satisfied the complainant is, with the handling and with the outcome, 1 to 10.

    Raises MoveRefused, BadInput naming `handling_score` or `outcome_score`.
    """
    system = system_user()
    attempt = record_follow_up(
        complaint_id=complaint_id,
        follow_up=FollowUp(Channel.WEB, FollowUpOutcome.ANSWERED, handling, outcome, comment),
        actor=system,
        at=at,
    )
    tell_responsible(attempt.complaint, kind="complainant", by=system, at=at)
    return attempt


@transaction.atomic
def take_back(*, complaint_id: int, reason: str, at: datetime) -> Complaint:
    """Record that the complainant withdraws. Raises MoveRefused, BadInput naming `reason`."""
    system = system_user()
    complaint = withdraw_complaint(complaint_id=complaint_id, reason=reason, actor=system, at=at)
    tell_responsible(complaint, kind="complainant", by=system, at=at)
    return complaint


@transaction.atomic
def ask_reopening(*, complaint_id: int, reason: str, at: datetime) -> ReopenRequest:
    """Ask that the complaint be taken up again; a person decides, once in each cycle.

    Raises MoveRefused when it is too early, too late or was asked before; BadInput (`reason`).
    """
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    if not may_ask_reopening(complaint, at=at):
        raise MoveRefused([_("Reopening cannot be asked for now, or was asked for already.")])
    if len(reason) > LONGEST_WORDS:
        raise BadInput(_("This is too long. Please attach it as a file."), field="reason")
    return request_reopening(
        complaint_id=complaint_id,
        reason=reason,
        source=ReopenSource.COMPLAINANT,
        actor=system_user(),
        at=at,
    )


@transaction.atomic
def ask_for_quiet(*, complaint_id: int, at: datetime) -> Complaint:
    """Record that no further contact is wanted. Raises MoveRefused when it was said before."""
    system = system_user()
    complaint = stop_contact(complaint_id=complaint_id, channel=Channel.WEB, actor=system, at=at)
    tell_responsible(complaint, kind="complainant", by=system, at=at)
    return complaint


def allow_contact(*, complaint_id: int, at: datetime) -> Complaint:
    """Take that back. Raises MoveRefused when contact is allowed anyway."""
    return resume_contact(complaint_id=complaint_id, actor=system_user(), at=at)


# --- coming back ------------------------------------------------------------------------------


def open_by_code(*, reference: str, code: str, at: datetime) -> Issued | None:
    """Return a fresh link for a reference and its code, which works for some hours, or None."""
    complaint = complaint_of_code(reference, code, at=at)
    if complaint is None:
        return None
    return issue_link(
        complaint_id=complaint.pk, purpose=LinkPurpose.CODE, actor=system_user(), at=at
    )


def send_link_again(*, complaint_id: int, at: datetime) -> Message | None:
    """Send a fresh link to the contact on record, as `send_link` does."""
    return send_link(complaint_id=complaint_id, actor=system_user(), at=at)
