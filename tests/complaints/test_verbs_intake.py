"""Receiving: what is recorded, linked and told, and the little that is refused."""

from datetime import timedelta
from typing import Any

import pytest

from complaints.errors import BadInput, NotAllowed
from complaints.models import Complainant, Complaint
from complaints.selectors.people import recurrences
from complaints.services.closure import withdraw_complaint
from complaints.services.intake import Intake, Person, receive_complaint
from complaints.states import Stage, State
from tests.complaints.desk import Desk, category
from tests.complaints.factories import NOW, make_complaint, make_policy, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def desk() -> Desk:
    make_policy()
    return Desk()


def take_down(desk: Desk, **fields: Any) -> Complaint:
    usual: dict[str, Any] = {
        "channel": "phone",
        "description": "The kettle leaks.",
        "received_at": NOW,
        "person": Person(phone="13900001111"),
    }
    return receive_complaint(intake=Intake(**{**usual, **fields}), actor=desk.agent, at=NOW)


@pytest.mark.clause("CM-8.2")
@pytest.mark.parametrize(
    "channel",
    ["phone", "email", "web", "letter", "in_person", "social", "regulator", "api", "other"],
)
def test_every_channel_is_received_and_what_is_missing_only_marks_it(
    desk: Desk, channel: str
) -> None:
    complaint = take_down(desk, channel=channel, received_at=NOW - DAY)
    assert (complaint.state, complaint.received_at) == (State.RECEIVED, NOW - DAY)
    assert complaint.recorded_at == NOW
    assert "category" in complaint.missing
    assert complaint.clocks.get(stage=Stage.ACKNOWLEDGE).started_at == NOW - DAY


@pytest.mark.clause("CM-8.2")
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"description": "  "}, "description"),
        ({"channel": "pigeon"}, "channel"),
        ({"received_at": NOW + DAY}, "received_at"),
        ({"occurred_at": NOW + DAY}, "occurred_at"),
        ({"person": Person(name="Li Ming")}, "contact"),
        ({"person": Person(email="li@")}, "email"),
        ({"emergency_trigger": "fun"}, "emergency_trigger"),
    ],
)
def test_next_to_nothing_is_refused_and_then_by_field(
    desk: Desk, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        take_down(desk, **wrong)
    assert refusal.value.field == field
    assert not Complaint.objects.exists()


@pytest.mark.clause("CM-8.2")
def test_who_stays_anonymous_is_received_all_the_same(desk: Desk) -> None:
    complaint = take_down(desk, person=Person(), anonymous=True)
    assert (complaint.complainant, complaint.unreachable) == (None, True)
    assert "complainant_name" not in complaint.missing


def test_only_those_whose_role_receives_take_complaints_down(desk: Desk) -> None:
    with pytest.raises(NotAllowed):
        receive_complaint(
            intake=Intake(channel="phone", description="It leaks.", received_at=NOW),
            actor=make_user("auditor"),
            at=NOW,
        )


def test_the_same_key_gives_the_same_complaint(desk: Desk) -> None:
    first = take_down(desk, idempotency_key="k1")
    assert take_down(desk, idempotency_key="k1", description="Other words.") == first
    assert take_down(desk, idempotency_key="k2") != first


def test_a_form_sent_twice_at_the_same_moment_gives_one_complaint(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = take_down(desk, idempotency_key="k1")
    looked: list[int] = []

    def too_early(*_args: Any) -> Complaint | None:
        looked.append(1)
        return None if len(looked) == 1 else first

    monkeypatch.setattr("complaints.services.intake._known", too_early)
    assert take_down(desk, idempotency_key="k1") == first
    assert Complaint.objects.count() == 1


def test_a_known_complainant_is_not_written_down_twice(desk: Desk) -> None:
    take_down(desk)
    take_down(desk)
    assert Complainant.objects.count() == 1


@pytest.mark.clause("CM-8.2a")
def test_the_class_given_at_intake_is_one_of_the_four_top_classes_or_below_them(
    desk: Desk,
) -> None:
    complaint = take_down(desk, category=category("service.poor"))
    assert complaint.category is not None
    assert complaint.category.top_class == "service"
    assert "category" not in complaint.missing


@pytest.mark.clause("CM-8.4")
def test_the_same_persons_same_matter_after_closing_is_linked_as_a_repeat(desk: Desk) -> None:
    closed = desk.case(State.CLOSED, at=NOW - 30 * DAY, phone="13900001111", product="Kettle K2")
    again = take_down(desk, person=Person(phone="139 0000 1111"), product="KETTLE k2")
    other = take_down(desk, person=Person(phone="139 0000 1111"), product="Toaster")
    late = take_down(
        desk, person=Person(phone="13900001111"), product="Kettle K2", received_at=NOW - 40 * DAY
    )
    assert again.repeat_of == closed
    assert (other.repeat_of, late.repeat_of) == (None, None)
    assert closed.repeats.count() == 1


@pytest.mark.clause("CM-8.4")
def test_contact_about_what_is_open_or_was_withdrawn_is_no_repeat(desk: Desk) -> None:
    earlier = desk.case(at=NOW - 5 * DAY, phone="13900001111", product="Kettle K2")
    assert take_down(desk, product="Kettle K2").repeat_of is None
    withdraw_complaint(
        complaint_id=earlier.pk, reason="Settled.", actor=desk.agent, at=NOW - 4 * DAY
    )
    assert take_down(desk, product="Kettle K2").repeat_of is None


@pytest.mark.clause("CM-8.4")
def test_the_same_problem_of_other_people_is_counted_as_recurrence(desk: Desk) -> None:
    problem: dict[str, Any] = {"product": "Kettle K2", "category": category()}
    make_complaint(at=NOW - 40 * DAY, **problem)
    make_complaint(at=NOW - 3 * DAY, **problem)
    make_complaint(at=NOW - 2 * DAY, **problem)
    make_complaint(at=NOW - 2 * DAY, confidential=True, **problem)
    complaint = take_down(desk, **problem)
    assert recurrences(complaint, desk.agent) == 2, "what the agent may not list is not counted"
    assert recurrences(complaint, make_user("manager")) == 3
