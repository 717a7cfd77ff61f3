"""Close, follow up, reopen, withdraw, merge: what the verbs do, refuse and leave behind."""

from datetime import timedelta
from typing import Any

import pytest

from complaints import events
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint, Note
from complaints.services.closure import (
    close_complaint,
    merge_complaint,
    unmerge_complaint,
    withdraw_complaint,
)
from complaints.services.follow_ups import FollowUp, record_follow_up
from complaints.services.reopening import reopen_complaint
from complaints.services.response import propose_dismissal, tell_remedies
from complaints.states import (
    Answer,
    ApprovalState,
    ClosureBasis,
    FollowUpOutcome,
    MessageChannel,
    Stage,
    State,
)
from journal.selectors import history_of
from tests.complaints.desk import Desk, clock_of
from tests.complaints.factories import NOW

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT = NOW + HOUR


@pytest.fixture
def desk() -> Desk:
    return Desk()


def again(complaint: Complaint) -> Complaint:
    return Complaint.objects.get(pk=complaint.pk)


def answered(desk: Desk, answer: Answer, **fields: Any) -> Complaint:
    complaint = desk.case(State.RESPONDED, **fields)
    desk.answer(complaint, answer, NOW)
    return complaint


def close(desk: Desk, complaint: Complaint, **more: Any) -> Complaint:
    return close_complaint(complaint_id=complaint.pk, actor=desk.handler, at=AT, **more)


# --- close --------------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.6c")
def test_what_is_accepted_is_closed_on_that_basis_and_the_follow_up_falls_due(desk: Desk) -> None:
    complaint = close(desk, answered(desk, Answer.ACCEPTED), lessons="Check the seals.")
    assert (complaint.state, complaint.is_open) == (State.CLOSED, False)
    assert (complaint.closure_basis, complaint.closed_at) == (ClosureBasis.ACCEPTED, AT)
    assert clock_of(complaint, Stage.FOLLOW_UP).running
    assert Note.objects.get(complaint=complaint).text == "Check the seals."


@pytest.mark.clause("CM-8.6d")
def test_what_is_refused_stays_open_until_other_remedies_were_told(desk: Desk) -> None:
    complaint = answered(desk, Answer.REFUSED)
    with pytest.raises(MoveRefused) as refusal:
        close(desk, complaint)
    assert [str(reason) for reason in refusal.value.reasons] == [
        "The response was refused: tell the complainant of the other remedies first."
    ]
    assert again(complaint).is_open
    tell_remedies(
        complaint_id=complaint.pk,
        channel=MessageChannel.PHONE,
        subject="",
        text="You may turn to 12315, or sue.",
        told_at=AT,
        actor=desk.agent,
        at=AT,
    )
    assert close(desk, complaint).closure_basis == ClosureBasis.REMEDIES_TOLD


@pytest.mark.clause("CM-8.6a")
def test_nothing_is_closed_whose_outcome_was_not_notified(desk: Desk) -> None:
    complaint = desk.case(
        State.RESPONDED, decided={"channel": MessageChannel.LETTER, "told_at": None}
    )
    with pytest.raises(MoveRefused) as refusal:
        close(desk, complaint)
    assert "has not been told the outcome" in str(refusal.value)


def test_every_reason_against_closing_is_told_at_once(desk: Desk) -> None:
    complaint = desk.case(State.RESPONDED)
    Complaint.objects.filter(pk=complaint.pk).update(cause_code="", remedy_settled=False)
    with pytest.raises(MoveRefused) as refusal:
        close(desk, complaint)
    assert len(refusal.value.reasons) == 3


def test_the_cause_is_named_while_closing_and_must_be_one_of_the_policy(desk: Desk) -> None:
    complaint = answered(desk, Answer.ACCEPTED)
    Complaint.objects.filter(pk=complaint.pk).update(cause_code="")
    with pytest.raises(BadInput) as refusal:
        close(desk, complaint, cause_code="moon")
    assert refusal.value.field == "cause_code"
    assert close(desk, complaint, cause_code="design").cause_code == "design"


