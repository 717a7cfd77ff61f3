"""The answer: decided with reasons, approved by a second person above the limits, told at once."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from complaints import events
from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed
from complaints.models import Complaint, Notice, Response
from complaints.services.emergencies import declare_emergency
from complaints.services.response import (
    grant_approval,
    propose_dismissal,
    propose_response,
    return_approval,
)
from complaints.services.sending import confirm_told, note_bounce, send_message
from complaints.services.triage import assign_complaint
from complaints.states import ApprovalState, MessageChannel, State, Trigger
from journal.selectors import history_of
from tests.complaints.desk import Desk, clock_of, decision
from tests.complaints.factories import NOW, make_user

EMAIL = MessageChannel.EMAIL
LATER = NOW + timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def found(desk: Desk) -> Complaint:
    """Return a complaint whose investigation is deep enough."""
    return desk.case("investigating")


def respond(desk: Desk, complaint: Complaint, *, at: Any = NOW, **changes: Any) -> Response:
    return propose_response(
        complaint_id=complaint.pk, decision=decision(**changes), actor=desk.handler, at=at
    )


# --- at once -----------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.5", "CM-8.6a")
def test_the_decision_is_told_at_once_and_the_clock_stops(desk, found):
    response = respond(desk, found)
    found.refresh_from_db()
    assert response.sent
    assert (found.state, found.finding) == (State.RESPONDED, "upheld")
    assert (found.decided_at, found.decision_sent_at) == (NOW, NOW)
    assert clock_of(found, "respond").met
    message = found.messages.get(occasion="decision")
    assert (message.state, message.body) == ("noted", "We are sorry: you get your money back.")
    payload = history_of(found).get(kind=events.RESPONDED).payload
    assert (payload["finding"], payload["remedy"], payload["amount"]) == ("upheld", "refund", "80")


@pytest.mark.clause("CM-8.5")
def test_a_promised_remedy_has_somebody_responsible_a_day_and_its_own_clock(desk, found):
    due = NOW + timedelta(days=7)
    respond(desk, found, remedy_due_at=due)
    remedy = found.remedys.get()
    assert (remedy.kind, remedy.amount, remedy.currency) == ("refund", Decimal(80), "CNY")
    assert (remedy.responsible, remedy.due_at) == (desk.handler, due)
    clock = clock_of(found, "remedy")
    assert (clock.hard, clock.running) == (True, True)
    found.refresh_from_db()
    assert (found.next_due_stage, found.next_due_hard) == ("remedy", True)


def test_without_a_remedy_nothing_is_owed(desk, found):
    respond(desk, found, finding="not_upheld", remedy_kind="none", amount=0)
    found.refresh_from_db()
    assert not found.remedys.exists()
    assert (found.remedy_settled, found.next_due_at) == (True, None)


def test_what_is_left_of_the_way_there_runs_no_more(desk, found):
    respond(desk, found)
    running = {clock.stage for clock in found.clocks.all() if clock.running}
    assert running == {"remedy"}


def test_a_progress_report_that_was_late_stays_late(desk, found):
    late = NOW + timedelta(days=20)
    respond(desk, found, at=late, told_at=late)
    progress = found.clocks.get(stage="progress")
    assert (progress.met, progress.dropped) == (False, False)
    assert clock_of(found, "respond").met is False


def test_a_letter_stops_the_clock_when_it_leaves_not_before(desk):
    complaint = desk.case("investigating", email="ann@example.com")
    respond(desk, complaint, channel=EMAIL, subject="Our decision", told_at=None)
    assert clock_of(complaint, "respond").running
    send_message(message_id=complaint.messages.get(occasion="decision").pk, at=LATER)
    complaint.refresh_from_db()
    assert complaint.decision_sent_at == LATER
    assert clock_of(complaint, "respond").stopped_at == LATER


def test_a_decision_that_came_back_no_longer_counts(desk):
    complaint = desk.case("investigating", email="ann@example.com")
    respond(desk, complaint, channel=EMAIL, subject="Our decision", told_at=None)
    letter = complaint.messages.get(occasion="decision")
    send_message(message_id=letter.pk, at=LATER)
    note_bounce(message_id=letter.pk, reason="550", actor=None, at=LATER)
    complaint.refresh_from_db()
    assert complaint.decision_sent_at is None
    assert clock_of(complaint, "respond").running
    assert complaint.acknowledged_at == NOW  # that was told by phone before


def test_a_text_read_out_later_waits_and_so_does_the_clock(desk, found):
    respond(desk, found, told_at=None)
    found.refresh_from_db()
    assert (found.state, found.decision_sent_at) == (State.RESPONDED, None)
    assert clock_of(found, "respond").running
    message = found.messages.get(occasion="decision")
    confirm_told(message_id=message.pk, told_at=LATER, actor=desk.agent, at=LATER)
    found.refresh_from_db()
    assert found.decision_sent_at == LATER
    assert not clock_of(found, "respond").running


def test_the_answer_ends_a_pause(desk, found):
    found.pauses.create(cycle=1, reason="complainant", started_at=NOW)
    Complaint.objects.filter(pk=found.pk).update(paused=True)
    respond(desk, found, at=LATER, told_at=LATER)
    found.refresh_from_db()
    assert not found.paused
    assert found.pauses.get().ended_at == LATER


def test_who_cannot_be_reached_is_answered_on_record_only(desk):
    complaint = desk.case(
        anonymous=True, emergency_trigger="personal_safety", emergency_facts="It smokes."
    )
    assign_complaint(complaint_id=complaint.pk, owner=desk.handler, actor=desk.manager, at=NOW)
    desk.respond(complaint, NOW)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.decision_sent_at) == (State.RESPONDED, None)
    assert not complaint.messages.filter(to_user__isnull=True).exists()
    assert not any(clock.running for clock in complaint.clocks.exclude(stage="remedy"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"finding": ""}, "finding"),
        ({"finding": "maybe"}, "finding"),
        ({"reasons": " "}, "reasons"),
        ({"text": " "}, "text"),
        ({"text": "You get [[amount]]."}, "text"),
        ({"remedy_kind": "flowers"}, "remedy_kind"),
        ({"remedy_kind": "none"}, "remedy_kind"),  # but an amount is promised
        ({"amount": -1}, "amount"),
        ({"amount": Decimal("20000.01")}, "amount"),  # more than anybody may promise
        ({"remedy_due_at": NOW - timedelta(seconds=1)}, "remedy_due_at"),
        ({"channel": EMAIL, "told_at": None}, "channel"),
        ({"told_at": NOW + timedelta(seconds=1)}, "told_at"),
        ({"told_at": NOW - timedelta(days=1)}, "told_at"),  # before it was received
    ],
)
def test_a_bad_decision_is_refused_by_the_name_of_its_field(desk, found, changes, field):
    with pytest.raises(BadInput) as refusal:
        respond(desk, found, **changes)
    assert refusal.value.field == field
    found.refresh_from_db()
    assert found.state == State.INVESTIGATING
    assert not Response.objects.exists()


def test_it_is_answered_once(desk):
    complaint = desk.case("responded")
    with pytest.raises(MoveRefused):
        respond(desk, complaint)


def test_an_agent_does_not_answer(desk, found):
    with pytest.raises(NotAllowed):
        propose_response(complaint_id=found.pk, decision=decision(), actor=desk.agent, at=NOW)


def test_an_older_page_does_not_win(desk, found):
    with pytest.raises(Conflict):
        propose_response(
            complaint_id=found.pk,
            decision=decision(),
            actor=desk.handler,
            at=NOW,
            expected_version=found.version - 1,
        )


@pytest.mark.clause("CM-8.2b")
def test_an_emergency_may_be_answered_before_it_is_acknowledged_or_assessed(desk):
    complaint = desk.case()
    assign_complaint(complaint_id=complaint.pk, owner=desk.handler, actor=desk.manager, at=NOW)
    with pytest.raises(MoveRefused):
        respond(desk, complaint)
    declare_emergency(
        complaint_id=complaint.pk,
        trigger=Trigger.PERSONAL_SAFETY,
        facts="It smokes.",
        actor=desk.agent,
        at=NOW,
    )
    desk.respond(complaint, NOW)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.acknowledged_at) == (State.RESPONDED, None)
    decided = complaint.messages.get(occasion="decision")
    confirm_told(message_id=decided.pk, told_at=NOW, actor=desk.agent, at=NOW)
    complaint.refresh_from_db()
    assert complaint.acknowledged_at == NOW  # who is told the decision knows of the receipt
    assert clock_of(complaint, "acknowledge").met


# --- a second person ---------------------------------------------------------------------------


@pytest.fixture
def asked(desk: Desk, found: Complaint) -> Response:
    """Return an answer that promises more than its handler may."""
    return respond(desk, found, amount=Decimal("500.01"))


@pytest.mark.clause("CM-8.5")
def test_above_the_handlers_limit_nothing_is_told_before_a_second_person_agrees(desk, found, asked):
    found.refresh_from_db()
    assert (found.state, found.pending_approval) == (State.INVESTIGATING, "response")
    assert not asked.sent
    assert not found.messages.filter(occasion="decision").exists()
    assert clock_of(found, "respond").running
    grant_approval(approval_id=asked.approval.pk, note="Right.", actor=desk.manager, at=LATER)
    found.refresh_from_db()
    assert (found.state, found.pending_approval) == (State.RESPONDED, "")
    assert found.decided_at == LATER
    kinds = [entry.kind for entry in history_of(found)]
    assert kinds.index(events.APPROVAL_GRANTED) < kinds.index(events.RESPONDED)


def test_a_text_with_a_gap_is_refused_before_anybody_is_asked_to_approve_it(desk, found):
    with pytest.raises(BadInput) as refusal:
        respond(desk, found, amount=Decimal("500.01"), text="You get [[amount]].")
    assert refusal.value.field == "text"
    found.refresh_from_db()
    assert (found.pending_approval, Response.objects.count()) == ("", 0)


def test_what_was_approved_for_the_phone_waits_until_it_was_said(desk, found, asked):
    grant_approval(approval_id=asked.approval.pk, actor=desk.manager, at=LATER)
    found.refresh_from_db()
    assert found.decision_sent_at is None
    assert clock_of(found, "respond").running
    assert found.next_due_at == clock_of(found, "respond").due_at
    confirm_told(
        message_id=found.messages.get(occasion="decision").pk,
        told_at=LATER,
        actor=desk.handler,
        at=LATER,
    )
    assert clock_of(found, "respond").stopped_at == LATER


def test_at_the_limit_the_handler_decides_alone(desk, found):
    assert respond(desk, found, amount=Decimal("500.00")).sent


def test_a_grave_complaint_is_approved_whatever_it_costs(desk):
    complaint = desk.case("investigating", judged={"severity": "high"})
    assert not respond(desk, complaint, amount=0, remedy_kind="apology").sent


def test_who_may_approve_is_told_and_nobody_else(desk, found):
    desk.manager  # noqa: B018 - is there when it is asked
    other, agent = make_user("manager"), make_user("agent")
    respond(desk, found, amount=Decimal(600))
    told = set(Notice.objects.filter(kind="approval").values_list("user", flat=True))
    assert told == {desk.manager.pk, other.pk}
    assert agent.pk not in told


def test_nobody_approves_what_they_asked_for_themselves(desk, found):
    asked = propose_response(
        complaint_id=found.pk,
        decision=decision(amount=Decimal(600)),
        actor=desk.manager,
        at=NOW,
    )
    for verb, given in ((grant_approval, {}), (return_approval, {"note": "-"})):
        with pytest.raises(NotAllowed):
            verb(approval_id=asked.approval.pk, actor=desk.manager, at=LATER, **given)


def test_the_owner_does_not_approve_even_what_somebody_else_asked(desk, found):
    owner = make_user("manager")
    assign_complaint(complaint_id=found.pk, owner=owner, actor=desk.manager, at=NOW)
    asked = propose_response(
        complaint_id=found.pk, decision=decision(amount=Decimal(600)), actor=desk.manager, at=NOW
    )
    with pytest.raises(NotAllowed):
        grant_approval(approval_id=asked.approval.pk, actor=owner, at=LATER)


@pytest.mark.parametrize("role", ["agent", "handler", "auditor", "top_management"])
def test_only_those_in_charge_approve(desk, asked, role):
    with pytest.raises(NotAllowed):
        grant_approval(approval_id=asked.approval.pk, actor=make_user(role), at=LATER)


def test_whom_it_is_about_does_not_approve_it_nor_know_of_it(desk):
    subject = make_user("manager")
    complaint = desk.case("investigating", subject_person=subject)
    asked = respond(desk, complaint, amount=Decimal(600))
    with pytest.raises(Complaint.DoesNotExist):
        grant_approval(approval_id=asked.approval.pk, actor=subject, at=LATER)


def test_a_returned_answer_says_why_and_may_be_given_again(desk, found, asked):
    with pytest.raises(BadInput) as refusal:
        return_approval(approval_id=asked.approval.pk, note=" ", actor=desk.manager, at=LATER)
    assert refusal.value.field == "note"
    return_approval(approval_id=asked.approval.pk, note="Offer half.", actor=desk.manager, at=LATER)
    found.refresh_from_db()
    assert (found.state, found.pending_approval) == (State.INVESTIGATING, "")
    notice = Notice.objects.get(user=desk.handler, kind="returned")
    assert notice.complaint == found
    assert respond(desk, found, amount=Decimal(300)).sent


def test_a_request_is_answered_once(desk, asked):
    grant_approval(approval_id=asked.approval.pk, actor=desk.manager, at=LATER)
    for verb, given in ((grant_approval, {}), (return_approval, {"note": "-"})):
        with pytest.raises(MoveRefused):
            verb(approval_id=asked.approval.pk, actor=desk.manager, at=LATER, **given)


def test_while_one_request_waits_there_is_no_second(desk, found, asked):
    with pytest.raises(MoveRefused):
        respond(desk, found)
    with pytest.raises(MoveRefused):
        propose_dismissal(complaint_id=found.pk, reason="-", actor=desk.handler, at=NOW)


# --- not a complaint ---------------------------------------------------------------------------


def test_two_people_agree_that_it_is_no_complaint_and_the_record_stays(desk):
    complaint = desk.case("acknowledged")
    asked = propose_dismissal(
        complaint_id=complaint.pk, reason="Only a question.", actor=desk.manager, at=NOW
    )
    complaint.refresh_from_db()
    assert (complaint.state, complaint.is_open) == (State.ACKNOWLEDGED, True)
    second = make_user("quality_manager")
    grant_approval(approval_id=asked.pk, actor=second, at=LATER)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.is_open) == (State.NOT_A_COMPLAINT, False)
    assert (complaint.closed_at, complaint.next_due_at) == (LATER, None)
    assert not any(clock.running for clock in complaint.clocks.all())
    entry = history_of(complaint).get(kind=events.DISMISSED)
    assert (entry.actor, entry.payload["from"]) == (second, "acknowledged")


def test_it_takes_a_reason_to_say_so(desk):
    complaint = desk.case()
    with pytest.raises(BadInput) as refusal:
        propose_dismissal(complaint_id=complaint.pk, reason="", actor=desk.manager, at=NOW)
    assert refusal.value.field == "reason"


def test_what_is_at_its_end_is_not_dismissed(desk):
    complaint = desk.case("closed")
    with pytest.raises(MoveRefused):
        propose_dismissal(complaint_id=complaint.pk, reason="-", actor=desk.manager, at=NOW)


def test_an_agent_cannot_say_so(desk):
    complaint = desk.case()
    with pytest.raises(NotAllowed):
        propose_dismissal(complaint_id=complaint.pk, reason="-", actor=desk.agent, at=NOW)


def test_a_request_that_lost_its_complaint_can_no_longer_be_granted(desk):
    complaint = desk.case("acknowledged")
    asked = propose_dismissal(
        complaint_id=complaint.pk, reason="A question.", actor=desk.manager, at=NOW
    )
    desk._end_otherwise(complaint, State.WITHDRAWN, NOW)
    asked.refresh_from_db()
    assert asked.state == ApprovalState.DROPPED
    with pytest.raises(MoveRefused):
        grant_approval(approval_id=asked.pk, actor=make_user("manager"), at=LATER)
