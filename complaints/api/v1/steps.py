"""POST complaints/{reference}/{action}/: the same verbs as behind the buttons of the pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from complaints.api.v1 import given, told
from complaints.api.v1.finding import found
from complaints.api.v1.letters import letter_of
from complaints.api.v1.telling import deadlines_told
from complaints.errors import BadInput, Conflict
from complaints.models import Complaint
from complaints.selectors.emergencies import receipt_of
from complaints.selectors.partners import deadlines_of
from complaints.services.closure import close_complaint, withdraw_complaint
from complaints.services.emergencies import declare_emergency
from complaints.services.escalation import escalate_complaint
from complaints.services.follow_ups import FollowUp, record_follow_up
from complaints.services.investigation import FoundOut, investigate_complaint, record_findings
from complaints.services.letters import Outcome, letter_language, outcome_values
from complaints.services.notes import grant_confidential_access
from complaints.services.partners import Places, take_first
from complaints.services.reopening import reopen_complaint
from complaints.services.response import Decision, propose_response, record_decision
from complaints.services.triage import Criteria, acknowledge_complaint, assess_complaint
from complaints.states import Answer as Said
from complaints.states import FollowUpOutcome, Occasion, RemedyKind
from providers.api.fields import Strict
from providers.api.operations import Answer, Call, operation
from providers.api.views import ApiView, etag, expected_version
from providers.errors import OutOfDate
from providers.states import Scope

Who = Mapping[str, Any]  # complaint_id, actor, at, expected_version: as every verb takes them
Run = Callable[[Complaint, Mapping[str, Any], dict[str, Any]], Any]


def _acknowledge(complaint: Complaint, say: Mapping[str, Any], who: dict[str, Any]) -> Any:
    letter = letter_of(complaint, say["message"], Occasion.ACKNOWLEDGEMENT, who)
    return acknowledge_complaint(**letter, **who)


def _assess(complaint: Complaint, say: Mapping[str, Any], who: dict[str, Any]) -> Any:
    category = Places().category(say["category"])
    if category is None:
        raise BadInput(_("Nothing here has this code."), code="unknown_value", field="category")
    who = take_first(complaint, who)
    return assess_complaint(criteria=Criteria(**{**say, "category": category}), **who)


def _investigate(complaint: Complaint, say: Mapping[str, Any], who: dict[str, Any]) -> Any:
    who = take_first(complaint, who)
    if not say:
        return investigate_complaint(**who)
    return record_findings(found=FoundOut(**{"findings": "", **say}), **who)


def _respond(complaint: Complaint, say: Mapping[str, Any], who: dict[str, Any]) -> Any:
    remedy = say.get("remedy") or {"kind": RemedyKind.NONE}
    outcome = Outcome(
        finding=say["finding"],
        reasons=say["reasons"],
        remedy_kind=remedy["kind"],
        remedy_detail=remedy.get("detail", ""),
        amount=remedy.get("amount", Decimal(0)),
        currency=complaint.policy.says.redress.currency,
        remedy_due_at=remedy.get("due_at"),
    )
    extra = outcome_values(outcome, letter_language(complaint))
    letter = letter_of(complaint, say["message"], Occasion.DECISION, who, extra=extra)
    decision = Decision(
        finding=outcome.finding,
        reasons=outcome.reasons,
        remedy_kind=outcome.remedy_kind,
        remedy_detail=outcome.remedy_detail,
        amount=outcome.amount,
        remedy_due_at=outcome.remedy_due_at,
        **letter,
    )
    return propose_response(decision=decision, **take_first(complaint, who))


def _record_decision(_complaint: Complaint, say: Mapping[str, Any], who: dict[str, Any]) -> Any:
    return record_decision(answer=Said(say["decision"]), note=say.get("note", ""), **who)


def _close(_complaint: Complaint, say: Mapping[str, Any], who: dict[str, Any]) -> Any:
    return close_complaint(**say, **who)


def _follow_up(_complaint: Complaint, say: Mapping[str, Any], who: dict[str, Any]) -> Any:
    attempt = FollowUp(**{**say, "outcome": FollowUpOutcome(say["outcome"])})
    return record_follow_up(follow_up=attempt, **who)


def _reopen(_complaint: Complaint, say: Mapping[str, Any], who: dict[str, Any]) -> Any:
    return reopen_complaint(reason=say["reason"], **who)


def _withdraw(_complaint: Complaint, say: Mapping[str, Any], who: dict[str, Any]) -> Any:
    return withdraw_complaint(reason=say["reason"], **who)


def _escalate(_complaint: Complaint, say: Mapping[str, Any], who: dict[str, Any]) -> Any:
    return escalate_complaint(reason=say["reason"], level=say.get("level"), **who)


def _declare(_complaint: Complaint, say: Mapping[str, Any], who: dict[str, Any]) -> Any:
    return declare_emergency(trigger=say["trigger"], facts=say["facts"], **who)


@dataclass(frozen=True)
class Action:
    """One action: what it takes, which verb stands behind it, which step of a page it is."""

    name: str  # in the address
    step: str  # of complaints.selectors.steps
    summary: str
    takes: type[Strict]
    run: Run
    names: Mapping[str, str] = field(default_factory=dict)


ACTIONS = (
    Action(
        "acknowledge",
        "acknowledge",
        "Acknowledge",
        given.AcknowledgeGiven,
        _acknowledge,
        given.STEP_NAMES,
    ),
    Action("assess", "assess", "Assess", given.AssessGiven, _assess),
    Action("investigate", "findings", "Investigate", given.InvestigateGiven, _investigate),
    Action("respond", "respond", "Respond", given.RespondGiven, _respond, given.STEP_NAMES),
    Action(
        "record-decision",
        "record_decision",
        "Record what the complainant says",
        given.DecisionGiven,
        _record_decision,
        given.DECISION_NAMES,
    ),
    Action("close", "close", "Close", given.CloseGiven, _close),
    Action("follow-up", "follow_up", "Record a follow-up", given.FollowUpGiven, _follow_up),
    Action("reopen", "reopen", "Reopen", given.ReasonGiven, _reopen),
    Action("withdraw", "withdraw", "Withdraw", given.ReasonGiven, _withdraw),
    Action("escalate", "escalate", "Escalate", given.EscalateGiven, _escalate),
    Action(
        "declare-emergency",
        "emergency",
        "Declare an emergency",
        given.EmergencyGiven,
        _declare,
    ),
)


def door_of(action: Action) -> type[ApiView]:
    """Return the view of an action."""

    @operation(
        f"complaint_{action.name.replace('-', '_')}",
        action.summary,
        scope=Scope.HANDLE,
        takes=action.takes,
        names=action.names,
        gives={200: told.ActedShape},
        versioned=True,
        tag="actions",
    )
    def post(_view: ApiView, call: Call, reference: str) -> Answer:
        complaint = found(call.actor, reference)
        with transaction.atomic():
            run_with_version(action.run, complaint, call)
        return acted(complaint.pk)

    post.__doc__ = action.takes.__doc__
    name = "".join(part.title() for part in action.name.split("-"))
    return type(name, (ApiView,), {"post": post, "__doc__": action.takes.__doc__})


def run_with_version(run: Run, complaint: Complaint, call: Call) -> Any:
    """Take a step against the version that the caller names. Raises OutOfDate for the loser."""
    who = {
        "complaint_id": complaint.pk,
        "actor": call.actor,
        "at": call.at,
        "expected_version": expected_version(call, complaint.version),
    }
    try:
        return run(complaint, call.given, who)
    except Conflict:
        if call.versions is None:
            raise
        raise OutOfDate from None


def acted(pk: int) -> Answer:
    """Return how a complaint stands after a step."""
    complaint = Complaint.objects.get(pk=pk)
    receipt = receipt_of(complaint) if complaint.emergency else None
    clocks = complaint.clocks.filter(cycle=complaint.cycle)
    return Answer(
        {
            "reference": complaint.reference,
            "status": str(complaint.state),
            "version": complaint.version,
            "cycle": complaint.cycle,
            "priority": complaint.priority,
            "approval_pending": bool(complaint.pending_approval),
            "deadlines": deadlines_told(deadlines_of(clocks)),
            "emergency_receipt": receipt and receipt._asdict(),
        },
        headers=etag(complaint.version),
    )


class ReadConfidential(ApiView):
    """Say why a confidential complaint must be read; that is recorded and holds for hours."""

    @operation(
        "complaint_read_confidential",
        "Say why a confidential complaint is read",
        scope=Scope.READ,
        takes=given.ReasonGiven,
        gives={200: told.LeaveShape},
        refuses=(409,),
        tag="complaints",
    )
    def post(self, call: Call, reference: str) -> Answer:
        """Until then its words and its complainant are null, and named in `masked`."""
        complaint = found(call.actor, reference)
        leave = grant_confidential_access(
            complaint_id=complaint.pk, reason=call.given["reason"], actor=call.actor, at=call.at
        )
        return Answer({"reference": complaint.reference, "until": leave.until})
