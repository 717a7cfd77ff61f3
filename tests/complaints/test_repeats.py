"""Repeats and recurrences (CM-8.4, K13): the same person again, and others with the same."""

from datetime import timedelta
from typing import Any

import pytest

from complaints.models import Complaint
from complaints.selectors.people import earlier_of, find_repeat, recurrences
from complaints.services.reopening import reopen_complaint
from tests.complaints.desk import Desk, category, make_version
from tests.complaints.factories import NOW, make_complaint, make_site, make_user

DAY = timedelta(days=1)
LI: dict[str, Any] = {
    "name": "Li Ming",
    "phone": "13800000000",
    "email": "li.ming@example.com",
    "customer_number": "K-100 200",
}

pytestmark = [pytest.mark.django_db, pytest.mark.clause("CM-8.4")]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def first(desk: Desk) -> Complaint:
    """Return a complaint closed ten days ago."""
    return desk.case("closed", at=NOW - 10 * DAY, **LI)


def again(**changes: Any) -> Complaint:
    """Return what comes in today: of the same phone and category, unless said otherwise."""
    given: dict[str, Any] = {"phone": "13800000000", "category": category()}
    return make_complaint(**(given | changes))


# --- the same person ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "writing",
    [
        {"phone": "13800000000"},
        {"phone": "138 0000 0000"},
        {"phone": "138-0000-0000"},
        {"phone": "+86 138 0000 0000"},
        {"phone": "008613800000000"},
        {"phone": "１３８００００００００"},  # full width, as typed with a Chinese keyboard
        {"email": "li.ming@example.com"},
        {"email": "Li.Ming@EXAMPLE.com"},
        {"email": "  li.ming@example.com"},
        {"customer_number": "K100200"},
        {"customer_number": "k-100 200"},
        {"name": "M. Li", "phone": "13800000000", "email": "other@example.com"},
    ],
)
def test_the_same_person_is_known_by_phone_mail_or_number_in_any_writing(first, writing):
    assert again(**({"phone": ""} | writing)).repeat_of == first


@pytest.mark.parametrize(
    "writing",
    [
        {"phone": "13800000001"},
        {"phone": "", "email": "ming.li@example.com"},
        {"phone": "", "customer_number": "K100201"},
        {"phone": "", "name": "Li Ming", "address": "Changning Road 1"},  # a name is no key
        {"phone": "", "anonymous": True},
    ],
)
def test_somebody_else_repeats_nothing(first, writing):
    assert again(**writing).repeat_of is None


# --- the same matter ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        ({"category": "service.late"}, {"category": "service.late"}, True),
        ({"category": "service.late"}, {"category": "service.poor"}, False),
        ({"category": "service"}, {"category": "service"}, False),  # a top class says too little
        (
            {"category": "service.late", "order_number": "A-1"},
            {"category": "service.poor", "order_number": "A-1"},
            True,
        ),
        (
            {"category": "service.late", "product": "Kettle K2"},
            {"category": "service.poor", "product": "KETTLE k2"},
            True,
        ),
        (
            {"category": "service.late", "product": "Kettle K2", "order_number": ""},
            {"category": "service.poor", "product": "Toaster", "order_number": ""},
            False,
        ),
    ],
)
def test_the_same_matter_is_the_same_order_product_or_class_of_problem(desk, then, now, same):
    earlier = desk.case(
        "closed", at=NOW - DAY, **LI, **(then | {"category": category(then["category"])})
    )
    found = again(**(now | {"category": category(now["category"])})).repeat_of
    assert found == (earlier if same else None)


# --- the window --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since_closing", "repeats"),
    [
        (timedelta(0), True),
        (89 * DAY, True),
        (90 * DAY, True),
        (90 * DAY + timedelta(seconds=1), False),
        (timedelta(seconds=-1), False),  # received before the other was closed
    ],
)
def test_it_repeats_within_ninety_days_of_the_closing(desk, since_closing, repeats):
    earlier = desk.case("closed", at=NOW - 10 * DAY, **LI)
    received = NOW - 10 * DAY + since_closing
    found = again(received_at=received, at=received + DAY).repeat_of
    assert found == (earlier if repeats else None)


