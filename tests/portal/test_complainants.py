"""What complainants do themselves: words, answers, reopening, contact; and every refusal."""

from datetime import timedelta

import pytest

from complaints.errors import BadInput, MoveRefused
from complaints.models import FollowUpAttempt, Message, Notice, ReopenRequest
from complaints.selectors.reopening import may_ask_reopening
from complaints.services.complainants import LONGEST_WORDS, add_information
from complaints.services.sweeping import sweep_silence
from complaints.states import Answer, ReopenSource, State
from journal.selectors import history_of
from portal.services.answers import (
    allow_contact,
    answer_decision,
    answer_follow_up,
    ask_for_quiet,
    ask_reopening,
    take_back,
)
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


@pytest.fixture
def desk():
    return Desk()


def kinds(complaint):
    return [entry.kind for entry in history_of(complaint)]


# --- add_information ------------------------------------------------------------------------------


def test_add_information_is_kept_and_told_to_the_owner(desk):
    complaint = desk.case(State.INVESTIGATING)
    add_information(complaint_id=complaint.pk, text=" It hums. ", actor=desk.agent, at=LATER)
    assert complaint.notes.last().text == "It hums."
    assert kinds(complaint)[-2:] == ["complaint.information_added", "message.queued"]
    told = Notice.objects.filter(kind="complainant")
    assert [notice.user for notice in told] == [desk.handler]


def test_add_information_without_an_owner_is_told_to_those_who_assign(desk):
    manager = desk.manager
    complaint = desk.case(State.RECEIVED)
    add_information(complaint_id=complaint.pk, text="It hums.", actor=desk.agent, at=LATER)
    assert [notice.user for notice in Notice.objects.filter(kind="complainant")] == [manager]


@pytest.mark.parametrize(
    ("state", "text", "error"),
    [
        (State.RECEIVED, "  ", BadInput),
        (State.RECEIVED, "x" * (LONGEST_WORDS + 1), BadInput),
        (State.CLOSED, "It hums.", MoveRefused),
    ],
)
def test_add_information_refuses(desk, state, text, error):
    complaint = desk.case(state)
    with pytest.raises(error):
        add_information(complaint_id=complaint.pk, text=text, actor=desk.agent, at=LATER)


# --- reopening ------------------------------------------------------------------------------------


def ask(complaint, reason="It leaks again.", at=LATER):
    return ask_reopening(complaint_id=complaint.pk, reason=reason, at=at)


@pytest.mark.parametrize("state", [State.CLOSED, State.FOLLOWED_UP])
def test_ask_reopening_waits_for_a_person(desk, state):
    complaint = desk.case(state)
    request = ask(complaint)
    complaint.refresh_from_db()
    assert complaint.state == state
    assert (request.source, request.verdict) == (ReopenSource.COMPLAINANT, "")
    told = {notice.user for notice in Notice.objects.filter(kind="reopening")}
    assert desk.manager in told
    assert desk.handler not in told  # whoever handled it does not judge whether that was well done


def test_ask_reopening_after_a_refusal_and_before_the_end(desk):
    complaint = desk.case(State.RESPONDED)
    assert not may_ask_reopening(complaint, at=LATER)
    desk.answer(complaint, Answer.REFUSED, LATER)
    complaint.refresh_from_db()
    assert may_ask_reopening(complaint, at=LATER)
    ask(complaint)
    assert ReopenRequest.objects.count() == 1


@pytest.mark.parametrize("state", [State.RECEIVED, State.INVESTIGATING, State.WITHDRAWN])
def test_ask_reopening_refuses_where_there_is_nothing_to_reopen(desk, state):
    with pytest.raises(MoveRefused):
        ask(desk.case(state))


def test_ask_reopening_refuses_an_empty_or_endless_reason(desk):
    complaint = desk.case(State.CLOSED)
    for reason in ("  ", "x" * (LONGEST_WORDS + 1)):
        with pytest.raises(BadInput) as refused:
            ask(complaint, reason)
        assert refused.value.field == "reason"


def test_ask_reopening_refuses_a_second_time_and_after_the_policys_days(desk):
    complaint = desk.case(State.CLOSED)
    with pytest.raises(MoveRefused):
        ask(complaint, at=NOW + timedelta(days=181))
    ask(complaint)
    with pytest.raises(MoveRefused):
        ask(complaint)


# --- contact --------------------------------------------------------------------------------------


def test_ask_for_quiet_stops_reminders_and_tells_the_desk(desk):
    complaint = desk.case(
        State.RESPONDED, email="fang@example.cn", decided={"channel": "phone", "told_at": NOW}
    )
    ask_for_quiet(complaint_id=complaint.pk, at=LATER)
    assert Notice.objects.filter(user=desk.handler, kind="complainant").exists()
    assert sweep_silence(now=NOW + timedelta(days=20)) == 0
    assert not Message.objects.filter(occasion="reminder").exists()


