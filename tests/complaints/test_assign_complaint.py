"""One person is accountable; nobody handles a complaint about themselves."""

from typing import Any

import pytest

from complaints import events
from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed
from complaints.models import Complaint, Notice
from complaints.services.triage import assign_complaint
from journal.selectors import history_of
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_complaint, make_site, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def assign(desk: Desk, complaint: Complaint, **changes: Any) -> Complaint:
    given: dict[str, Any] = {"owner": desk.handler, "actor": desk.manager, "at": NOW}
    return assign_complaint(complaint_id=complaint.pk, **(given | changes))


def test_a_manager_assigns_and_the_new_owner_is_told(desk):
    complaint = desk.case()
    team = make_team()
    assign(desk, complaint, team=team, note="You know these kettles.")
    complaint.refresh_from_db()
    assert (complaint.owner, complaint.team) == (desk.handler, team)
    notice = Notice.objects.get(user=desk.handler)
    assert (notice.kind, notice.complaint) == ("assigned", complaint)
    entry = history_of(complaint).get(kind=events.ASSIGNED)
    assert (entry.payload["from"], entry.payload["to"]) == (None, desk.handler.pk)
    assert complaint.notes.get().text == "You know these kettles."


def test_quietly_the_caller_tells(desk):
    assign(desk, desk.case(), quietly=True)
    assert not Notice.objects.exists()


def test_who_takes_it_themselves_needs_not_be_told(desk):
    complaint = desk.case()
    assign(desk, complaint, owner=desk.agent, actor=desk.agent)
    complaint.refresh_from_db()
    assert complaint.owner == desk.agent
    assert not Notice.objects.exists()


def test_what_somebody_owns_is_not_taken_away_by_a_colleague(desk):
    complaint = desk.case()
    assign(desk, complaint)
    with pytest.raises(NotAllowed):
        assign(desk, complaint, owner=desk.agent, actor=desk.agent)


def test_an_agent_does_not_assign_others(desk):
    with pytest.raises(NotAllowed):
        assign(desk, desk.case(), actor=make_user("agent"))


def test_who_owns_it_may_hand_it_on_but_not_let_it_fall(desk):
    complaint = desk.case()
    assign(desk, complaint)
    with pytest.raises(NotAllowed):
        assign(desk, complaint, owner=None, actor=desk.handler)
    other = make_user("handler")
    assign(desk, complaint, owner=other, actor=desk.handler)
    complaint.refresh_from_db()
    assert complaint.owner == other


def test_a_manager_may_take_it_from_somebody_without_naming_the_next(desk):
    complaint = desk.case()
    assign(desk, complaint)
    assign(desk, complaint, owner=None)
    complaint.refresh_from_db()
    assert complaint.owner is None


def test_nobody_owns_a_complaint_about_themselves(desk):
    complaint = desk.case(subject_person=desk.handler)
    with pytest.raises(BadInput) as refusal:
        assign(desk, complaint)
    assert refusal.value.field == "owner"


@pytest.mark.parametrize("role", ["auditor", "quality_manager", "top_management", "administrator"])
def test_who_does_not_work_on_complaints_owns_none(desk, role):
    complaint = desk.case()
    with pytest.raises(BadInput) as refusal:
        assign(desk, complaint, owner=make_user(role))
    assert refusal.value.field == "owner"


def test_who_has_left_owns_nothing_new(desk):
    complaint = desk.case()
    with pytest.raises(BadInput) as refusal:
        assign(desk, complaint, owner=make_user("handler", is_active=False))
    assert refusal.value.field == "owner"


@pytest.mark.parametrize("state", ["closed", "withdrawn"])
def test_what_is_at_its_end_is_not_assigned(desk, state):
    complaint = desk.case(state)
    with pytest.raises(MoveRefused):
        assign(desk, complaint)


def test_an_older_page_does_not_win(desk):
    complaint = desk.case()
    seen = complaint.version
    assign(desk, complaint)
    with pytest.raises(Conflict):
        assign(desk, complaint, owner=make_user("handler"), expected_version=seen)
    complaint.refresh_from_db()
    assert complaint.owner == desk.handler


def test_a_manager_of_another_site_does_not_even_see_it(desk):
    complaint = make_complaint(site=make_site())
    with pytest.raises(Complaint.DoesNotExist):
        assign(desk, complaint, actor=make_user("manager", site=make_site()))


def test_a_complaint_assigned_across_sites_is_seen_by_its_owner(desk):
    handler = make_user("handler", site=make_site())
    complaint = make_complaint(site=make_site())
    assert not Complaint.objects.visible_to(handler).exists()
    assign(desk, complaint, owner=handler)
    assert Complaint.objects.visible_to(handler).get() == complaint
