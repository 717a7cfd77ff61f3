"""Taking a complaint from the public form: received first, everything else after."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction

from accounts.models import User
from accounts.permissions import demand
from accounts.services import system_user
from complaints import events
from complaints.models import Complaint
from complaints.rules.intake import emergency_hints
from complaints.selectors.people import people_with
from complaints.services.complainants import add_information
from complaints.services.intake import Intake, receive_complaint
from complaints.services.letters import draft_letter
from complaints.services.links import Issued, issue_link
from complaints.services.messages import reachable_by_mail
from complaints.services.notices import tell
from complaints.services.triage import acknowledge_complaint
from complaints.states import LinkPurpose, MessageChannel, Occasion, State, Trigger
from journal.errors import Refusal
from journal.services import record
from portal.models import Submission
from portal.selectors.keeping import FORM_KEY
from portal.services.files import attach_held_files

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Sent:
    """What somebody sent with the public form."""

    key: UUID
    intake: Intake
    danger: bool = False  # they say that somebody is in danger now
    suspected: bool = False  # a field that people do not see was filled in


@dataclass(frozen=True)
class Taken:
    """What became of it: the complaint, the link and code to it, and files that were refused."""

    complaint: Complaint
    issued: Issued
    refused: list[tuple[str, str]]
    again: bool  # the same form was sent before


def key_of(key: UUID) -> str:
    """Return the idempotency key of the complaint that a form becomes."""
    return f"{FORM_KEY}{key}"


def take_complaint(*, sent: Sent, at: datetime) -> Taken:
    """Receive what the public form says, in the name of the system.

    A complaint is never dropped: where it looks like a program's, a person looks at it. Who says
    that somebody is in danger declares an emergency, at once and without anybody in between: a
    false alarm costs a glance. The same form sent again is the same complaint; what it says
    differently is added. Raises BadInput as `receive_complaint` does.
    """
    system = system_user()
    intake = replace(
        sent.intake,
        idempotency_key=key_of(sent.key),
        emergency_trigger=Trigger.PERSONAL_SAFETY if sent.danger else "",
        automatic_letters=not sent.suspected,
    )
    before = Complaint.objects.filter(idempotency_key=intake.idempotency_key).first()
    complaint = before or receive_complaint(intake=intake, actor=system, at=at)
    _note_submission(complaint, sent, at)
    if before is not None:
        _add_what_is_new(before, intake, at)
    else:
        _listen_for_danger(complaint, sent, at)
        _acknowledge_here(complaint, sent, at)
    refused = attach_held_files(key=sent.key, complaint_id=complaint.pk, actor=system, at=at)
    issued = issue_link(complaint_id=complaint.pk, purpose=LinkPurpose.RECEIPT, actor=system, at=at)
    complaint.refresh_from_db()
    return Taken(complaint, issued, refused, again=before is not None)


@transaction.atomic
def _note_submission(complaint: Complaint, sent: Sent, at: datetime) -> None:
    _row, new = Submission.objects.get_or_create(
        complaint=complaint, defaults={"at": at, "suspected": sent.suspected}
    )
    if new and sent.suspected:
        record(kind=events.SUSPECTED, subject=complaint, actor=None, occurred_at=at, payload={})


def _add_what_is_new(complaint: Complaint, intake: Intake, at: datetime) -> None:
    """Add what somebody changed who went back to the form and sent it once more."""
    text = intake.description.strip()
    known = [complaint.description, *complaint.notes.values_list("text", flat=True)]
    if text in known or not complaint.is_open:
        return
    add_information(complaint_id=complaint.pk, text=text, actor=system_user(), at=at)


def _listen_for_danger(complaint: Complaint, sent: Sent, at: datetime) -> None:
    """Tell those in charge where the words sound dangerous though nobody said so."""
    words = emergency_hints(complaint.description, complaint.policy.says)
    if complaint.emergency or sent.danger or not words:
        return
    people = people_with("complaints.assign", complaint)
    tell(people, complaint, kind="danger_words", by=system_user(), at=at)


def _acknowledge_here(complaint: Complaint, sent: Sent, at: datetime) -> None:
    """Acknowledge on the page itself where no letter can: it says all that a letter would."""
    complaint.refresh_from_db()
    by_itself = complaint.channel in complaint.policy.says.auto_acknowledge
    if sent.suspected or not by_itself or reachable_by_mail(complaint):
        return
    if complaint.state != State.RECEIVED:
        return
    _subject, text = draft_letter(
        complaint, Occasion.ACKNOWLEDGEMENT, MessageChannel.OTHER, actor=None
    )
    try:
        acknowledge_complaint(
            complaint_id=complaint.pk,
            channel=MessageChannel.OTHER,
            subject="",
            text=text,
            told_at=at,
            actor=system_user(),
            at=at,
        )
    except Refusal as refusal:
        log.warning("acknowledgement_refused", complaint=complaint.pk, code=refusal.code)


@transaction.atomic
def mark_genuine(*, submission_id: int, actor: User, at: datetime) -> Submission:
    """Say that a doubtful form is a person's complaint after all.

    Raises PermissionDenied; Submission.DoesNotExist where the complaint does not exist for them.
    """
    demand(actor, "complaints.acknowledge")
    submission = (
        Submission.objects.select_for_update(of=("self",))
        .select_related("complaint")
        .get(pk=submission_id, complaint__in=Complaint.objects.visible_to(actor))
    )
    if submission.suspected and submission.checked_at is None:
        submission.checked_by, submission.checked_at = actor, at
        submission.save(update_fields=["checked_by", "checked_at"])
        record(
            kind=events.FOUND_GENUINE,
            subject=submission.complaint,
            actor=actor,
            occurred_at=at,
            payload={"submission": submission.pk},
        )
    return submission