def test_agents_do_not_close(desk: Desk) -> None:
    with pytest.raises(NotAllowed):
        close_complaint(complaint_id=answered(desk, Answer.ACCEPTED).pk, actor=desk.agent, at=AT)


# --- follow up ----------------------------------------------------------------------------------


def ask(desk: Desk, complaint: Complaint, outcome: str, *scores: int | None) -> Any:
    handling, result = scores or (None, None)
    return record_follow_up(
        complaint_id=complaint.pk,
        follow_up=FollowUp("phone", FollowUpOutcome(outcome), handling, result, "Well …"),
        actor=desk.agent,
        at=AT,
    )


@pytest.mark.clause("CM-8.6b")
def test_handling_and_outcome_are_asked_apart(desk: Desk) -> None:
    complaint = desk.case(State.CLOSED)
    attempt = ask(desk, complaint, "answered", 9, 4)
    assert (attempt.handling_score, attempt.outcome_score) == (9, 4)
    assert attempt.reopen_offered, "dissatisfied with the result: reopening is offered"
    assert again(complaint).state == State.FOLLOWED_UP
    assert clock_of(complaint, Stage.FOLLOW_UP).met is True


@pytest.mark.clause("CM-8.6b")
def test_who_is_satisfied_is_not_offered_to_reopen(desk: Desk) -> None:
    assert not ask(desk, desk.case(State.CLOSED), "answered", 6, 6).reopen_offered


