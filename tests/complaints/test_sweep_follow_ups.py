"""Invitations go out by themselves, are reminded of once, and count only once they have left."""

from datetime import datetime, timedelta

import pytest

from accounts.models import Membership
from complaints import events
from complaints.errors import BadInput
from complaints.models import Complaint, Message, Notice
from complaints.services import invitations
from complaints.services.contact import stop_contact
from complaints.services.follow_ups import hold_follow_up
from complaints.services.invitations import sweep_follow_ups
from complaints.services.messages import put_out
from complaints.services.sending import note_bounce, send_message
from complaints.states import FollowUpHold, FollowUpOutcome, Occasion, State
from journal.selectors import history_of
from tests.complaints.desk import Desk, make_version
from tests.complaints.factories import NOW, make_team

DAY = timedelta(days=1)
INVITED, REMINDED = Occasion.FOLLOW_UP, Occasion.FOLLOW_UP_REMINDER

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def closed(desk: Desk) -> Complaint:
    return desk.case("closed", channel="letter", email="li@example.org", phone="13800000000")


def letters(complaint: Complaint) -> list[str]:
    found = complaint.messages.filter(occasion__in=[INVITED, REMINDED])
    return list(found.values_list("occasion", flat=True))


def leave(complaint: Complaint, at: datetime) -> Message:
    """Let the newest letter leave the house."""
    message = complaint.messages.exclude(occasion=Occasion.STAFF_NOTICE).last()
    assert message is not None
    send_message(message_id=message.pk, at=at)
    message.refresh_from_db()
    assert message.state == "sent"
    return message


@pytest.mark.clause("CM-8.6b")
def test_invited_once_when_the_policy_says_and_through_the_outbox(closed):
    assert sweep_follow_ups(now=NOW + DAY) == 0
    assert sweep_follow_ups(now=NOW + 2 * DAY) == 1
    assert sweep_follow_ups(now=NOW + 2 * DAY) == 0
    assert letters(closed) == [INVITED]
    queued = [e for e in history_of(closed) if e.kind == events.MESSAGE_QUEUED]
    assert queued[-1].payload["occasion"] == INVITED


@pytest.mark.clause("CM-8.6b")
def test_the_one_reminder_counts_from_when_the_invitation_left(closed):
    sweep_follow_ups(now=NOW + 2 * DAY)
    assert sweep_follow_ups(now=NOW + 30 * DAY) == 0  # it never left: nobody was asked
    leave(closed, NOW + 30 * DAY)
    assert sweep_follow_ups(now=NOW + 33 * DAY) == 0
    assert sweep_follow_ups(now=NOW + 34 * DAY) == 1
    leave(closed, NOW + 34 * DAY)
    assert sweep_follow_ups(now=NOW + 90 * DAY) == 0
    assert letters(closed) == [INVITED, REMINDED]


@pytest.mark.clause("CM-8.6b")
def test_an_invitation_that_came_back_is_not_reminded_of(closed):
    sweep_follow_ups(now=NOW + 2 * DAY)
    message = leave(closed, NOW + 2 * DAY)
    note_bounce(message_id=message.pk, reason="No such user", actor=None, at=NOW + 3 * DAY)
    assert sweep_follow_ups(now=NOW + 60 * DAY) == 0
    closed.refresh_from_db()
    assert closed.state == State.CLOSED


def test_unanswered_letters_without_a_number_end_as_not_reached(desk):
    complaint = desk.case("closed", channel="letter", email="li@example.org")
    for day in (2, 6):
        sweep_follow_ups(now=NOW + day * DAY)
        leave(complaint, NOW + day * DAY)
    sweep_follow_ups(now=NOW + 9 * DAY)
    assert not complaint.followupattempts.exists()
    sweep_follow_ups(now=NOW + 10 * DAY)
    complaint.refresh_from_db()
    assert complaint.state == State.FOLLOWED_UP
    assert complaint.followupattempts.get().outcome == FollowUpOutcome.UNREACHABLE


def test_nothing_goes_to_those_who_are_held_left_alone_or_came_by_phone(desk, closed):
    hold = FollowUpHold.LEGAL_HOLD
    hold_follow_up(complaint_id=closed.pk, hold=hold, actor=desk.manager, at=NOW)
    alone = desk.case("closed", channel="letter", email="wu@example.org")
    stop_contact(complaint_id=alone.pk, actor=desk.agent, at=NOW)
    desk.case("closed", channel="phone", phone="13800000001", email="he@example.org")
    assert sweep_follow_ups(now=NOW + 60 * DAY) == 0


def test_a_policy_that_invites_nobody_sends_nothing(desk):
    make_version({"follow_up": {"invite_after_days": None}}, effective_from=NOW - 9 * DAY)
    desk.case("closed", channel="letter", email="li@example.org")
    assert sweep_follow_ups(now=NOW + 60 * DAY) == 0


def test_before_closing_those_are_invited_who_have_answered(desk):
    make_version({"follow_up": {"gate": "before_close"}}, effective_from=NOW - 9 * DAY)
    complaint = desk.case("responded", channel="letter", email="li@example.org")
    assert sweep_follow_ups(now=NOW + 9 * DAY) == 0
    desk.answer(complaint, "accepted", NOW + 9 * DAY)
    assert sweep_follow_ups(now=NOW + 11 * DAY) == 1


def test_a_letter_that_cannot_be_written_keeps_no_other_from_going_out(closed, desk, monkeypatch):
    other = desk.case("closed", channel="letter", email="wu@example.org")
    write = put_out

    def refuse(complaint, **kwargs):
        if complaint.pk == closed.pk:
            raise BadInput("No.", field="channel")
        return write(complaint, **kwargs)

    monkeypatch.setattr(invitations, "put_out", refuse)
    assert sweep_follow_ups(now=NOW + 2 * DAY) == 1
    assert letters(other) == [INVITED]


@pytest.mark.clause("CM-8.6b")
def test_where_everybody_in_the_team_worked_on_it_those_above_are_told_once(desk):
    complaint = desk.case("closed")
    team, elsewhere = make_team(), make_team()
    Complaint.objects.filter(pk=complaint.pk).update(team=team)
    Membership.objects.filter(user=desk.handler).update(team=team)
    Membership.objects.filter(user=desk.agent).update(team=elsewhere)
    sweep_follow_ups(now=NOW + DAY)
    sweep_follow_ups(now=NOW + 2 * DAY)
    told = Notice.objects.filter(kind="follow_up", complaint=complaint)
    assert [notice.user for notice in told] == [desk.manager]


def test_a_team_with_somebody_free_is_left_to_itself(desk, closed):
    Complaint.objects.filter(pk=closed.pk).update(channel="phone")
    sweep_follow_ups(now=NOW + DAY)
    assert not Notice.objects.filter(kind="follow_up").exists()
