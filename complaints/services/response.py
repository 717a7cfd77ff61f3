"""Answering: propose, have approved, send; then the answer, other remedies, the remedy done."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Approval, Clock, Complaint, Message, Remedy, Response
from complaints.permissions import may_approve
from complaints.rules.policy import PolicyContent
from complaints.selectors.people import people_with
from complaints.services.clocks import (
    drop_clocks,
    end_clocks,
    end_pause,
    refresh_next_due,
    start_clocks,
    stop_clocks,
)
from complaints.services.messages import check_text, put_out
from complaints.services.moves import (
    digest,
    keep,
    make,
    note_down,
    stand_in,
    take,
    take_for,
    write_down,
)
from complaints.services.notices import tell
from complaints.states import (
    Answer,
    ApprovalKind,
    ApprovalState,
    Finding,
    MessageChannel,
    MessageState,
    Occasion,
    RemedyKind,
    Stage,
    State,
)
from complaints.workflow import MOVES, possible_moves, reasons_against


@dataclass(frozen=True)
class Decision:
    """What is decided, why, what is done about it, and how the complainant is told."""

    finding: str
    reasons: str
    remedy_kind: str
    channel: MessageChannel
    text: str
    subject: str = ""
    remedy_detail: str = ""
    amount: Decimal = Decimal(0)
    remedy_due_at: datetime | None = None
    told_at: datetime | None = None


@transaction.atomic
def propose_response(
    *,
    complaint_id: int,
    decision: Decision,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Response:
    """Respond at once, or ask for approval where the policy's limits demand it (CM-8.5).

    Raises MoveRefused and BadInput naming `finding`, `reasons`, `text`, `amount`, `remedy_due_at`.
    """
    complaint = take_for("respond", complaint_id, actor=actor, expected_version=expected_version)
    reasons = reasons_against(complaint, "respond")
    if reasons:
        raise MoveRefused(reasons, possible=possible_moves(complaint))
    if complaint.pending_approval:
        raise MoveRefused([_("A request for approval is still waiting.")])
    says = complaint.policy.says
    _check_decision(complaint, decision, says, at)
    response = Response.objects.create(
        complaint=complaint,
        cycle=complaint.cycle,
        by=actor,
        at=at,
        finding=decision.finding,
        reasons=decision.reasons,
        remedy_kind=decision.remedy_kind,
        remedy_detail=decision.remedy_detail,
        amount=decision.amount,
        currency=says.redress.currency,
        remedy_due_at=decision.remedy_due_at,
        channel=decision.channel,
        subject_line=decision.subject,
        text=decision.text,
    )
    if why := approval_reasons(complaint, decision.amount, says):
        _ask_approval(complaint, ApprovalKind.RESPONSE, "", why, response, actor, at)
        keep(complaint, "pending_approval")
    else:
        _send(complaint, response, actor=actor, at=at, told_at=decision.told_at)
    return response


def approval_reasons(
    complaint: Complaint, amount: Decimal, says: PolicyContent
) -> list[dict[str, str]]:
    """Return why a response to this complaint needs a second person; empty when it does not.

    Each is a code of selectors.approvals.WHY with what its sentence names.
    """
    why = []
    if amount > says.redress.owner:
        why.append(
            {"code": "above_limit", "amount": f"{amount:.2f}", "currency": says.redress.currency}
        )
    if says.priority(complaint.priority).needs_approval:
        why.append({"code": "priority", "priority": complaint.priority})
    return why


def _check_decision(
    complaint: Complaint, decision: Decision, says: PolicyContent, at: datetime
) -> None:
    if decision.finding not in Finding.values:
        raise BadInput(_("Say whether the complaint is upheld."), field="finding")
    if not decision.reasons.strip():
        raise BadInput(_("Give the reasons for the decision."), field="reasons")
    # Before anybody is asked to approve it: they could only send it back.
    check_text(decision.subject, decision.text)
    _check_remedy(decision, says, at)
    by_mail = decision.channel == MessageChannel.EMAIL
    address = complaint.complainant.email if complaint.complainant else ""
    if by_mail and "@" not in address:
        raise BadInput(_("No e-mail address is known for this complainant."), field="channel")


def _check_remedy(decision: Decision, says: PolicyContent, at: datetime) -> None:
    if decision.remedy_kind not in RemedyKind.values:
        raise BadInput(_("Choose a remedy, or say that there is none."), field="remedy_kind")
    if decision.amount < 0:
        raise BadInput(_("An amount cannot be negative."), field="amount")
    if decision.amount and decision.remedy_kind == RemedyKind.NONE:
        raise BadInput(_("An amount needs a remedy."), field="remedy_kind")
    if decision.amount > says.redress.approver:
        raise BadInput(
            _("This is above what anybody may promise under the handling policy (%(limit)s).")
            % {"limit": says.redress.approver},
            field="amount",
        )
    if decision.remedy_due_at is not None and decision.remedy_due_at < at:
        raise BadInput(_("This lies in the past."), field="remedy_due_at")


def _ask_approval(
    complaint: Complaint,
    kind: ApprovalKind,
    reason: str,
    why: list[dict[str, str]],
    response: Response | None,
    actor: User,
    at: datetime,
) -> Approval:
    if complaint.pending_approval:
        raise MoveRefused([_("A request for approval is still waiting.")])
    approval = Approval.objects.create(
        complaint=complaint,
        cycle=complaint.cycle,
        by=actor,
        at=at,
        asked_for_id=complaint.acted_for[1],
        kind=kind,
        reason=reason,
        why=why,
        response=response,
    )
    complaint.pending_approval = kind
    note_down(
        events.DISMISSAL_PROPOSED
        if kind == ApprovalKind.NOT_A_COMPLAINT
        else events.RESPONSE_PROPOSED,
        complaint,
        actor=actor,
        at=at,
        payload={"approval": approval.pk, "kind": str(kind), "sha256": digest(reason or why)},
    )
    others = [
        person
        for person in people_with("complaints.approve", complaint)
        if may_approve(person, complaint, asked_by_id=actor.pk, asked_for_id=approval.asked_for_id)
    ]
    tell(others, complaint, kind="approval", by=actor, at=at)
    return approval


def _send(
    complaint: Complaint, response: Response, *, actor: User, at: datetime, told_at: datetime | None
) -> None:
    before = make("respond", complaint, at=at, finding=response.finding)
    end_pause(complaint, actor=actor, at=at)
    end_clocks(complaint, at=at, stages=[Stage.PROGRESS, Stage.FIRST_ACTION, Stage.ASSESS])
    if response.remedy_kind != RemedyKind.NONE:
        _promise(complaint, response, at)
    if complaint.unreachable:
        stop_clocks(complaint, Stage.RESPOND, at=at)
        end_clocks(complaint, at=at, stages=[Stage.ACKNOWLEDGE])
    else:
        put_out(
            complaint,
            occasion=Occasion.DECISION,
            channel=MessageChannel(response.channel),
            subject=response.subject_line,
            body=response.text,
            actor=actor,
            at=at,
            told_at=told_at,
        )
    response.sent = True
    response.save(update_fields=["sent"])
    refresh_next_due(complaint)
    keep(
        complaint,
        "acknowledged_at",
        "decided_at",
        "decision_sent_at",
        "finding",
        "answer",
        "answered_at",
        "remedies_told_at",
        "remedy_settled",
        "remedy_due_at",
        "remedy_done_at",
        "pending_approval",
    )
    note_down(
        events.RESPONDED,
        complaint,
        actor=actor,
        at=at,
        payload={
            "from": before,
            "response": response.pk,
            "finding": response.finding,
            "remedy": response.remedy_kind,
            "amount": str(response.amount),
            "currency": response.currency,
            "sha256": digest(response.reasons, response.text),
        },
    )


def _promise(complaint: Complaint, response: Response, at: datetime) -> None:
    Remedy.objects.create(
        complaint=complaint,
        cycle=complaint.cycle,
        by=response.by,
        at=at,
        kind=response.remedy_kind,
        detail=response.remedy_detail,
        amount=response.amount,
        currency=response.currency,
        responsible=complaint.owner,
        due_at=response.remedy_due_at,
    )
    owe(complaint, response.remedy_due_at, at=at)


def owe(complaint: Complaint, due_at: datetime | None, *, at: datetime) -> None:
    """Let what was promised fall due. The caller holds the complaint and keeps its fields."""
    complaint.remedy_due_at, complaint.remedy_done_at = due_at, None
    # A clock of an earlier promise in this cycle ends sooner than a new one would.
    if not complaint.clocks.filter(
        stage=Stage.REMEDY, cycle=complaint.cycle, stopped_at__isnull=True, dropped=False
    ).exists():
        start_clocks(complaint, stages=[Stage.REMEDY], started_at=at, says=complaint.policy.says)
    complaint.remedy_settled = _remedies_settled(complaint)


def _remedies_settled(complaint: Complaint) -> bool:
    """Return whether every promise is kept or scheduled: who is responsible, and by when."""
    owed = complaint.remedys.filter(done_at__isnull=True)
    return not owed.filter(
        Q(responsible__isnull=True) | Q(due_at__isnull=True) & ~Exists(_remedy_clocks())
    ).exists()


def _remedy_clocks() -> "QuerySet[Clock]":
    return Clock.objects.filter(
        complaint=OuterRef("complaint"), cycle=OuterRef("cycle"), stage=Stage.REMEDY, dropped=False
    )


# --- the second person -----------------------------------------------------------------------


def _take_approval(approval_id: int, actor: User) -> tuple[Complaint, Approval]:
    complaint_id = Approval.objects.values_list("complaint_id", flat=True).get(pk=approval_id)
    complaint = take(complaint_id, actor=actor, permission="complaints.view")
    approval = Approval.objects.select_for_update(of=("self",)).get(pk=approval_id)
    if approval.state != ApprovalState.PENDING:
        raise MoveRefused([_("This request has been answered already.")])
    if not may_approve(
        actor, complaint, asked_by_id=approval.by_id, asked_for_id=approval.asked_for_id
    ):
        raise NotAllowed(
            _("A second person must decide: not who asked, not who owns the complaint.")
        )
    stand_in(complaint, actor=actor, permission="complaints.approve")
    return complaint, approval


@transaction.atomic
def grant_approval(*, approval_id: int, note: str = "", actor: User, at: datetime) -> Complaint:
    """Approve; the response goes out, or the complaint is dismissed, or need not be investigated.

    Raises NotAllowed (own request, owner, amount above the approver's limit) and MoveRefused.
    """
    complaint, approval = _take_approval(approval_id, actor)
    _decide(approval, ApprovalState.GRANTED, note, actor, at)
    note_down(
        events.APPROVAL_GRANTED,
        complaint,
        actor=actor,
        at=at,
        payload={"approval": approval.pk, "kind": approval.kind, "sha256": digest(note)},
    )
    if approval.kind == ApprovalKind.RESPONSE and approval.response is not None:
        complaint.pending_approval = ""
        _send(complaint, approval.response, actor=approval.by, at=at, told_at=None)
    elif approval.kind == ApprovalKind.NOT_A_COMPLAINT:
        before = make("dismiss", complaint, at=at)
        complaint.pending_approval = ""
        drop_clocks(complaint)
        end_pause(complaint, actor=actor, at=at)
        refresh_next_due(complaint)
        keep(complaint, "closed_at", "pending_approval")
        note_down(
            events.DISMISSED,
            complaint,
            actor=actor,
            at=at,
            payload={"from": before, "approval": approval.pk},
        )
    else:
        complaint.pending_approval = ""
        complaint.investigation_skipped = True
        keep(complaint, "pending_approval", "investigation_skipped")
    return complaint


@transaction.atomic
def return_approval(*, approval_id: int, note: str, actor: User, at: datetime) -> Complaint:
    """Send a request back with a reason. Raises BadInput naming `note`, NotAllowed, MoveRefused."""
    complaint, approval = _take_approval(approval_id, actor)
    if not note.strip():
        raise BadInput(_("Say what must change."), field="note")
    _decide(approval, ApprovalState.RETURNED, note, actor, at)
    complaint.pending_approval = ""
    keep(complaint, "pending_approval")
    note_down(
        events.APPROVAL_RETURNED,
        complaint,
        actor=actor,
        at=at,
        payload={"approval": approval.pk, "kind": approval.kind, "sha256": digest(note)},
    )
    # Who asked may have left meanwhile; then it is the owner's to change.
    asker = approval.by if approval.by.is_active else complaint.owner
    tell([asker] if asker else [], complaint, kind="returned", by=actor, at=at)
    return complaint


def _decide(approval: Approval, state: ApprovalState, note: str, actor: User, at: datetime) -> None:
    approval.state, approval.decided_by, approval.decided_at = state, actor, at
    approval.decision_note = note
    approval.save(update_fields=["state", "decided_by", "decided_at", "decision_note"])


def drop_approval(complaint: Complaint) -> None:
    """Withdraw a waiting request because the complaint has left the state it was about."""
    complaint.approvals.filter(state=ApprovalState.PENDING).update(state=ApprovalState.DROPPED)
    complaint.pending_approval = ""


@transaction.atomic
def propose_dismissal(
    *,
    complaint_id: int,
    reason: str,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Approval:
    """Say that this is not a complaint; a second person decides. Raises BadInput (`reason`)."""
    complaint = take_for("dismiss", complaint_id, actor=actor, expected_version=expected_version)
    return _propose(complaint, ApprovalKind.NOT_A_COMPLAINT, reason, actor, at)


@transaction.atomic
def propose_skipping(
    *,
    complaint_id: int,
    reason: str,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Approval:
    """Ask to answer without an investigation. Raises MoveRefused, BadInput naming `reason`."""
    complaint = take(
        complaint_id,
        actor=actor,
        permission="complaints.investigate",
        expected_version=expected_version,
    )
    if complaint.state not in {State.ASSESSED, State.INVESTIGATING}:
        raise MoveRefused([_("Only an assessed complaint can go without an investigation.")])
    return _propose(complaint, ApprovalKind.SKIP_INVESTIGATION, reason, actor, at)


def _propose(
    complaint: Complaint, kind: ApprovalKind, reason: str, actor: User, at: datetime
) -> Approval:
    if not complaint.is_open:
        raise MoveRefused([_("The complaint is at its end.")])
    if not reason.strip():
        raise BadInput(_("Say why."), field="reason")
    approval = _ask_approval(complaint, kind, reason, [], None, actor, at)
    keep(complaint, "pending_approval")
    return approval


# --- after the decision ----------------------------------------------------------------------


@transaction.atomic
def record_decision(
    *,
    complaint_id: int,
    answer: Answer,
    note: str = "",
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Complaint:
    """Record whether the complainant accepts, refuses, or stayed silent long enough (CM-8.6).

    A refused response stays open. Silence counts only when the policy's days are over and its
    reminders have gone out. Raises MoveRefused, BadInput naming `answer`.
    """
    complaint = take_for(
        MOVES["record_decision"].name, complaint_id, actor=actor, expected_version=expected_version
    )
    if answer not in {Answer.ACCEPTED, Answer.REFUSED, Answer.NO_REPLY}:
        raise BadInput(_("Choose the complainant's answer."), field="answer")
    if answer == Answer.NO_REPLY:
        _check_silence(complaint, at)
    make("record_decision", complaint, at=at, answer=answer)
    keep(complaint, "answer", "answered_at")
    note_down(
        events.DECISION_RECORDED,
        complaint,
        actor=actor,
        at=at,
        payload={"answer": str(answer), **write_down(complaint, note, actor=actor, at=at)},
    )
    return complaint


def _check_silence(complaint: Complaint, at: datetime) -> None:
    silence = complaint.policy.says.silence
    since = complaint.decision_sent_at
    if since is None or (at - since).days < silence.days:
        raise MoveRefused(
            [
                _("Silence counts as an end only %(days)s days after the decision.")
                % {"days": silence.days}
            ]
        )
    left_alone = complaint.no_contact_at is not None  # whoever asked for that is not reminded
    if not left_alone and reminders_sent(complaint) < silence.reminders:
        raise MoveRefused(
            [
                _("The policy asks for %(count)s reminder(s) before silence counts as an end.")
                % {"count": silence.reminders}
            ]
        )


def reminders_sent(complaint: Complaint) -> int:
    """Return how many reminders of this cycle have gone out."""
    return Message.objects.filter(
        complaint=complaint,
        cycle=complaint.cycle,
        occasion=Occasion.REMINDER,
        state__in=[MessageState.SENT, MessageState.NOTED],
    ).count()


@transaction.atomic
def tell_remedies(
    *,
    complaint_id: int,
    channel: MessageChannel,
    subject: str,
    text: str,
    told_at: datetime | None = None,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Complaint:
    """Tell which other remedies there are, inside and outside (CM-8.6d). Raises MoveRefused."""
    complaint = take(
        complaint_id,
        actor=actor,
        permission="complaints.message",
        expected_version=expected_version,
    )
    if complaint.state != State.RESPONDED:
        raise MoveRefused([_("Other remedies are told after a response.")])
    message = put_out(
        complaint,
        occasion=Occasion.REMEDIES,
        channel=channel,
        subject=subject,
        body=text,
        actor=actor,
        at=at,
        told_at=told_at,
    )
    keep(complaint, "remedies_told_at")
    note_down(
        events.REMEDIES_TOLD,
        complaint,
        actor=actor,
        at=at,
        payload={
            "message": message.pk,
            "routes": [route.code for route in complaint.policy.says.routes],
        },
    )
    return complaint


@transaction.atomic
def mark_remedy_done(
    *, remedy_id: int, proof: str, done_at: datetime, actor: User, at: datetime
) -> Remedy:
    """Note that a promised remedy was carried out. Raises BadInput naming `done_at` or `proof`."""
    complaint_id = Remedy.objects.values_list("complaint_id", flat=True).get(pk=remedy_id)
    complaint = take(complaint_id, actor=actor, permission="complaints.note")
    remedy = Remedy.objects.select_for_update(of=("self",)).get(pk=remedy_id)
    if remedy.done_at is not None:
        raise MoveRefused([_("This remedy was carried out already.")])
    if done_at > at or done_at < remedy.at:
        raise BadInput(_("The day must lie between the promise and today."), field="done_at")
    if not proof.strip():
        raise BadInput(_("Say what shows that it was done."), field="proof")
    remedy.done_at, remedy.proof = done_at, proof
    remedy.save(update_fields=["done_at", "proof"])
    if remedy.cycle == complaint.cycle:
        complaint.remedy_done_at = done_at
    complaint.remedy_settled = _remedies_settled(complaint)
    stop_clocks(complaint, Stage.REMEDY, at=done_at, cycle=remedy.cycle)
    refresh_next_due(complaint)
    keep(complaint, "remedy_done_at", "remedy_settled")
    note_down(
        events.REMEDY_DONE,
        complaint,
        actor=actor,
        at=at,
        payload={"remedy": remedy.pk, "done_at": done_at.isoformat(), "sha256": digest(proof)},
    )
    return remedy