def test_the_policy_says_how_far_back(desk):
    make_version({"windows": {"repeat_days": 5}}, effective_from=NOW - 99 * DAY)
    desk.case("closed", at=NOW - 10 * DAY, **LI)
    assert again().repeat_of is None


@pytest.mark.parametrize(
    "state", ["received", "investigating", "responded", "withdrawn", "not_a_complaint", "merged"]
)
def test_contact_about_what_is_open_or_was_none_is_no_repeat(desk, state):
    desk.case(state, at=NOW - 10 * DAY, **LI)
    assert again().repeat_of is None


def test_what_was_reopened_is_open_again(desk, first):
    reopen_complaint(complaint_id=first.pk, reason="-", actor=desk.agent, at=NOW - DAY)
    assert again().repeat_of is None


def test_of_several_the_last_one_closed_is_the_one_repeated(desk, first):
    later = desk.case("followed_up", at=NOW - 3 * DAY, **LI)
    assert later.repeat_of == first
    assert again().repeat_of == later


def test_repeats_are_linked_and_counted(desk, first):
    second = again()
    third = again(received_at=NOW - DAY)
    assert set(first.repeats.all()) == {second, third}


def test_a_repeat_may_show_only_when_it_is_assessed(desk):
    earlier = desk.case("closed", at=NOW - 10 * DAY, **LI, category=category("service.late"))
    complaint = desk.case("acknowledged", phone="13800000000", category=None)
    assert complaint.repeat_of is None
    desk.assess(complaint, NOW, category=category("service.late"))
    complaint.refresh_from_db()
    assert complaint.repeat_of == earlier


def test_a_question_without_a_person_finds_nothing(desk):
    anonymous = make_complaint(anonymous=True, category=category())
    assert find_repeat(anonymous, anonymous.policy.says) is None
    assert earlier_of(anonymous, desk.manager, at=NOW, days=365) == []


# --- others with the same trouble --------------------------------------------------------------


def trouble(**changes: Any) -> Complaint:
    given: dict[str, Any] = {"product": "Kettle K2", "category": category()}
    return make_complaint(**(given | changes))


def test_recurrence_counts_other_people_not_their_complaints(desk):
    for phone in ("13900000001", "13900000001", "+86 139 0000 0001", "13900000002"):
        trouble(phone=phone, name="Somebody")
    trouble(anonymous=True)
    trouble(anonymous=True)
    own = trouble(**LI)
    trouble(phone="13800000000", name="M. Li")  # the same person under another name
    assert recurrences(own, desk.manager) == 4


@pytest.mark.parametrize(
    "other",
    [
        {"product": "Toaster"},
        {"category": "service.late"},
        {"received_at": NOW - 40 * DAY},
    ],
)
def test_other_trouble_is_no_recurrence(desk, other):
    if "category" in other:
        other = {"category": category(other["category"])}
    trouble(**other)
    assert recurrences(trouble(**LI), desk.manager) == 0


def test_without_a_product_the_place_counts(desk):
    site = make_site()
    for _ in range(2):
        trouble(product="", site=site)
    trouble(product="", site=make_site())
    assert recurrences(trouble(product="", site=site, **LI), desk.manager) == 2


@pytest.mark.parametrize("state", ["merged", "not_a_complaint"])
def test_what_was_none_or_was_merged_does_not_recur(desk, state):
    desk.case(state, product="Kettle K2")
    expected = 1 if state == "merged" else 0  # the complaint it was merged into has no product
    assert recurrences(trouble(**LI), desk.manager) <= expected


def test_a_count_tells_no_more_than_a_list(desk):
    site = make_site()
    manager = make_user("manager", site=site)
    trouble(site=site)
    trouble(site=make_site())
    trouble(site=site, subject_person=manager)
    own = trouble(site=site, **LI)
    assert recurrences(own, manager) == 1
    assert recurrences(own, desk.manager) == 3


def test_what_somebody_brought_before_is_listed_as_far_as_one_may_see_it(desk, first):
    hidden = desk.case("closed", at=NOW - 5 * DAY, **LI, confidential=True)
    own = again()
    assert earlier_of(own, desk.manager, at=NOW, days=365) == [hidden, first]
    assert earlier_of(own, make_user("handler"), at=NOW, days=365) == [first]
    assert earlier_of(own, desk.manager, at=NOW, days=5) == []
