"""Whoever calls again is found by an index: to take a complaint in reads no table of all people."""

from datetime import timedelta

import pytest

from complaints.models import Complaint
from complaints.selectors.people import same_person
from complaints.services.import_people import complainants_of
from complaints.services.intake import Intake, Person, receive_complaint
from tests.complaints.factories import NOW, make_policy, make_user
from tests.complaints.plans import Question, plan_of, questions

pytestmark = pytest.mark.django_db

WAYS = (
    {"phone": "13800000000"},
    {"email": "li@example.cn"},
    {"customer_number": "K-17"},
    {"address": "中山路 1 号"},
    {"phone": "13800000000", "email": "li@example.cn", "address": "中山路 1 号"},
)


def intake(*, contact_unknown: bool = False, **way: str) -> Intake:
    return Intake(
        contact_unknown=contact_unknown,
        channel="letter",
        description="The kettle leaks.",
        received_at=NOW - timedelta(hours=1),
        person=Person(name="Li Ming", **way),
    )


def expect_an_index(asked: list[Question]) -> None:
    assert asked
    for question in asked:
        plan = plan_of(question)
        assert "Seq Scan on complaints_complainant" not in plan, plan
        assert "SCAN complaints_complainant" not in plan, plan
        assert "complainant_" in plan, plan


@pytest.mark.parametrize("way", WAYS, ids="+".join)
def test_a_complaint_is_taken_in_without_reading_all_people(way):
    make_policy()
    agent = make_user("agent")
    first = receive_complaint(intake=intake(**way), actor=agent, at=NOW)
    with questions("complaints_complainant") as asked:
        again = receive_complaint(intake=intake(**way), actor=agent, at=NOW)
    assert again.complainant == first.complainant
    expect_an_index(asked)


@pytest.mark.parametrize("way", WAYS, ids="+".join)
def test_people_of_an_import_are_found_without_reading_all_people(way):
    [known] = complainants_of([intake(**way)], NOW)
    with questions("complaints_complainant") as asked:
        assert complainants_of([intake(**way)], NOW) == [known]
    expect_an_index(asked)


@pytest.mark.parametrize("way", WAYS[:3], ids="+".join)
def test_what_else_somebody_said_is_found_without_reading_all_people(way):
    make_policy()
    case = receive_complaint(intake=intake(**way), actor=make_user("agent"), at=NOW)
    assert case.complainant
    with questions("complaints_complainant") as asked:
        assert Complaint.objects.get(same_person(case.complainant)) == case
    expect_an_index(asked)


def test_nobody_is_looked_for_by_a_name_alone():
    make_policy()
    agent = make_user("agent")
    unknown = intake(contact_unknown=True)
    first = receive_complaint(intake=unknown, actor=agent, at=NOW)
    with questions("complaints_complainant") as asked:
        second = receive_complaint(intake=unknown, actor=agent, at=NOW)
    assert first.complainant != second.complainant
    assert not any('"name" = ' in sql for sql, _params in asked)
