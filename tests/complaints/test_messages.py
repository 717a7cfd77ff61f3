"""A letter leaves once, or a person is asked; what came back no longer counts."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from accounts.models import User
from complaints import transports
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint, Message, Notice
from complaints.services import sending as verbs
from complaints.services.letters import draft_letter
from complaints.services.messages import (
    fitting_occasions,
    put_out,
    reachable_by_mail,
    write_message,
)
from complaints.services.sending import (
    GIVE_UP_AFTER,
    STALE,
    BeingSentError,
    confirm_told,
    note_bounce,
    resolve_message,
    send_message,
)
from complaints.services.triage import acknowledge_complaint
from complaints.states import OPEN_STATES, MessageChannel, MessageState, Occasion, State
from complaints.transports import NotAcceptedError, hand_over
from journal.models import Delivery
from journal.selectors import history_of
from journal.services import deliver_pending, verify_subject
from tests.complaints.factories import NOW, make_complaint, make_user
from tests.smtp_sink import Sink, sink

EMAIL, LETTER, PHONE = MessageChannel.EMAIL, MessageChannel.LETTER, MessageChannel.PHONE
ADDRESS = "ann@example.com"
LATER = NOW + timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent() -> User:
    return make_user("agent", username="mei")


@pytest.fixture
def complaint(agent: User) -> Complaint:
    return make_complaint(name="Ann Lee", email=ADDRESS, actor=agent)


@pytest.fixture
def mail_dir(tmp_path: Path) -> Iterator[Path]:
    """Use the backend that lays letters as files."""
    with override_settings(EMAIL_BACKEND="config.mail.FileOnceBackend", MAIL_DIR=tmp_path):
        yield tmp_path


@pytest.fixture
def server() -> Iterator[Sink]:
    """Use a mail server that behaves."""
    with sink() as running, smtp(running):
        yield running


def smtp(running: Sink) -> Any:
    return override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=running.port,
        EMAIL_USE_TLS=False,
        EMAIL_TIMEOUT=5,
    )


def acknowledge(
    complaint: Complaint, agent: User, channel: MessageChannel = EMAIL, **given: Any
) -> Message:
    """Acknowledge by a letter; return it."""
    subject, text = draft_letter(complaint, Occasion.ACKNOWLEDGEMENT, channel, actor=agent)
    acknowledge_complaint(
        complaint_id=complaint.pk,
        channel=channel,
        subject=subject,
        text=text,
        actor=agent,
        at=NOW,
        **given,
    )
    complaint.refresh_from_db()
    return Message.objects.latest("pk")


def put(complaint: Complaint, agent: User, **given: Any) -> Message:
    wanted: dict[str, Any] = {
        "occasion": Occasion.OTHER,
        "channel": EMAIL,
        "subject": "About your complaint",
        "body": "Good news.",
        "told_at": None,
        **given,
    }
    with transaction.atomic():
        return put_out(complaint, actor=agent, at=NOW, **wanted)


def state_of(message: Message) -> str:
    message.refresh_from_db()
    return message.state


def dies(*_given: Any, **_more: Any) -> None:
    """Stand in for a process that is killed at this point."""
    raise KeyboardInterrupt


def killed_at(monkeypatch: pytest.MonkeyPatch, point: str, message: Message) -> None:
    """Send, and be killed at a point of the way."""
    with monkeypatch.context() as broken:
        broken.setattr(verbs, point, dies)
        with pytest.raises(KeyboardInterrupt):
            send_message(message_id=message.pk, at=NOW)


def running_ack(complaint: Complaint) -> bool:
    return complaint.clocks.filter(stage="acknowledge", stopped_at__isnull=True).exists()


# --- sent once -------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2c")
def test_the_acknowledgement_counts_from_the_moment_it_was_sent(complaint, agent, server):
    message = acknowledge(complaint, agent)
    assert complaint.state == State.ACKNOWLEDGED
    assert (message.state, complaint.acknowledged_at) == (MessageState.QUEUED, None)
    assert running_ack(complaint)
    deliver_pending()
    complaint.refresh_from_db()
    assert state_of(message) == MessageState.SENT
    assert complaint.acknowledged_at == message.sent_at
    assert not running_ack(complaint)
    assert server.deliveries == [str(message.delivery_id)]
    assert [entry.kind for entry in history_of(complaint)][-3:] == [
        "message.queued",
        "complaint.acknowledged",
        "message.sent",
    ]


def test_delivering_again_sends_nothing_again(complaint, agent, server):
    message = acknowledge(complaint, agent)
    for _time in range(3):
        send_message(message_id=message.pk, at=LATER)
    deliver_pending()
    assert len(server.letters) == 1


def test_sending_leaves_the_version_alone_so_that_open_pages_are_not_contradicted(
    complaint, agent, server
):
    message = acknowledge(complaint, agent)
    version = complaint.version
    send_message(message_id=message.pk, at=LATER)
    complaint.refresh_from_db()
    assert complaint.version == version


def test_the_intent_is_committed_before_the_letter_leaves(complaint, agent, monkeypatch):
    seen = []
    message = acknowledge(complaint, agent)
    monkeypatch.setattr(
        verbs, "hand_over", lambda given: seen.append(Message.objects.get(pk=given.pk).state)
    )
    send_message(message_id=message.pk, at=LATER)
    assert seen == [MessageState.SENDING]


# --- killed in between: files ------------------------------------------------------------------


def test_files_killed_before_the_hand_over_the_letter_goes_out_afterwards(
    complaint, agent, mail_dir, monkeypatch
):
    message = acknowledge(complaint, agent)
    killed_at(monkeypatch, "hand_over", message)
    assert state_of(message) == MessageState.SENDING
    send_message(message_id=message.pk, at=NOW)
    assert state_of(message) == MessageState.SENT
    assert len(list(mail_dir.glob("*.eml"))) == 1


def test_files_killed_after_the_hand_over_the_letter_is_recognised(
    complaint, agent, mail_dir, monkeypatch
):
    message = acknowledge(complaint, agent)
    killed_at(monkeypatch, "_accepted", message)
    (file,) = mail_dir.glob("*.eml")
    first = file.read_bytes()
    assert state_of(message) == MessageState.SENDING
    with monkeypatch.context() as watched:
        watched.setattr(verbs, "hand_over", dies)  # would be noticed
        send_message(message_id=message.pk, at=NOW)
    assert state_of(message) == MessageState.SENT
    assert [file.read_bytes() for file in mail_dir.glob("*.eml")] == [first]


def test_a_letter_given_to_the_file_backend_twice_is_one_file_and_the_first_stays(
    complaint, agent, mail_dir
):
    message = put(complaint, agent)
    hand_over(message)
    (file,) = mail_dir.iterdir()
    first = file.read_bytes()
    message.body = "changed"
    hand_over(message)
    assert [file.read_bytes() for file in mail_dir.iterdir()] == [first]


# --- killed in between: mail servers -------------------------------------------------------------


def test_smtp_killed_between_intent_and_note_a_person_decides(
    complaint, agent, server, monkeypatch
):
    message = acknowledge(complaint, agent)
    killed_at(monkeypatch, "_accepted", message)
    with pytest.raises(BeingSentError):  # perhaps somebody is at it right now
        send_message(message_id=message.pk, at=NOW + STALE - timedelta(seconds=1))
    send_message(message_id=message.pk, at=NOW + STALE)
    assert state_of(message) == MessageState.UNCERTAIN
    send_message(message_id=message.pk, at=NOW + STALE * 2)
    assert len(server.letters) == 1  # the machine never sends it a second time
    assert Notice.objects.get(kind="message_failed").user == agent
    complaint.refresh_from_db()
    assert complaint.acknowledged_at is None
    assert running_ack(complaint)


def test_of_an_uncertain_letter_a_person_may_say_that_it_went_out(complaint, agent, server):
    message = _uncertain(complaint, agent)
    resolve_message(message_id=message.pk, was_sent=True, actor=agent, at=LATER)
    complaint.refresh_from_db()
    assert state_of(message) == MessageState.SENT
    assert message.sent_at == complaint.acknowledged_at == NOW
    assert not running_ack(complaint)
    deliver_pending()
    assert server.letters == []


def test_of_an_uncertain_letter_a_person_may_say_that_it_goes_again_with_the_same_id(
    complaint, agent, server
):
    message = _uncertain(complaint, agent)
    again = resolve_message(message_id=message.pk, was_sent=False, actor=agent, at=LATER)
    assert (again.pk, again.delivery_id) == (message.pk, message.delivery_id)
    deliver_pending()
    assert state_of(message) == MessageState.SENT
    assert server.deliveries == [str(message.delivery_id)]


@pytest.mark.parametrize("manner", ["drop", "keep and drop"])
def test_smtp_a_line_that_goes_dead_after_the_letter_leaves_it_uncertain_at_once(
    complaint, agent, manner
):
    message = acknowledge(complaint, agent)
    with sink(END=manner) as server, smtp(server):
        send_message(message_id=message.pk, at=NOW)
        assert state_of(message) == MessageState.UNCERTAIN
        send_message(message_id=message.pk, at=LATER)
        assert len(server.letters) == (manner == "keep and drop")


def test_a_late_good_answer_still_counts_when_a_letter_was_thought_uncertain(complaint, agent):
    message = _uncertain(complaint, agent)
    verbs._accepted(message.pk, LATER)
    assert state_of(message) == MessageState.SENT


def test_a_late_refusal_does_not_undo_what_a_person_decided(complaint, agent):
    message = _uncertain(complaint, agent)
    resolve_message(message_id=message.pk, was_sent=True, actor=agent, at=LATER)
    verbs._not_accepted(message.pk, NotAcceptedError("late"), LATER)
    verbs._unanswered(message.pk, transports.UnansweredError("late"), LATER)
    assert state_of(message) == MessageState.SENT


def _uncertain(complaint: Complaint, agent: User) -> Message:
    message = acknowledge(complaint, agent)
    message.state, message.sending_at = MessageState.UNCERTAIN, NOW
    message.save()
    Delivery.objects.update(delivered_at=NOW)
    return message


# --- not accepted --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "manners",
    [{"MAIL": "451 later"}, {"RCPT": "450 busy"}, {"DATA": "451 no"}, {"END": "452 full"}],
)
def test_a_server_that_says_later_is_asked_again_until_it_takes_the_letter(
    complaint, agent, manners
):
    message = acknowledge(complaint, agent)
    with sink(**manners) as server, smtp(server):
        with pytest.raises(NotAcceptedError):
            send_message(message_id=message.pk, at=NOW)
        assert state_of(message) == MessageState.QUEUED
        server.manners = {}
        send_message(message_id=message.pk, at=LATER)
    assert state_of(message) == MessageState.SENT
    assert (message.attempts, message.error) == (2, "")


def test_a_server_that_is_not_there_is_tried_for_a_while_then_someone_is_told(complaint, agent):
    message = acknowledge(complaint, agent)
    with sink() as gone:
        pass
    with smtp(gone):
        for _time in range(GIVE_UP_AFTER - 1):
            with pytest.raises(NotAcceptedError):
                send_message(message_id=message.pk, at=NOW)
        assert state_of(message) == MessageState.QUEUED
        send_message(message_id=message.pk, at=LATER)
    assert (state_of(message), message.failed_at) == (MessageState.FAILED, LATER)
    assert message.error == "ConnectionRefusedError"
    assert Notice.objects.filter(kind="message_failed", user=agent).count() == 1
    assert [entry.kind for entry in history_of(complaint)][-1] == "message.failed"


@pytest.mark.parametrize("manners", [{"RCPT": "550 no such user"}, {"END": "554 spam"}])
def test_a_refusal_for_good_is_not_tried_again(complaint, agent, manners):
    message = acknowledge(complaint, agent)
    with sink(**manners) as server, smtp(server):
        send_message(message_id=message.pk, at=NOW)
    assert state_of(message) == MessageState.FAILED
    assert message.error.endswith(manners.popitem()[1][:3])
    assert ADDRESS not in message.error


def test_a_failed_letter_goes_again_to_the_address_known_by_now(complaint, agent, server):
    message = acknowledge(complaint, agent)
    message.state, message.attempts = MessageState.FAILED, GIVE_UP_AFTER
    message.save()
    complaint.complainant.email = "ann@elsewhere.example"
    complaint.complainant.save()
    with pytest.raises(MoveRefused):
        resolve_message(message_id=message.pk, was_sent=True, actor=agent, at=LATER)
    resolve_message(message_id=message.pk, was_sent=False, actor=agent, at=LATER)
    deliver_pending()
    assert state_of(message) == MessageState.SENT
    assert server.letters[0]["To"] == "ann@elsewhere.example"


def test_without_a_usable_address_nothing_goes_again(complaint, agent):
    message = acknowledge(complaint, agent)
    Message.objects.update(state=MessageState.FAILED)
    complaint.complainant.email = "gone"
    complaint.complainant.save()
    with pytest.raises(BadInput):
        resolve_message(message_id=message.pk, was_sent=False, actor=agent, at=LATER)
    assert state_of(message) == MessageState.FAILED


def test_what_is_on_its_way_or_has_arrived_is_not_decided_about(complaint, agent):
    message = acknowledge(complaint, agent)
    for state in (MessageState.QUEUED, MessageState.SENDING, MessageState.SENT, MessageState.NOTED):
        Message.objects.update(state=state)
        with pytest.raises(MoveRefused):
            resolve_message(message_id=message.pk, was_sent=True, actor=agent, at=LATER)


# --- bounced -------------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2c")
def test_an_acknowledgement_that_came_back_counts_no_longer_and_its_clock_runs_again(
    complaint, agent, server
):
    message = acknowledge(complaint, agent)
    deliver_pending()
    note_bounce(message_id=message.pk, reason="mailbox full", actor=agent, at=LATER)
    complaint.refresh_from_db()
    assert state_of(message) == MessageState.BOUNCED
    assert complaint.acknowledged_at is None
    assert running_ack(complaint)
    assert complaint.next_due_stage == "acknowledge"
    assert Notice.objects.get(kind="message_failed").user == agent
    assert verify_subject(complaint).fault is None


def test_after_a_bounce_the_same_text_goes_out_as_a_new_letter(complaint, agent, server):
    message = acknowledge(complaint, agent)
    deliver_pending()
    note_bounce(message_id=message.pk, reason="no such user", actor=agent, at=LATER)
    again = resolve_message(message_id=message.pk, was_sent=False, actor=agent, at=LATER)
    assert again.delivery_id != message.delivery_id
    assert state_of(message) == MessageState.BOUNCED
    deliver_pending()
    assert len(set(server.deliveries)) == 2
    complaint.refresh_from_db()
    assert complaint.acknowledged_at is not None


def test_a_bounce_that_was_none_is_taken_back(complaint, agent, server):
    message = acknowledge(complaint, agent)
    deliver_pending()
    sent_at = Message.objects.get().sent_at
    note_bounce(message_id=message.pk, reason="misread", actor=agent, at=LATER)
    resolve_message(message_id=message.pk, was_sent=True, actor=agent, at=LATER)
    complaint.refresh_from_db()
    assert (state_of(message), complaint.acknowledged_at) == (MessageState.SENT, sent_at)


def test_what_was_also_told_in_another_way_counts_from_that_telling(complaint, agent, server):
    message = acknowledge(complaint, agent)
    deliver_pending()
    message.refresh_from_db()
    assert message.sent_at is not None
    told_at = message.sent_at + timedelta(days=3)
    with transaction.atomic():
        put_out(
            complaint,
            occasion=Occasion.ACKNOWLEDGEMENT,
            channel=PHONE,
            subject="",
            body="We have it.",
            actor=agent,
            at=told_at,
            told_at=told_at,
        )
    note_bounce(message_id=message.pk, reason="full", actor=agent, at=told_at)
    complaint.refresh_from_db()
    assert complaint.acknowledged_at == told_at
    clock = complaint.clocks.get(stage="acknowledge")
    assert (clock.stopped_at, clock.met) == (told_at, False)  # in time it was not


def test_a_bounce_after_the_end_tells_people_but_opens_nothing(complaint, agent, server):
    message = acknowledge(complaint, agent)
    deliver_pending()
    Complaint.objects.filter(pk=complaint.pk).update(
        state=State.WITHDRAWN, is_open=False, closed_at=NOW
    )
    note_bounce(message_id=message.pk, reason="full", actor=None, at=LATER)
    complaint.refresh_from_db()
    assert complaint.acknowledged_at is not None
    assert not running_ack(complaint)
    assert Notice.objects.filter(kind="message_failed").exists()


def test_a_posted_letter_may_come_back_but_spoken_words_do_not(complaint, agent):
    posted = put(complaint, agent, channel=LETTER, told_at=NOW)
    spoken = put(complaint, agent, channel=PHONE, told_at=NOW)
    note_bounce(message_id=posted.pk, reason="moved away", actor=agent, at=LATER)
    assert state_of(posted) == MessageState.BOUNCED
    with pytest.raises(MoveRefused):
        note_bounce(message_id=spoken.pk, reason="hm", actor=agent, at=LATER)
    with pytest.raises(MoveRefused):
        note_bounce(message_id=posted.pk, reason="again", actor=agent, at=LATER)


def test_a_bounce_needs_a_reason_and_the_right(complaint, agent):
    message = put(complaint, agent, channel=LETTER, told_at=NOW)
    with pytest.raises(BadInput):
        note_bounce(message_id=message.pk, reason=" ", actor=agent, at=LATER)
    with pytest.raises(NotAllowed):
        note_bounce(message_id=message.pk, reason="r", actor=make_user("auditor"), at=LATER)
    with pytest.raises(Complaint.DoesNotExist):
        note_bounce(message_id=message.pk, reason="r", actor=make_user(), at=LATER)


def test_when_nobody_in_person_is_near_those_who_assign_are_told():
    manager = make_user("manager")
    complaint = make_complaint(email=ADDRESS)  # recorded by the system, owned by nobody
    message = put(complaint, manager, channel=LETTER, told_at=NOW)
    note_bounce(message_id=message.pk, reason="moved", actor=None, at=LATER)
    assert list(Notice.objects.values_list("user", flat=True)) == [manager.pk]


# --- told again, told otherwise ------------------------------------------------------------------


def test_an_acknowledgement_may_be_written_again_only_once_the_first_came_back(
    complaint, agent, server
):
    def write(complaint: Complaint) -> Message:
        return write_message(
            complaint_id=complaint.pk,
            occasion=Occasion.ACKNOWLEDGEMENT,
            channel=LETTER,
            subject="Receipt",
            text="We have your complaint.",
            told_at=LATER,
            actor=agent,
            at=LATER,
        )

    with pytest.raises(MoveRefused):
        write(complaint)  # the step itself comes first
    message = acknowledge(complaint, agent)
    with pytest.raises(MoveRefused):
        write(complaint)  # on its way already
    deliver_pending()
    with pytest.raises(MoveRefused):
        write(complaint)  # it has arrived
    note_bounce(message_id=message.pk, reason="full", actor=agent, at=LATER)
    assert write(complaint).state == MessageState.NOTED
    complaint.refresh_from_db()
    assert complaint.acknowledged_at == LATER


@pytest.mark.parametrize("occasion", [Occasion.DECISION, Occasion.REMEDIES, Occasion.STAFF_NOTICE])
def test_what_belongs_to_a_step_is_no_free_message(complaint, agent, occasion):
    with pytest.raises(MoveRefused):
        write_message(
            complaint_id=complaint.pk,
            occasion=occasion,
            channel=EMAIL,
            subject="s",
            text="t",
            actor=agent,
            at=NOW,
        )


@pytest.mark.parametrize(
    ("state", "fitting"),
    [
        (State.ASSESSED, {"progress", "information_request", "other"}),
        (State.RESPONDED, {"information_request", "reminder", "follow_up", "other"}),
        (State.CLOSED, {"closing", "follow_up", "other"}),
        (State.WITHDRAWN, {"closing", "other"}),
        (State.MERGED, {"other"}),
    ],
)
def test_what_one_may_write_depends_on_where_the_complaint_stands(complaint, agent, state, fitting):
    Complaint.objects.filter(pk=complaint.pk).update(
        state=state,
        is_open=state in OPEN_STATES,
        decision_sent_at=NOW,
        merged_into=complaint.pk if state == State.MERGED else None,
    )
    complaint = Complaint.objects.get(pk=complaint.pk)
    assert set(fitting_occasions(complaint)) == fitting
    for occasion in (Occasion.PROGRESS, Occasion.REMINDER, Occasion.CLOSING, Occasion.FOLLOW_UP):
        if occasion not in fitting:
            with pytest.raises(MoveRefused, match="does not fit"):
                write_message(
                    complaint_id=complaint.pk,
                    occasion=occasion,
                    channel=EMAIL,
                    subject="Hello",
                    text="Hello",
                    actor=agent,
                    at=NOW,
                )


def test_a_letter_to_post_counts_once_somebody_says_when_it_was_posted(complaint, agent):
    message = acknowledge(complaint, agent, LETTER)
    deliver_pending()  # nothing to send: it waits for a person
    assert (state_of(message), complaint.acknowledged_at) == (MessageState.QUEUED, None)
    for wrong in (NOW - timedelta(days=1), LATER + timedelta(minutes=1)):
        with pytest.raises(BadInput):
            confirm_told(message_id=message.pk, told_at=wrong, actor=agent, at=LATER)
    confirm_told(message_id=message.pk, told_at=NOW, actor=agent, at=LATER)
    complaint.refresh_from_db()
    assert complaint.acknowledged_at == NOW
    with pytest.raises(MoveRefused):
        confirm_told(message_id=message.pk, told_at=NOW, actor=agent, at=LATER)


# --- headers -------------------------------------------------------------------------------------


def test_chinese_and_emoji_arrive_as_they_were_written(complaint, agent, server):
    subject = "关于您的投诉 🙂 — 我们的答复：" + "很长的标题" * 20
    body = "尊敬的客户：\n\n您好！🙂 価格 é ß\n.开头的点\n\n此致\n敬礼"
    message = put(complaint, agent, subject=subject, body=body)
    hand_over(message)
    (letter,) = server.letters
    assert letter["Subject"].strip() == f"{subject} [{complaint.reference}]"
    assert letter.get_content().replace("\r\n", "\n").strip() == body
    headers = server.raw[0].partition(b"\n\n")[0].partition(b"\r\n\r\n")[0]
    assert headers.isascii()
    assert b"=?utf-8?" in headers
    assert max(map(len, headers.splitlines())) <= 78 + 20


@override_settings(
    DEFAULT_FROM_EMAIL="投诉处理中心 <desk@maple.example>", MAIL_REPLY_TO="answers@maple.example"
)
def test_each_letter_says_who_it_is_from_where_to_answer_and_carries_its_id(
    complaint, agent, server
):
    message = put(complaint, agent)
    hand_over(message)
    (letter,) = server.letters
    assert letter["Message-ID"] == f"<{message.delivery_id}@maple.example>"
    assert letter["X-Delivery-ID"] == str(message.delivery_id)
    assert letter["References"] == f"<{complaint.reference}@maple.example>"
    assert letter["From"] == "投诉处理中心 <desk@maple.example>"
    assert letter["Reply-To"] == "answers@maple.example"
    assert letter["To"] == ADDRESS
    assert letter["Auto-Submitted"] is None  # a person wrote it


def test_what_a_machine_wrote_says_so(complaint, server):
    message = put(complaint, complaint.recorded_by)
    message.written_by.is_system = True
    hand_over(message)
    assert server.letters[0]["Auto-Submitted"] == "auto-generated"


def test_a_line_break_cannot_smuggle_a_header_in(complaint, agent, server):
    message = put(complaint, agent, subject="Hello\r\nBcc: everybody@example.com")
    assert message.subject == "Hello Bcc: everybody@example.com"
    hand_over(message)
    assert server.letters[0]["Bcc"] is None
    message.subject = "Hello\nBcc: everybody@example.com"
    with pytest.raises(NotAcceptedError) as refusal:
        hand_over(message)
    assert refusal.value.permanent
    assert len(server.letters) == 1


@pytest.mark.parametrize(
    "address", ["ann@example.com\nBcc: b@example.com", "ann", "a b@example.com", "@", ""]
)
def test_an_address_that_is_none_is_not_written_to(complaint, agent, address):
    complaint.complainant.email = address
    assert not reachable_by_mail(complaint)
    with pytest.raises(BadInput) as refusal:
        put(complaint, agent)
    assert refusal.value.field == "channel"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"body": " \n"}, "text"),
        ({"subject": "x" * 201}, "subject"),
        ({"body": "Dear you, [[the reasons]]"}, "text"),
        ({"subject": "[[what]]"}, "subject"),
        ({"channel": PHONE, "told_at": LATER}, "told_at"),
    ],
)
def test_a_message_that_says_nothing_or_leaves_a_gap_is_refused(complaint, agent, given, field):
    with pytest.raises(BadInput) as refusal:
        put(complaint, agent, **given)
    assert refusal.value.field == field


def test_a_letter_without_a_subject_gets_a_plain_one(complaint, agent):
    message = put(complaint, agent, subject=" ")
    assert message.subject == f"Your complaint {complaint.reference}"


def test_the_file_of_a_letter_is_a_whole_letter(complaint, agent, mail_dir):
    message = put(complaint, agent, body="一切都好 🙂")
    hand_over(message)
    (file,) = mail_dir.glob("*.eml")
    assert file.name.startswith(str(message.delivery_id))
    letter = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert letter["Subject"] == f"About your complaint [{complaint.reference}]"


def test_automatic_acknowledgement_never_stands_in_the_way_of_receiving():
    complaint = make_complaint(channel="web", name="Ann", email="ann@example.com")
    assert complaint.state == State.ACKNOWLEDGED
    odd = complaint.complainant
    assert odd is not None
    odd.email = "not an address"
    odd.save()
    again = make_complaint(channel="web", complainant=odd, at=_minutes(5))
    assert again.state == State.RECEIVED


def _minutes(count: int) -> datetime:
    return NOW + timedelta(minutes=count)
