"""The invitation to say how it went holds a link that works, and so does its one reminder."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from complaints.errors import MoveRefused
from complaints.models import Complaint, FollowUpAttempt, ReopenRequest
from complaints.selectors.links import find_link, opens
from complaints.services.closure import close_complaint
from complaints.services.invitations import sweep_follow_ups
from complaints.services.reopening import Telling, decline_reopening
from complaints.services.sending import send_message
from complaints.states import MessageChannel, Occasion
from portal.services.answers import answer_follow_up, ask_reopening
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(params=["en", "zh-hans"])
def closed(desk: Desk, request: pytest.FixtureRequest) -> Complaint:
    return desk.case("closed", channel="letter", email="li@example.org", language=request.param)


def leave(complaint: Complaint, occasion: str, day: int) -> str:
    """Let the letter of an occasion leave the house; return the token of the link in it."""
    sweep_follow_ups(now=NOW + day * DAY)
    message = complaint.messages.get(occasion=occasion)
    mail.outbox.clear()
    send_message(message_id=message.pk, at=NOW + day * DAY)
    (letter,) = mail.outbox
    found = re.findall(r"/complain/status/([^/\s]+)/", str(letter.body))
    assert len(found) == 1
    assert found[0] not in message.body
    return str(found[0])


@pytest.mark.clause("CM-8.6b")
def test_the_follow_up_can_be_answered_by_the_link_in_its_invitation(closed):
    token = leave(closed, Occasion.FOLLOW_UP, 2)
    link = find_link(token)
    assert link is not None
    assert opens(link, at=NOW + 3 * DAY)
    assert link.complaint == closed
    answer_follow_up(
        complaint_id=link.complaint_id, handling=3, outcome=2, comment="Slow.", at=NOW + 3 * DAY
    )
    attempt = FollowUpAttempt.objects.get()
    assert (attempt.handling_score, attempt.outcome_score, attempt.channel) == (3, 2, "web")
    # Who is dissatisfied may ask, once, that it be looked at again.
    given = {"complaint_id": closed.pk, "at": NOW + 3 * DAY}
    ask_reopening(reason="It leaks again.", **given)
    with pytest.raises(MoveRefused):
        ask_reopening(reason="And again.", **given)
    assert ReopenRequest.objects.get().source == "complainant"


@pytest.mark.clause("CM-8.6b")
def test_the_reminder_holds_a_link_too(closed):
    leave(closed, Occasion.FOLLOW_UP, 2)
    link = find_link(leave(closed, Occasion.FOLLOW_UP_REMINDER, 6))
    assert link is not None
    assert opens(link, at=NOW + 7 * DAY)


def test_the_page_behind_the_invitation_offers_the_answer(desk):
    complaint = desk.case("closed", channel="letter", email="li@example.org", language="en")
    token = leave(complaint, Occasion.FOLLOW_UP, 2)
    link = find_link(token)
    assert link is not None
    type(link).objects.filter(pk=link.pk).update(expires_at=NOW + 9999 * DAY)
    page = Client().get(f"/complain/status/{token}/")
    assert page.status_code == 200
    assert "handling" in page.content.decode()


@pytest.mark.clause("CM-8.6d")
def test_a_wish_to_reopen_is_decided_before_the_complaint_is_closed(desk):
    complaint = desk.case("responded")
    desk.answer(complaint, "refused", NOW)
    Complaint.objects.filter(pk=complaint.pk).update(remedies_told_at=NOW)
    request = ask_reopening(complaint_id=complaint.pk, reason="It still leaks.", at=NOW + DAY)
    given = {"complaint_id": complaint.pk, "actor": desk.handler, "at": NOW + DAY}
    with pytest.raises(MoveRefused) as refusal:
        close_complaint(cause_code="material", **given)
    assert "decided before closing" in str(refusal.value.reasons)
    second = make_user("manager", username="second")
    decline_reopening(
        request_id=request.pk,
        reason="Nothing new.",
        telling=Telling(MessageChannel.PHONE, "You may turn elsewhere.", told_at=NOW + DAY),
        actor=second,
        at=NOW + DAY,
    )
    assert close_complaint(cause_code="material", **given).state == "closed"
