"""All five criteria are judged; they make the priority, the clocks and the depth asked for."""

from datetime import timedelta
from typing import Any

import pytest

from complaints import events
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Assessment, Complaint
from complaints.services.emergencies import declare_emergency
from complaints.services.triage import assess_complaint, assign_complaint, reassess_complaint
from complaints.states import State, Trigger
from journal.selectors import history_of
from tests.complaints.desk import Desk, category, clock_of, criteria
from tests.complaints.factories import NOW, make_complaint, make_team, make_user

LATER = NOW + timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def owned(desk: Desk) -> Complaint:
    """Return a complaint that waits for its owner's judgement."""
    complaint = desk.case("acknowledged")
    assign_complaint(complaint_id=complaint.pk, owner=desk.handler, actor=desk.manager, at=NOW)
    complaint.refresh_from_db()
    return complaint


def assess(desk: Desk, complaint: Complaint, *, at: Any = NOW, **judged: Any) -> Assessment:
    return assess_complaint(
        complaint_id=complaint.pk, criteria=criteria(**judged), actor=desk.handler, at=at
    )


@pytest.mark.clause("CM-8.3")
def test_the_record_holds_all_five_criteria_and_what_follows(desk, owned):
    assess(
        desk,
        owned,
        severity="high",
        safety_hazard="possible",
        complexity="complex",
        impact="several",
        immediate_action_needed=True,
        immediate_action_possible=True,
        immediate_action="Sale stopped.",
    )
    row = Assessment.objects.get(complaint=owned)
    assert (row.severity, row.safety_hazard, row.complexity, row.impact) == (
        "high",
        "possible",
        "complex",
        "several",
    )
    assert (row.immediate_action_needed, row.immediate_action_possible) == (True, True)
    assert row.immediate_action == "Sale stopped."
    owned.refresh_from_db()
    assert (owned.state, owned.priority, owned.assessed_at) == (State.ASSESSED, "P1", NOW)
    assert (owned.severity, owned.depth_required) == ("high", "full")
    assert clock_of(owned, "assess").met


@pytest.mark.clause("CM-8.3")
@pytest.mark.parametrize("criterion", ["severity", "safety_hazard", "complexity", "impact"])
@pytest.mark.parametrize("value", ["", "dreadful"])
def test_none_of_the_criteria_may_be_left_out(desk, owned, criterion, value):
    with pytest.raises(BadInput) as refusal:
        assess(desk, owned, **{criterion: value})
    assert refusal.value.field == criterion
    owned.refresh_from_db()
    assert owned.state == State.ACKNOWLEDGED
    assert not Assessment.objects.exists()


def test_immediate_action_that_is_needed_and_possible_was_taken(desk, owned):
    at_once = {"immediate_action_needed": True, "immediate_action_possible": True}
    with pytest.raises(BadInput) as refusal:
        assess(desk, owned, **at_once)
    assert refusal.value.field == "immediate_action"
    assess(desk, owned, **at_once, immediate_action="Replacement sent.")
    assert clock_of(owned, "first_action").met


def test_without_immediate_action_the_first_action_is_still_owed(desk, owned):
    assess(desk, owned)
    assert clock_of(owned, "first_action").running


@pytest.mark.parametrize(
    ("judged", "priority"),
    [
        ({"severity": "low"}, "P3"),
        ({"severity": "low", "impact": "several"}, "P2"),
        ({"severity": "moderate"}, "P2"),
        ({"severity": "high"}, "P1"),
        ({"safety_hazard": "possible"}, "P1"),
        ({"impact": "public"}, "P1"),
        ({"safety_hazard": "actual"}, "P0"),
        ({"severity": "critical"}, "P0"),
    ],
)
def test_the_criteria_make_the_priority(desk, owned, judged, priority):
    assert assess(desk, owned, **judged).priority == priority


def test_another_priority_takes_a_reason_and_both_are_kept(desk, owned):
    with pytest.raises(BadInput) as refusal:
        assess(desk, owned, priority="P1")
    assert refusal.value.field == "priority_reason"
    row = assess(desk, owned, priority="P1", priority_reason="The customer is very old.")
    assert (row.priority_derived, row.priority) == ("P2", "P1")


def test_a_priority_that_does_not_exist_is_refused(desk, owned):
    with pytest.raises(BadInput) as refusal:
        assess(desk, owned, priority="P7", priority_reason="-")
    assert refusal.value.field == "priority"