@pytest.mark.parametrize(
    ("scores", "field"),
    [((None, 5), "handling_score"), ((5, None), "outcome_score"), ((11, 5), "handling_score")],
)
def test_an_answer_has_both_scores_within_the_scale(
    desk: Desk, scores: tuple[int | None, int | None], field: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        ask(desk, desk.case(State.CLOSED), "answered", *scores)
    assert refusal.value.field == field


@pytest.mark.clause("CM-8.6b")
def test_attempts_without_reaching_anybody_are_counted_and_end_with_the_policys_last(
    desk: Desk,
) -> None:
    complaint = desk.case(State.CLOSED)
    for _attempt in range(2):
        ask(desk, complaint, "unreachable")
        assert again(complaint).state == State.CLOSED
    ask(desk, complaint, "unreachable")
    assert again(complaint).state == State.FOLLOWED_UP
    kinds = [entry.kind for entry in history_of(complaint)][-3:]
    assert kinds == [events.FOLLOW_UP_ATTEMPTED, events.FOLLOW_UP_ATTEMPTED, events.FOLLOWED_UP]


def test_a_follow_up_belongs_to_a_closed_complaint(desk: Desk) -> None:
    with pytest.raises(MoveRefused):
        ask(desk, desk.case(State.RESPONDED), "answered", 9, 9)


# --- reopen, withdraw ---------------------------------------------------------------------------


def test_reopening_begins_a_cycle_with_new_clocks_and_keeps_what_was_measured(desk: Desk) -> None:
    complaint = desk.case(State.FOLLOWED_UP)
    first = clock_of(complaint, Stage.RESPOND)
    reopen_complaint(complaint_id=complaint.pk, reason="It leaks again.", actor=desk.agent, at=AT)
    complaint = again(complaint)
    assert (complaint.state, complaint.cycle) == (State.INVESTIGATING, 2)
    second = clock_of(complaint, Stage.RESPOND)
    assert (second.started_at, second.running) == (AT, True)
    first.refresh_from_db()
    assert first.met is True
    assert Note.objects.filter(complaint=complaint).last().text == "It leaks again."


def test_reopening_asks_why_and_not_before_an_answer(desk: Desk) -> None:
    with pytest.raises(BadInput) as refusal:
        reopen_complaint(
            complaint_id=desk.case(State.CLOSED).pk, reason=" ", actor=desk.agent, at=AT
        )
    assert refusal.value.field == "reason"
    with pytest.raises(MoveRefused):
        reopen_complaint(
            complaint_id=desk.case(State.ASSESSED).pk, reason="No.", actor=desk.manager, at=AT
        )


def test_withdrawing_keeps_the_record_and_stops_everything_that_waited(desk: Desk) -> None:
    complaint = desk.case(State.ASSESSED)
    asked = propose_dismissal(
        complaint_id=complaint.pk, reason="A question", actor=desk.handler, at=AT
    )
    withdraw_complaint(
        complaint_id=complaint.pk, reason="Settled in the shop.", actor=desk.handler, at=AT
    )
    complaint = again(complaint)
    asked.refresh_from_db()
    assert (complaint.state, complaint.closed_at) == (State.WITHDRAWN, AT)
    assert (asked.state, complaint.pending_approval) == (ApprovalState.DROPPED, "")
    assert not [clock for clock in complaint.clocks.all() if clock.running]
    assert Note.objects.get(complaint=complaint).text == "Settled in the shop."


def test_withdrawing_asks_how_and_only_while_it_is_open(desk: Desk) -> None:
    with pytest.raises(BadInput) as refusal:
        withdraw_complaint(complaint_id=desk.case().pk, reason="", actor=desk.agent, at=AT)
    assert refusal.value.field == "reason"
    with pytest.raises(MoveRefused):
        withdraw_complaint(
            complaint_id=desk.case(State.CLOSED).pk, reason="Late.", actor=desk.manager, at=AT
        )


# --- merge --------------------------------------------------------------------------------------


def pair(desk: Desk, **second: Any) -> tuple[Complaint, Complaint]:
    first = desk.case(phone="13900001111", product="Kettle K2")
    second = {"phone": "139 0000 1111", "product": "kettle k2", **second}
    return first, desk.case(**second)


def merge(desk: Desk, complaint: Complaint, into: Complaint) -> Complaint:
    return merge_complaint(complaint_id=complaint.pk, into_id=into.pk, actor=desk.manager, at=AT)


def test_the_same_persons_same_matter_is_merged_and_both_references_stay(desk: Desk) -> None:
    first, second = pair(desk)
    merge(desk, second, first)
    second = again(second)
    assert (second.state, second.merged_into) == (State.MERGED, first)
    assert [entry.kind for entry in history_of(first)][-1] == events.MERGE_RECEIVED
    assert not [clock for clock in second.clocks.all() if clock.running]


def test_a_merge_is_undone_within_its_days_and_the_clocks_go_on(desk: Desk) -> None:
    first, second = pair(desk)
    due = clock_of(second, Stage.RESPOND).due_at
    merge(desk, second, first)
    unmerge_complaint(complaint_id=second.pk, actor=desk.manager, at=AT + 30 * DAY)
    second = again(second)
    assert (second.state, second.merged_into, second.is_open) == (State.RECEIVED, None, True)
    assert clock_of(second, Stage.RESPOND).due_at == due
    assert clock_of(second, Stage.RESPOND).running


def test_a_merge_is_not_undone_later(desk: Desk) -> None:
    first, second = pair(desk)
    merge(desk, second, first)
    with pytest.raises(MoveRefused) as refusal:
        unmerge_complaint(complaint_id=second.pk, actor=desk.manager, at=AT + 31 * DAY)
    assert "30 days" in str(refusal.value)


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ({"phone": "13900002222"}, "somebody else"),
        ({"product": "Toaster", "category": None}, "another matter"),
        ({"phone": "", "anonymous": True}, "known complainant"),
    ],
)
def test_other_people_and_other_matters_are_not_merged(
    desk: Desk, second: dict[str, Any], words: str
) -> None:
    first, other = pair(desk, **second)
    with pytest.raises(BadInput) as refusal:
        merge(desk, other, first)
    assert refusal.value.field == "into"
    assert words in str(refusal.value)


def test_nothing_is_merged_into_itself_or_into_what_has_ended(desk: Desk) -> None:
    first, second = pair(desk)
    with pytest.raises(BadInput):
        merge(desk, first, first)
    withdraw_complaint(complaint_id=first.pk, reason="Settled.", actor=desk.agent, at=AT)
    with pytest.raises(BadInput):
        merge(desk, second, first)
