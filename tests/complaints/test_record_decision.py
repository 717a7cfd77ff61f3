"""The answer to the answer: accepted, refused and told where else to turn, or silent too long."""

from datetime import timedelta
from typing import Any

import pytest

from complaints import events
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint, MessageTemplate, Remedy
from complaints.services.closure import close_complaint
from complaints.services.messages import write_message
from complaints.services.response import (
    mark_remedy_done,
    record_decision,
    reminders_sent,
    tell_remedies,
)
from complaints.services.sending import send_message
from complaints.services.sweeping import sweep_silence
from complaints.states import Answer, MessageChannel, Occasion, State
from journal.selectors import history_of
from tests.complaints.desk import Desk, clock_of, clocks_said, make_version
from tests.complaints.factories import NOW, make_user

EMAIL, PHONE = MessageChannel.EMAIL, MessageChannel.PHONE
DAY = timedelta(days=1)
MONTH = NOW + 30 * DAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def answered(desk: Desk) -> Complaint:
    """Return a complaint whose decision was told."""
    return desk.case("responded")


def record(desk: Desk, complaint: Complaint, answer: str, **changes: Any) -> Complaint:
    given: dict[str, Any] = {"actor": desk.agent, "at": NOW}
    given["answer"] = answer  # whatever a door might give
    return record_decision(complaint_id=complaint.pk, **(given | changes))


def tell(desk: Desk, complaint: Complaint, **changes: Any) -> Complaint:
    given: dict[str, Any] = {
        "channel": PHONE,
        "subject": "",
        "text": "You may turn to 12315, to arbitration or to the court.",
        "told_at": NOW,
        "actor": desk.agent,
        "at": NOW,
    }
    return tell_remedies(complaint_id=complaint.pk, **(given | changes))


@pytest.mark.clause("CM-8.6c")
def test_what_was_accepted_is_recorded_with_how(desk, answered):
    record(desk, answered, Answer.ACCEPTED, note="By phone, Ms Li herself.")
    answered.refresh_from_db()
    assert (answered.state, answered.answer, answered.answered_at) == (
        State.RESPONDED,
        "accepted",
        NOW,
    )
    assert answered.notes.get().text == "By phone, Ms Li herself."
    assert history_of(answered).get(kind=events.DECISION_RECORDED).payload["answer"] == "accepted"


@pytest.mark.clause("CM-8.6d")
def test_what_was_refused_stays_open_until_the_other_remedies_were_told(desk, answered):
    record(desk, answered, Answer.REFUSED)
    answered.refresh_from_db()
    assert answered.is_open
    with pytest.raises(MoveRefused) as refusal:
        close_complaint(complaint_id=answered.pk, actor=desk.handler, at=NOW)
    assert "other remedies first" in str(refusal.value.reasons[0])
    tell(desk, answered)
    close_complaint(complaint_id=answered.pk, actor=desk.handler, at=NOW)
    answered.refresh_from_db()
    assert answered.closure_basis == "remedies_told"


@pytest.mark.clause("CM-8.6d")
def test_a_notice_that_is_only_written_does_not_count_as_told(desk):
    complaint = desk.case("responded", email="ann@example.com")
    record(desk, complaint, Answer.REFUSED)
    tell(desk, complaint, channel=EMAIL, subject="Other remedies", told_at=None)
    close = {"complaint_id": complaint.pk, "actor": desk.handler, "at": NOW}
    with pytest.raises(MoveRefused):
        close_complaint(**close)
    send_message(message_id=complaint.messages.get(occasion="remedies").pk, at=NOW)
    close_complaint(**close)


def test_the_entry_names_the_ways_that_were_told(desk, answered):
    tell(desk, answered)
    routes = history_of(answered).get(kind=events.REMEDIES_TOLD).payload["routes"]
    assert {"internal_review", "regulator_12315", "arbitration", "court"} <= set(routes)


@pytest.mark.parametrize("state", ["received", "investigating", "closed"])
def test_other_remedies_are_told_after_an_answer(desk, state):
    complaint = desk.case(state)
    with pytest.raises(MoveRefused):
        tell(desk, complaint)


