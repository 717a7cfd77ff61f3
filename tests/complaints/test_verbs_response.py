"""Investigate, answer, approve, settle: what the verbs do, refuse and leave behind."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from complaints import events
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Approval, Complaint, Note, Notice, Response
from complaints.services.investigation import investigate_complaint, record_findings
from complaints.services.messages import write_message
from complaints.services.response import (
    grant_approval,
    mark_remedy_done,
    propose_dismissal,
    propose_response,
    propose_skipping,
    record_decision,
    return_approval,
    tell_remedies,
)
from complaints.states import (
    Answer,
    ApprovalState,
    Depth,
    MessageChannel,
    MessageState,
    Occasion,
    Stage,
    State,
)
from journal.selectors import history_of
from tests.complaints.desk import Desk, clock_of, decision, found_out
from tests.complaints.factories import NOW, make_user

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT = NOW + HOUR


@pytest.fixture
def desk() -> Desk:
    return Desk()


def again(complaint: Complaint) -> Complaint:
    return Complaint.objects.get(pk=complaint.pk)


def kinds(complaint: Complaint) -> list[str]:
    return [entry.kind for entry in history_of(complaint)]


# --- investigate -------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.3+")
def test_the_investigation_begins_with_the_first_action(desk: Desk) -> None:
    complaint = desk.case(State.ASSESSED)
    investigate_complaint(complaint_id=complaint.pk, actor=desk.handler, at=AT)
    assert again(complaint).state == State.INVESTIGATING
    assert clock_of(complaint, Stage.FIRST_ACTION).stopped_at == AT


@pytest.mark.clause("CM-8.3+")
@pytest.mark.parametrize(
    ("less", "depth"),
    [
        ({}, Depth.FULL),
        ({"similar_cases": ""}, Depth.CAUSE),
        ({"evidence": ""}, Depth.CAUSE),
        ({"cause_code": ""}, Depth.FINDINGS),
        ({"cause": ""}, Depth.FINDINGS),
    ],
)
def test_findings_go_as_deep_as_what_they_answer(
    desk: Desk, less: dict[str, str], depth: Depth
) -> None:
    complaint = desk.case(State.ASSESSED)
    found = record_findings(
        complaint_id=complaint.pk, found=found_out(**less), actor=desk.handler, at=AT
    )
    assert found.depth == depth
    assert (again(complaint).state, again(complaint).depth_done) == (State.INVESTIGATING, depth)


@pytest.mark.parametrize(
    ("found", "field"), [({"findings": " "}, "findings"), ({"cause_code": "moon"}, "cause_code")]
)
def test_findings_that_say_nothing_or_name_no_cause_of_the_policy_are_refused(
    desk: Desk, found: dict[str, str], field: str
) -> None:
    complaint = desk.case(State.ASSESSED)
    with pytest.raises(BadInput) as refusal:
        record_findings(
            complaint_id=complaint.pk, found=found_out(**found), actor=desk.handler, at=AT
        )
    assert refusal.value.field == field
    assert again(complaint).state == State.ASSESSED


def test_findings_belong_to_what_is_being_investigated(desk: Desk) -> None:
    for state in (State.ACKNOWLEDGED, State.RESPONDED):
        complaint = desk.case(state)
        with pytest.raises(MoveRefused):
            record_findings(complaint_id=complaint.pk, found=found_out(), actor=desk.manager, at=AT)


def test_agents_do_not_investigate(desk: Desk) -> None:
    complaint = desk.case(State.ASSESSED)
    for verb in (
        lambda: investigate_complaint(complaint_id=complaint.pk, actor=desk.agent, at=AT),
        lambda: record_findings(
            complaint_id=complaint.pk, found=found_out(), actor=desk.agent, at=AT
        ),
    ):
        with pytest.raises(NotAllowed):
            verb()


# --- answering ----------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.5")
@pytest.mark.clause("CM-8.6a")
def test_an_answer_told_at_once_stops_the_clock_and_promises_the_remedy(desk: Desk) -> None:
    complaint = desk.case(State.INVESTIGATING)
    propose_response(
        complaint_id=complaint.pk, decision=decision(told_at=AT), actor=desk.handler, at=AT
    )
    complaint = again(complaint)
    assert (complaint.state, complaint.finding) == (State.RESPONDED, "upheld")
    assert (complaint.decided_at, complaint.decision_sent_at) == (AT, AT)
    assert clock_of(complaint, Stage.RESPOND).met is True
    assert clock_of(complaint, Stage.REMEDY).running
    remedy = complaint.remedys.get()
    assert (remedy.kind, remedy.amount, remedy.responsible) == ("refund", Decimal(80), desk.handler)
    assert kinds(complaint)[-2:] == [events.MESSAGE_NOTED, events.RESPONDED]


@pytest.mark.clause("CM-8.6a")
def test_a_decision_by_letter_is_notified_only_once_it_was_posted(desk: Desk) -> None:
    complaint = desk.case(State.INVESTIGATING)
    by_letter = decision(channel=MessageChannel.LETTER, told_at=None)
    propose_response(complaint_id=complaint.pk, decision=by_letter, actor=desk.handler, at=AT)
    assert again(complaint).decision_sent_at is None
    with pytest.raises(MoveRefused):
        record_decision(
            complaint_id=complaint.pk, answer=Answer.ACCEPTED, actor=desk.agent, at=AT + DAY
        )


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"finding": "perhaps"}, "finding"),
        ({"reasons": " "}, "reasons"),
        ({"text": ""}, "text"),
        ({"text": "Because [[the reasons]]"}, "text"),
        ({"remedy_kind": "magic"}, "remedy_kind"),
        ({"remedy_kind": "none", "amount": Decimal(1)}, "remedy_kind"),
        ({"amount": Decimal(-1)}, "amount"),
        ({"amount": Decimal(20001)}, "amount"),
        ({"remedy_due_at": NOW}, "remedy_due_at"),
        ({"channel": MessageChannel.EMAIL}, "channel"),
        ({"told_at": AT + HOUR}, "told_at"),
    ],
)
def test_a_bad_answer_is_refused_by_field(desk: Desk, wrong: dict[str, Any], field: str) -> None:
    complaint = desk.case(State.INVESTIGATING)
    with pytest.raises(BadInput) as refusal:
        propose_response(
            complaint_id=complaint.pk, decision=decision(**wrong), actor=desk.handler, at=AT
        )
    assert refusal.value.field == field
    assert again(complaint).state == State.INVESTIGATING
    assert not Response.objects.filter(complaint=complaint).exists()


@pytest.mark.clause("CM-8.3+")
def test_an_answer_waits_for_an_investigation_as_deep_as_the_severity_asks(desk: Desk) -> None:
    complaint = desk.case(
        State.INVESTIGATING, judged={"severity": "high"}, found={"similar_cases": ""}
    )
    with pytest.raises(MoveRefused) as refusal:
        propose_response(complaint_id=complaint.pk, decision=decision(), actor=desk.handler, at=AT)
    assert [str(reason) for reason in refusal.value.reasons] == [
        "The investigation is not yet as deep as this severity asks."
    ]


# --- the second person --------------------------------------------------------------------------


def asked(desk: Desk, **decided: Any) -> Approval:
    complaint = desk.case(State.INVESTIGATING)
    decided = {"amount": Decimal(2000), "told_at": AT, **decided}
    response = propose_response(
        complaint_id=complaint.pk, decision=decision(**decided), actor=desk.handler, at=AT
    )
    assert not response.sent
    return response.approval


@pytest.mark.clause("CM-8.5")
def test_redress_above_the_handlers_limit_asks_a_second_person(desk: Desk) -> None:
    second = desk.manager
    approval = asked(desk)
    complaint = again(approval.complaint)
    assert (complaint.state, complaint.pending_approval) == (State.INVESTIGATING, "response")
    assert Notice.objects.filter(user=second, kind="approval").count() == 1
    grant_approval(approval_id=approval.pk, note="Fine.", actor=second, at=AT + HOUR)
    complaint = again(complaint)
    assert (complaint.state, complaint.pending_approval) == (State.RESPONDED, "")
    # Approved by another, it is told afterwards: the message waits for whoever tells it.
    assert complaint.messages.get(occasion="decision").state == MessageState.QUEUED


def test_a_high_priority_asks_a_second_person_whatever_the_amount(desk: Desk) -> None:
    complaint = desk.case(State.INVESTIGATING, judged={"severity": "high"})
    response = propose_response(
        complaint_id=complaint.pk,
        decision=decision(amount=Decimal(0), told_at=AT),
        actor=desk.handler,
        at=AT,
    )
    assert not response.sent


def test_neither_who_asked_nor_who_owns_it_approves(desk: Desk) -> None:
    approval = asked(desk)
    for person in (desk.handler, desk.agent):
        with pytest.raises(NotAllowed):
            grant_approval(approval_id=approval.pk, actor=person, at=AT + HOUR)
    complaint = again(approval.complaint)
    Complaint.objects.filter(pk=complaint.pk).update(owner=desk.manager)
    with pytest.raises(NotAllowed):
        grant_approval(approval_id=approval.pk, actor=desk.manager, at=AT + HOUR)


def test_a_request_is_answered_once(desk: Desk) -> None:
    approval = asked(desk)
    grant_approval(approval_id=approval.pk, actor=desk.manager, at=AT + HOUR)
    for verb in (grant_approval, return_approval):
        with pytest.raises(MoveRefused):
            verb(approval_id=approval.pk, note="No.", actor=desk.manager, at=AT + HOUR)


def test_a_returned_request_says_what_must_change_and_frees_the_complaint(desk: Desk) -> None:
    approval = asked(desk)
    with pytest.raises(BadInput) as refusal:
        return_approval(approval_id=approval.pk, note=" ", actor=desk.manager, at=AT)
    assert refusal.value.field == "note"
    return_approval(
        approval_id=approval.pk, note="Offer a repair first.", actor=desk.manager, at=AT
    )
    approval.refresh_from_db()
    assert (approval.state, approval.decided_by) == (ApprovalState.RETURNED, desk.manager)
    assert again(approval.complaint).pending_approval == ""
    assert Notice.objects.filter(user=desk.handler, kind="returned").count() == 1


def test_only_one_request_waits_at_a_time(desk: Desk) -> None:
    complaint = asked(desk).complaint
    with pytest.raises(MoveRefused):
        propose_dismissal(complaint_id=complaint.pk, reason="Spam", actor=desk.handler, at=AT)
    with pytest.raises(MoveRefused):
        propose_response(complaint_id=complaint.pk, decision=decision(), actor=desk.handler, at=AT)


def test_two_people_say_that_something_is_no_complaint(desk: Desk) -> None:
    complaint = desk.case()
    with pytest.raises(BadInput) as refusal:
        propose_dismissal(complaint_id=complaint.pk, reason="", actor=desk.manager, at=AT)
    assert refusal.value.field == "reason"
    approval = propose_dismissal(
        complaint_id=complaint.pk, reason="Opening hours.", actor=desk.manager, at=AT
    )
    with pytest.raises(NotAllowed):
        grant_approval(approval_id=approval.pk, actor=desk.manager, at=AT)
    grant_approval(approval_id=approval.pk, actor=make_user("quality_manager"), at=AT)
    complaint = again(complaint)
    assert (complaint.state, complaint.is_open) == (State.NOT_A_COMPLAINT, False)
    assert not [clock for clock in complaint.clocks.all() if clock.running]


def test_what_is_at_its_end_is_not_dismissed(desk: Desk) -> None:
    with pytest.raises(MoveRefused):
        propose_dismissal(
            complaint_id=desk.case(State.CLOSED).pk, reason="No.", actor=desk.manager, at=AT
        )


@pytest.mark.clause("CM-8.3+")
def test_an_investigation_is_left_out_only_by_leave_of_a_second_person(desk: Desk) -> None:
    complaint = desk.case(State.ASSESSED)
    with pytest.raises(MoveRefused):
        propose_response(complaint_id=complaint.pk, decision=decision(), actor=desk.handler, at=AT)
    with pytest.raises(BadInput):
        propose_skipping(complaint_id=complaint.pk, reason="", actor=desk.handler, at=AT)
    approval = propose_skipping(
        complaint_id=complaint.pk, reason="The shop saw it.", actor=desk.handler, at=AT
    )
    grant_approval(approval_id=approval.pk, actor=desk.manager, at=AT)
    assert again(complaint).investigation_skipped
    desk.respond(complaint, AT)
    assert again(complaint).state == State.RESPONDED


def test_only_an_assessed_complaint_can_go_without_an_investigation(desk: Desk) -> None:
    with pytest.raises(MoveRefused):
        propose_skipping(
            complaint_id=desk.case(State.ACKNOWLEDGED).pk,
            reason="Simple.",
            actor=desk.manager,
            at=AT,
        )


# --- after the decision -------------------------------------------------------------------------


@pytest.mark.clause("CM-8.6c")
def test_acceptance_is_recorded_with_the_words_it_came_in(desk: Desk) -> None:
    complaint = desk.case(State.RESPONDED)
    record_decision(
        complaint_id=complaint.pk,
        answer=Answer.ACCEPTED,
        note="Very happy.",
        actor=desk.agent,
        at=AT,
    )
    complaint = again(complaint)
    assert (complaint.answer, complaint.answered_at) == (Answer.ACCEPTED, AT)
    assert complaint.state == State.RESPONDED
    assert Note.objects.get(complaint=complaint).text == "Very happy."


def test_no_other_answer_is_known(desk: Desk) -> None:
    with pytest.raises(BadInput) as refusal:
        record_decision(
            complaint_id=desk.case(State.RESPONDED).pk,
            answer=Answer.NONE,
            actor=desk.agent,
            at=AT,
        )
    assert refusal.value.field == "answer"


def test_nothing_is_answered_before_it_was_decided(desk: Desk) -> None:
    with pytest.raises(MoveRefused):
        record_decision(
            complaint_id=desk.case(State.INVESTIGATING).pk,
            answer=Answer.ACCEPTED,
            actor=desk.agent,
            at=AT,
        )


def test_silence_is_an_answer_only_after_the_days_and_the_reminders_of_the_policy(
    desk: Desk,
) -> None:
    complaint = desk.case(State.RESPONDED)

    def silent(at: Any) -> None:
        record_decision(complaint_id=complaint.pk, answer=Answer.NO_REPLY, actor=desk.agent, at=at)

    with pytest.raises(MoveRefused) as refusal:
        silent(NOW + 29 * DAY)
    assert "30 days" in str(refusal.value)
    with pytest.raises(MoveRefused) as refusal:
        silent(NOW + 31 * DAY)
    assert "1 reminder" in str(refusal.value)
    write_message(
        complaint_id=complaint.pk,
        occasion=Occasion.REMINDER,
        channel=MessageChannel.PHONE,
        subject="",
        text="Do you accept?",
        told_at=NOW + 16 * DAY,
        actor=desk.agent,
        at=NOW + 16 * DAY,
    )
    silent(NOW + 31 * DAY)
    assert again(complaint).answer == Answer.NO_REPLY


@pytest.mark.clause("CM-8.6d")
def test_other_remedies_are_told_after_a_response_and_the_routes_recorded(desk: Desk) -> None:
    complaint = desk.case(State.RESPONDED)
    desk.answer(complaint, Answer.REFUSED, AT)
    tell_remedies(
        complaint_id=complaint.pk,
        channel=MessageChannel.PHONE,
        subject="",
        text="You may turn to 12315, or sue.",
        told_at=AT,
        actor=desk.agent,
        at=AT,
    )
    assert again(complaint).remedies_told_at == AT
    entry = history_of(complaint).filter(kind=events.REMEDIES_TOLD)[0]
    assert "regulator_12315" in entry.payload["routes"]


def test_other_remedies_are_not_told_before_a_response(desk: Desk) -> None:
    with pytest.raises(MoveRefused):
        tell_remedies(
            complaint_id=desk.case(State.INVESTIGATING).pk,
            channel=MessageChannel.PHONE,
            subject="",
            text="Sue us.",
            told_at=AT,
            actor=desk.agent,
            at=AT,
        )


@pytest.mark.clause("CM-8.5")
def test_a_remedy_is_done_once_and_with_proof(desk: Desk) -> None:
    complaint = desk.case(State.RESPONDED)
    remedy = complaint.remedys.get()

    def done(proof: str, done_at: Any) -> None:
        mark_remedy_done(
            remedy_id=remedy.pk, proof=proof, done_at=done_at, actor=desk.handler, at=AT
        )

    for proof, done_at, field in (
        ("", AT, "proof"),
        ("Transfer 7", AT + HOUR, "done_at"),
        ("Transfer 7", NOW - HOUR, "done_at"),
    ):
        with pytest.raises(BadInput) as refusal:
            done(proof, done_at)
        assert refusal.value.field == field
    done("Transfer 7", AT)
    assert again(complaint).remedy_done_at == AT
    assert clock_of(complaint, Stage.REMEDY).met is True
    with pytest.raises(MoveRefused):
        done("Transfer 8", AT)
