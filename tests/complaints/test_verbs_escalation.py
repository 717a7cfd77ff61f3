"""Escalate and open the fast channel: what the verbs do, refuse and leave behind."""

from datetime import timedelta

import pytest

from complaints import events
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint, Note, Notice
from complaints.services.emergencies import declare_emergency, downgrade_emergency, take_emergency
from complaints.services.escalation import escalate_complaint, take_escalation
from complaints.states import Priority, Stage, State, Trigger
from journal.selectors import history_of
from tests.complaints.desk import Desk, clock_of
from tests.complaints.factories import NOW, make_user

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
AT = NOW + HOUR
WHY = "May we give a new one at once?"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def again(complaint: Complaint) -> Complaint:
    return Complaint.objects.get(pk=complaint.pk)


def declare(desk: Desk, complaint: Complaint, facts: str = "Smoke, a child near it") -> Complaint:
    return declare_emergency(
        complaint_id=complaint.pk,
        trigger=Trigger.PERSONAL_SAFETY,
        facts=facts,
        actor=desk.agent,
        at=AT,
    )


# --- the ladder ---------------------------------------------------------------------------------


def test_escalating_tells_the_next_level_what_is_to_be_decided(desk: Desk) -> None:
    manager, complaint = desk.manager, desk.case()
    escalate_complaint(complaint_id=complaint.pk, reason=WHY, actor=desk.agent, at=AT)
    second = escalate_complaint(
        complaint_id=complaint.pk, reason=WHY, actor=desk.agent, at=AT + HOUR
    )
    assert (second.level, again(complaint).escalation_level) == (2, 2)
    assert Notice.objects.filter(user=manager, escalation=second).count() == 1
    told = history_of(complaint).filter(kind=events.ESCALATED)[1].payload["told"]
    assert manager.pk in told


def test_a_level_may_be_left_out_but_not_told_twice(desk: Desk) -> None:
    complaint = desk.case()
    escalate_complaint(complaint_id=complaint.pk, reason=WHY, level=3, actor=desk.agent, at=AT)
    with pytest.raises(BadInput) as refusal:
        escalate_complaint(complaint_id=complaint.pk, reason=WHY, level=2, actor=desk.agent, at=AT)
    assert refusal.value.field == "level"


def test_escalating_asks_what_is_to_be_decided(desk: Desk) -> None:
    with pytest.raises(BadInput) as refusal:
        escalate_complaint(complaint_id=desk.case().pk, reason=" ", actor=desk.agent, at=AT)
    assert refusal.value.field == "reason"


def test_the_ladder_has_a_top_and_ends_with_the_complaint(desk: Desk) -> None:
    complaint = desk.case()
    escalate_complaint(complaint_id=complaint.pk, reason=WHY, level=5, actor=desk.agent, at=AT)
    with pytest.raises(MoveRefused):
        escalate_complaint(complaint_id=complaint.pk, reason=WHY, actor=desk.agent, at=AT)
    with pytest.raises(MoveRefused):
        escalate_complaint(
            complaint_id=desk.case(State.CLOSED).pk, reason=WHY, actor=desk.manager, at=AT
        )


def test_an_escalation_is_taken_once_and_by_whom_it_asks(desk: Desk) -> None:
    complaint = desk.case()
    escalation = escalate_complaint(
        complaint_id=complaint.pk, reason=WHY, level=2, actor=desk.agent, at=AT
    )
    with pytest.raises(NotAllowed):
        take_escalation(escalation_id=escalation.pk, actor=desk.agent, at=AT)
    taken = take_escalation(escalation_id=escalation.pk, actor=desk.manager, at=AT + MINUTE)
    assert (taken.taken_by, taken.taken_at) == (desk.manager, AT + MINUTE)
    with pytest.raises(MoveRefused):
        take_escalation(escalation_id=escalation.pk, actor=desk.manager, at=AT + HOUR)


# --- the fast channel ---------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2b")
def test_an_emergency_starts_clocks_of_minutes_from_its_declaration(desk: Desk) -> None:
    complaint = desk.case(at=NOW - 3 * DAY)
    declare(desk, complaint)
    complaint = again(complaint)
    clock = clock_of(complaint, Stage.ACKNOWLEDGE)
    assert (complaint.emergency, complaint.priority) == (True, Priority.P0)
    assert complaint.emergency_trigger == Trigger.PERSONAL_SAFETY
    assert clock.code == "ack_p0"
    assert clock.due_at == AT + 30 * MINUTE
    assert complaint.next_due_at == clock.due_at
    assert Note.objects.get(complaint=complaint).text == "Smoke, a child near it"


