"""Follow-ups as a list of work, the step itself, and the wish to reopen that comes of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from complaints.models import BulkRun, Complaint, FollowUpAttempt, ReopenRequest
from complaints.selectors.follow_ups import ALL, MINE, TEAM, Asked, due_follow_ups, due_parts
from complaints.selectors.page import page_of
from complaints.services.contact import stop_contact
from complaints.services.follow_ups import FollowUp, record_follow_up
from complaints.services.reopening import request_reopening
from complaints.states import FollowUpOutcome, ReopenSource, ReopenVerdict, State
from tests.complaints.desk import Desk, make_version
from tests.complaints.factories import NOW, make_site, make_team, make_user

DAY = timedelta(days=1)
HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def due(actor: User, tab: str = MINE, **asked: Any) -> list[Complaint]:
    rows = due_follow_ups(Asked(tab, **asked), actor, now=NOW + 2 * DAY).rows
    return [row.complaint for row in rows]


def step(complaint: Complaint, name: str) -> str:
    return f"/complaints/{complaint.reference}/{name}/"


def try_in_vain(desk: Desk, complaint: Complaint, **changes: Any) -> FollowUpAttempt:
    outcome = changes.pop("outcome", FollowUpOutcome.UNREACHABLE)
    return record_follow_up(
        complaint_id=complaint.pk,
        follow_up=FollowUp("phone", outcome, **changes),
        actor=desk.agent,
        at=NOW + DAY,
    )


# --- the list --------------------------------------------------------------------------------


def test_what_is_due_stands_in_the_order_of_its_clock(desk):
    later = desk.case("closed", at=NOW + DAY)
    sooner = desk.case("closed")
    desk.case("followed_up")
    desk.case("responded")
    assert due(desk.agent) == [sooner, later]


@pytest.mark.clause("CM-8.6b")
def test_nobody_is_given_their_own_cases_to_ask_about(desk):
    complaint = desk.case("closed")
    assert due(desk.handler) == []
    assert due(desk.handler, ALL) == [complaint]
    row = due_follow_ups(Asked(ALL), desk.handler, now=NOW + DAY).rows[0]
    assert not row.asks


def test_each_sees_what_lies_in_their_places(desk):
    here, there, team = make_site(), make_site(), make_team()
    complaint = desk.case("closed", site=here)
    Complaint.objects.filter(pk=complaint.pk).update(team=team)
    colleague = make_user("agent", site=here, team=team)
    assert due(colleague, TEAM) == due(colleague) == [complaint]
    assert due(make_user("agent", site=there), ALL) == []
    assert due(make_user("auditor"), ALL) == [complaint]


def test_those_left_alone_or_out_of_reach_are_not_in_it(desk):
    complaint = desk.case("responded")
    stop_contact(complaint_id=complaint.pk, actor=desk.agent, at=NOW)
    desk.close(complaint, NOW)
    assert due(desk.agent) == []


def test_before_closing_those_are_in_it_who_have_answered(desk):
    make_version({"follow_up": {"gate": "before_close"}}, effective_from=NOW - 9 * DAY)
    complaint = desk.case("responded")
    assert due(desk.agent) == []
    desk.answer(complaint, "accepted", NOW)
    assert due(desk.agent) == [complaint]


def test_filters_stand_in_the_address_and_odd_ones_are_left_out(desk):
    assert Asked.parse({"tab": "team", "due": "today", "tries": "x"}, desk.manager).tries == ""
    assert Asked.parse({"tab": "team"}, make_user("auditor")).tab == ALL
    fresh, tried, agreed = (desk.case("closed") for _number in range(3))
    try_in_vain(desk, tried)
    try_in_vain(desk, agreed, outcome=FollowUpOutcome.CALL_BACK, next_at=NOW + 3 * DAY)
    assert due(desk.agent, tries="fresh") == [fresh]
    assert due(desk.agent, tries="tried") == [tried, agreed]
    assert due(desk.agent, tries="agreed") == [agreed]
    assert due(desk.agent, due="overdue") == []
    assert len(due_follow_ups(Asked(due="overdue"), desk.agent, now=NOW + 30 * DAY).rows) == 3


def test_counts_are_of_the_lists_themselves(desk):
    desk.case("closed")
    page = as_(desk.handler).get("/follow-ups/").content.decode()
    assert '<span class="count">0</span>' in page
    assert '<span class="count">1</span>' in page
    assert sum(part.count() for part in due_parts(Asked(MINE), desk.handler, now=NOW)) == 0


def test_rows_tell_whom_to_call_what_happens_next_and_what_was_tried(desk):
    complaint = desk.case("closed", channel="letter", phone="13811112222", email="li@example.org")
    other = desk.case("closed", phone="13833334444")
    try_in_vain(desk, other)
    page = as_(desk.agent).get("/follow-ups/").content.decode()
    assert 'href="tel:13811112222"' in page
    assert "Invitation by e-mail goes out" in page
    assert "somebody has called already" in page
    assert "Not reached" in page
    assert f"{step(complaint, 'follow_up')}?onward=follow_ups" in page


def test_who_complains_is_told_only_to_those_who_may_know(desk):
    desk.case("closed", phone="13811112222", name="Zhao Lei")
    page = as_(make_user("top_management")).get("/follow-ups/").content.decode()
    assert "13811112222" not in page
    assert "Zhao Lei" not in page


def test_a_confidential_one_keeps_its_complainant_to_itself(desk):
    complaint = desk.case("closed", phone="13811112222")
    Complaint.objects.filter(pk=complaint.pk).update(confidential=True)
    assert due(make_user("agent"), ALL) == []
    page = as_(make_user("manager")).get("/follow-ups/?tab=all").content.decode()
    assert complaint.reference in page
    assert "13811112222" not in page


def test_a_long_list_costs_no_more_statements(desk):
    client = as_(desk.agent)

    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get("/follow-ups/").status_code == 200
        return len(seen)

    desk.case("closed")
    statements()
    few = statements()
    for _number in range(4):
        desk.case("closed", email="li@example.org")
    assert statements() == few


def test_an_empty_list_says_so(desk):
    assert "Nobody is to be asked now" in as_(desk.agent).get("/follow-ups/").content.decode()
    narrowed = as_(desk.agent).get("/follow-ups/?due=today").content.decode()
    assert "Nothing of this kind is due" in narrowed


# --- the step --------------------------------------------------------------------------------


def answer(complaint: Complaint, **changes: Any) -> dict[str, Any]:
    return {
        "outcome": "answered",
        "channel": "phone",
        "handling_score": 7,
        "outcome_score": 2,
        "expected_version": Complaint.objects.get(pk=complaint.pk).version,
        **changes,
    }


@pytest.mark.clause("CM-8.6b")
def test_who_is_dissatisfied_and_says_why_asks_to_reopen_in_the_same_form(desk):
    complaint = desk.case("closed", phone="13811112222")
    client = as_(desk.agent)
    form = client.get(step(complaint, "follow_up")).content.decode()
    assert 'href="tel:13811112222"' in form
    said = answer(complaint, reopen_reason="It leaks again.", onward="follow_ups")
    response = client.post(step(complaint, "follow_up"), said)
    assert (response.status_code, response.headers["Location"]) == (302, "/follow-ups/")
    assert ReopenRequest.objects.get().reason == "It leaks again."
    attempt = FollowUpAttempt.objects.get()
    assert (attempt.handling_score, attempt.outcome_score) == (7, 2)


@pytest.mark.clause("CM-8.6b")
def test_the_page_refuses_the_handlers_own_case_and_says_why(desk):
    complaint = desk.case("closed")
    client = as_(desk.handler)
    assert (
        "somebody else asks how satisfied"
        in client.get(f"/complaints/{complaint.reference}/").content.decode()
    )
    assert client.post(step(complaint, "follow_up"), answer(complaint)).status_code == 403
    assert not FollowUpAttempt.objects.exists()


@pytest.mark.clause("CM-8.6b")
def test_many_at_once_offers_no_scores():
    assert not {"follow_up", "rate"} & set(BulkRun.Action.values)


def test_the_page_knows_who_worked_on_it_as_the_verb_does(desk):
    complaint = desk.case("closed")
    for actor in (desk.handler, desk.manager, desk.agent):
        found = page_of(complaint, actor, language="en", now=NOW + DAY)
        assert found.here.involved == (actor == desk.handler)


def test_a_call_that_was_agreed_needs_its_moment(desk):
    complaint = desk.case("closed")
    said = answer(complaint, outcome="call_back")
    response = as_(desk.agent).post(step(complaint, "follow_up"), said, headers=HTMX)
    assert response.status_code == 422
    assert "Say when to call again." in response.content.decode()


def test_leaving_alone_and_taking_it_back_from_the_page(desk):
    complaint = desk.case("responded")
    client = as_(desk.agent)
    assert client.post(step(complaint, "stop_contact"), {"reason": "Asked."}).status_code == 302
    shown = client.get(f"/complaints/{complaint.reference}/").content.decode()
    assert "wants no further contact" in shown
    assert client.post(step(complaint, "resume_contact"), {"reason": ""}).status_code == 302
    complaint.refresh_from_db()
    assert complaint.no_contact_at is None


# --- the wish to reopen --------------------------------------------------------------------------


@pytest.fixture
def wished(desk: Desk) -> Complaint:
    complaint = desk.case("closed")
    request_reopening(
        complaint_id=complaint.pk,
        reason="It leaks again.",
        source=ReopenSource.COMPLAINANT,
        actor=desk.agent,
        at=NOW + DAY,
    )
    return complaint


def test_the_wish_is_the_next_step_and_stands_in_the_list_of_those_who_decide(desk, wished):
    found = page_of(wished, desk.manager, language="en", now=NOW + 2 * DAY)
    assert found.main.name == "decide_reopening"
    listed = as_(desk.manager).get("/reopenings/").content.decode()
    assert "It leaks again." in listed
    assert step(wished, "decide_reopening") in listed
    assert as_(desk.agent).get("/reopenings/").status_code == 403


def test_whoever_handled_it_sees_it_wait_for_another(desk, wished):
    Complaint.objects.filter(pk=wished.pk).update(owner=desk.manager)
    listed = as_(desk.manager).get("/reopenings/").content.decode()
    assert "Waiting for another person" in listed
    assert "It leaks again." not in listed
    assert "/reopenings/" not in as_(desk.manager).get("/queue/head/").content.decode()


def test_the_queue_tells_those_who_decide(desk, wished):
    assert "/reopenings/" in as_(desk.manager).get("/queue/head/").content.decode()


def decided(complaint: Complaint, **changes: Any) -> dict[str, Any]:
    return {
        "verdict": "decline",
        "reason": "Nothing new.",
        "channel": "phone",
        "text": "You can turn to the consumer association.",
        "told_now": "1",
        "expected_version": Complaint.objects.get(pk=complaint.pk).version,
        **changes,
    }


@pytest.mark.clause("CM-8.6d")
def test_declined_on_its_page_with_a_letter_that_names_other_remedies(desk, wished):
    client = as_(desk.manager)
    drafted = client.post(
        step(wished, "decide_reopening"),
        {"verdict": "decline", "reason": "Nothing new.", "channel": "letter", "letter": "1"},
        headers=HTMX,
    ).content.decode()
    assert "Nothing new." in drafted
    assert "12315" in drafted
    assert client.post(step(wished, "decide_reopening"), decided(wished)).status_code == 302
    assert ReopenRequest.objects.get().verdict == ReopenVerdict.DECLINED


def test_granted_on_its_page_with_the_day_of_the_new_answer(desk, wished):
    client = as_(desk.manager)
    form = client.get(step(wished, "decide_reopening")).content.decode()
    assert "and we will: somebody" in form
    assert str(timezone.localdate().year) in form
    assert (
        client.post(step(wished, "decide_reopening"), decided(wished, verdict="grant")).status_code
        == 302
    )
    wished.refresh_from_db()
    assert (wished.state, wished.cycle) == (State.INVESTIGATING, 2)


def test_declining_without_a_reason_is_refused_at_its_field(desk, wished):
    response = as_(desk.manager).post(
        step(wished, "decide_reopening"), decided(wished, reason=""), headers=HTMX
    )
    assert response.status_code == 422
    assert "Say why the complaint is not reopened." in response.content.decode()


def test_the_wish_is_passed_on_from_the_page(desk):
    complaint = desk.case("closed")
    client = as_(desk.agent)
    assert (
        client.post(step(complaint, "request_reopening"), {"reason": "It leaks again."}).status_code
        == 302
    )
    again = client.post(step(complaint, "request_reopening"), {"reason": "Again."}, headers=HTMX)
    assert again.status_code == 409
