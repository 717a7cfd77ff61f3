"""A deputy works for an absent colleague, reaches no further, and is shown as such everywhere."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone, translation

from accounts.models import Absence
from accounts.selectors import standing_in
from accounts.services import set_absence
from complaints import events
from complaints.errors import NotAllowed
from complaints.models import Approval, Complaint, Message, Notice
from complaints.permissions import may, may_approve, may_see
from complaints.selectors.approvals import asked_by, why_asked
from complaints.selectors.notices import approvals_asked_by, approvals_waiting_for
from complaints.selectors.queue import TEAM, parts_of, tab_words, tabs_for
from complaints.services.bulk import Wish, continue_bulk, start_bulk
from complaints.services.escalation import escalate_complaint, take_escalation
from complaints.services.letters import draft_letter
from complaints.services.notes import add_note
from complaints.services.response import grant_approval, propose_response
from complaints.services.triage import assign_complaint
from complaints.states import MessageChannel, Occasion, State
from journal.selectors import history_of
from tests.complaints.desk import Desk, decision
from tests.complaints.factories import NOW, make_complaint, make_site, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.clause("CM-8.3")]
DAY = timedelta(days=1)


@pytest.fixture
def north():
    return make_site("north")


@pytest.fixture
def mei(north):
    return make_user("handler", username="mei", display_name="Mei Chen", site=north)


@pytest.fixture
def wei():
    user = make_user("handler", username="wei2", display_name="Wei Sun", site=make_site("south"))
    user.email = "wei@example.com"
    user.save()
    return user


@pytest.fixture
def case(mei, north):
    """Return a complaint of Mei's, at a site where Wei has no business."""
    return make_complaint(owner=mei, site=north)


def lend(absent, deputy, *, at=NOW):
    set_absence(
        person=absent,
        deputy=deputy,
        starts_at=at,
        ends_at=at + 5 * DAY,
        actor=absent,
        at=at,
    )
    return standing_in(deputy, at)


def last(complaint, kind):
    return history_of(complaint).filter(kind=kind).order_by("-seq").first()


def test_the_deputy_sees_and_does_what_the_colleague_may(case, mei, wei):
    assert not may_see(wei, case)
    lend(mei, wei)
    assert may_see(wei, case)
    assert case in Complaint.objects.visible_to(wei)
    assert may(wei, "complaints.assess", case)
    assert case in Complaint.objects.where_may(wei, "complaints.assess")
    assert not may(wei, "complaints.approve", case)


def test_it_ends_by_itself(case, mei, wei):
    lend(mei, wei)
    standing_in(wei, NOW + 5 * DAY)
    assert not may_see(wei, case)
    assert case not in Complaint.objects.visible_to(wei)


def test_nothing_is_lent_that_the_deputys_own_role_lacks(case, mei, north):
    desk_agent = make_user("agent", username="xu", site=make_site("south"))
    lend(mei, desk_agent)
    assert may(desk_agent, "complaints.note", case)
    assert not may(desk_agent, "complaints.respond", case)


def test_nothing_is_lent_that_the_colleague_lacks(case, wei):
    absent = make_user("agent", username="xu", site=case.site)
    case.owner = absent
    case.save()
    lend(absent, wei)
    assert may(wei, "complaints.note", case)
    assert not may(wei, "complaints.respond", case)
    assert case not in Complaint.objects.where_may(wei, "complaints.respond")


def test_a_complaint_about_the_absent_is_not_lent(mei, wei, north):
    about = make_complaint(site=north, subject_person=mei)
    lend(mei, wei)
    assert not may_see(wei, about)
    assert about not in Complaint.objects.visible_to(wei)


def test_a_complaint_about_the_deputy_stays_hidden(case, mei, wei):
    case.subject_person = wei
    case.save()
    lend(mei, wei)
    assert not may_see(wei, case)
    assert case not in Complaint.objects.visible_to(wei)


def test_the_queue_has_a_tab_for_each_absent_colleague(case, mei, wei):
    lend(mei, wei)
    tab = f"for-{mei.pk}"
    assert tab in tabs_for(wei)
    assert tab_words(tab, wei) == "Acting for Mei Chen"
    with translation.override("zh-hans"):
        assert tab_words(tab, wei) == "代行 Mei Chen 的工作"
    assert [part.get() for part in parts_of(tab, wei)] == [case]
    assert TEAM not in tabs_for(wei) or case in Complaint.objects.visible_to(wei)


