"""The desk's own verbs, each taken for one complaint of a joint message."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from complaints.errors import MoveRefused
from complaints.models import Complaint
from complaints.services.closure import close_complaint
from complaints.services.messages import write_message
from complaints.services.response import Decision, propose_response, tell_remedies
from complaints.services.triage import acknowledge_complaint
from complaints.states import Occasion
from incidents.models import JointRun
from incidents.selectors.joint import confirmed, remedy_due
from incidents.services.joint_letters import Letter
from incidents.states import ItemOutcome, JointKind


@dataclass(frozen=True)
class Step:
    """Everything a step needs: for which complaint, in whose name, when, and what is told."""

    run: JointRun
    complaint: Complaint
    actor: User
    at: datetime
    letter: Letter


Told = tuple[str, str]  # outcome and reason
_DONE: Told = (ItemOutcome.SENT, "")


def _acknowledge(step: Step) -> Told:
    acknowledge_complaint(
        complaint_id=step.complaint.pk,
        channel=step.letter.channel,
        subject=step.letter.subject,
        text=step.letter.text,
        told_at=step.letter.told_at,
        actor=step.actor,
        at=step.at,
    )
    return _DONE


def _progress(step: Step) -> Told:
    write_message(
        complaint_id=step.complaint.pk,
        occasion=Occasion.PROGRESS,
        channel=step.letter.channel,
        subject=step.letter.subject,
        text=step.letter.text,
        told_at=step.letter.told_at,
        actor=step.actor,
        at=step.at,
    )
    return _DONE


def _decide(step: Step) -> Told:
    finding = step.run.finding
    if finding is None or not confirmed(step.run).filter(complaint=step.complaint).exists():
        raise MoveRefused(
            [_("Its handler has not confirmed that the common finding fits this complaint.")]
        )
    response = propose_response(
        complaint_id=step.complaint.pk,
        decision=Decision(
            finding=finding.finding,
            reasons=finding.reasons,
            remedy_kind=finding.remedy_kind,
            remedy_detail=finding.remedy_detail,
            amount=finding.amount,
            remedy_due_at=remedy_due(step.run, step.at),
            channel=step.letter.channel,
            subject=step.letter.subject,
            text=step.letter.text,
            told_at=step.letter.told_at,
        ),
        actor=step.actor,
        at=step.at,
    )
    if not response.sent:
        return ItemOutcome.ASKED, _("It goes out once a second person has approved it.")
    if step.complaint.unreachable:
        return ItemOutcome.SENT, _("On record only: nobody can be reached.")
    return _DONE


def _remedies(step: Step) -> Told:
    tell_remedies(
        complaint_id=step.complaint.pk,
        channel=step.letter.channel,
        subject=step.letter.subject,
        text=step.letter.text,
        told_at=step.letter.told_at,
        actor=step.actor,
        at=step.at,
    )
    return _DONE


def _close(step: Step) -> Told:
    close_complaint(
        complaint_id=step.complaint.pk, lessons=step.run.lessons, actor=step.actor, at=step.at
    )
    return _DONE


STEPS: Mapping[str, Callable[[Step], Told]] = {
    JointKind.ACKNOWLEDGE: _acknowledge,
    JointKind.PROGRESS: _progress,
    JointKind.DECISION: _decide,
    JointKind.REMEDIES: _remedies,
    JointKind.CLOSE: _close,
}
