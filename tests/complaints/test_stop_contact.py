"""Whoever asks to be left alone is neither invited nor reminded nor called."""

from datetime import timedelta

import pytest

from complaints import events
from complaints.errors import MoveRefused, NotAllowed
from complaints.models import Message
from complaints.services.closure import close_complaint
from complaints.services.contact import resume_contact, stop_contact
from complaints.services.follow_ups import hold_follow_up, release_follow_up
from complaints.services.response import record_decision
from complaints.services.sweeping import sweep_silence
from complaints.states import Answer, FollowUpHold, FollowUpOutcome, Occasion, State
from journal.selectors import history_of
from tests.complaints.desk import Desk, clock_of, make_version
from tests.complaints.factories import NOW, make_user

DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_follow_up_that_was_due_ends_as_declined(desk):
    complaint = desk.case("closed")
    stop_contact(
        complaint_id=complaint.pk, reason="Asked on the phone.", actor=desk.agent, at=NOW + DAY
    )
    complaint.refresh_from_db()
    assert (complaint.no_contact_at, complaint.state) == (NOW + DAY, State.FOLLOWED_UP)
    assert complaint.followupattempts.get().outcome == FollowUpOutcome.DECLINED
    assert clock_of(complaint, "follow_up").stopped_at == NOW + DAY
    payload = history_of(complaint).get(kind=events.CONTACT_STOPPED).payload
    assert payload["attempt"] == complaint.followupattempts.get().pk


def test_what_is_closed_afterwards_is_not_followed_up(desk):
    complaint = desk.case("responded")
    stop_contact(complaint_id=complaint.pk, actor=desk.agent, at=NOW)
    desk.close(complaint, NOW + DAY)
    assert not complaint.clocks.filter(stage="follow_up").exists()


def test_a_policy_that_asks_before_closing_does_not_wait_for_them(desk):
    make_version({"follow_up": {"gate": "before_close"}}, effective_from=NOW - 9 * DAY)
    complaint = desk.case("responded")
    desk.answer(complaint, Answer.ACCEPTED, NOW)
    stop_contact(complaint_id=complaint.pk, actor=desk.agent, at=NOW)
    close_complaint(complaint_id=complaint.pk, actor=desk.handler, at=NOW)
    complaint.refresh_from_db()
    assert complaint.state == State.CLOSED


def test_they_are_not_reminded_and_their_silence_still_ends(desk):
    complaint = desk.case("responded", email="li@example.org")
    stop_contact(complaint_id=complaint.pk, actor=desk.agent, at=NOW)
    assert sweep_silence(now=NOW + 20 * DAY) == 0
    assert not Message.objects.filter(occasion=Occasion.REMINDER).exists()
    record_decision(
        complaint_id=complaint.pk, answer=Answer.NO_REPLY, actor=desk.agent, at=NOW + 31 * DAY
    )


def test_it_is_noted_once_and_can_be_taken_back_once(desk):
    complaint = desk.case("responded")
    with pytest.raises(MoveRefused):
        resume_contact(complaint_id=complaint.pk, actor=desk.agent, at=NOW)
    stop_contact(complaint_id=complaint.pk, actor=desk.agent, at=NOW)
    with pytest.raises(MoveRefused):
        stop_contact(complaint_id=complaint.pk, actor=desk.agent, at=NOW)
    resume_contact(complaint_id=complaint.pk, reason="Called us.", actor=desk.agent, at=NOW + DAY)
    complaint.refresh_from_db()
    assert complaint.no_contact_at is None
    assert history_of(complaint).filter(kind=events.CONTACT_RESUMED).exists()


@pytest.mark.clause("CM-8.6b")
def test_the_handler_cannot_dodge_the_follow_up_by_leaving_people_alone(desk):
    complaint = desk.case("closed")
    with pytest.raises(NotAllowed):
        stop_contact(complaint_id=complaint.pk, actor=desk.handler, at=NOW)
    complaint.refresh_from_db()
    assert (complaint.no_contact_at, complaint.state) == (None, State.CLOSED)


def test_who_only_checks_changes_nothing(desk):
    complaint, auditor = desk.case("closed"), make_user("auditor")
    with pytest.raises(NotAllowed):
        stop_contact(complaint_id=complaint.pk, actor=auditor, at=NOW)
    with pytest.raises(NotAllowed):
        resume_contact(complaint_id=complaint.pk, actor=auditor, at=NOW)
    with pytest.raises(NotAllowed):
        hold_follow_up(
            complaint_id=complaint.pk, hold=FollowUpHold.LEGAL_HOLD, actor=auditor, at=NOW
        )


def test_several_reasons_hold_a_follow_up_and_each_lets_go_of_its_own(desk):
    complaint = desk.case("closed")
    case, legal = FollowUpHold.OUTSIDE_CASE, FollowUpHold.LEGAL_HOLD
    for hold in (case, legal, case):
        hold_follow_up(complaint_id=complaint.pk, hold=hold, actor=desk.manager, at=NOW)
    complaint.refresh_from_db()
    assert complaint.follow_up_holds == ["outside_case", "legal_hold"]
    for _again in range(2):
        release_follow_up(complaint_id=complaint.pk, hold=case, actor=desk.manager, at=NOW)
    complaint.refresh_from_db()
    assert complaint.follow_up_holds == ["legal_hold"]
    kinds = [entry.kind for entry in history_of(complaint)]
    assert (kinds.count(events.FOLLOW_UP_HELD), kinds.count(events.FOLLOW_UP_RELEASED)) == (2, 1)