def test_a_category_that_is_no_longer_used_is_refused_unless_it_is_the_complaints_own(desk, owned):
    old = category("service.late")
    old.active = False
    old.save()
    with pytest.raises(BadInput) as refusal:
        assess(desk, owned, category=old)
    assert refusal.value.field == "category"
    Complaint.objects.filter(pk=owned.pk).update(category=old)
    assess(desk, owned, category=old)


def test_the_category_brings_the_complaint_to_its_team_unless_it_has_one(desk, owned):
    chosen = category("service.late")
    chosen.team = make_team()
    chosen.save()
    assess(desk, owned, category=chosen)
    owned.refresh_from_db()
    assert (owned.team, owned.category) == (chosen.team, chosen)
    assert "category" not in owned.missing


def test_nobody_assesses_what_nobody_owns(desk):
    complaint = desk.case("acknowledged")
    with pytest.raises(MoveRefused) as refusal:
        assess_complaint(complaint_id=complaint.pk, criteria=criteria(), actor=desk.manager, at=NOW)
    assert "Nobody owns this complaint yet" in str(refusal.value.reasons[0])


def test_an_agent_does_not_assess(desk, owned):
    with pytest.raises(NotAllowed):
        assess_complaint(complaint_id=owned.pk, criteria=criteria(), actor=desk.agent, at=NOW)


def test_the_entry_names_criteria_by_code_and_vouches_for_the_words(desk, owned):
    assess(desk, owned, priority="P1", priority_reason="Secret words.")
    payload = history_of(owned).get(kind=events.ASSESSED).payload
    assert (payload["severity"], payload["priority"], payload["derived"]) == (
        "moderate",
        "P1",
        "P2",
    )
    assert len(payload["sha256"]) == 64
    assert "Secret" not in history_of(owned).get(kind=events.ASSESSED).body


# --- judging anew ------------------------------------------------------------------------------


def reassess(desk: Desk, complaint: Complaint, **judged: Any) -> Assessment:
    return reassess_complaint(
        complaint_id=complaint.pk, criteria=criteria(**judged), actor=desk.handler, at=LATER
    )


def test_judging_anew_counts_from_the_original_start(desk):
    complaint = desk.case("assessed")
    before = clock_of(complaint, "respond")
    reassess(desk, complaint, severity="high")
    complaint.refresh_from_db()
    after = clock_of(complaint, "respond")
    assert (complaint.priority, after.code) == ("P1", "respond_p1")
    assert after.started_at == before.started_at == complaint.received_at
    assert Assessment.objects.filter(complaint=complaint).count() == 2
    assert complaint.assessed_at == NOW  # when it was first judged


def test_judging_anew_may_note_the_first_action(desk):
    complaint = desk.case("assessed")
    reassess(
        desk,
        complaint,
        immediate_action_needed=True,
        immediate_action_possible=True,
        immediate_action="Sale stopped.",
    )
    assert clock_of(complaint, "first_action").stopped_at == LATER


@pytest.mark.parametrize("state", ["received", "acknowledged", "responded", "closed"])
def test_only_what_is_being_handled_is_judged_anew(desk, state):
    complaint = desk.case(state)
    with pytest.raises(MoveRefused):
        reassess_complaint(
            complaint_id=complaint.pk, criteria=criteria(), actor=desk.manager, at=LATER
        )


@pytest.mark.clause("CM-8.2b")
def test_a_handler_cannot_take_an_emergency_back_by_judging_it_low(desk):
    complaint = desk.case("assessed")
    declare_emergency(
        complaint_id=complaint.pk,
        trigger=Trigger.PERSONAL_SAFETY,
        facts="It smokes.",
        actor=desk.agent,
        at=LATER,
    )
    with pytest.raises(BadInput) as refusal:
        reassess(desk, complaint, priority="P3", priority_reason="It is nothing.")
    assert refusal.value.field == "priority"
    assert reassess(desk, complaint).priority == "P0"


def test_others_than_the_owner_or_their_team_do_not_assess(desk):
    team = make_team()
    complaint = make_complaint(actor=desk.agent, team=team)
    desk.acknowledge(complaint, NOW)
    assign_complaint(complaint_id=complaint.pk, owner=desk.handler, actor=desk.manager, at=NOW)
    stranger, colleague = make_user("handler"), make_user("handler", team=team)
    given: dict[str, Any] = {"complaint_id": complaint.pk, "criteria": criteria(), "at": NOW}
    with pytest.raises(NotAllowed):
        assess_complaint(**given, actor=stranger)
    assess_complaint(**given, actor=colleague)
