"""What was found out for all: proposed once, approved by another, confirmed case by case."""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint
from complaints.permissions import may
from complaints.selectors.policy import policy_in_force
from complaints.services.investigation import FoundOut, record_findings
from complaints.services.moves import digest
from complaints.services.notes import add_note
from complaints.states import Finding, RemedyKind
from incidents import events
from incidents.models import CommonFinding, FindingAnswer, Incident
from incidents.permissions import may_approve_finding
from incidents.selectors.outcomes import linked_complaints
from incidents.services.moves import demand_text, keep, note_down, see, take
from incidents.states import FindingState, Verdict

INVESTIGATE = "complaints.investigate"


@dataclass(frozen=True)
class Position:
    """What was found out, why it happened, and what is done for each complainant."""

    findings: str
    cause: str
    cause_code: str
    finding: str
    reasons: str
    remedy_kind: str
    evidence: str = ""
    remedy_detail: str = ""
    amount: Decimal = Decimal(0)
    remedy_days: int | None = None


@transaction.atomic
def propose_finding(
    *,
    incident_id: int,
    position: Position,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> CommonFinding:
    """Write a version of the common finding; somebody else approves it.

    Raises MoveRefused while another version waits, and BadInput naming the field at fault.
    """
    incident = take(incident_id, actor=actor, expected_version=expected_version)
    if incident.findings.filter(state=FindingState.PROPOSED).exists():
        raise MoveRefused([_("A version is still waiting for approval.")])
    _check(position, at)
    newest = incident.findings.aggregate(newest=Max("number"))["newest"] or 0
    finding = CommonFinding.objects.create(
        incident=incident,
        number=newest + 1,
        by=actor,
        at=at,
        **{part.name: getattr(position, part.name) for part in fields(Position)},
    )
    keep(incident)
    payload = {
        "finding": finding.pk,
        "number": finding.number,
        "cause": position.cause_code,
        "verdict": position.finding,
        "remedy": position.remedy_kind,
        "amount": str(position.amount),
        "sha256": digest(*(getattr(position, part.name) for part in fields(Position))),
    }
    note_down(events.FINDING_PROPOSED, incident, actor=actor, at=at, payload=payload)
    return finding


def _check(position: Position, at: datetime) -> None:
    for name, sentence in (
        ("findings", gettext_lazy("Say what was found out.")),
        ("cause", gettext_lazy("Name the cause.")),
        ("reasons", gettext_lazy("Give the reasons as complainants are told them.")),
    ):
        demand_text(getattr(position, name), sentence, field=name)
    says = policy_in_force(at).says
    if position.cause_code not in {cause.code for cause in says.causes}:
        raise BadInput(_("The handling policy knows no such class of cause."), field="cause_code")
    if position.finding not in Finding.values:
        raise BadInput(_("Say whether the complaints are upheld."), field="finding")
    if position.remedy_kind not in RemedyKind.values:
        raise BadInput(_("Choose a remedy, or say that there is none."), field="remedy_kind")
    if position.amount < 0:
        raise BadInput(_("An amount cannot be negative."), field="amount")
    if position.amount and position.remedy_kind == RemedyKind.NONE:
        raise BadInput(_("An amount needs a remedy."), field="remedy_kind")
    if position.amount > says.redress.approver:
        raise BadInput(
            _("This is above what anybody may promise under the handling policy (%(limit)s).")
            % {"limit": says.redress.approver},
            field="amount",
        )


def _take_finding(finding_id: int, actor: User) -> tuple[Incident, CommonFinding]:
    incident_id = CommonFinding.objects.values_list("incident_id", flat=True).get(pk=finding_id)
    incident = see(incident_id, actor=actor)
    finding = CommonFinding.objects.select_related("incident").get(pk=finding_id)
    if not incident.is_open:
        raise MoveRefused([_("The incident is at its end.")])
    if finding.state != FindingState.PROPOSED:
        raise MoveRefused([_("This version has been decided already.")])
    if not may_approve_finding(actor, finding):
        raise NotAllowed(_("A second person must decide: not who wrote it."))
    return incident, finding


@transaction.atomic
def approve_finding(*, finding_id: int, note: str = "", actor: User, at: datetime) -> CommonFinding:
    """Put a version in force; it appears as a proposal on each linked complaint.

    Raises NotAllowed for its author, MoveRefused when it was decided already.
    """
    incident, finding = _take_finding(finding_id, actor)
    incident.findings.filter(state=FindingState.APPROVED).update(state=FindingState.SUPERSEDED)
    _decide(finding, FindingState.APPROVED, note, actor, at)
    keep(incident)
    payload = {"finding": finding.pk, "number": finding.number, "sha256": digest(note)}
    note_down(events.FINDING_APPROVED, incident, actor=actor, at=at, payload=payload)
    return finding


@transaction.atomic
def return_finding(*, finding_id: int, note: str, actor: User, at: datetime) -> CommonFinding:
    """Send a version back with a reason. Raises NotAllowed, MoveRefused, BadInput (`note`)."""
    incident, finding = _take_finding(finding_id, actor)
    note = demand_text(note, _("Say what must change."), field="note")
    _decide(finding, FindingState.RETURNED, note, actor, at)
    keep(incident)
    payload = {"finding": finding.pk, "number": finding.number, "sha256": digest(note)}
    note_down(events.FINDING_RETURNED, incident, actor=actor, at=at, payload=payload)
    return finding


def _decide(
    finding: CommonFinding, state: FindingState, note: str, actor: User, at: datetime
) -> None:
    finding.state, finding.note = state, note.strip()
    finding.decided_by, finding.decided_at = actor, at
    finding.save(update_fields=["state", "note", "decided_by", "decided_at"])


# --- case by case ----------------------------------------------------------------------------


def _proposal(
    finding_id: int, complaint_id: int, actor: User
) -> tuple[Incident, CommonFinding, Complaint]:
    """Return what is proposed for a complaint. Raises Complaint.DoesNotExist, and refusals."""
    complaint = Complaint.objects.visible_to(actor).get(pk=complaint_id)
    finding = CommonFinding.objects.select_related("incident").get(pk=finding_id)
    incident = see(finding.incident_id, actor=actor)
    if not linked_complaints(incident).filter(pk=complaint_id).exists():
        raise Complaint.DoesNotExist
    if not may(actor, INVESTIGATE, complaint):
        raise NotAllowed(_("Your role does not allow this for this complaint."))
    if not incident.is_open or finding.state != FindingState.APPROVED:
        raise MoveRefused([_("This version of the common finding is not in force.")])
    if finding.answers.filter(complaint=complaint).exists():
        raise MoveRefused([_("This was answered for this complaint already.")])
    return incident, finding, complaint


@transaction.atomic
def confirm_finding(
    *, finding_id: int, complaint_id: int, addition: str = "", actor: User, at: datetime
) -> FindingAnswer:
    """Say that the common finding fits one complaint: it becomes part of its own investigation.

    `addition` is what was found out beyond it, in this case. The complaint must be far enough for
    an investigation, as its own verb demands. Raises NotAllowed, MoveRefused.
    """
    incident, finding, complaint = _proposal(finding_id, complaint_id, actor)
    others = linked_complaints(incident).exclude(pk=complaint_id).count()
    similar = _("Incident %(reference)s: %(count)s other complaints.") % {
        "reference": incident.reference,
        "count": others,
    }
    investigation = record_findings(
        complaint_id=complaint.pk,
        found=FoundOut(
            findings="\n\n".join(filter(None, (finding.findings, addition.strip()))),
            cause=finding.cause,
            cause_code=finding.cause_code,
            evidence=finding.evidence or _pointing_to(incident, finding),
            similar_cases=similar,
        ),
        actor=actor,
        at=at,
    )
    answer = FindingAnswer.objects.create(
        finding=finding,
        complaint=complaint,
        verdict=Verdict.CONFIRMED,
        investigation=investigation,
        by=actor,
        at=at,
    )
    _note_answer(events.FINDING_CONFIRMED, incident, answer, actor, at)
    return answer


def _pointing_to(incident: Incident, finding: CommonFinding) -> str:
    named = {"reference": incident.reference, "number": finding.number}
    return _("See incident %(reference)s, common finding version %(number)s.") % named


@transaction.atomic
def reject_finding(
    *, finding_id: int, complaint_id: int, reason: str, actor: User, at: datetime
) -> FindingAnswer:
    """Say that the common finding does not fit one complaint, and why.

    The complaint stays linked until somebody unlinks it. Raises BadInput naming `reason`,
    NotAllowed, MoveRefused.
    """
    incident, finding, complaint = _proposal(finding_id, complaint_id, actor)
    reason = demand_text(reason, _("Say why it does not fit this complaint."), field="reason")
    answer = FindingAnswer.objects.create(
        finding=finding,
        complaint=complaint,
        verdict=Verdict.REJECTED,
        reason=reason,
        by=actor,
        at=at,
    )
    told = _("The common finding of incident %(reference)s does not fit: %(reason)s") % {
        "reference": incident.reference,
        "reason": reason,
    }
    add_note(complaint_id=complaint.pk, text=told, actor=actor, at=at)
    _note_answer(events.FINDING_REJECTED, incident, answer, actor, at)
    return answer


def _note_answer(
    kind: str, incident: Incident, answer: FindingAnswer, actor: User, at: datetime
) -> None:
    payload = {
        "finding": answer.finding_id,
        "number": answer.finding.number,
        "complaint": answer.complaint_id,
        "answer": answer.pk,
        "sha256": digest(answer.reason),
    }
    note_down(kind, incident, actor=actor, at=at, payload=payload)
