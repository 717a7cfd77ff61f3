"""Every complaint is recorded, in every channel; what is missing is marked, never refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts.services import system_user
from complaints.errors import BadInput, Conflict, NotAllowed
from complaints.models import Complainant, Complaint, MessageTemplate
from complaints.services.intake import Intake, Person, receive_complaint
from complaints.states import Channel, State
from journal.selectors import history_of
from journal.services import verify_subject
from tests.complaints.desk import Desk, category, make_version
from tests.complaints.factories import (
    NOW,
    make_complaint,
    make_policy,
    make_site,
    make_team,
    make_user,
)

EARLIER = NOW - timedelta(hours=1)
CALLER = Person(name="Li Ming", phone="13800000000")

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    make_policy()
    return Desk()


def intake(**changes: Any) -> Intake:
    plain: dict[str, Any] = {
        "channel": "phone",
        "description": "The kettle leaks.",
        "received_at": EARLIER,
        "person": CALLER,
    }
    return Intake(**(plain | changes))


def receive(desk: Desk, **changes: Any) -> Complaint:
    return receive_complaint(intake=intake(**changes), actor=desk.agent, at=NOW)


# --- what is recorded --------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2")
@pytest.mark.parametrize("channel", Channel.values)
def test_every_channel_is_recorded_with_when_it_came_and_when_it_was_written_down(desk, channel):
    complaint = receive(desk, channel=channel)
    assert (complaint.state, complaint.is_open, complaint.channel) == ("received", True, channel)
    assert (complaint.received_at, complaint.recorded_at) == (EARLIER, NOW)
    assert complaint.recorded_by == desk.agent
    assert [entry.kind for entry in history_of(complaint)] == ["complaint.received"]
    assert verify_subject(complaint).intact


@pytest.mark.clause("CM-8.2", "CM-8.1")
def test_the_least_that_is_a_complaint_is_taken_and_what_the_policy_wants_is_marked(desk):
    complaint = receive(desk, person=Person(), anonymous=True, channel="web")
    assert complaint.missing == [
        "category",
        "product",
        "order_number",
        "occurred_at",
        "remedy_sought",
    ]


def test_nothing_is_missing_of_a_complaint_that_says_all_that_is_wanted(desk):
    complaint = receive(
        desk,
        category=category(),
        product="Kettle K2",
        occurred_at=EARLIER,
        remedy_sought="A new one.",
    )
    assert complaint.missing == []


def test_a_contact_that_a_partner_did_not_give_is_marked(desk):
    complaint = receive(desk, person=Person(), contact_unknown=True, channel="api")
    assert "contact" in complaint.missing
    assert complaint.complainant is None
    assert not complaint.anonymous


def test_references_cannot_be_guessed_and_are_never_the_same(desk):
    references = {receive(desk).reference for _ in range(5)}
    assert len(references) == 5
    assert all(reference.startswith("C26-") and len(reference) == 13 for reference in references)


def test_the_entry_holds_codes_and_digests_but_no_words_of_the_complainant(desk):
    complaint = receive(desk, person=Person(name="Li Ming", email="li@example.com"))
    body = history_of(complaint).get(kind="complaint.received").body
    assert "kettle" not in body
    assert "Li Ming" not in body
    assert "li@example.com" not in body


# --- refusals: each names its field ------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"description": "  \n"}, "description"),
        ({"channel": "carrier_pigeon"}, "channel"),
        ({"received_at": NOW + timedelta(seconds=1)}, "received_at"),
        ({"occurred_at": NOW + timedelta(seconds=1)}, "occurred_at"),
        ({"person": Person()}, "contact"),
        ({"person": Person(name="Li Ming")}, "contact"),
        ({"person": Person(email="not an address")}, "email"),
        ({"emergency_trigger": "bad_mood"}, "emergency_trigger"),
    ],
)
def test_what_cannot_be_a_complaint_is_refused_by_the_name_of_its_field(desk, changes, field):
    with pytest.raises(BadInput) as refusal:
        receive(desk, **changes)
    assert refusal.value.field == field
    assert Complaint.objects.count() == 0
    assert Complainant.objects.count() == 0


@pytest.mark.parametrize("role", ["quality_manager", "auditor", "top_management", "administrator"])
def test_who_does_not_work_at_the_desk_receives_nothing(desk, role):
    with pytest.raises(NotAllowed):
        receive_complaint(intake=intake(), actor=make_user(role), at=NOW)


def test_without_any_policy_the_desk_is_told_to_set_up_first():
    with pytest.raises(BadInput) as refusal:
        receive_complaint(intake=intake(), actor=make_user("agent"), at=NOW)
    assert refusal.value.field == "policy"


# --- who owns it -------------------------------------------------------------------------------


def test_a_handler_may_keep_what_they_take_down(desk):
    complaint = receive_complaint(intake=intake(owner=desk.handler), actor=desk.handler, at=NOW)
    assert complaint.owner == desk.handler


def test_an_agent_does_not_assign_others_at_the_door_either(desk):
    with pytest.raises(NotAllowed):
        receive(desk, owner=desk.handler)


def test_a_manager_assigns_within_their_site_only(desk):
    site, other = make_site(), make_site()
    manager = make_user("manager", site=site)
    given = {"owner": desk.handler}
    here = receive_complaint(intake=intake(site=site, **given), actor=manager, at=NOW)
    assert here.owner == desk.handler
    with pytest.raises(NotAllowed):
        receive_complaint(intake=intake(site=other, **given), actor=manager, at=NOW)


@pytest.mark.parametrize("who", ["subject", "auditor", "gone"])
def test_an_owner_who_cannot_handle_it_is_refused_by_name(desk, who):
    owner = make_user("auditor" if who == "auditor" else "handler", is_active=who != "gone")
    subject = owner if who == "subject" else None
    with pytest.raises(BadInput) as refusal:
        receive_complaint(
            intake=intake(owner=owner, subject_person=subject), actor=desk.manager, at=NOW
        )
    assert refusal.value.field == "owner"


def test_a_category_brings_the_complaint_to_its_team(desk):
    chosen = category("service.late")
    chosen.team = make_team()
    chosen.save()
    assert receive(desk, category=chosen).team == chosen.team


# --- the same form twice -----------------------------------------------------------------------


def test_the_same_key_gives_the_same_complaint_again(desk):
    first = receive(desk, idempotency_key="a-key")
    again = receive(desk, idempotency_key="a-key", description="Sent once more.")
    assert again == first
    assert Complaint.objects.get().description == "The kettle leaks."
    assert history_of(first).count() == 1


def test_without_a_key_two_are_two(desk):
    assert receive(desk) != receive(desk)


def test_a_key_that_somebody_else_has_used_is_a_conflict_and_shows_nothing(desk):
    receive(desk, idempotency_key="a-key")
    with pytest.raises(Conflict):
        receive_complaint(intake=intake(idempotency_key="a-key"), actor=desk.handler, at=NOW)


# --- who complains -----------------------------------------------------------------------------


def test_the_same_person_is_not_written_down_twice(desk):
    receive(desk, person=Person(name="Li Ming", phone="138 0000 0000"))
    receive(desk, person=Person(name="Li Ming", phone="+86 13800000000"))
    assert Complainant.objects.count() == 1


def test_another_name_on_the_same_phone_is_another_person(desk):
    receive(desk, person=Person(name="Li Ming", phone="13800000000"))
    receive(desk, person=Person(name="Wang Hong", phone="13800000000"))
    assert Complainant.objects.count() == 2


def test_a_complainant_chosen_at_intake_is_kept_as_they_are(desk):
    person = receive(desk).complainant
    assert person is not None
    assert receive(desk, person=Person(), complainant=person).complainant == person


def test_who_wants_to_stay_unknown_and_left_nothing_cannot_be_reached(desk):
    complaint = receive(desk, person=Person(), anonymous=True)
    assert (complaint.anonymous, complaint.unreachable) == (True, True)
    assert complaint.complainant is None


def test_who_wants_to_stay_unknown_but_left_a_number_can_be_reached(desk):
    complaint = receive(desk, person=Person(phone="13800000000"), anonymous=True)
    assert (complaint.anonymous, complaint.unreachable) == (True, False)


# --- the policy and the clocks -----------------------------------------------------------------


@pytest.mark.clause("CM-8.1")
def test_the_version_in_force_at_receipt_is_pinned_even_when_written_down_later(desk):
    first = make_version({"default_priority": "P2"}, effective_from=NOW - timedelta(days=9))
    second = make_version({"default_priority": "P3"}, effective_from=NOW - timedelta(days=1))
    early = receive(desk, received_at=NOW - timedelta(days=2))
    late = receive(desk, received_at=NOW - timedelta(hours=1))
    assert (early.policy, early.priority) == (first, "P2")
    assert (late.policy, late.priority) == (second, "P3")


def test_clocks_run_from_receipt_not_from_the_entry(desk):
    complaint = receive(desk, received_at=NOW - timedelta(days=6))
    starts = {clock.started_at for clock in complaint.clocks.all()}
    assert starts == {NOW - timedelta(days=6)}
    stages = set(complaint.clocks.values_list("stage", flat=True))
    assert stages == {"acknowledge", "assess", "first_action", "progress", "respond"}


def test_the_queue_sees_the_clock_that_ends_first(desk):
    complaint = receive(desk)  # Wednesday 4 March, 09:00 in Shanghai: one working day
    assert complaint.next_due_stage == "acknowledge"
    assert complaint.next_due_at == datetime(2026, 3, 5, 16, tzinfo=UTC)


# --- acknowledging by itself -------------------------------------------------------------------


@pytest.mark.clause("CM-8.2c")
def test_where_the_channel_allows_it_receipt_is_acknowledged_at_once_with_process_and_dates(desk):
    complaint = receive(desk, channel="web", person=Person(email="ann@example.com"), language="en")
    assert complaint.state == State.ACKNOWLEDGED
    letter = complaint.messages.get()
    assert (letter.state, letter.written_by) == ("queued", system_user())
    assert complaint.reference in letter.body
    assert "18 Mar" in letter.body  # ten working days
    assert complaint.acknowledged_at is None  # it counts when it is sent


@pytest.mark.parametrize(
    ("channel", "person"),
    [("phone", Person(email="ann@example.com")), ("web", CALLER)],
)
def test_otherwise_a_person_acknowledges(desk, channel, person):
    complaint = receive(desk, channel=channel, person=person)
    assert complaint.state == State.RECEIVED
    assert not complaint.messages.exists()


def test_a_letter_that_cannot_be_written_loses_nobody_at_the_door(desk):
    MessageTemplate.objects.create(
        occasion="acknowledgement",
        channel="email",
        language="en",
        subject="Received",
        body="[[somebody left a gap here]]",
    )
    complaint = receive(desk, channel="web", person=Person(email="ann@example.com"), language="en")
    assert complaint.state == State.RECEIVED
    assert not complaint.messages.exists()


# --- danger at the door ------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2b")
def test_danger_told_at_the_door_opens_the_fast_channel_with_the_receipt(desk):
    complaint = receive(desk, emergency_trigger="personal_safety", emergency_facts="It smokes.")
    assert complaint.emergency
    assert (complaint.priority, complaint.emergency_declared_at) == ("P0", NOW)
    kinds = [entry.kind for entry in history_of(complaint)]
    assert kinds[:2] == ["complaint.received", "complaint.emergency_declared"]


def test_danger_counts_wherever_the_agent_belongs(desk):
    agent = make_user("agent", site=make_site())
    complaint = receive_complaint(
        intake=intake(site=make_site(), emergency_trigger="property_loss"), actor=agent, at=NOW
    )
    assert complaint.emergency


def test_danger_that_somebody_tells_of_themselves_is_declared_all_the_same(desk):
    complaint = receive(desk, subject_person=desk.agent, emergency_trigger="personal_safety")
    assert complaint.emergency
    declared = history_of(complaint).get(kind="complaint.emergency_declared")
    assert declared.actor == system_user()


def test_what_is_broken_off_leaves_nothing_behind(desk):
    with transaction.atomic():
        receive(desk)
        transaction.set_rollback(True)
    assert Complaint.objects.count() == 0
    assert make_complaint().pk
