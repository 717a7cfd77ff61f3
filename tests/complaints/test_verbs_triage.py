"""Acknowledge, assign, assess, correct: what they do, refuse and leave behind."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from complaints import events
from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed
from complaints.models import Category, Complaint, Message, Note, Notice
from complaints.services.triage import (
    Correction,
    acknowledge_complaint,
    acknowledge_impossible,
    assess_complaint,
    assign_complaint,
    correct_complaint,
    reassess_complaint,
)
from complaints.states import MessageChannel, MessageState, Priority, Stage, State
from journal.selectors import history_of
from tests.complaints.desk import Desk, category, criteria
from tests.complaints.factories import NOW, make_complaint, make_site, make_team, make_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
AT = NOW + HOUR
SAID = "We have received it. You hear from us by the tenth."


@pytest.fixture
def who() -> Desk:
    return Desk()


def owned(who: Desk, **fields: Any) -> Complaint:
    complaint = who.case(State.ACKNOWLEDGED, **fields)
    return assign_complaint(complaint_id=complaint.pk, owner=who.handler, actor=who.manager, at=AT)


def kinds(complaint: Complaint) -> list[str]:
    return [entry.kind for entry in history_of(complaint)]


def acknowledge(complaint: Complaint, actor: User, **other: Any) -> Complaint:
    told: dict[str, Any] = {"told_at": AT, "channel": MessageChannel.PHONE, "text": SAID}
    return acknowledge_complaint(
        complaint_id=complaint.pk, subject="", actor=actor, at=AT, **{**told, **other}
    )


# --- acknowledge ------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2c")
def test_words_read_out_acknowledge_at_once_and_stop_the_clock(who: Desk) -> None:
    complaint = acknowledge(who.case(), who.agent)
    clock = complaint.clocks.get(stage=Stage.ACKNOWLEDGE)
    message = complaint.messages.get()
    assert (complaint.state, complaint.acknowledged_at) == (State.ACKNOWLEDGED, AT)
    assert (clock.stopped_at, clock.met) == (AT, True)
    assert (message.state, message.body) == (MessageState.NOTED, SAID)
    assert kinds(complaint)[-2:] == [events.MESSAGE_NOTED, events.ACKNOWLEDGED]


@pytest.mark.clause("CM-8.2c")
def test_a_letter_to_be_posted_acknowledges_only_once_it_was(who: Desk) -> None:
    complaint = who.case()
    complaint = acknowledge(complaint, who.agent, channel=MessageChannel.LETTER, told_at=None)
    assert complaint.state == State.ACKNOWLEDGED
    assert complaint.acknowledged_at is None
    assert complaint.clocks.get(stage=Stage.ACKNOWLEDGE).running


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "By [[a day]]"}, "text"),
        ({"channel": MessageChannel.EMAIL, "told_at": None}, "channel"),
        ({"told_at": AT + timedelta(minutes=1)}, "told_at"),
        ({"told_at": NOW - timedelta(days=1)}, "told_at"),
    ],
)
def test_a_bad_acknowledgement_is_refused_by_field(
    who: Desk, other: dict[str, Any], field: str
) -> None:
    complaint = who.case()
    with pytest.raises(BadInput) as refusal:
        acknowledge(complaint, who.agent, **other)
    assert refusal.value.field == field
    assert Complaint.objects.get(pk=complaint.pk).state == State.RECEIVED
    assert not Message.objects.filter(complaint=complaint).exists()


def test_nobody_acknowledges_twice(who: Desk) -> None:
    complaint = who.case(State.ACKNOWLEDGED)
    with pytest.raises(MoveRefused) as refusal:
        acknowledge(complaint, who.agent)
    assert refusal.value.possible == ["withdraw", "merge"]


def test_who_only_reads_does_not_acknowledge(who: Desk) -> None:
    complaint = who.case()
    with pytest.raises(NotAllowed):
        acknowledge(complaint, make_user("top_management"))


def test_what_somebody_may_not_see_does_not_exist_for_them(who: Desk) -> None:
    complaint = who.case(site=make_site())
    with pytest.raises(Complaint.DoesNotExist):
        acknowledge(complaint, make_user("agent", site=make_site()))


def test_who_took_it_down_goes_on_with_it_wherever_it_belongs_until_somebody_owns_it() -> None:
    who, agent = Desk(), make_user("agent", site=make_site())
    complaint = make_complaint(actor=agent, site=make_site())
    acknowledge(complaint, agent)
    assign_complaint(complaint_id=complaint.pk, owner=who.handler, actor=who.manager, at=AT)
    with pytest.raises(NotAllowed):
        acknowledge(complaint, agent)


@pytest.mark.clause("CM-8.2c")
def test_who_cannot_be_reached_is_not_told_and_the_reason_is_kept(who: Desk) -> None:
    complaint = who.case()
    complaint = acknowledge_impossible(
        complaint_id=complaint.pk, reason="The number does not exist.", actor=who.agent, at=AT
    )
    assert (complaint.state, complaint.unreachable) == (State.ACKNOWLEDGED, True)
    assert not complaint.clocks.get(stage=Stage.ACKNOWLEDGE).running
    assert Note.objects.get(complaint=complaint).text == "The number does not exist."


def test_going_on_without_telling_needs_a_reason(who: Desk) -> None:
    with pytest.raises(BadInput) as refusal:
        acknowledge_impossible(complaint_id=who.case().pk, reason=" ", actor=who.agent, at=AT)
    assert refusal.value.field == "reason"


# --- assign -----------------------------------------------------------------------------------


def test_a_manager_makes_somebody_accountable_and_tells_them(who: Desk) -> None:
    complaint, team = who.case(State.ACKNOWLEDGED), make_team()
    complaint = assign_complaint(
        complaint_id=complaint.pk,
        owner=who.handler,
        team=team,
        note="She phones every day.",
        actor=who.manager,
        at=AT,
    )
    assert (complaint.owner, complaint.team) == (who.handler, team)
    assert Notice.objects.filter(user=who.handler, kind="assigned").count() == 1
    assert Note.objects.get(complaint=complaint).text == "She phones every day."


def test_who_works_here_takes_what_nobody_owns_and_hands_on_what_is_theirs(who: Desk) -> None:
    complaint = who.case(State.ACKNOWLEDGED)
    take: dict[str, Any] = {"complaint_id": complaint.pk, "at": AT}
    assert assign_complaint(owner=who.handler, actor=who.handler, **take).owner == who.handler
    other = make_user("handler")
    assert assign_complaint(owner=other, actor=who.handler, **take).owner == other
    with pytest.raises(NotAllowed):
        assign_complaint(owner=who.handler, actor=who.handler, **take)


def test_nobody_handles_a_complaint_about_themselves(who: Desk) -> None:
    complaint = who.case(subject_person=who.handler)
    with pytest.raises(BadInput) as refusal:
        assign_complaint(complaint_id=complaint.pk, owner=who.handler, actor=who.manager, at=AT)
    assert refusal.value.field == "owner"


@pytest.mark.parametrize("fields", [{"is_active": False}, {}])
def test_only_people_who_work_on_complaints_own_them(who: Desk, fields: dict[str, Any]) -> None:
    complaint = who.case()
    stranger = make_user(*(["handler"] if fields else ["administrator"]), **fields)
    with pytest.raises(BadInput) as refusal:
        assign_complaint(complaint_id=complaint.pk, owner=stranger, actor=who.manager, at=AT)
    assert refusal.value.field == "owner"


def test_what_is_at_its_end_is_not_assigned(who: Desk) -> None:
    with pytest.raises(MoveRefused):
        assign_complaint(
            complaint_id=who.case(State.CLOSED).pk, owner=who.handler, actor=who.manager, at=AT
        )


# --- assess -----------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.3")
def test_the_five_criteria_make_priority_depth_and_clocks(who: Desk) -> None:
    complaint = owned(who)
    assessment = assess_complaint(
        complaint_id=complaint.pk,
        criteria=criteria(safety_hazard="possible"),
        actor=who.handler,
        at=NOW + 3 * HOUR,
    )
    complaint = Complaint.objects.get(pk=complaint.pk)
    assert (complaint.state, complaint.priority) == (State.ASSESSED, Priority.P1)
    assert (assessment.priority, assessment.priority_derived) == (Priority.P1, Priority.P1)
    assert complaint.depth_required == "full"
    assert complaint.assessed_at == NOW + 3 * HOUR
    running = set(complaint.clocks.filter(dropped=False).values_list("code", flat=True))
    assert "respond_p1" in running
    assert "respond" not in running


@pytest.mark.clause("CM-8.2a")
def test_assessing_classifies_and_a_category_hands_it_to_its_team(who: Desk) -> None:
    team = make_team()
    complaint = owned(who)
    Category.objects.filter(code="service.poor").update(team=team)
    assess_complaint(
        complaint_id=complaint.pk,
        criteria=criteria(category=category("service.poor")),
        actor=who.handler,
        at=NOW + 3 * HOUR,
    )
    complaint = Complaint.objects.get(pk=complaint.pk)
    assert complaint.category == category("service.poor")
    assert complaint.category.top_class == "service"
    assert complaint.team == team
    assert "category" not in complaint.missing


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"priority": "P3"}, "priority_reason"),
        (
            {"immediate_action_needed": True, "immediate_action_possible": True},
            "immediate_action",
        ),
    ],
)
def test_a_judgement_that_does_not_hang_together_is_refused(
    who: Desk, other: dict[str, Any], field: str
) -> None:
    complaint = owned(who)
    with pytest.raises(BadInput) as refusal:
        assess_complaint(
            complaint_id=complaint.pk,
            criteria=criteria(**other),
            actor=who.handler,
            at=NOW + 3 * HOUR,
        )
    assert refusal.value.field == field


def test_a_category_out_of_use_is_refused(who: Desk) -> None:
    complaint = owned(who)
    Category.objects.filter(code="product.other").update(active=False)
    with pytest.raises(BadInput) as refusal:
        assess_complaint(
            complaint_id=complaint.pk,
            criteria=criteria(category=category("product.other")),
            actor=who.handler,
            at=NOW + 3 * HOUR,
        )
    assert refusal.value.field == "category"


def test_another_priority_is_possible_for_a_reason(who: Desk) -> None:
    complaint = owned(who)
    judged = criteria(priority="P1", priority_reason="A known problem of this model.")
    assessment = assess_complaint(
        complaint_id=complaint.pk, criteria=judged, actor=who.handler, at=NOW + 3 * HOUR
    )
    assert (assessment.priority, assessment.priority_derived) == (Priority.P1, Priority.P2)


def test_agents_do_not_assess_and_nobody_assesses_what_nobody_owns(who: Desk) -> None:
    with pytest.raises(NotAllowed):
        assess_complaint(complaint_id=owned(who).pk, criteria=criteria(), actor=who.agent, at=AT)
    with pytest.raises(MoveRefused):
        assess_complaint(
            complaint_id=who.case(State.ACKNOWLEDGED).pk,
            criteria=criteria(),
            actor=who.manager,
            at=AT,
        )


@pytest.mark.clause("CM-8.3")
def test_assessing_anew_counts_from_the_original_start(who: Desk) -> None:
    complaint = who.case(State.ASSESSED)
    reassess_complaint(
        complaint_id=complaint.pk,
        criteria=criteria(severity="high"),
        actor=who.handler,
        at=NOW + 5 * HOUR,
    )
    complaint = Complaint.objects.get(pk=complaint.pk)
    clock = complaint.clocks.get(code="respond_p1", dropped=False)
    assert (complaint.state, complaint.priority) == (State.ASSESSED, Priority.P1)
    assert clock.started_at == complaint.received_at
    assert complaint.assessments.count() == 2


def test_only_what_is_being_handled_is_assessed_anew(who: Desk) -> None:
    for complaint in (owned(who), who.case(State.RESPONDED)):
        with pytest.raises(MoveRefused):
            reassess_complaint(
                complaint_id=complaint.pk,
                criteria=criteria(),
                actor=who.handler,
                at=NOW + 8 * HOUR,
            )


# --- correct ----------------------------------------------------------------------------------


def correct(complaint: Complaint, actor: User, reason: str = "", **facts: Any) -> Complaint:
    return correct_complaint(
        complaint_id=complaint.pk,
        correction=Correction(**facts),
        reason=reason,
        actor=actor,
        at=AT,
    )


def test_what_is_missing_is_completed_without_a_reason(who: Desk) -> None:
    complaint = who.case()
    assert "product" in complaint.missing
    complaint = correct(complaint, who.agent, product="Kettle K2", remedy_sought="A new one")
    assert (complaint.product, complaint.remedy_sought) == ("Kettle K2", "A new one")
    assert not {"product", "remedy_sought"} & set(complaint.missing)


def test_what_was_recorded_is_changed_only_for_a_reason_that_is_kept(who: Desk) -> None:
    complaint = who.case(product="Kettle K1")
    with pytest.raises(BadInput) as refusal:
        correct(complaint, who.agent, product="Kettle K2")
    assert refusal.value.field == "reason"
    complaint = correct(complaint, who.agent, "Misheard.", product="Kettle K2")
    assert complaint.product == "Kettle K2"
    assert Note.objects.get(complaint=complaint).text == "Misheard."


def test_the_complainant_becomes_known_and_reachable(who: Desk) -> None:
    complaint = who.case(anonymous=True)
    complaint = correct(complaint, who.agent, name="Zhou Min", phone="13900001111")
    assert complaint.complainant is not None
    assert complaint.complainant.phone_key == "+8613900001111"
    assert (complaint.anonymous, complaint.unreachable) == (False, False)


def test_nothing_to_correct_and_days_to_come_are_refused(who: Desk) -> None:
    complaint = who.case()
    with pytest.raises(BadInput):
        correct(complaint, who.agent)
    with pytest.raises(BadInput) as refusal:
        correct(complaint, who.agent, occurred_at=AT + HOUR)
    assert refusal.value.field == "occurred_at"


def test_only_a_manager_lifts_confidentiality_or_changes_whom_it_is_about(who: Desk) -> None:
    complaint = make_complaint(confidential=True, owner=who.handler)
    with pytest.raises(NotAllowed):
        correct(complaint, who.handler, "A mistake.", confidential=False)
    assert not correct(complaint, who.manager, "A mistake.", confidential=False).confidential


def test_who_is_complained_about_owns_it_no_longer(who: Desk) -> None:
    complaint = make_complaint(owner=who.handler)
    complaint = correct(complaint, who.agent, subject_person=who.handler)
    assert complaint.owner is None


def test_a_page_that_is_out_of_date_conflicts(who: Desk) -> None:
    complaint = who.case()
    correct(complaint, who.agent, product="Kettle K2")
    with pytest.raises(Conflict):
        correct_complaint(
            complaint_id=complaint.pk,
            correction=Correction(order_number="SO-1"),
            reason="",
            actor=who.agent,
            at=AT,
            expected_version=complaint.version,
        )