def test_the_page_knows_whom_the_reader_stands_in_for(case, mei, wei):
    client = Client()
    client.force_login(wei)
    assert client.get(f"/complaints/{case.reference}/").status_code == 404
    lend(mei, wei, at=timezone.now() - timedelta(minutes=1))
    assert client.get(f"/complaints/{case.reference}/").status_code == 200
    page = client.get(f"/?tab=for-{mei.pk}").content.decode()
    assert "Acting for Mei Chen" in page
    assert case.reference in page


def test_another_colleagues_tab_is_not_opened(case, mei, wei):
    client = Client()
    client.force_login(wei)
    page = client.get(f"/?tab=for-{mei.pk}")
    assert page.status_code == 200
    assert case.reference not in page.content.decode()


def test_the_record_and_the_timeline_say_for_whom(case, mei, wei):
    lend(mei, wei, at=timezone.now() - timedelta(minutes=1))
    add_note(complaint_id=case.pk, text="Called them.", actor=wei, at=NOW)
    entry = last(case, events.NOTE_ADDED)
    assert (entry.actor, entry.payload["acting_for"]) == (wei, mei.pk)
    client = Client()
    client.force_login(wei)
    page = client.get(f"/complaints/{case.reference}/").content.decode()
    assert "Wei Sun (for Mei Chen)" in page
    wei.language = "zh-hans"
    wei.save()
    page = client.get(f"/complaints/{case.reference}/").content.decode()
    assert "Wei Sun（代 Mei Chen）" in page


def test_ones_own_work_is_not_shown_as_anothers(mei, wei):
    own = make_complaint(owner=wei, site=make_site("west"))
    lend(mei, wei)
    add_note(complaint_id=own.pk, text="Mine.", actor=wei, at=NOW)
    assert "acting_for" not in last(own, events.NOTE_ADDED).payload


def test_what_is_handed_on_says_who_had_it(case, mei, wei):
    lend(mei, wei)
    assign_complaint(complaint_id=case.pk, owner=wei, actor=wei, at=NOW)
    assert last(case, events.ASSIGNED).payload["acting_for"] == mei.pk


def test_letters_are_signed_for_the_absent(case, mei, wei):
    lend(mei, wei)
    _subject, text = draft_letter(
        case, Occasion.ACKNOWLEDGEMENT, MessageChannel.EMAIL, actor=wei, language="en", at=NOW
    )
    assert "Wei Sun (for Mei Chen)" in text


def test_news_for_the_absent_also_reaches_the_deputy(case, mei, wei):
    lend(mei, wei)
    boss = make_user("manager", username="boss")
    Complaint.objects.filter(pk=case.pk).update(owner=boss)
    assign_complaint(complaint_id=case.pk, owner=mei, actor=boss, at=NOW)
    notice = Notice.objects.get(user=wei)
    assert (notice.kind, notice.instead_of) == ("assigned", mei)
    assert Notice.objects.filter(user=mei, kind="assigned").exists()
    assert "You stand in for Mei Chen." in Message.objects.get(to_user=wei).body


def test_nobody_is_told_after_the_absence(case, mei, wei):
    lend(mei, wei)
    boss = make_user("manager", username="boss")
    Complaint.objects.filter(pk=case.pk).update(owner=boss)
    assign_complaint(complaint_id=case.pk, owner=mei, actor=boss, at=NOW + 6 * DAY)
    assert not Notice.objects.filter(user=wei).exists()


def test_a_deputy_takes_what_was_escalated_to_the_absent(case, mei, north):
    boss = make_user("manager", username="boss", site=north)
    deputy = make_user("manager", username="deputy", site=make_site("south"))
    escalation = escalate_complaint(
        complaint_id=case.pk, reason="A decision, please", actor=mei, at=NOW
    )
    with pytest.raises(Complaint.DoesNotExist):
        take_escalation(escalation_id=escalation.pk, actor=deputy, at=NOW)
    lend(boss, deputy)
    take_escalation(escalation_id=escalation.pk, actor=deputy, at=NOW)
    assert last(case, events.ESCALATION_TAKEN).payload["acting_for"] == boss.pk


