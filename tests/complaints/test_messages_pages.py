"""What hangs stands on one page, with what to do about it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from complaints.models import Complaint, Message
from complaints.selectors.messages import unsettled_messages
from complaints.services.messages import put_out
from complaints.states import MessageChannel, MessageState, Occasion
from tests.complaints.factories import NOW, make_complaint, make_site, make_user

pytestmark = pytest.mark.django_db
EMAIL, LETTER = MessageChannel.EMAIL, MessageChannel.LETTER
PAGE = "/messages/"


@pytest.fixture
def agent() -> User:
    return make_user("agent", username="mei")


@pytest.fixture
def desk(agent: User) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def message_of(complaint: Complaint, state: str, channel: MessageChannel = EMAIL, **given: Any):
    wanted = {"occasion": Occasion.OTHER, "body": "Good news.", **given}
    message = put_out(
        complaint,
        channel=channel,
        subject="Hello",
        actor=complaint.recorded_by,
        at=NOW,
        **wanted,
    )
    Message.objects.filter(pk=message.pk).update(state=state, sending_at=NOW)
    return message


def make(agent: User, **given: Any) -> Complaint:
    return make_complaint(actor=agent, **{"email": "ann@example.com", **given})


def listed(actor: User) -> tuple[list[str], list[str], list[str]]:
    found = unsettled_messages(actor, now=NOW + timedelta(hours=1))
    return tuple(  # type: ignore[return-value]
        [line.message.state for line in part] for part in (found.trouble, found.to_tell, found.slow)
    )


def test_what_did_not_get_through_waits_and_slow_stands_apart(agent):
    complaint = make(agent)
    for number, state in enumerate(MessageState.values):
        message_of(complaint, state, body=f"text {number}")
    message_of(complaint, "queued", LETTER)
    assert listed(agent) == (
        ["uncertain", "failed", "bounced"],
        ["queued"],
        ["queued", "sending"],
    )
    assert unsettled_messages(agent, now=NOW).slow == []


def test_what_was_told_otherwise_since_waits_no_longer(agent):
    complaint = make(agent)
    message_of(complaint, "bounced")
    message_of(complaint, "failed", occasion=Occasion.ACKNOWLEDGEMENT, body="first words")
    assert listed(agent)[0] == ["bounced", "failed"]
    message_of(complaint, "sent", body="another matter")
    assert listed(agent)[0] == ["bounced", "failed"]
    message_of(complaint, "queued")  # the same text again
    assert listed(agent)[0] == ["failed"]
    message_of(complaint, "noted", occasion=Occasion.ACKNOWLEDGEMENT, body="other words")
    assert listed(agent)[0] == []


def test_nobody_sees_what_is_not_theirs(agent, desk):
    elsewhere = make_complaint(site=make_site(), email="b@example.com")
    message_of(elsewhere, "failed")
    reader = make_user("agent", site=make_site())
    assert listed(reader) == ([], [], [])
    desk.force_login(reader)
    text = desk.get(PAGE).content.decode()
    assert elsewhere.reference not in text
    assert "Every message has arrived" in text


def test_the_address_of_a_confidential_complainant_is_not_shown(agent):
    manager = make_user("manager")
    message_of(make(agent, confidential=True), "failed")
    (line,) = unsettled_messages(manager, now=NOW).trouble
    assert (line.may_act, line.shows_address) == (True, False)
    client = Client()
    client.force_login(manager)
    assert "ann@example.com" not in client.get(PAGE).content.decode()


def test_who_only_reads_is_offered_nothing_to_do(agent):
    message_of(make(agent), "failed")
    client = Client()
    client.force_login(make_user("auditor"))
    text = client.get(PAGE).content.decode()
    assert "ann@example.com" in text
    assert "Send again" not in text


@pytest.mark.parametrize(
    ("state", "offered", "not_offered"),
    [
        ("uncertain", ["It went out", "Send again"], ["It did arrive"]),
        ("failed", ["Send again"], ["It went out", "It did arrive"]),
        ("bounced", ["It did arrive", "Send again"], ["It went out"]),
    ],
)
def test_the_page_offers_what_can_be_done(agent, desk, state, offered, not_offered):
    message_of(make(agent), state)
    text = desk.get(PAGE).content.decode()
    assert all(words in text for words in offered)
    assert not any(words in text for words in not_offered)


def test_an_uncertain_letter_is_decided_about_on_the_page(agent, desk):
    message = message_of(make(agent), "uncertain")
    answer = desk.post(reverse("complaints:message_resolve", args=[message.pk]), {"was_sent": "no"})
    assert answer.headers["Location"] == PAGE
    message.refresh_from_db()
    assert message.state == "queued"


def test_a_bounce_is_noted_on_the_page(agent, desk):
    message = message_of(make(agent), "sent")
    desk.post(reverse("complaints:message_bounce", args=[message.pk]), {"reason": "mailbox full"})
    message.refresh_from_db()
    assert (message.state, message.error) == ("bounced", "mailbox full")
    assert "mailbox full" in desk.get(PAGE).content.decode()


def test_a_letter_is_noted_as_posted_on_the_page_in_local_time(agent, desk):
    message = message_of(make(agent), "queued", LETTER)
    assert "Print the letter" in desk.get(PAGE).content.decode()
    desk.post(
        reverse("complaints:message_told", args=[message.pk]), {"told_at": "2026-03-04T11:30"}
    )
    message.refresh_from_db()
    assert message.state == "noted"
    assert message.sent_at == NOW + timedelta(minutes=90)  # 11:30 in Shanghai


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("message_resolve", {"was_sent": "perhaps"}),
        ("message_resolve", {}),
        ("message_bounce", {"reason": ""}),
        ("message_told", {"told_at": "yesterday"}),
    ],
)
def test_what_is_not_said_is_refused(agent, desk, name, data):
    message = message_of(make(agent), "sent")
    assert desk.post(reverse(f"complaints:{name}", args=[message.pk]), data).status_code == 422
    message.refresh_from_db()
    assert message.state == "sent"


def test_what_is_not_possible_is_a_conflict(agent, desk):
    message = message_of(make(agent), "sent")
    path = reverse("complaints:message_resolve", args=[message.pk])
    assert desk.post(path, {"was_sent": "yes"}).status_code == 409


def test_nobody_is_sent_on_to_a_foreign_page(agent, desk):
    for wanted in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        message = message_of(make(agent), "uncertain")
        answer = desk.post(
            reverse("complaints:message_resolve", args=[message.pk]),
            {"was_sent": "yes", "next": wanted},
        )
        assert answer.headers["Location"] == PAGE


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("SMTPRecipientsRefused 550", "does not take this address"),
        ("SMTPServerDisconnected", "broke off"),
        ("gaierror", "could not be reached"),
        ("SMTPAuthenticationError 535", "tell your administrator"),
    ],
)
def test_what_went_wrong_is_said_in_words(agent, desk, error, words):
    message = message_of(make(agent), "failed")
    Message.objects.filter(pk=message.pk).update(error=error)
    text = desk.get(PAGE).content.decode()
    assert words in text
    assert error in text


def test_the_page_stays_quick_however_much_hangs(agent, desk, django_assert_max_num_queries):
    complaint = make(agent)
    for number in range(30):
        message_of(complaint, "failed", body=f"text {number}")
    with django_assert_max_num_queries(40):
        assert desk.get(PAGE).status_code == 200


def test_times_are_offered_in_local_time(agent, desk):
    message_of(make(agent), "queued", LETTER)
    assert timezone.localtime().strftime("%Y-%m-%dT") in desk.get(PAGE).content.decode()
