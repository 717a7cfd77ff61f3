"""A letter that comes back counts no longer: its clock runs again, and somebody is told."""

import pytest
from django.core import mail as post
from django.test import override_settings
from django.utils import timezone

from complaints.models import Complaint, Notice
from complaints.rules.reply_address import signed_return
from complaints.services.correspondents import add_correspondent
from complaints.services.letters import draft_letter
from complaints.services.messages import write_message
from complaints.services.triage import acknowledge_complaint
from complaints.states import MessageChannel, MessageState, Occasion, State
from journal.selectors import history_of
from mailroom.states import Kind, MailState, Reason
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_complaint, make_policy, make_user
from tests.mailroom.mails import ANN, LATER, case, deliver_all, let_in, letter_of, mail
from tests.mailroom.reports import by_the_book, exchange, qmail, qq

pytestmark = pytest.mark.django_db
EMAIL = MessageChannel.EMAIL


@pytest.fixture(autouse=True)
def _policy() -> None:
    make_policy()


@pytest.fixture
def acknowledged() -> Complaint:
    agent = make_user("agent")
    complaint = make_complaint(name="Ann Lee", email=ANN, actor=agent)
    subject, text = draft_letter(complaint, Occasion.ACKNOWLEDGEMENT, EMAIL, actor=agent)
    acknowledge_complaint(
        complaint_id=complaint.pk, channel=EMAIL, subject=subject, text=text, actor=agent, at=NOW
    )
    deliver_all()
    complaint.refresh_from_db()
    assert complaint.acknowledged_at is not None
    return complaint


def running(complaint: Complaint, stage: str) -> bool:
    return complaint.clocks.filter(stage=stage, stopped_at__isnull=True, dropped=False).exists()


@pytest.mark.clause("CM-8.2c")
@pytest.mark.parametrize("written", [by_the_book, exchange, qq, qmail])
def test_an_acknowledgement_that_came_back_is_none(acknowledged, written):
    letter = letter_of(acknowledged)
    assert not running(acknowledged, "acknowledge")
    post.outbox.clear()
    row = let_in(written(letter))
    letter.refresh_from_db()
    acknowledged.refresh_from_db()
    assert (row.state, row.kind, row.complaint) == (MailState.FILED, Kind.BOUNCE, acknowledged)
    assert letter.state == MessageState.BOUNCED
    assert acknowledged.acknowledged_at is None
    assert running(acknowledged, "acknowledge")
    assert acknowledged.next_due_stage == "acknowledge"
    assert Notice.objects.get(kind="message_failed").user == acknowledged.recorded_by
    assert "message.bounced" in [entry.kind for entry in history_of(acknowledged)]
    assert "5" in letter.error
    assert not [one for one in post.outbox if one.to != [acknowledged.recorded_by.email]]


@pytest.mark.clause("CM-8.6a")
def test_a_decision_that_came_back_is_not_told_yet():
    desk = Desk()
    complaint = desk.case(
        State.RESPONDED, email=ANN, decided={"channel": EMAIL, "told_at": None, "subject": "It"}
    )
    deliver_all()
    complaint.refresh_from_db()
    assert complaint.decision_sent_at is not None
    assert not running(complaint, "respond")
    let_in(by_the_book(letter_of(complaint)))
    again = Complaint.objects.get(pk=complaint.pk)
    assert again.decision_sent_at is None
    assert running(again, "respond")


def test_a_report_that_comes_twice_changes_nothing_more(acknowledged):
    letter = letter_of(acknowledged)
    let_in(by_the_book(letter))
    row = let_in(exchange(letter))
    assert row.state == MailState.FILED
    assert Notice.objects.filter(kind="message_failed").count() == 1


def test_a_letter_that_is_only_late_still_counts(acknowledged):
    row = let_in(by_the_book(letter_of(acknowledged), action="delayed", status="4.4.1"))
    acknowledged.refresh_from_db()
    assert (row.kind, row.state) == (Kind.DELAY, MailState.FILED)
    assert acknowledged.acknowledged_at is not None


def test_a_copy_that_came_back_does_not_undo_the_letter(acknowledged):
    agent = acknowledged.recorded_by
    add_correspondent(
        complaint_id=acknowledged.pk,
        address="bob@example.com",
        name="Bob",
        reason="Brother.",
        agreed=True,
        copied=True,
        actor=agent,
        at=NOW,
    )
    letter = write_message(
        complaint_id=acknowledged.pk,
        occasion=Occasion.OTHER,
        channel=EMAIL,
        subject="News",
        text="Soon.",
        actor=agent,
        at=NOW,
    )
    deliver_all()
    row = let_in(by_the_book(letter, recipient="bob@example.com"))
    letter.refresh_from_db()
    assert (row.complaint, letter.state) == (acknowledged, MessageState.SENT)


@override_settings(MAIL_RETURN_ADDRESS="bounces@maple.example")
def test_a_report_is_understood_by_the_address_it_came_to(acknowledged):
    letter = letter_of(acknowledged)
    address = signed_return("bounces@maple.example", letter.pk, "only-for-tests")
    row = let_in(
        mail(
            "Your message could not be delivered.",
            sender="postmaster@mx.example.com",
            subject="Undeliverable",
            to=address,
        )
    )
    letter.refresh_from_db()
    assert (row.complaint, letter.state) == (acknowledged, MessageState.BOUNCED)


def test_a_report_about_an_unknown_letter_waits_for_a_person():
    row = let_in(
        mail("550 unknown user", sender="MAILER-DAEMON@mx.example.com", subject="failure notice")
    )
    assert (row.state, row.kind, row.reason) == (MailState.WAITING, Kind.BOUNCE, Reason.BOUNCE)


def test_a_report_ahead_of_the_news_that_the_letter_went_out_is_tried_again(acknowledged):
    letter = letter_of(acknowledged)
    letter.state = MessageState.SENDING
    letter.save()
    row = let_in(by_the_book(letter), at=timezone.now())
    assert row.state == MailState.NEW


def test_a_letter_that_was_interrupted_and_comes_back_did_go_out(acknowledged):
    letter = letter_of(acknowledged)
    letter.state = MessageState.UNCERTAIN
    letter.save()
    row = let_in(by_the_book(letter))
    letter.refresh_from_db()
    assert (row.state, letter.state) == (MailState.FILED, MessageState.BOUNCED)


def test_an_absence_note_that_speaks_of_something_rejected_is_no_report():
    complaint = case()
    letter = letter_of(complaint)
    row = let_in(
        mail(
            "I am away. Parcels are 退回 or rejected.",
            Return_Path="<>",
            subject=f"Re: [{complaint.reference}]",
        )
    )
    letter.refresh_from_db()
    assert (row.kind, letter.state) == (Kind.AUTO_REPLY, MessageState.SENT)


def test_good_news_about_a_letter_is_no_report(acknowledged):
    row = let_in(by_the_book(letter_of(acknowledged), action="delivered", status="2.0.0"), at=LATER)
    acknowledged.refresh_from_db()
    assert row.kind != Kind.BOUNCE
    assert acknowledged.acknowledged_at is not None
