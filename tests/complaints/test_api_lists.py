"""GET complaints/: filters, orders, pages that stay while rows arrive, few questions."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from urllib.parse import urlencode

import pytest
from django.apps import apps

from complaints.models import Complaint
from complaints.services.triage import reassess_complaint
from tests.complaints.api_rows import ASSESSED
from tests.complaints.desk import Desk, category, criteria
from tests.complaints.factories import NOW, make_complaint, make_policy, make_site
from tests.complaints.plans import plan_of, questions
from tests.providers.partner import Partner, pointers

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner():
    make_policy()
    return Partner()


def listed(partner, **asked):
    answer = partner.get(f"complaints/?{urlencode(asked)}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def names(page):
    return [row["external_id"] for row in page["results"]]


def day(number):
    return datetime(2026, 2, number, 9, tzinfo=UTC)


def some(partner, count):
    for number in range(1, count + 1):
        partner.hand_over(external_id=str(number), received_at=day(number).isoformat())


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [("-received_at", "7654321"), ("received_at", "1234567"), ("next_due_at", "1234567")],
)
def test_pages_go_through_everything_and_back(partner, ordering, expected):
    some(partner, 7)
    page = listed(partner, ordering=ordering, page_size=3)
    assert page["previous"] is None
    forwards = names(page)
    while page["next"]:
        page = partner.get(page["next"]).json()
        forwards += names(page)
    assert forwards == list(expected)
    backwards = names(page)
    while page["previous"]:
        page = partner.get(page["previous"]).json()
        backwards = names(page) + backwards
    assert backwards == list(expected)


def test_pages_stay_while_rows_arrive(partner):
    some(partner, 4)
    page = listed(partner, page_size=2)
    partner.hand_over(external_id="new", received_at=day(20).isoformat())
    assert names(page) == ["4", "3"]
    assert names(partner.get(page["next"]).json()) == ["2", "1"]


def test_the_next_page_keeps_the_filters(partner):
    for number in range(1, 5):
        partner.hand_over(channel="phone" if number % 2 else "web", external_id=str(number))
    page = listed(partner, channel="web", page_size=1)
    assert "channel=web" in page["next"]
    assert "page_size=1" in page["next"]
    assert names(page) + names(partner.get(page["next"]).json()) == ["4", "2"]


@pytest.mark.parametrize("cursor", ["x", "YTo", "YjpoaQ", "YTox", "YTowLjEuMQ" * 9])
def test_cursors_of_other_making_are_refused_or_begin_anew(partner, cursor):
    some(partner, 1)
    answer = partner.get(f"complaints/?cursor={cursor}")
    if answer.status_code == 422:
        assert pointers(answer) == {"?cursor"}
    else:
        assert names(answer.json()) == ["1"]


def test_words_are_looked_for_page_by_page(partner):
    for number in range(5):
        partner.hand_over(description=f"水壶漏水 number {number}", external_id=str(number))
    partner.hand_over(description="The lid is loose.")
    page = listed(partner, q="漏水", page_size=2)
    found = names(page)
    while page["next"]:
        page = partner.get(page["next"]).json()
        found += names(page)
    assert found == list("43210")
    assert listed(partner, q="漏水", provider="nobody")["results"] == []


@pytest.fixture
def various(partner):
    """Return references of complaints of the partner that differ in one thing each."""
    make_site("north")
    category()
    plain = {"received_at": (NOW - timedelta(days=1)).isoformat()}
    made = {
        "plain": partner.hand_over(**plain),
        "web": partner.hand_over(**plain, channel="web"),
        "site": partner.hand_over(**plain, site="north"),
        "category": partner.hand_over(**plain, category="product.defective"),
        "old": partner.hand_over(received_at="2025-06-01T00:00:00Z"),
        "severe": partner.hand_over(**plain),
        "danger": partner.hand_over(
            **plain, emergency={"trigger": "personal_safety", "facts": "Hot."}
        ),
        "gone": partner.hand_over(**plain),
    }
    partner.post(f"complaints/{made['gone']}/withdraw/", {"reason": "Settled."})
    spoken = {"message": {"channel": "phone", "told_at": NOW.isoformat()}}
    assert partner.post(f"complaints/{made['severe']}/acknowledge/", spoken).status_code == 200
    judged = partner.post(
        f"complaints/{made['severe']}/assess/", {**ASSESSED, "severity": "critical"}
    )
    assert judged.status_code == 200, judged.content
    return made


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"status": "withdrawn"}, {"gone"}),
        ({"channel": "web"}, {"web"}),
        ({"site": "north"}, {"site"}),
        ({"site": "nowhere"}, set()),
        ({"category": "product"}, {"category", "severe"}),
        ({"category": "nothing"}, set()),
        ({"severity": "critical"}, {"severe"}),
        ({"severity": "low"}, set()),
        ({"emergency": "true"}, {"danger"}),
        ({"received_before": "2025-12-31T00:00:00Z"}, {"old"}),
        ({"received_after": "2199-01-01T00:00:00Z"}, set()),
        ({"overdue": "false", "status": "received"}, {"danger"}),
        ({"overdue": "true", "channel": "web"}, {"web"}),
        ({"external_id": "no such"}, set()),
    ],
)
def test_filters(partner, various, asked, found):
    rows = {row["reference"] for row in listed(partner, **asked)["results"]}
    assert rows == {various[name] for name in found}


def test_severity_is_that_of_the_last_assessment(partner):
    desk = Desk()
    case = desk.case("assessed", provider=partner.provider)
    assert listed(partner, severity="moderate")["results"]
    judged = criteria(severity="high")
    reassess_complaint(complaint_id=case.pk, criteria=judged, actor=desk.handler, at=NOW)
    assert listed(partner, severity="moderate")["results"] == []
    assert len(listed(partner, severity="high")["results"]) == 1


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({"severity": "moderate"}, "complaint_severity_new"),
        ({"external_id": "CC-1"}, "complaint_external"),
    ],
)
def test_what_few_complaints_have_is_found_by_an_index(wanted, index):
    make_policy()
    house = Partner(organisation=True)
    Desk().case("assessed", external_id="CC-1")
    with questions("complaints_complaint") as asked:
        assert len(listed(house, **wanted)["results"]) == 1
    [question] = asked
    assert index in plan_of(question)


def test_a_complaint_assessed_before_it_held_its_severity_is_given_the_last_one():
    desk = Desk()
    case, other = desk.case("assessed"), desk.case("received")
    judged = criteria(severity="high")
    reassess_complaint(complaint_id=case.pk, criteria=judged, actor=desk.handler, at=NOW)
    Complaint.objects.update(severity="")
    import_module("complaints.migrations.0024_severity_of_complaint").carry_over(apps, None)
    assert Complaint.objects.get(pk=case.pk).severity == "high"
    assert Complaint.objects.get(pk=other.pk).severity == ""


def test_a_row_tells_what_a_list_needs(partner):
    reference = partner.hand_over(
        external_id="CC-1", product="Kettle", received_at="2026-02-01T00:00:00Z"
    )
    (row,) = listed(partner)["results"]
    kept = Complaint.objects.get(reference=reference)
    assert row["summary"] == "The kettle leaks."
    assert row["overdue"] is True
    assert row["next_deadline"]["stage"] == kept.next_due_stage
    assert row["completeness_issues"] == kept.missing
    assert row["provider"] == "callco"
    assert row["version"] == kept.version


def test_what_is_confidential_is_listed_without_its_words(partner):
    partner.hand_over(confidential=True)
    (row,) = listed(partner)["results"]
    assert row["confidential"] is True
    assert row["summary"] is None


@pytest.mark.parametrize("query", ["", "q=kettle", "category=product&status=received&overdue=true"])
def test_a_list_costs_few_questions_however_long(partner, query, django_assert_max_num_queries):
    for _ in range(12):
        make_complaint(provider=partner.provider, category=category())
    assert partner.token
    with django_assert_max_num_queries(8):
        assert partner.get(f"complaints/?{query}").status_code == 200