def test_a_change_of_mind_is_recorded_too(desk, answered):
    record(desk, answered, Answer.REFUSED)
    record(desk, answered, Answer.ACCEPTED)
    answered.refresh_from_db()
    assert answered.answer == "accepted"
    assert history_of(answered).filter(kind=events.DECISION_RECORDED).count() == 2


@pytest.mark.clause("CM-8.6a")
def test_nobody_can_have_answered_what_they_were_not_told(desk):
    complaint = desk.case("responded", decided={"told_at": None})
    with pytest.raises(MoveRefused) as refusal:
        record(desk, complaint, Answer.ACCEPTED)
    assert "has not been told the outcome" in str(refusal.value.reasons[0])


@pytest.mark.parametrize("answer", ["", "perhaps"])
def test_an_answer_that_is_none_is_refused(desk, answered, answer):
    with pytest.raises(BadInput) as refusal:
        record(desk, answered, answer)
    assert refusal.value.field == "answer"


def test_who_only_checks_records_no_answer(desk, answered):
    for role in ("auditor", "quality_manager", "top_management"):
        with pytest.raises(NotAllowed):
            record(desk, answered, Answer.ACCEPTED, actor=make_user(role))


# --- silence -----------------------------------------------------------------------------------


def remind(desk: Desk, complaint: Complaint, at: Any) -> None:
    write_message(
        complaint_id=complaint.pk,
        occasion=Occasion.REMINDER,
        channel=PHONE,
        subject="",
        text="Do you agree with our answer?",
        told_at=at,
        actor=desk.agent,
        at=at,
    )


def test_silence_counts_after_the_policys_days_and_its_reminders(desk, answered):
    remind(desk, answered, NOW + 15 * DAY)
    record(desk, answered, Answer.NO_REPLY, at=MONTH)
    answered.refresh_from_db()
    assert answered.answer == "no_reply"
    close_complaint(complaint_id=answered.pk, actor=desk.handler, at=MONTH)
    answered.refresh_from_db()
    assert answered.closure_basis == "no_reply"


def test_silence_is_no_answer_a_second_before_its_time(desk, answered):
    remind(desk, answered, NOW + 15 * DAY)
    with pytest.raises(MoveRefused) as refusal:
        record(desk, answered, Answer.NO_REPLY, at=MONTH - timedelta(seconds=1))
    assert "30 days" in str(refusal.value.reasons[0])


def test_silence_is_no_answer_without_the_reminders(desk, answered):
    with pytest.raises(MoveRefused) as refusal:
        record(desk, answered, Answer.NO_REPLY, at=MONTH)
    assert "reminder" in str(refusal.value.reasons[0])


def test_a_reminder_of_an_earlier_cycle_does_not_count(desk, answered):
    remind(desk, answered, NOW + DAY)
    assert reminders_sent(answered) == 1
    answered.cycle = 2
    assert reminders_sent(answered) == 0


@pytest.fixture
def silent(desk: Desk) -> Complaint:
    """Return an answered complaint of somebody with an address, who says nothing."""
    return desk.case("responded", email="ann@example.com")


def test_the_machine_reminds_by_mail_when_the_policy_says_so_and_once(desk, silent):
    assert sweep_silence(now=NOW + 15 * DAY - timedelta(seconds=1)) == 0
    assert sweep_silence(now=NOW + 15 * DAY) == 1
    assert sweep_silence(now=NOW + 15 * DAY) == 0
    assert sweep_silence(now=NOW + 29 * DAY) == 0
    letter = silent.messages.get(occasion="reminder")
    assert silent.reference in letter.body
    send_message(message_id=letter.pk, at=NOW + 15 * DAY)
    assert reminders_sent(silent) == 1


def test_several_reminders_are_spread_over_the_time(desk):
    make_version({"silence": {"reminders": 3}}, effective_from=NOW - 9 * DAY)
    complaint = desk.case("responded", email="ann@example.com")
    went_out = [day for day in range(31) if sweep_silence(now=NOW + day * DAY)]
    assert went_out == [15, 20, 25]
    assert complaint.messages.filter(occasion="reminder").count() == 3


