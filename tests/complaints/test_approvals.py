"""What waits for a second person, read and answered in place."""

from itertools import product

import pytest
from django.test import Client

from accounts.models import User
from complaints.models import Approval, Complaint
from complaints.permissions import may_approve
from complaints.selectors.notices import approvals_asked_by, approvals_waiting_for
from complaints.services.response import propose_dismissal, propose_response
from complaints.states import State
from tests.complaints.desk import Desk, decision
from tests.complaints.factories import NOW, make_site, make_user
from tests.complaints.rows import at, put, row

pytestmark = pytest.mark.django_db
PAGE = "/approvals/"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def asked(desk: Desk, **fields) -> tuple[Complaint, Approval]:
    """Return a complaint whose answer promises more than the handler may alone."""
    complaint = desk.case(state=State.INVESTIGATING, **fields)
    propose_response(
        complaint_id=complaint.pk,
        decision=decision(amount=5000, text="You get 5,000 back.", subject="Our decision"),
        actor=desk.handler,
        at=NOW,
    )
    complaint.refresh_from_db()
    return complaint, complaint.approvals.get()


def test_the_page_shows_what_is_to_be_approved(desk):
    complaint, _approval = asked(desk, name="Li Ming")
    page = sign_in(desk.manager).get(PAGE).content.decode()
    for words in (
        complaint.reference,
        "You get 5,000 back.",
        "5,000.00",
        "Li Ming",
        "wei",
        "Upheld",
    ):
        assert words in page


@pytest.mark.clause("CM-8.5")
def test_approving_in_place_sends_the_answer(desk):
    complaint, approval = asked(desk)
    answer = sign_in(desk.manager).post(
        f"{PAGE}{approval.pk}/grant/", headers={"HX-Request": "true"}
    )
    assert "Approved" in answer.content.decode()
    assert "<html" not in answer.content.decode()
    complaint.refresh_from_db()
    assert complaint.state == State.RESPONDED
    assert complaint.pending_approval == ""


def test_sending_back_needs_a_reason(desk):
    complaint, approval = asked(desk)
    client = sign_in(desk.manager)
    answer = client.post(f"{PAGE}{approval.pk}/return/", {"note": " "})
    assert answer.status_code == 422
    answer = client.post(f"{PAGE}{approval.pk}/return/", {"note": "Too much: offer half."})
    assert answer.headers["Location"] == PAGE
    complaint.refresh_from_db()
    assert complaint.state == State.INVESTIGATING
    assert complaint.approvals.get().decision_note == "Too much: offer half."


def test_ones_own_request_waits_for_somebody_else(desk):
    me = desk.manager
    complaint = desk.case()
    approval = propose_dismissal(complaint_id=complaint.pk, reason="A question", actor=me, at=NOW)
    page = sign_in(me).get(PAGE).content.decode()
    assert "Waiting for another person" in page
    assert complaint.reference in page
    assert f"{PAGE}{approval.pk}/grant/" not in page
    assert sign_in(me).post(f"{PAGE}{approval.pk}/grant/").status_code == 403


def test_the_list_holds_exactly_what_may_be_answered(desk):
    here, there = make_site("here"), make_site("there")
    people = [
        desk.handler,
        desk.manager,
        make_user("manager", site=here),
        make_user("manager", site=there),
        make_user("quality_manager"),
        make_user("auditor"),
    ]
    kinds = ({"site": here}, {"site": there}, {"confidential": True}, {"owner": people[2]})
    for asker, kind in product((people[1], people[4]), kinds):
        complaint = put(row(**kind))[0]
        complaint.approvals.create(kind="not_a_complaint", by=asker, at=NOW, reason="A question")
    for person in people:
        wanted = {
            approval.pk
            for approval in Approval.objects.select_related("complaint")
            if may_approve(person, approval.complaint, asked_by_id=approval.by_id)
        }
        assert {item.pk for item in approvals_waiting_for(person).approvals} == wanted


def test_a_confidential_request_is_read_after_a_reason_was_given(desk):
    complaint, approval = asked(desk, confidential=True, description="He takes bribes.")
    client = sign_in(desk.manager)
    page = client.get(PAGE).content.decode()
    assert complaint.reference in page
    assert "bribes" not in page
    assert "You get 5,000 back." not in page
    assert f"{PAGE}{approval.pk}/grant/" not in page
    complaint.accesses.create(
        user=desk.manager, reason="To decide", granted_at=NOW, until=at(10**5)
    )
    page = client.get(PAGE).content.decode()
    assert "You get 5,000 back." in page


def test_what_was_answered_meanwhile_cannot_be_answered_again(desk):
    _complaint, approval = asked(desk)
    client = sign_in(desk.manager)
    client.post(f"{PAGE}{approval.pk}/grant/")
    assert client.post(f"{PAGE}{approval.pk}/grant/").status_code == 409


def test_a_request_that_does_not_exist_for_somebody_says_so(desk):
    _complaint, approval = asked(desk)
    elsewhere = sign_in(make_user("manager", site=make_site()))
    assert elsewhere.post(f"{PAGE}{approval.pk}/grant/").status_code == 404
    assert elsewhere.post(f"{PAGE}{approval.pk}/return/", {"note": "x"}).status_code == 404
    assert sign_in(desk.manager).post(f"{PAGE}999/grant/").status_code == 404


def test_long_lists_of_requests_have_pages(desk):
    complaint = desk.case()
    for _ in range(25):
        other = Complaint.objects.get(pk=complaint.pk)
        other.pk, other.reference = None, f"C26-COPY-{Complaint.objects.count():04d}"
        other._state.adding = True
        other.save(force_insert=True)
        other.approvals.create(kind="response", by=desk.handler, at=NOW, reason="Much")
    first = approvals_waiting_for(desk.manager)
    second = approvals_waiting_for(desk.manager, after=first.next_after)
    assert (len(first.approvals), len(second.approvals), second.next_after) == (20, 5, None)


def test_the_owner_of_a_complaint_sees_that_it_waits(desk):
    _complaint, approval = asked(desk)
    assert [item.pk for item in approvals_asked_by(desk.handler)] == [approval.pk]
    assert approvals_asked_by(make_user("handler")) == []
