"""Handing work over before somebody leaves, and back to the teams when they are gone."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, User
from accounts.services import deactivate_user, move_user, plan_leaving, system_user
from complaints import events
from complaints.errors import BadInput, NotAllowed
from complaints.models import Complaint, IntakeDraft, Notice, Remedy
from complaints.selectors.handover import (
    beyond_reach_of,
    holders,
    people_without_place,
    references_of,
    work_of,
)
from complaints.services.escalation import escalate_complaint, take_escalation
from complaints.services.handover import (
    hand_over,
    return_open_work,
    return_what_is_out_of_reach,
    sweep_stranded_work,
    tell_of_leaving,
)
from complaints.states import State
from complaints.tasks import sweep_stranded_work as sweep_task
from journal.selectors import history_of
from journal.services import deliver_pending
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_complaint, make_site, make_team, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.clause("CM-8.3")]
DAY = timedelta(days=1)


@pytest.fixture
def north():
    return make_site("north")


@pytest.fixture
def boss(north):
    return make_user("manager", username="boss", site=north)


@pytest.fixture
def admin():
    return make_user("administrator", username="admin")


@pytest.fixture
def mei(north):
    return make_user("handler", username="mei", display_name="Mei Chen", site=north)


@pytest.fixture
def wei(north):
    return make_user("handler", username="wei", display_name="Wei Sun", site=north)


@pytest.fixture
def cases(mei, north):
    return [make_complaint(owner=mei, site=north) for _ in range(3)]


def owners(cases):
    return [Complaint.objects.get(pk=case.pk).owner for case in cases]


def give(person, actor, *, owner=None, team=None, ids=None):
    return hand_over(
        person=person,
        owner=owner,
        team=team,
        note="Please take over.",
        complaint_ids=ids,
        actor=actor,
        at=NOW,
    )


def test_a_manager_hands_over_everything_with_a_word(cases, boss, mei, wei):
    draft = IntakeDraft.objects.create(
        key="00000000-0000-0000-0000-000000000001", user=mei, data={}, saved_at=NOW
    )
    given = give(mei, boss, owner=wei)
    assert (given.done, given.refused) == (3, ())
    assert owners(cases) == [wei] * 3
    draft.refresh_from_db()
    assert draft.user == wei
    assert Notice.objects.filter(user=wei, kind="assigned").count() == 3
    entry = history_of(cases[0]).filter(kind=events.ASSIGNED).last()
    assert entry.payload["from"] == mei.pk
    assert cases[0].notes.get().text == "Please take over."


def test_only_the_chosen_ones_go(cases, boss, mei, wei):
    assert give(mei, boss, owner=wei, ids=[cases[1].pk]).done == 1
    assert owners(cases) == [mei, wei, mei]


def test_a_team_takes_over_without_a_person(cases, boss, mei):
    desk = make_team("desk")
    give(mei, boss, team=desk)
    assert owners(cases) == [None] * 3
    assert {Complaint.objects.get(pk=case.pk).team for case in cases} == {desk}


def test_people_hand_over_their_own_work(cases, mei, wei):
    assert give(mei, mei, owner=wei).done == 3


def test_colleagues_do_not_hand_over_the_work_of_others(cases, mei, wei):
    with pytest.raises(NotAllowed):
        give(mei, wei, owner=wei)


@pytest.mark.parametrize("who", ["nobody", "themselves"])
def test_somebody_else_must_take_over(cases, boss, mei, who):
    with pytest.raises(BadInput) as refusal:
        give(mei, boss, owner=None if who == "nobody" else mei)
    assert refusal.value.field == "owner"


def test_what_is_refused_is_named_and_keeps_its_owner(cases, boss, mei, wei):
    Complaint.objects.filter(pk=cases[0].pk).update(subject_person=wei)
    given = give(mei, boss, owner=wei)
    assert given.done == 2
    assert given.refused == ((cases[0].reference, "Nobody handles a complaint about themselves."),)
    assert owners(cases)[0] == mei


def test_nothing_out_of_sight_is_handed_over(boss, mei, wei):
    elsewhere = make_complaint(owner=mei, site=make_site("south"))
    assert give(mei, boss, owner=wei).done == 0
    assert owners([elsewhere]) == [mei]


# --- gone ----------------------------------------------------------------------------------------


def deliver():
    while deliver_pending():
        pass


def test_a_departure_gives_open_work_back_and_tells_the_managers(cases, boss, admin, mei):
    deactivate_user(user=mei, actor=admin, at=NOW)
    deliver()
    assert owners(cases) == [None] * 3
    assert Notice.objects.filter(user=boss, kind="handed_back").count() == 3
    entry = history_of(cases[0]).get(kind=events.HANDED_BACK)
    assert (entry.actor, entry.payload["from"]) == (system_user(), mei.pk)
    assert list(people_without_place()) == []


def test_escalations_and_remedies_wait_for_somebody_again(admin):
    desk = Desk()
    complaint = desk.case(State.RESPONDED)
    other = make_user("manager", username="leaver")
    escalation = escalate_complaint(
        complaint_id=complaint.pk, reason="A decision", actor=desk.handler, at=NOW
    )
    take_escalation(escalation_id=escalation.pk, actor=other, at=NOW)
    remedy = Remedy.objects.filter(complaint=complaint).first()
    Remedy.objects.filter(pk=remedy.pk).update(responsible=other, done_at=None)
    assert work_of(other, admin).any
    return_open_work(person=other, actor=admin, at=NOW)
    escalation.refresh_from_db()
    remedy.refresh_from_db()
    assert (escalation.taken_by, escalation.taken_at, remedy.responsible) == (None, None, None)
    complaint.refresh_from_db()
    assert complaint.owner == desk.handler, "only what the leaver held"


def test_only_administrators_order_it(cases, boss, mei):
    with pytest.raises(PermissionDenied):
        return_open_work(person=mei, actor=boss, at=NOW)
    with pytest.raises(PermissionDenied):
        return_what_is_out_of_reach(person=mei, actor=boss, at=NOW)


def test_who_moves_gives_back_what_lies_outside_their_new_place(cases, boss, admin, mei):
    south = make_site("south")
    kept = make_complaint(owner=mei, site=south)
    move_user(
        user=mei,
        leaves=mei.memberships.get(),
        role="handler",
        site=south,
        team=None,
        on=timezone.localdate(NOW),
        actor=admin,
        at=NOW,
    )
    deliver()
    assert owners([*cases, kept]) == [None, None, None, mei]
    assert Notice.objects.filter(user=boss, kind="handed_back").count() == 3


def test_who_works_everywhere_keeps_everything(mei, cases):
    Membership.objects.create(user=mei, role="agent")
    assert not beyond_reach_of(mei).exists()


def test_managers_hear_of_a_departure_in_time(cases, boss, admin, mei):
    plan_leaving(user=mei, leaves_on=timezone.localdate(NOW) + 7 * DAY, actor=admin, at=NOW)
    deliver()
    assert Notice.objects.filter(user=boss, kind="leaving").count() == 3
    assert tell_of_leaving(person=boss, actor=admin, at=NOW) == 0, "nothing hangs on the boss"


def test_the_sweep_finds_what_slipped_through(cases, boss, mei, wei):
    User.objects.filter(pk=mei.pk).update(is_active=False)
    late = make_complaint(owner=wei, site=cases[0].site)
    Membership.objects.filter(user=wei).delete()
    assert set(people_without_place()) == {mei, wei}
    assert sweep_stranded_work(now=NOW) == 4
    assert owners([*cases, late]) == [None] * 4
    sweep_task()
    assert not people_without_place().exists()


def test_who_is_back_before_the_news_is_keeps_their_work(cases, admin, mei):
    deactivate_user(user=mei, actor=admin, at=NOW)
    User.objects.filter(pk=mei.pk).update(is_active=True)
    deliver()
    assert owners(cases) == [mei] * 3


# --- the pages -----------------------------------------------------------------------------------


def sign_in(user):
    client = Client()
    client.force_login(user)
    return client


def test_a_manager_hands_over_on_the_page(cases, boss, mei, wei):
    client = sign_in(boss)
    assert "Mei Chen" in client.get("/hand-over/").content.decode()
    address = f"/hand-over/{mei.pk}/"
    page = client.get(address).content.decode()
    assert all(case.reference in page for case in cases)
    assert client.post(address, {}).status_code == 422
    client.post(address, {"owner": wei.pk, "which": "chosen", "complaint": [str(cases[0].pk), "x"]})
    assert owners(cases) == [wei, mei, mei]
    client.post(address, {"owner": wei.pk, "which": "all"})
    assert owners(cases) == [wei] * 3


def test_an_administrator_sees_references_and_nothing_else(cases, admin, mei):
    client = sign_in(admin)
    page = client.get(f"/hand-over/{mei.pk}/").content.decode()
    assert cases[0].reference in page
    assert "The kettle leaks." not in page
    assert "Li Ming" not in page
    assert f"/complaints/{cases[0].reference}/" not in page
    client.post(f"/hand-over/{mei.pk}/return/")
    assert owners(cases) == [None] * 3


def test_counts_hide_what_lists_hide(cases, boss, mei):
    secret = make_complaint(owner=mei, site=make_site("south"))
    assert work_of(mei, boss).open == 3
    assert secret not in references_of(mei, boss)
    assert [(one.person, one.open) for one in holders(boss, NOW)] == [(mei, 3)]


def test_who_leaves_stands_first(cases, boss, mei, wei, north):
    make_complaint(owner=wei, site=north)
    User.objects.filter(pk=wei.pk).update(leaves_on=date(2026, 4, 1))
    assert [one.person for one in holders(boss, NOW)] == [wei, mei]


def test_the_persons_page_tells_how_much_hangs_on_them(cases, admin, mei):
    panel = sign_in(admin).get(f"/hand-over/{mei.pk}/panel/").content.decode()
    assert "<dd>3</dd>" in panel