def test_ask_for_quiet_drops_the_question_how_it_went(desk):
    complaint = desk.case(State.CLOSED)
    ask_for_quiet(complaint_id=complaint.pk, at=LATER)
    running = complaint.clocks.filter(stage="follow_up", dropped=False, stopped_at__isnull=True)
    assert not running.exists()


def test_allow_contact_takes_it_back(desk):
    complaint = desk.case(State.RECEIVED)
    with pytest.raises(MoveRefused):
        allow_contact(complaint_id=complaint.pk, at=LATER)
    ask_for_quiet(complaint_id=complaint.pk, at=LATER)
    with pytest.raises(MoveRefused):
        ask_for_quiet(complaint_id=complaint.pk, at=LATER)
    allow_contact(complaint_id=complaint.pk, at=LATER)
    complaint.refresh_from_db()
    assert complaint.no_contact_at is None


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.6c")
def test_answer_decision_accepts_and_tells_the_owner(desk):
    complaint = desk.case(State.RESPONDED)
    answer_decision(complaint_id=complaint.pk, accepted=True, reason="", at=LATER)
    complaint.refresh_from_db()
    assert complaint.answer == Answer.ACCEPTED
    assert Notice.objects.filter(user=desk.handler, kind="complainant").exists()


@pytest.mark.clause("CM-8.6d")
@pytest.mark.parametrize(("email", "state"), [("fang@example.cn", "queued"), ("", "noted")])
def test_answer_decision_refuses_and_other_remedies_are_told(desk, email, state):
    contact = {"email": email} if email else {"phone": "13800001234"}
    complaint = desk.case(State.RESPONDED, **contact)
    answer_decision(complaint_id=complaint.pk, accepted=False, reason="It leaks.", at=LATER)
    complaint.refresh_from_db()
    told = Message.objects.get(occasion="remedies")
    assert (complaint.answer, told.state) == (Answer.REFUSED, state)
    assert "12315" in told.body
    assert (complaint.remedies_told_at is not None) == (state == "noted")


def test_answer_decision_refuses_without_a_reason_twice_and_too_early(desk):
    complaint = desk.case(State.RESPONDED)
    with pytest.raises(BadInput) as refused:
        answer_decision(complaint_id=complaint.pk, accepted=False, reason=" ", at=LATER)
    assert refused.value.field == "reason"
    answer_decision(complaint_id=complaint.pk, accepted=True, reason="", at=LATER)
    with pytest.raises(MoveRefused):
        answer_decision(complaint_id=complaint.pk, accepted=False, reason="No.", at=LATER)
    early = desk.case(State.INVESTIGATING)
    with pytest.raises(MoveRefused):
        answer_decision(complaint_id=early.pk, accepted=True, reason="", at=LATER)


@pytest.mark.clause("CM-8.6b")
def test_answer_follow_up_keeps_handling_and_outcome_apart(desk):
    complaint = desk.case(State.CLOSED)
    answer_follow_up(complaint_id=complaint.pk, handling=9, outcome=3, comment="Slow.", at=LATER)
    attempt = FollowUpAttempt.objects.get()
    assert (attempt.handling_score, attempt.outcome_score, attempt.channel) == (9, 3, "web")
    assert attempt.reopen_offered
    complaint.refresh_from_db()
    assert complaint.state == State.FOLLOWED_UP


def test_answer_follow_up_refuses_half_an_answer_and_a_second_one(desk):
    complaint = desk.case(State.CLOSED)
    with pytest.raises(BadInput) as refused:
        answer_follow_up(complaint_id=complaint.pk, handling=9, outcome=None, comment="", at=LATER)
    assert refused.value.field == "outcome_score"
    answer_follow_up(complaint_id=complaint.pk, handling=9, outcome=9, comment="", at=LATER)
    with pytest.raises(MoveRefused):
        answer_follow_up(complaint_id=complaint.pk, handling=1, outcome=1, comment="", at=LATER)


def test_take_back_withdraws_for_a_reason(desk):
    complaint = desk.case(State.ACKNOWLEDGED)
    with pytest.raises(BadInput):
        take_back(complaint_id=complaint.pk, reason=" ", at=LATER)
    assert take_back(complaint_id=complaint.pk, reason="Settled.", at=LATER).state == "withdrawn"
    with pytest.raises(MoveRefused):
        take_back(complaint_id=complaint.pk, reason="Settled.", at=LATER)
