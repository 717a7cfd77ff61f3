"""A desk at work: complaints brought by the real verbs to the state in which a test begins."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from functools import cached_property
from typing import Any

from accounts.models import User
from accounts.services import system_user
from complaints.models import Category, Clock, Complaint, HandlingPolicy
from complaints.services.closure import close_complaint, merge_complaint, withdraw_complaint
from complaints.services.follow_ups import FollowUp, record_follow_up
from complaints.services.investigation import FoundOut, record_findings
from complaints.services.policy import default_content
from complaints.services.response import (
    Decision,
    grant_approval,
    propose_dismissal,
    propose_response,
    record_decision,
)
from complaints.services.triage import (
    Criteria,
    acknowledge_complaint,
    assess_complaint,
    assign_complaint,
)
from complaints.states import Answer, FollowUpOutcome, MessageChannel, PolicyState, State
from tests.complaints.factories import NOW, make_complaint, make_policy, make_user


def category(code: str = "product.defective") -> Category:
    """Return a category of the policy in force."""
    make_policy()
    return Category.objects.get(code=code)


def clock_of(complaint: Complaint, stage: str, *, cycle: int | None = None) -> Clock:
    """Return the newest clock of a stage that was not dropped."""
    clocks = complaint.clocks.filter(stage=stage, cycle=cycle or complaint.cycle, dropped=False)
    return clocks.order_by("-pk")[0]


def criteria(**changes: Any) -> Criteria:
    """Return the judgement of a plain complaint: P2, unless `changes` say otherwise."""
    plain: dict[str, Any] = {
        "severity": "moderate",
        "safety_hazard": "none",
        "complexity": "normal",
        "impact": "one",
        "immediate_action_needed": False,
        "immediate_action_possible": False,
    }
    if "category" not in changes:
        changes["category"] = category()
    return Criteria(**(plain | changes))


def found_out(**changes: Any) -> FoundOut:
    """Return what an investigation of the full depth found."""
    full = {
        "findings": "The seal is worn out.",
        "cause": "A batch of brittle seals.",
        "cause_code": "material",
        "evidence": "Photo of the seal.",
        "similar_cases": "Four more of this batch.",
    }
    return FoundOut(**(full | changes))


def decision(**changes: Any) -> Decision:
    """Return a decision told by phone, with a small refund."""
    plain: dict[str, Any] = {
        "finding": "upheld",
        "reasons": "The seal was faulty.",
        "remedy_kind": "refund",
        "amount": 80,
        "channel": MessageChannel.PHONE,
        "text": "We are sorry: you get your money back.",
        "told_at": NOW,
    }
    return Decision(**(plain | changes))


def make_version(changes: Mapping[str, Any], *, effective_from: datetime) -> HandlingPolicy:
    """Put an approved version in force that says something else in these parts."""
    make_policy()
    content = default_content().model_dump(mode="json")
    for name, value in changes.items():
        content[name] = {**content[name], **value} if isinstance(value, dict) else value
    return HandlingPolicy.objects.create(
        version=HandlingPolicy.objects.count() + 1,
        state=PolicyState.APPROVED,
        content=content,
        author=system_user(),
        created_at=effective_from,
        approved_by=make_user("top_management"),
        approved_at=effective_from,
        effective_from=effective_from,
        applied_at=effective_from,
    )


def clocks_said(**changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the clocks of the policy that comes with the product, some of them changed by code."""
    said = deepcopy(default_content().model_dump(mode="json")["clocks"])
    return [{**item, **changes.get(item["code"], {})} for item in said]