@pytest.mark.clause("CM-8.2b")
def test_an_emergency_tells_the_whole_ladder_at_once(desk: Desk) -> None:
    people = [desk.manager, make_user("quality_manager"), make_user("top_management")]
    declare(desk, desk.case())
    told = set(Notice.objects.filter(kind="emergency").values_list("user", flat=True))
    assert {person.pk for person in people} <= told


@pytest.mark.clause("CM-8.2b")
def test_an_emergency_may_be_answered_before_it_was_assessed(desk: Desk) -> None:
    complaint = desk.case(State.ACKNOWLEDGED)
    declare(desk, complaint)
    Complaint.objects.filter(pk=complaint.pk).update(owner=desk.handler)
    desk.respond(again(complaint), AT + HOUR)
    assert again(complaint).state == State.RESPONDED


@pytest.mark.clause("CM-8.2b")
def test_somebody_takes_charge_and_the_calling_stops(desk: Desk) -> None:
    complaint = desk.case()
    with pytest.raises(MoveRefused):
        take_emergency(complaint_id=complaint.pk, actor=desk.manager, at=AT)
    declare(desk, complaint)
    take_emergency(complaint_id=complaint.pk, actor=desk.manager, at=AT + MINUTE)
    complaint = again(complaint)
    assert (complaint.emergency_taken_by, complaint.emergency_taken_at) == (
        desk.manager,
        AT + MINUTE,
    )
    assert not complaint.escalations.filter(taken_at__isnull=True).exists()
    with pytest.raises(MoveRefused):
        take_emergency(complaint_id=complaint.pk, actor=desk.handler, at=AT + HOUR)


def test_an_emergency_needs_its_facts_and_is_declared_once_while_it_is_open(desk: Desk) -> None:
    complaint = desk.case()
    with pytest.raises(BadInput) as refusal:
        declare(desk, complaint, facts=" ")
    assert refusal.value.field == "facts"
    declare(desk, complaint)
    for other in (complaint, desk.case(State.CLOSED)):
        with pytest.raises(MoveRefused):
            declare(desk, other)


def test_who_only_reads_declares_nothing_and_who_sees_danger_anywhere_does(desk: Desk) -> None:
    complaint = desk.case()
    with pytest.raises(NotAllowed):
        declare_emergency(
            complaint_id=complaint.pk,
            trigger=Trigger.MEDIA_ATTENTION,
            facts="A reporter called.",
            actor=make_user("auditor"),
            at=AT,
        )


@pytest.mark.clause("CM-8.2b")
def test_a_role_that_may_says_that_it_is_no_emergency_after_all(desk: Desk) -> None:
    complaint = desk.case()
    declare(desk, complaint)

    def downgrade(priority: Priority, reason: str) -> None:
        downgrade_emergency(
            complaint_id=complaint.pk,
            reason=reason,
            priority=priority,
            actor=desk.manager,
            at=AT + HOUR,
        )

    for priority, reason, field in (
        (Priority.P2, "", "reason"),
        (Priority.P0, "Only steam.", "priority"),
    ):
        with pytest.raises(BadInput) as refusal:
            downgrade(priority, reason)
        assert refusal.value.field == field
    downgrade(Priority.P2, "Only steam.")
    complaint = again(complaint)
    assert (complaint.emergency, complaint.priority) == (False, Priority.P2)
    # Time is neither forgiven nor forgotten: the ordinary clock counts from receipt.
    assert clock_of(complaint, Stage.RESPOND).started_at == complaint.received_at
    assert Note.objects.filter(complaint=complaint).last().text == "Only steam."
    with pytest.raises(MoveRefused):
        downgrade(Priority.P2, "Again.")


def test_agents_do_not_take_an_emergency_back(desk: Desk) -> None:
    complaint = desk.case()
    declare(desk, complaint)
    Complaint.objects.filter(pk=complaint.pk).update(owner=desk.handler)
    with pytest.raises(NotAllowed):
        downgrade_emergency(
            complaint_id=complaint.pk,
            reason="Only steam.",
            priority=Priority.P2,
            actor=desk.agent,
            at=AT,
        )
