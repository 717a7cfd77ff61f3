"""Afterwards people are asked how it went: the handling and the outcome, apart (CM-8.6b)."""

from datetime import timedelta
from typing import Any

import pytest

from complaints import events
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint, FollowUpAttempt
from complaints.services.follow_ups import FollowUp, record_follow_up
from complaints.services.sending import confirm_told
from complaints.states import FollowUpOutcome, State
from journal.selectors import history_of
from tests.complaints.desk import Desk, clock_of, make_version
from tests.complaints.factories import NOW, make_user

ANSWERED, UNREACHABLE = FollowUpOutcome.ANSWERED, FollowUpOutcome.UNREACHABLE
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def closed(desk: Desk) -> Complaint:
    return desk.case("closed")


def ask(
    desk: Desk, complaint: Complaint, outcome: FollowUpOutcome = ANSWERED, **changes: Any
) -> FollowUpAttempt:
    at, actor = changes.pop("at", NOW + DAY), changes.pop("actor", desk.agent)
    if outcome == ANSWERED:
        changes = {"handling_score": 9, "outcome_score": 8} | changes
    return record_follow_up(
        complaint_id=complaint.pk,
        follow_up=FollowUp("phone", outcome, **changes),
        actor=actor,
        at=at,
    )


@pytest.mark.clause("CM-8.6b")
def test_an_answer_keeps_handling_and_outcome_apart_and_ends_the_follow_up(desk, closed):
    attempt = ask(desk, closed, handling_score=9, outcome_score=6, comment="Quick and kind.")
    assert (attempt.handling_score, attempt.outcome_score) == (9, 6)
    assert not attempt.reopen_offered
    closed.refresh_from_db()
    assert (closed.state, closed.followed_up_at) == (State.FOLLOWED_UP, NOW + DAY)
    assert clock_of(closed, "follow_up").met
    payload = history_of(closed).get(kind=events.FOLLOWED_UP).payload
    assert (payload["handling"], payload["result"]) == (9, 6)
    assert "Quick" not in history_of(closed).get(kind=events.FOLLOWED_UP).body


@pytest.mark.clause("CM-8.6b")
@pytest.mark.parametrize(
    ("scores", "offered"), [((5, 9), True), ((9, 5), True), ((6, 6), False), ((1, 1), True)]
)
def test_who_is_dissatisfied_with_either_is_offered_to_reopen(desk, closed, scores, offered):
    attempt = ask(desk, closed, handling_score=scores[0], outcome_score=scores[1])
    assert attempt.reopen_offered is offered


def test_who_does_not_want_to_answer_is_left_alone(desk, closed):
    ask(desk, closed, FollowUpOutcome.DECLINED)
    closed.refresh_from_db()
    assert closed.state == State.FOLLOWED_UP


def test_who_is_not_reached_is_tried_as_often_as_the_policy_says(desk, closed):
    for number in range(2):
        ask(desk, closed, UNREACHABLE, at=NOW + (number + 1) * DAY)
        closed.refresh_from_db()
        assert closed.state == State.CLOSED
        assert closed.next_due_stage == "follow_up"
    ask(desk, closed, UNREACHABLE, at=NOW + 3 * DAY)
    closed.refresh_from_db()
    assert closed.state == State.FOLLOWED_UP
    kinds = [entry.kind for entry in history_of(closed)]
    assert kinds.count(events.FOLLOW_UP_ATTEMPTED) == 2
    assert kinds.count(events.FOLLOWED_UP) == 1


def test_scores_of_somebody_who_was_not_reached_are_not_kept(desk, closed):
    attempt = ask(desk, closed, UNREACHABLE, handling_score=7, outcome_score=7)
    assert (attempt.handling_score, attempt.outcome_score) == (None, None)
    assert not attempt.reopen_offered