class Desk:
    """The people of a desk, and complaints they bring, by the verbs, to where a test begins."""

    @cached_property
    def agent(self) -> User:
        """Return who takes calls."""
        return make_user("agent", username="mei")

    @cached_property
    def handler(self) -> User:
        """Return who handles what they own."""
        return make_user("handler", username="wei")

    @cached_property
    def manager(self) -> User:
        """Return who may do everything on complaints."""
        return make_user("manager", username="lin")

    def case(self, state: str = State.RECEIVED, *, at: datetime = NOW, **fields: Any) -> Complaint:
        """Return a complaint in this state: received an hour before, all else at once.

        `judged`, `found` and `decided` change what the assessment, the findings and the decision
        say; `answer` is what the complainant answers.
        """
        given = {name: fields.pop(name, {}) for name in ("judged", "found", "decided")}
        answer = fields.pop("answer", Answer.ACCEPTED)
        fields.setdefault("category", category())
        complaint = make_complaint(actor=self.agent, at=at, **fields)
        steps = (
            (State.ACKNOWLEDGED, lambda: self.acknowledge(complaint, at)),
            (State.ASSESSED, lambda: self.assess(complaint, at, **given["judged"])),
            (State.INVESTIGATING, lambda: self.find_out(complaint, at, **given["found"])),
            (State.RESPONDED, lambda: self.respond(complaint, at, **given["decided"])),
            (State.CLOSED, lambda: self.close(complaint, at, answer)),
            (State.FOLLOWED_UP, lambda: self.follow_up(complaint, at)),
        )
        order = [State.RECEIVED, *(name for name, _step in steps)]
        if state in order:
            for _name, step in steps[: order.index(State(state))]:
                step()
        else:
            self._end_otherwise(complaint, state, at)
        complaint.refresh_from_db()
        return complaint

    def acknowledge(self, complaint: Complaint, at: datetime) -> None:
        """Tell receipt by phone."""
        acknowledge_complaint(
            complaint_id=complaint.pk,
            channel=MessageChannel.PHONE,
            subject="",
            text="We have your complaint and answer within ten working days.",
            told_at=at,
            actor=self.agent,
            at=at,
        )

    def assess(self, complaint: Complaint, at: datetime, **judged: Any) -> None:
        """Assign to the handler, who assesses."""
        if complaint.category is not None:
            judged.setdefault("category", complaint.category)
        assign_complaint(complaint_id=complaint.pk, owner=self.handler, actor=self.manager, at=at)
        assess_complaint(
            complaint_id=complaint.pk, criteria=criteria(**judged), actor=self.handler, at=at
        )

    def find_out(self, complaint: Complaint, at: datetime, **found: Any) -> None:
        """Write down what was found."""
        record_findings(
            complaint_id=complaint.pk, found=found_out(**found), actor=self.handler, at=at
        )

    def respond(self, complaint: Complaint, at: datetime, **decided: Any) -> None:
        """Answer by phone, with approval where the policy asks for it."""
        decided.setdefault("told_at", at)
        response = propose_response(
            complaint_id=complaint.pk, decision=decision(**decided), actor=self.handler, at=at
        )
        if not response.sent:
            grant_approval(approval_id=response.approval.pk, actor=self.manager, at=at)

    def answer(self, complaint: Complaint, answer: str, at: datetime) -> None:
        """Record what the complainant says."""
        record_decision(complaint_id=complaint.pk, answer=Answer(answer), actor=self.agent, at=at)

    def close(self, complaint: Complaint, at: datetime, answer: str = Answer.ACCEPTED) -> None:
        """Record the answer and close."""
        self.answer(complaint, answer, at)
        close_complaint(complaint_id=complaint.pk, actor=self.handler, at=at)

    def follow_up(self, complaint: Complaint, at: datetime, score: int = 9) -> None:
        """Ask how it went and hear something."""
        record_follow_up(
            complaint_id=complaint.pk,
            follow_up=FollowUp("phone", FollowUpOutcome.ANSWERED, score, score),
            actor=self.agent,
            at=at,
        )

    def _end_otherwise(self, complaint: Complaint, state: str, at: datetime) -> None:
        if state == State.WITHDRAWN:
            withdraw_complaint(
                complaint_id=complaint.pk, reason="Settled in the shop.", actor=self.agent, at=at
            )
        elif state == State.NOT_A_COMPLAINT:
            asked = propose_dismissal(
                complaint_id=complaint.pk, reason="A question.", actor=self.manager, at=at
            )
            second = make_user("quality_manager")
            grant_approval(approval_id=asked.pk, actor=second, at=at)
        else:
            into = make_complaint(
                actor=self.agent,
                at=at,
                complainant=complaint.complainant,
                category=complaint.category,
            )
            merge_complaint(complaint_id=complaint.pk, into_id=into.pk, actor=self.manager, at=at)
