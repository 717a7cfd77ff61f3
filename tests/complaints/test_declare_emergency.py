"""The fast channel (CM-8.2b): opened by anyone, called until taken, closed by two roles only."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed
from complaints.models import Complaint, Escalation, Message, Notice
from complaints.services.emergencies import (
    declare_emergency,
    downgrade_emergency,
    note_first_action,
    take_emergency,
)
from complaints.services.triage import assess_complaint, assign_complaint
from complaints.states import Priority, State, Trigger
from tests.complaints.desk import Desk, clock_of, criteria
from tests.complaints.factories import NOW, make_complaint, make_site, make_user

MINUTES = timedelta(minutes=1)
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def declare(desk: Desk, complaint: Complaint, **changes: Any) -> Complaint:
    given: dict[str, Any] = {
        "trigger": Trigger.PERSONAL_SAFETY,
        "facts": "It smokes.",
        "actor": desk.agent,
        "at": NOW,
    }
    declare_emergency(complaint_id=complaint.pk, **(given | changes))
    complaint.refresh_from_db()
    return complaint


def downgrade(desk: Desk, complaint: Complaint, **changes: Any) -> Complaint:
    given: dict[str, Any] = {
        "reason": "It was steam.",
        "priority": Priority.P2,
        "actor": desk.manager,
        "at": NOW + DAY,
    }
    downgrade_emergency(complaint_id=complaint.pk, **(given | changes))
    complaint.refresh_from_db()
    return complaint


@pytest.mark.clause("CM-8.2b")
@pytest.mark.parametrize("trigger", Trigger.values)
def test_clocks_of_minutes_run_round_the_clock_from_the_declaration_on(desk, trigger):
    complaint = declare(desk, desk.case(), trigger=Trigger(trigger))
    assert (complaint.emergency, complaint.emergency_trigger) == (True, trigger)
    assert (complaint.priority, complaint.depth_required) == ("P0", "full")
    due = {
        clock.stage: clock.due_at - NOW
        for clock in complaint.clocks.filter(dropped=False)
        if clock.stage != "respond"
    }
    assert due == {
        "acknowledge": 30 * MINUTES,
        "first_action": 60 * MINUTES,
        "assess": 120 * MINUTES,
        "progress": 240 * MINUTES,
    }
    assert complaint.next_due_at == NOW + 30 * MINUTES


@pytest.mark.clause("CM-8.2b")
def test_danger_found_long_after_receipt_does_not_begin_as_overdue(desk):
    complaint = desk.case(received_at=NOW - 20 * DAY)
    declare(desk, complaint)
    assert all(
        clock.started_at == NOW and clock.due_at > NOW
        for clock in complaint.clocks.filter(dropped=False)
    )


@pytest.mark.clause("CM-8.2b")
def test_danger_found_during_the_investigation_asks_for_a_new_first_action(desk):
    complaint = desk.case("investigating")
    assert not clock_of(complaint, "first_action").running
    declare(desk, complaint)
    action = clock_of(complaint, "first_action")
    assert (action.code, action.due_at, action.running) == (
        "first_action_p0",
        NOW + 60 * MINUTES,
        True,
    )


def test_what_was_answered_needs_no_first_action(desk):
    complaint = declare(desk, desk.case("responded"))
    assert not complaint.clocks.filter(code="first_action_p0").exists()


@pytest.mark.clause("CM-8.2b")
def test_the_whole_ladder_is_told_at_once_with_the_facts(desk):
    people = {role: make_user(role) for role in ("manager", "quality_manager", "top_management")}
    complaint = declare(desk, desk.case())
    assert complaint.escalation_level == 5
    assert set(Escalation.objects.values_list("level", flat=True)) == {1, 2, 3, 4, 5}
    assert set(Escalation.objects.values_list("reason", flat=True)) == {"It smokes."}
    told = set(Notice.objects.filter(kind="emergency").values_list("user", flat=True))
    assert {person.pk for person in people.values()} <= told
    for person in people.values():
        assert Message.objects.filter(to_user=person).count() == 1


@pytest.mark.parametrize(
    "role", ["agent", "handler", "manager", "quality_manager", "top_management"]
)
def test_anyone_who_sees_it_may_declare_it(desk, role):
    assert declare(desk, desk.case(), actor=make_user(role)).emergency


def test_also_where_they_have_no_say_otherwise(desk):
    agent = make_user("agent", site=make_site())
    complaint = make_complaint(actor=agent, site=make_site())
    assign_complaint(complaint_id=complaint.pk, owner=desk.handler, actor=desk.manager, at=NOW)
    assert declare(desk, complaint, actor=agent).emergency


def test_who_only_checks_changes_nothing(desk):
    complaint = desk.case()
    with pytest.raises(NotAllowed):
        declare(desk, complaint, actor=make_user("auditor"))


@pytest.mark.clause("CM-8.2b")
def test_what_else_is_an_emergency_the_policy_of_the_complaint_says(desk):
    complaint = declare(desk, desk.case(), trigger="data_breach")
    assert complaint.emergency_trigger == "data_breach"
    assert complaint.trigger_name == "Personal data leaked"
    with translation.override("zh-hans"):
        assert complaint.trigger_name == "个人信息泄露"


def test_what_no_policy_calls_an_emergency_is_none(desk):
    complaint = desk.case()
    with pytest.raises(BadInput) as refusal:
        declare(desk, complaint, trigger="bad_weather")
    assert refusal.value.field == "trigger"


@pytest.mark.clause("CM-8.2b")
def test_the_first_action_is_noted_by_whoever_may_take_it(desk):
    complaint = declare(desk, desk.case())
    note_first_action(complaint_id=complaint.pk, actor=desk.handler, at=NOW + 20 * MINUTES)
    action = clock_of(complaint, "first_action")
    assert (action.met, action.stopped_at) == (True, NOW + 20 * MINUTES)
    with pytest.raises(NotAllowed):
        note_first_action(complaint_id=complaint.pk, actor=make_user("auditor"), at=NOW)


def test_it_takes_facts(desk):
    complaint = desk.case()
    with pytest.raises(BadInput) as refusal:
        declare(desk, complaint, facts=" ")
    assert refusal.value.field == "facts"


def test_it_is_declared_once_and_before_the_end(desk):
    complaint = declare(desk, desk.case())
    with pytest.raises(MoveRefused):
        declare(desk, complaint)
    with pytest.raises(MoveRefused):
        declare(desk, desk.case("closed"))


def test_an_older_page_does_not_win(desk):
    complaint = desk.case("acknowledged")
    with pytest.raises(Conflict):
        declare(desk, complaint, expected_version=1)


# --- until somebody takes it -------------------------------------------------------------------


@pytest.mark.clause("CM-8.2b")
def test_who_takes_it_is_written_down_and_its_escalations_wait_no_longer(desk):
    complaint = declare(desk, desk.case())
    take_emergency(complaint_id=complaint.pk, actor=desk.manager, at=NOW + MINUTES)
    complaint.refresh_from_db()
    assert (complaint.emergency_taken_by, complaint.emergency_taken_at) == (
        desk.manager,
        NOW + MINUTES,
    )
    assert not complaint.escalations.filter(taken_at__isnull=True).exists()
    with pytest.raises(MoveRefused):
        take_emergency(complaint_id=complaint.pk, actor=desk.handler, at=NOW)


def test_only_an_emergency_can_be_taken_and_not_by_those_who_only_check(desk):
    complaint = desk.case()
    with pytest.raises(MoveRefused):
        take_emergency(complaint_id=complaint.pk, actor=desk.manager, at=NOW)
    declare(desk, complaint)
    with pytest.raises(NotAllowed):
        take_emergency(complaint_id=complaint.pk, actor=make_user("auditor"), at=NOW)


# --- no emergency after all --------------------------------------------------------------------


@pytest.mark.clause("CM-8.2b")
@pytest.mark.parametrize("role", ["manager", "quality_manager"])
def test_two_roles_may_say_that_it_is_none_with_a_reason(desk, role):
    complaint = declare(desk, desk.case())
    downgrade(desk, complaint, actor=make_user(role))
    assert (complaint.emergency, complaint.priority) == (False, "P2")
    assert complaint.depth_required == "cause"
    assert complaint.emergency_trigger == "personal_safety"  # what had been thought stays
    assert complaint.notes.filter(text="It was steam.").exists()


@pytest.mark.parametrize("role", ["agent", "handler", "auditor", "top_management"])
def test_nobody_else_may(desk, role):
    complaint = declare(desk, desk.case())
    with pytest.raises(NotAllowed):
        downgrade(desk, complaint, actor=make_user(role))


@pytest.mark.parametrize(
    ("changes", "field"), [({"reason": " "}, "reason"), ({"priority": "P0"}, "priority")]
)
def test_a_bad_reason_is_refused_by_the_name_of_its_field(desk, changes, field):
    complaint = declare(desk, desk.case())
    with pytest.raises(BadInput) as refusal:
        downgrade(desk, complaint, **changes)
    assert refusal.value.field == field


def test_only_an_open_emergency_is_taken_back(desk):
    with pytest.raises(MoveRefused):
        downgrade(desk, desk.case())
    over = declare(desk, desk.case())
    desk._end_otherwise(over, State.WITHDRAWN, NOW)
    with pytest.raises(MoveRefused):
        downgrade(desk, over)


def test_a_false_alarm_gives_nobody_their_time_again(desk):
    complaint = desk.case(received_at=NOW - 2 * DAY)
    before = {clock.code: (clock.started_at, clock.due_at) for clock in complaint.clocks.all()}
    declare(desk, complaint)
    downgrade(desk, complaint)
    after = {
        clock.code: (clock.started_at, clock.due_at)
        for clock in complaint.clocks.filter(dropped=False)
    }
    assert after == before


@pytest.mark.clause("CM-8.2b", "CM-8.3")
def test_an_emergency_is_assessed_and_handled_like_any_other_beside_it(desk):
    complaint = declare(desk, desk.case("acknowledged"))
    assign_complaint(complaint_id=complaint.pk, owner=desk.handler, actor=desk.manager, at=NOW)
    assessment = assess_complaint(
        complaint_id=complaint.pk, criteria=criteria(), actor=desk.handler, at=NOW
    )
    assert (assessment.priority_derived, assessment.priority) == ("P0", "P0")
