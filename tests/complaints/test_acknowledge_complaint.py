"""Receipt is told with the process and the expected dates; the clock stops when it is told."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from complaints import events
from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed
from complaints.models import Complaint
from complaints.services.letters import draft_letter
from complaints.services.sending import confirm_told, note_bounce, send_message
from complaints.services.triage import acknowledge_complaint, acknowledge_impossible
from complaints.states import MessageChannel, Occasion, State
from complaints.transports import NotAcceptedError
from journal.selectors import history_of
from tests.complaints.desk import Desk, clock_of
from tests.complaints.factories import NOW, make_user

EMAIL, PHONE, LETTER = MessageChannel.EMAIL, MessageChannel.PHONE, MessageChannel.LETTER
LATER = NOW + timedelta(hours=2)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def acknowledge(desk: Desk, complaint: Complaint, **changes: Any) -> Complaint:
    given: dict[str, Any] = {
        "complaint_id": complaint.pk,
        "channel": PHONE,
        "subject": "",
        "text": "We have it, and answer by the eighteenth.",
        "told_at": NOW,
        "actor": desk.agent,
        "at": NOW,
    }
    return acknowledge_complaint(**(given | changes))


@pytest.mark.clause("CM-8.2c")
def test_spoken_words_count_from_when_they_were_said_and_stop_the_clock(desk):
    complaint = desk.case()
    told = NOW - timedelta(minutes=30)
    acknowledge(desk, complaint, told_at=told)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.acknowledged_at) == (State.ACKNOWLEDGED, told)
    clock = clock_of(complaint, "acknowledge")
    assert (clock.stopped_at, clock.met) == (told, True)
    assert complaint.next_due_stage == "assess"
    message = complaint.messages.get()
    assert (message.state, message.channel) == ("noted", "phone")


@pytest.mark.clause("CM-8.2c")
def test_the_text_to_read_out_tells_process_and_expected_dates(desk):
    complaint = desk.case(language="en")
    _subject, text = draft_letter(complaint, Occasion.ACKNOWLEDGEMENT, PHONE, actor=desk.agent)
    assert complaint.reference in text
    assert "18 Mar" in text
    acknowledge(desk, complaint, text=text)


def test_a_text_with_a_gap_is_no_acknowledgement(desk):
    complaint = desk.case()
    with pytest.raises(BadInput) as refusal:
        acknowledge(desk, complaint, text="We answer by [[the day]].")
    assert refusal.value.field == "text"
    complaint.refresh_from_db()
    assert complaint.state == State.RECEIVED


def test_a_letter_is_queued_and_the_clock_goes_on_until_it_has_left(desk):
    complaint = desk.case(email="ann@example.com")
    acknowledge(desk, complaint, channel=EMAIL, subject="Received", told_at=None)
    assert clock_of(complaint, "acknowledge").running
    send_message(message_id=complaint.messages.get().pk, at=LATER)
    complaint.refresh_from_db()
    assert complaint.acknowledged_at == LATER
    assert clock_of(complaint, "acknowledge").stopped_at == LATER


def test_a_letter_told_too_late_misses_the_clock(desk):
    complaint = desk.case()
    late = NOW + timedelta(days=3)
    acknowledge(desk, complaint, told_at=late, at=late)
    assert clock_of(complaint, "acknowledge").met is False


def test_when_the_mail_server_refuses_for_good_the_clock_never_stopped(desk, monkeypatch):
    def refuse(_message: object) -> None:
        raise NotAcceptedError("mailbox unknown", permanent=True)

    complaint = desk.case(email="ann@example.com")
    acknowledge(desk, complaint, channel=EMAIL, subject="Received", told_at=None)
    monkeypatch.setattr("complaints.services.sending.hand_over", refuse)
    send_message(message_id=complaint.messages.get().pk, at=LATER)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.acknowledged_at) == (State.ACKNOWLEDGED, None)
    assert complaint.messages.get().state == "failed"
    assert clock_of(complaint, "acknowledge").running
    assert complaint.next_due_stage == "acknowledge"


@pytest.mark.clause("CM-8.2c")
def test_a_letter_that_came_back_no_longer_counts_and_the_clock_runs_again(desk):
    complaint = desk.case(email="ann@example.com")
    acknowledge(desk, complaint, channel=EMAIL, subject="Received", told_at=None)
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        send_message(message_id=complaint.messages.get().pk, at=LATER)
    before = clock_of(complaint, "acknowledge")
    note_bounce(message_id=complaint.messages.get().pk, reason="550", actor=None, at=LATER)
    complaint.refresh_from_db()
    clock = clock_of(complaint, "acknowledge")
    assert (before.met, clock.met, clock.stopped_at) == (True, None, None)
    assert clock.due_at == before.due_at
    assert complaint.acknowledged_at is None
    assert complaint.next_due_at == clock.due_at


def test_a_letter_to_post_counts_once_somebody_says_when_it_was_posted(desk):
    complaint = desk.case()
    acknowledge(desk, complaint, channel=LETTER, subject="Received", told_at=None)
    complaint.refresh_from_db()
    assert complaint.acknowledged_at is None
    confirm_told(message_id=complaint.messages.get().pk, told_at=LATER, actor=desk.agent, at=LATER)
    complaint.refresh_from_db()
    assert complaint.acknowledged_at == LATER


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": " "}, "text"),
        ({"channel": EMAIL, "told_at": None}, "channel"),
        ({"told_at": NOW + timedelta(seconds=1)}, "told_at"),
        ({"told_at": NOW - timedelta(hours=2)}, "told_at"),  # before it was received
    ],
)
def test_a_bad_acknowledgement_is_refused_by_the_name_of_its_field(desk, changes, field):
    complaint = desk.case()
    with pytest.raises(BadInput) as refusal:
        acknowledge(desk, complaint, **changes)
    assert refusal.value.field == field
    complaint.refresh_from_db()
    assert (complaint.state, complaint.version) == (State.RECEIVED, 1)


def test_it_is_acknowledged_once(desk):
    complaint = desk.case("acknowledged")
    with pytest.raises(MoveRefused) as refusal:
        acknowledge(desk, complaint)
    assert "acknowledge" not in refusal.value.possible
    assert complaint.messages.count() == 1


def test_who_looked_at_an_older_state_is_told_of_the_conflict(desk):
    complaint = desk.case()
    with pytest.raises(Conflict):
        acknowledge(desk, complaint, expected_version=complaint.version + 1)
    acknowledge(desk, complaint, expected_version=complaint.version)


def test_who_only_checks_does_not_acknowledge(desk):
    complaint = desk.case()
    with pytest.raises(NotAllowed):
        acknowledge(desk, complaint, actor=make_user("auditor"))


# --- when nobody can be reached ----------------------------------------------------------------


def test_without_anybody_to_tell_it_goes_on_with_a_reason_and_without_the_clock(desk):
    complaint = desk.case(anonymous=True)
    acknowledge_impossible(
        complaint_id=complaint.pk, reason="No contact was left.", actor=desk.agent, at=NOW
    )
    complaint.refresh_from_db()
    assert (complaint.state, complaint.unreachable) == (State.ACKNOWLEDGED, True)
    assert complaint.acknowledged_at is None
    assert complaint.clocks.get(stage="acknowledge").dropped
    entry = history_of(complaint).get(kind=events.ACKNOWLEDGED)
    assert entry.payload["unreachable"]
    assert complaint.notes.get().text == "No contact was left."


def test_what_was_late_before_nobody_could_be_reached_stays_late(desk):
    complaint = desk.case()
    late = NOW + timedelta(days=5)
    acknowledge_impossible(complaint_id=complaint.pk, reason="Tried.", actor=desk.agent, at=late)
    clock = complaint.clocks.get(stage="acknowledge")
    assert (clock.met, clock.dropped, clock.stopped_at) == (False, False, late)


def test_it_takes_a_reason_not_to_acknowledge(desk):
    complaint = desk.case()
    with pytest.raises(BadInput) as refusal:
        acknowledge_impossible(complaint_id=complaint.pk, reason=" ", actor=desk.agent, at=NOW)
    assert refusal.value.field == "reason"


def test_nobody_is_unreachable_twice(desk):
    complaint = desk.case("acknowledged")
    with pytest.raises(MoveRefused):
        acknowledge_impossible(complaint_id=complaint.pk, reason="-", actor=desk.agent, at=NOW)