@pytest.mark.parametrize(
    ("scores", "field"),
    [
        ({"handling_score": None}, "handling_score"),
        ({"outcome_score": None}, "outcome_score"),
        ({"handling_score": 0}, "handling_score"),
        ({"outcome_score": 11}, "outcome_score"),
    ],
)
def test_an_answer_needs_both_scores_from_one_to_ten(desk, closed, scores, field):
    with pytest.raises(BadInput) as refusal:
        ask(desk, closed, **scores)
    assert refusal.value.field == field
    assert not FollowUpAttempt.objects.exists()


@pytest.mark.parametrize("state", ["received", "responded", "followed_up", "withdrawn"])
def test_a_follow_up_belongs_to_what_is_closed(desk, state):
    complaint = desk.case(state)
    count = FollowUpAttempt.objects.count()
    with pytest.raises(MoveRefused):
        ask(desk, complaint)
    assert FollowUpAttempt.objects.count() == count


@pytest.fixture
def gated(desk: Desk) -> None:
    """Let the policy ask before closing."""
    make_version({"follow_up": {"gate": "before_close"}}, effective_from=NOW - 9 * DAY)


@pytest.mark.usefixtures("gated")
def test_before_closing_one_asks_once(desk):
    complaint = desk.case("responded")
    ask(desk, complaint)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.followed_up_at) == (State.RESPONDED, NOW + DAY)
    with pytest.raises(MoveRefused):
        ask(desk, complaint)


@pytest.mark.usefixtures("gated")
def test_before_closing_nobody_is_asked_about_an_outcome_they_were_not_told(desk):
    complaint = desk.case("responded", decided={"told_at": None})
    with pytest.raises(MoveRefused) as refusal:
        ask(desk, complaint)
    assert "has not been told the outcome" in str(refusal.value.reasons[0])


def test_who_only_checks_does_not_follow_up(desk, closed):
    with pytest.raises(NotAllowed):
        ask(desk, closed, actor=make_user("auditor"))


@pytest.mark.clause("CM-8.6b")
def test_nobody_rates_what_they_worked_on_or_decided(desk):
    complaint = desk.case("responded", decided={"amount": 900})  # above the handler's limit
    letter = complaint.messages.get(occasion="decision")
    confirm_told(message_id=letter.pk, told_at=NOW, actor=desk.agent, at=NOW)
    desk.close(complaint, NOW)
    for involved in (desk.handler, desk.manager):
        for outcome in (ANSWERED, UNREACHABLE, FollowUpOutcome.DECLINED):
            with pytest.raises(NotAllowed):
                ask(desk, complaint, outcome, actor=involved)
    assert not FollowUpAttempt.objects.exists()
    ask(desk, complaint, actor=desk.agent)


@pytest.mark.clause("CM-8.6b")
def test_who_handed_the_case_on_does_not_rate_it_either(desk, closed):
    Complaint.objects.filter(pk=closed.pk).update(owner=desk.manager)
    with pytest.raises(NotAllowed):
        ask(desk, closed, actor=desk.handler)


@pytest.mark.clause("CM-8.6b")
def test_a_wrong_number_is_a_try_in_vain_and_an_agreed_call_is_none(desk, closed):
    ask(desk, closed, FollowUpOutcome.WRONG_NUMBER)
    ask(desk, closed, FollowUpOutcome.CALL_BACK, next_at=NOW + 3 * DAY)
    ask(desk, closed, UNREACHABLE, next_at=NOW + 4 * DAY)
    closed.refresh_from_db()
    assert closed.state == State.CLOSED
    assert closed.followupattempts.last().next_at == NOW + 4 * DAY
    ask(desk, closed, UNREACHABLE, at=NOW + 4 * DAY)
    closed.refresh_from_db()
    assert closed.state == State.FOLLOWED_UP


@pytest.mark.parametrize("next_at", [None, NOW])
def test_an_agreed_call_has_a_moment_and_it_lies_ahead(desk, closed, next_at):
    with pytest.raises(BadInput) as refusal:
        ask(desk, closed, FollowUpOutcome.CALL_BACK, next_at=next_at)
    assert refusal.value.field == "next_at"