@pytest.mark.parametrize("answer", ["accepted", "refused"])
def test_who_has_answered_is_not_reminded(desk, silent, answer):
    record(desk, silent, answer)
    assert sweep_silence(now=MONTH) == 0


def test_who_has_no_address_is_not_reminded_by_the_machine(desk, answered):
    assert sweep_silence(now=MONTH) == 0


def test_a_decision_that_nobody_was_told_reminds_nobody(desk):
    desk.case("responded", email="ann@example.com", decided={"told_at": None})
    assert sweep_silence(now=MONTH) == 0


def test_one_reminder_that_cannot_be_written_stops_no_other(desk, silent):
    other = desk.case("responded", email="bo@example.com", language="zh-hans")
    silent.language = "en"
    silent.save(update_fields=["language"])
    for language, body in (("en", "[[a gap]]"), ("zh-hans", "请问您是否同意我们的答复？")):
        MessageTemplate.objects.create(
            occasion="reminder", channel="email", language=language, subject="-", body=body
        )
    assert sweep_silence(now=MONTH) == 1
    assert other.messages.filter(occasion="reminder").exists()
    assert not silent.messages.filter(occasion="reminder").exists()


# --- the remedy --------------------------------------------------------------------------------


def done(desk: Desk, complaint: Complaint, **changes: Any) -> Remedy:
    given: dict[str, Any] = {
        "proof": "Bank slip 4711",
        "done_at": NOW + DAY,
        "actor": desk.agent,
        "at": NOW + 2 * DAY,
    }
    return mark_remedy_done(remedy_id=complaint.remedys.get().pk, **(given | changes))


@pytest.mark.clause("CM-8.5")
def test_a_remedy_that_was_carried_out_is_proven_and_its_clock_stops_on_that_day(desk, answered):
    done(desk, answered)
    remedy = answered.remedys.get()
    assert (remedy.done_at, remedy.proof) == (NOW + DAY, "Bank slip 4711")
    clock = clock_of(answered, "remedy")
    assert (clock.stopped_at, clock.met) == (NOW + DAY, True)
    answered.refresh_from_db()
    assert (answered.remedy_done_at, answered.next_due_at) == (NOW + DAY, None)


def test_a_remedy_after_its_legal_time_is_late(desk, answered):
    late = NOW + 17 * DAY
    done(desk, answered, done_at=late, at=late)
    assert clock_of(answered, "remedy").met is False


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"done_at": NOW - timedelta(seconds=1)}, "done_at"),
        ({"done_at": NOW + 3 * DAY}, "done_at"),
        ({"proof": " "}, "proof"),
    ],
)
def test_a_bad_proof_is_refused_by_the_name_of_its_field(desk, answered, changes, field):
    with pytest.raises(BadInput) as refusal:
        done(desk, answered, **changes)
    assert refusal.value.field == field


def test_a_remedy_is_carried_out_once(desk, answered):
    done(desk, answered)
    with pytest.raises(MoveRefused):
        done(desk, answered)


def test_a_remedy_may_be_carried_out_after_closing(desk):
    complaint = desk.case("closed")
    assert complaint.next_due_stage == "follow_up"
    done(desk, complaint)
    assert clock_of(complaint, "remedy").met


@pytest.mark.parametrize("day", [None, NOW + 9 * DAY])
def test_without_a_clock_a_promise_is_scheduled_only_by_naming_a_day(desk, day):
    said = [item for item in clocks_said() if item["stage"] != "remedy"]
    make_version({"clocks": said}, effective_from=NOW - 9 * DAY)
    complaint = desk.case("responded", decided={"remedy_due_at": day})
    record(desk, complaint, Answer.ACCEPTED)
    close = {"complaint_id": complaint.pk, "actor": desk.handler, "at": NOW + 2 * DAY}
    if day is None:
        with pytest.raises(MoveRefused) as refusal:
            close_complaint(**close)
        assert "neither done nor scheduled" in str(refusal.value.reasons[0])
        done(desk, complaint)
    close_complaint(**close)