def test_many_at_once_are_done_for_the_absent_too(case, mei, wei):
    lend(mei, wei)
    wish = Wish(action="assign", owner_id=wei.pk)
    run = start_bulk(wish=wish, complaint_ids=[case.pk], language="en", actor=wei, at=NOW)
    continue_bulk(run_id=run.pk, limit=10, now=NOW)
    case.refresh_from_db()
    assert case.owner == wei
    assert last(case, events.ASSIGNED).payload["acting_for"] == mei.pk


# --- nobody approves their own work, not even through somebody else --------------------------


@pytest.fixture
def desk():
    return Desk()


def managers(*names):
    return [make_user("manager", username=name, display_name=name.title()) for name in names]


def asked_for(desk, owner, *, actor):
    complaint = desk.case(State.INVESTIGATING)
    Complaint.objects.filter(pk=complaint.pk).update(owner=owner)
    propose_response(
        complaint_id=complaint.pk,
        decision=decision(amount=5000, text="You get 5,000 back.", subject="Our decision"),
        actor=actor,
        at=NOW,
    )
    complaint.refresh_from_db()
    return complaint, Approval.objects.get(complaint=complaint)


def test_the_deputy_of_the_owner_does_not_approve(desk):
    anna, bo = managers("anna", "bo")
    _complaint, approval = asked_for(desk, anna, actor=anna)
    lend(anna, bo)
    assert not may_approve(bo, approval.complaint, asked_by_id=approval.by_id)
    assert approvals_waiting_for(bo).approvals == []
    with pytest.raises(NotAllowed):
        grant_approval(approval_id=approval.pk, actor=bo, at=NOW)


def test_neither_the_deputy_who_asked_nor_the_absent_approves(desk):
    anna, bo, cai = managers("anna", "bo", "cai")
    lend(anna, bo)
    complaint, approval = asked_for(desk, anna, actor=bo)
    assert (approval.by, approval.asked_for) == (bo, anna)
    assert asked_by(approval) == "Bo (for Anna)"
    complaint.owner = cai
    complaint.save()
    for person in (bo, anna):
        assert approvals_waiting_for(person).approvals == []
        with pytest.raises(NotAllowed):
            grant_approval(approval_id=approval.pk, actor=person, at=NOW)
    assert approval in approvals_asked_by(bo)
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(decided_by=anna)


def test_a_deputy_approves_where_neither_of_the_two_is_concerned(desk):
    anna, bo = managers("anna", "bo")
    _complaint, approval = asked_for(desk, desk.handler, actor=desk.handler)
    lend(anna, bo)
    assert approvals_waiting_for(bo).approvals == [approval]
    grant_approval(approval_id=approval.pk, actor=bo, at=NOW)


def test_the_deputy_of_an_approver_is_told_of_requests(desk):
    north = make_site("north")
    boss = make_user("manager", username="boss", site=north)
    deputy = make_user("manager", username="deputy", site=make_site("south"))
    lend(boss, deputy)
    complaint = desk.case(State.INVESTIGATING, site=north)
    propose_response(
        complaint_id=complaint.pk, decision=decision(amount=5000), actor=desk.handler, at=NOW
    )
    assert Notice.objects.get(user=deputy).instead_of == boss


def test_why_approval_is_asked_for_speaks_the_readers_language(desk):
    with translation.override("zh-hans"):
        _complaint, approval = asked_for(desk, desk.handler, actor=desk.handler)
    assert approval.reason == ""
    assert "above the handler's limit" in why_asked(approval)
    with translation.override("zh-hans"):
        assert "超出处理人员的限额" in why_asked(approval)


def test_reasons_stored_in_a_language_become_codes(desk):
    _complaint, approval = asked_for(desk, desk.handler, actor=desk.handler)
    stored = "补偿 5000.00 CNY 超出处理人员的限额。"
    Approval.objects.filter(pk=approval.pk).update(reason=stored, why=[])
    import_module("complaints.migrations.0015_standing_in").to_codes(apps, None)
    approval.refresh_from_db()
    assert approval.reason == ""
    assert [one["code"] for one in approval.why] == ["above_limit"]
    assert "5000.00 CNY is above the handler's limit" in why_asked(approval)


def test_an_absence_never_ends_before_it_starts(mei):
    with pytest.raises(IntegrityError), transaction.atomic():
        Absence.objects.create(person=mei, starts_at=NOW, ends_at=NOW)
