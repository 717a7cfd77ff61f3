"""What happens next with a follow-up that is due: a letter, a call, or waiting, and why. Pure.

Everything counts from when a letter went out, never from when it was written: who has not got an
invitation has not been asked. A letter that came back counts as none, and a person calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from complaints.rules.policy import FollowUp

INVITATION, REMINDER = "follow_up", "follow_up_reminder"
_UNDER_WAY = frozenset({"queued", "sending", "uncertain"})
_LOST = frozenset({"bounced", "failed"})
_SPOKEN = frozenset({"phone", "in_person"})  # how they came: they are asked the same way

What = Literal[
    "held",  # nobody asks for the time being
    "invite",  # the invitation goes out at that moment
    "on_its_way",  # a letter is being sent
    "remind",  # the one reminder goes out at that moment
    "await",  # an answer may still come until that moment
    "call",  # a person calls; at that moment, where one was agreed or planned
    "write",  # there is no number either: a person writes, or says that nobody can be reached
    "give_up",  # every letter went out, nobody answered, and there is no number to call
]


@dataclass(frozen=True)
class Letter:
    """One invitation or reminder: for what, what became of it, and when it went out."""

    occasion: str
    state: str
    sent_at: datetime | None = None


@dataclass(frozen=True)
class Case:
    """What is known of a complaint whose complainant is to be asked."""

    since: datetime  # closed, or answered where one asks before closing
    channel: str
    mailable: bool
    callable: bool
    anonymous: bool = False
    holds: Sequence[str] = ()
    letters: Sequence[Letter] = ()  # of this cycle, oldest first
    called: bool = False  # a person has tried already
    next_at: datetime | None = None  # agreed or planned with the last try


@dataclass(frozen=True)
class Plan:
    """What happens next, when, and why no letter goes out where none does.

    `why` is empty or one of: held, no_policy, anonymous, no_email, by_phone, came_back, called,
    no_answer.
    """

    what: What
    at: datetime | None = None
    why: str = ""


def plan_of(case: Case, says: FollowUp) -> Plan:
    """Return what happens next, by the handling policy that the complaint is handled under."""
    if case.holds:
        return Plan("held", why="held")
    if case.next_at is not None:
        return Plan("call", case.next_at, "called")
    why = _why_no_letter(case, says)
    if why:
        return Plan("call" if case.callable else "write", why=why)
    return _next_letter(case, says)


def _next_letter(case: Case, says: FollowUp) -> Plan:
    invitation, reminder = _last(case, INVITATION), _last(case, REMINDER)
    if invitation is None:
        return Plan("invite", case.since + timedelta(days=says.invite_after_days or 0))
    latest = reminder or invitation
    if latest.state in _UNDER_WAY or latest.sent_at is None:
        return Plan("on_its_way")
    if reminder is None:
        return Plan("remind", latest.sent_at + timedelta(days=says.remind_after_days))
    return Plan("await", latest.sent_at + timedelta(days=says.answer_days))


def due_plan_of(case: Case, says: FollowUp, now: datetime) -> Plan:
    """Return the same, knowing what time it is: who has not answered in time is called."""
    plan = plan_of(case, says)
    if plan.what == "await" and plan.at is not None and plan.at <= now:
        return Plan("call" if case.callable else "give_up", why="no_answer")
    return plan


def _why_no_letter(case: Case, says: FollowUp) -> str:
    """Return why neither invitation nor reminder goes out; empty when they may."""
    reasons = {
        "called": case.called,
        "no_policy": says.invite_after_days is None,
        "anonymous": case.anonymous and not case.mailable,
        "no_email": not case.mailable,
        "came_back": any(
            letter is not None and letter.state in _LOST
            for letter in (_last(case, INVITATION), _last(case, REMINDER))
        ),
        "by_phone": case.channel in _SPOKEN and case.callable and not case.letters,
    }
    return next((why for why, holds in reasons.items() if holds), "")


def _last(case: Case, occasion: str) -> Letter | None:
    """Return the newest letter of an occasion: one that came back may have gone out again."""
    return next((item for item in reversed(case.letters) if item.occasion == occasion), None)
