"""What happens next with a follow-up: by letters that went out, never by letters written."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from complaints.rules.follow_ups import (
    INVITATION,
    REMINDER,
    Case,
    Letter,
    Plan,
    due_plan_of,
    plan_of,
)
from complaints.rules.policy import FollowUp

CLOSED = datetime(2026, 3, 4, 2, tzinfo=UTC)
DAY = timedelta(days=1)
SAYS = FollowUp(invite_after_days=2, remind_after_days=4, answer_days=3)


def case(**changes: Any) -> Case:
    plain: dict[str, Any] = {
        "since": CLOSED,
        "channel": "web",
        "mailable": True,
        "callable": True,
    }
    return Case(**(plain | changes))


def sent(occasion: str, days: int, state: str = "sent") -> Letter:
    return Letter(occasion, state, CLOSED + days * DAY)


@pytest.mark.clause("CM-8.6b")
def test_invited_some_days_after_closing():
    assert plan_of(case(), SAYS) == Plan("invite", CLOSED + 2 * DAY)


@pytest.mark.clause("CM-8.6b")
def test_the_time_for_the_reminder_counts_from_when_the_invitation_went_out():
    late = case(letters=[sent(INVITATION, 7)])
    assert plan_of(late, SAYS) == Plan("remind", CLOSED + 11 * DAY)


@pytest.mark.parametrize("state", ["queued", "sending", "uncertain"])
def test_what_has_not_left_the_house_is_waited_for(state):
    assert plan_of(case(letters=[Letter(INVITATION, state)]), SAYS).what == "on_its_way"


@pytest.mark.clause("CM-8.6b")
def test_reminded_once_then_called():
    reminded = case(letters=[sent(INVITATION, 2), sent(REMINDER, 6)])
    assert plan_of(reminded, SAYS) == Plan("await", CLOSED + 9 * DAY)
    assert due_plan_of(reminded, SAYS, CLOSED + 8 * DAY).what == "await"
    assert due_plan_of(reminded, SAYS, CLOSED + 9 * DAY) == Plan("call", why="no_answer")


def test_without_a_number_unanswered_letters_are_the_end():
    reminded = case(callable=False, letters=[sent(INVITATION, 2), sent(REMINDER, 6)])
    assert due_plan_of(reminded, SAYS, CLOSED + 9 * DAY) == Plan("give_up", why="no_answer")


@pytest.mark.clause("CM-8.6b")
@pytest.mark.parametrize("state", ["bounced", "failed"])
@pytest.mark.parametrize("occasion", [INVITATION, REMINDER])
def test_a_letter_that_did_not_arrive_counts_as_none_and_somebody_calls(occasion, state):
    letters = [sent(INVITATION, 2)] if occasion == REMINDER else []
    lost = case(letters=[*letters, sent(occasion, 3, state)])
    assert plan_of(lost, SAYS) == Plan("call", why="came_back")


def test_a_letter_that_went_again_to_another_address_counts():
    again = case(letters=[sent(INVITATION, 2, "bounced"), sent(INVITATION, 5)])
    assert plan_of(again, SAYS) == Plan("remind", CLOSED + 9 * DAY)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"mailable": False}, "no_email"),
        ({"mailable": False, "anonymous": True}, "anonymous"),
        ({"channel": "phone"}, "by_phone"),
        ({"channel": "in_person"}, "by_phone"),
        ({"called": True}, "called"),
    ],
)
def test_it_is_said_why_no_letter_goes_out(changes, why):
    assert plan_of(case(**changes), SAYS) == Plan("call", why=why)


def test_a_policy_may_leave_it_all_to_the_phone():
    assert plan_of(case(), FollowUp()) == Plan("call", why="no_policy")


def test_who_came_by_phone_and_left_no_number_is_written_to():
    assert plan_of(case(channel="phone", callable=False), SAYS).what == "invite"


def test_without_address_and_number_a_person_writes():
    nobody = case(mailable=False, callable=False)
    assert plan_of(nobody, SAYS) == Plan("write", why="no_email")


def test_an_agreed_call_comes_before_any_letter():
    agreed = case(called=True, next_at=CLOSED + DAY)
    assert plan_of(agreed, SAYS) == Plan("call", CLOSED + DAY, "called")


def test_what_is_held_is_held_whatever_else_there_is():
    held = case(holds=["legal_hold"], next_at=CLOSED + DAY)
    assert plan_of(held, SAYS) == Plan("held", why="held")
