"""Facts are completed and put right, with a reason; the narrative is never touched."""

from datetime import timedelta
from typing import Any

import pytest

from complaints import events
from complaints.errors import BadInput, Conflict, NotAllowed
from complaints.models import Complaint
from complaints.services.triage import Correction, assign_complaint, correct_complaint
from journal.selectors import history_of
from tests.complaints.desk import Desk, category, clock_of, clocks_said, make_version
from tests.complaints.factories import NOW, make_complaint, make_site, make_user

DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def correct(desk: Desk, complaint: Complaint, **changes: Any) -> Complaint:
    who = {
        "reason": changes.pop("reason", ""),
        "actor": changes.pop("actor", desk.agent),
        "at": changes.pop("at", NOW),
        "expected_version": changes.pop("expected_version", None),
    }
    correct_complaint(complaint_id=complaint.pk, correction=Correction(**changes), **who)
    complaint.refresh_from_db()
    return complaint


@pytest.mark.clause("CM-8.2")
def test_what_was_missing_is_completed_and_no_longer_missing(desk):
    complaint = make_complaint(actor=desk.agent, name="", phone="13800000000")
    assert complaint.missing == [
        "complainant_name",
        "category",
        "product",
        "occurred_at",
        "remedy_sought",
    ]
    correct(
        desk,
        complaint,
        name="Li Ming",
        category=category(),
        product="Kettle",
        occurred_at=NOW - DAY,
        remedy_sought="A new one.",
    )
    assert complaint.missing == []
    payload = history_of(complaint).get(kind=events.CORRECTED).payload
    assert payload["fields"] == ["category", "name", "occurred_at", "product", "remedy_sought"]


def test_the_record_names_the_fields_but_not_what_they_said(desk):
    complaint = correct(desk, desk.case(), email="ann@example.com", product="Kettle K2")
    body = history_of(complaint).get(kind=events.CORRECTED).body
    assert "ann@" not in body
    assert "K2" not in body


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ({"product": "Kettle"}, {"product": "Toaster"}),
        ({"phone": "13800000000"}, {"phone": "13900000000"}),
        ({"name": "Li", "phone": "13800000000"}, {"name": "Wang"}),
    ],
)
def test_changing_what_was_recorded_takes_a_reason(desk, before, change):
    complaint = desk.case(**before)
    with pytest.raises(BadInput) as refusal:
        correct(desk, complaint, **change)
    assert refusal.value.field == "reason"
    correct(desk, complaint, **change, reason="Misheard.")
    assert complaint.notes.get().text == "Misheard."


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "reason"),
        ({"occurred_at": NOW + DAY}, "occurred_at"),
        ({"email": "not an address"}, "email"),
    ],
)
def test_a_bad_correction_is_refused_by_the_name_of_its_field(desk, changes, field):
    complaint = desk.case()
    with pytest.raises(BadInput) as refusal:
        correct(desk, complaint, **changes)
    assert refusal.value.field == field


def test_an_older_page_does_not_win(desk):
    complaint = desk.case()
    seen = complaint.version
    correct(desk, complaint, product="Kettle")
    with pytest.raises(Conflict):
        correct(desk, complaint, product="Toaster", reason="-", expected_version=seen)


@pytest.mark.parametrize("role", ["auditor", "top_management"])
def test_who_only_checks_corrects_nothing(desk, role):
    complaint = desk.case()
    with pytest.raises(NotAllowed):
        correct(desk, complaint, product="Kettle", actor=make_user(role))


# --- who it is, and whom it is about -----------------------------------------------------------


def test_a_number_found_later_makes_somebody_reachable(desk):
    complaint = make_complaint(actor=desk.agent, anonymous=True)
    correct(desk, complaint, phone="13800000000")
    assert (complaint.anonymous, complaint.unreachable) == (False, False)
    assert complaint.complainant is not None
    assert complaint.complainant.phone_key == "+8613800000000"


def test_a_name_alone_makes_nobody_reachable(desk):
    complaint = make_complaint(actor=desk.agent, anonymous=True)
    correct(desk, complaint, name="Somebody")
    assert (complaint.anonymous, complaint.unreachable) == (False, True)


def test_anybody_may_make_it_confidential_but_only_a_manager_lifts_that(desk):
    complaint = correct(desk, desk.case(), confidential=True)
    assert complaint.confidential
    with pytest.raises(NotAllowed):
        correct(desk, complaint, confidential=False, reason="-")
    correct(desk, complaint, confidential=False, reason="A mistake.", actor=desk.manager)
    assert not complaint.confidential


def test_whom_it_is_about_is_named_by_anybody_and_changed_by_a_manager(desk):
    one, two = make_user("handler"), make_user("handler")
    complaint = correct(desk, desk.case(), subject_person=one)
    assert complaint.subject_person == one
    with pytest.raises(NotAllowed):
        correct(desk, complaint, subject_person=two, reason="-")
    correct(desk, complaint, subject_person=two, reason="Mixed up.", actor=desk.manager)
    assert complaint.subject_person == two


def test_who_turns_out_to_be_meant_owns_it_no_longer_and_sees_it_no_more(desk):
    complaint = desk.case()
    assign_complaint(complaint_id=complaint.pk, owner=desk.handler, actor=desk.manager, at=NOW)
    correct(desk, complaint, subject_person=desk.handler)
    assert complaint.owner is None
    assert not Complaint.objects.visible_to(desk.handler).exists()


# --- what follows from it ----------------------------------------------------------------------


def test_a_corrected_category_brings_its_own_clocks_from_the_original_start(desk):
    quick = {
        **next(item for item in clocks_said() if item["code"] == "respond"),
        "code": "respond_safety",
        "amount": 2,
        "categories": ["product.safety"],
    }
    make_version({"clocks": [*clocks_said(), quick]}, effective_from=NOW - 9 * DAY)
    complaint = desk.case("acknowledged", received_at=NOW - DAY)
    assert not complaint.clocks.filter(code="respond_safety").exists()
    correct(desk, complaint, category=category("product.safety"), reason="It burns.")
    clock = clock_of(complaint, "respond")
    assert (clock.code, clock.started_at) == ("respond_safety", NOW - DAY)
    correct(desk, complaint, category=category(), reason="It does not.")
    assert complaint.clocks.get(code="respond_safety").dropped


def test_a_corrected_category_starts_nothing_at_the_end(desk):
    complaint = desk.case("closed")
    before = list(complaint.clocks.values_list("pk", "dropped", "stopped_at"))
    correct(desk, complaint, category=category("service.late"), reason="For the figures.")
    assert list(complaint.clocks.values_list("pk", "dropped", "stopped_at")) == before


@pytest.mark.parametrize("found", [{"phone": "138 0000 0000"}, {"order_number": "A-1"}])
def test_what_is_found_out_later_may_show_that_it_is_a_repeat(desk, found):
    known = {"phone": "13800000000", "order_number": "A-1"}
    earlier = desk.case("closed", at=NOW - 9 * DAY, **known)
    start: dict[str, Any] = {"name": "Li", "phone": "13900000000", "order_number": ""} | known
    start.update(dict.fromkeys(found, ""))
    complaint = make_complaint(actor=desk.agent, contact_unknown=True, **start)
    assert complaint.repeat_of is None
    correct(desk, complaint, **found)
    assert complaint.repeat_of == earlier
    assert history_of(complaint).get(kind=events.REPEAT_LINKED).payload["repeat_of"] == earlier.pk


def test_a_site_may_be_named(desk):
    site = make_site()
    assert correct(desk, desk.case(), site=site).site == site
