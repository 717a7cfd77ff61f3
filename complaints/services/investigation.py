"""Finding out: investigate, as deep as the severity asks, or skip with a second person's leave."""

from dataclasses import dataclass, fields
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import BadInput, MoveRefused
from complaints.models import Complaint, Investigation
from complaints.services.clocks import refresh_next_due, stop_clocks
from complaints.services.moves import digest, keep, make, note_down, take, take_for
from complaints.states import DEPTHS, Depth, Stage, State


@transaction.atomic
def investigate_complaint(
    *, complaint_id: int, actor: User, at: datetime, expected_version: int | None = None
) -> Complaint:
    """Begin the investigation. Raises MoveRefused."""
    complaint = take_for(
        "investigate", complaint_id, actor=actor, expected_version=expected_version
    )
    before = make("investigate", complaint)
    stop_clocks(complaint, Stage.FIRST_ACTION, at=at)
    refresh_next_due(complaint)
    keep(complaint)
    note_down(events.INVESTIGATED, complaint, actor=actor, at=at, payload={"from": before})
    return complaint


@dataclass(frozen=True)
class FoundOut:
    """What the investigation found: more fields make it deeper (findings, cause, full)."""

    findings: str
    cause: str = ""
    cause_code: str = ""
    evidence: str = ""
    similar_cases: str = ""
    subject_statement: str = ""

    @property
    def depth(self) -> Depth:
        """Return how deep this goes."""
        if not self.findings.strip():
            return Depth.NONE
        if not (self.cause.strip() and self.cause_code):
            return Depth.FINDINGS
        if not (self.evidence.strip() and self.similar_cases.strip()):
            return Depth.CAUSE
        return Depth.FULL


def _depth_of(complaint: Complaint) -> Depth:
    """Return how deep everything goes that was found out in this cycle, taken together."""
    written = list(complaint.investigations.filter(cycle=complaint.cycle))
    whole = {
        part.name: next((text for row in written if (text := getattr(row, part.name).strip())), "")
        for part in fields(FoundOut)
    }
    return FoundOut(**whole).depth


@transaction.atomic
def record_findings(
    *,
    complaint_id: int,
    found: FoundOut,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Investigation:
    """Write down what was found out; an assessed complaint thereby comes under investigation.

    Raises MoveRefused, BadInput naming `findings` or `cause_code`.
    """
    complaint = take(
        complaint_id,
        actor=actor,
        permission="complaints.investigate",
        expected_version=expected_version,
    )
    if complaint.state == State.ASSESSED:
        before = make("investigate", complaint)
        stop_clocks(complaint, Stage.FIRST_ACTION, at=at)
        refresh_next_due(complaint)
    elif complaint.state == State.INVESTIGATING:
        before = str(complaint.state)
    else:
        raise MoveRefused([_("Findings belong to a complaint that is being investigated.")])
    if not found.findings.strip():
        raise BadInput(_("Say what was found out."), field="findings")
    causes = {cause.code for cause in complaint.policy.says.causes}
    if found.cause_code and found.cause_code not in causes:
        raise BadInput(_("The handling policy knows no such class of cause."), field="cause_code")
    investigation = Investigation.objects.create(
        complaint=complaint,
        cycle=complaint.cycle,
        by=actor,
        at=at,
        findings=found.findings,
        cause=found.cause,
        cause_code=found.cause_code,
        evidence=found.evidence,
        similar_cases=found.similar_cases,
        subject_statement=found.subject_statement,
        depth=found.depth,
    )
    complaint.depth_done = max(Depth(complaint.depth_done), _depth_of(complaint), key=DEPTHS.index)
    complaint.cause_code = found.cause_code or complaint.cause_code
    keep(complaint, "depth_done", "cause_code")
    note_down(
        events.INVESTIGATED,
        complaint,
        actor=actor,
        at=at,
        payload={
            "from": before,
            "investigation": investigation.pk,
            "depth": str(found.depth),
            "sha256": digest(found.findings, found.cause, found.evidence, found.similar_cases),
        },
    )
    return investigation
