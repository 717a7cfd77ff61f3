"""The demo's mail comes in by the same doors, whatever the months before have left behind."""

from datetime import timedelta

import pytest

from complaints.states import MessageState, State
from mailroom.demo import tell
from mailroom.models import Mail
from mailroom.states import Kind, MailState, Reason
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_policy, make_user
from tests.mailroom.mails import case, letter_of

pytestmark = pytest.mark.django_db
LATELY = NOW + timedelta(days=9)


def test_tell_lets_mail_of_each_kind_come_in():
    agent = make_user("agent")
    people = [
        case(actor=agent, name=f"王{n}", email=f"wang{n}@example.com", language="zh-hans")
        for n in range(3)
    ]
    acknowledged = case(actor=agent, name="李四", email="li@example.com", language="en")
    Desk().acknowledge(acknowledged, NOW)
    letter = letter_of(acknowledged)
    for one in (*(letter_of(person) for person in people), *acknowledged.messages.all()):
        if one.state == MessageState.SENT:
            one.sent_at = NOW
            one.save()
    said: list[str] = []
    tell(now=LATELY, say=said.append)
    kinds = set(Mail.objects.values_list("kind", flat=True))
    assert {Kind.LETTER, Kind.AUTO_REPLY, Kind.AUTOMATIC, Kind.BOUNCE} <= kinds
    reasons = set(Mail.objects.waiting().values_list("reason", flat=True))
    assert {Reason.OTHER_SENDER, Reason.SUBJECT_ONLY, Reason.AUTOMATIC} <= reasons
    assert Mail.objects.filter(state=MailState.ASIDE).count() == 1
    assert not Mail.objects.filter(state=MailState.NEW).exists()
    assert Mail.objects.filter(arrived_at__gt=LATELY).count() == 0
    assert len(said) == 1
    assert letter.complaint.state != State.CLOSED


def test_tell_gets_by_without_any_complaint():
    make_policy()
    tell(now=LATELY, say=lambda _line: None)
    assert Mail.objects.count() == 2
