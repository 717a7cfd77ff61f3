"""The one step that brings a complaint on now."""

from collections.abc import Callable, Mapping

from complaints.selectors.obstacles import HANDLED, Situation, deep_enough
from complaints.states import Answer, State
from complaints.workflow import FOLLOWED_UP_FIRST


def next_step(here: Situation) -> str:
    """Return the name of the one step that brings the complaint on now; empty at its end."""
    complaint = here.complaint
    if complaint.anonymised_at is not None:
        return ""
    if complaint.pending_approval:
        return "approve"
    if here.wish is not None:
        return "decide_reopening"
    state = State(complaint.state)
    if complaint.owner_id is None and state in {State.ACKNOWLEDGED, *HANDLED}:
        return "assign" if here.may("complaints.assign") else "take"
    found = _NEXT.get(state)
    return found(here) if found else ""


def _after_assessment(here: Situation) -> str:
    complaint = here.complaint
    if complaint.emergency or deep_enough(complaint):
        return "respond"
    return "investigate" if complaint.state == State.ASSESSED else "findings"


def _after_response(here: Situation) -> str:
    complaint = here.complaint
    if complaint.unreachable and complaint.decision_sent_at is None:
        return _before_closing(here)
    if not complaint.answer:
        return "record_decision"
    if complaint.answer == Answer.REFUSED and complaint.remedies_told_at is None:
        return "remedies"
    return _before_closing(here)


def _before_closing(here: Situation) -> str:
    complaint = here.complaint
    if not complaint.remedy_settled and here.remedies:
        return "remedy_done"
    if not FOLLOWED_UP_FIRST(complaint):
        return "follow_up"
    return "close"


def _after_closing(here: Situation) -> str:
    complaint = here.complaint
    nobody_to_ask = complaint.unreachable or complaint.no_contact_at is not None
    return _still_owed(here) if nobody_to_ask else "follow_up"


def _still_owed(here: Situation) -> str:
    """Return the remedy that was promised and is not done: it outlives the complaint."""
    return "remedy_done" if here.remedies else ""


_NEXT: Mapping[State, Callable[[Situation], str]] = {
    State.RECEIVED: lambda _here: "acknowledge",
    State.ACKNOWLEDGED: lambda _here: "assess",
    State.ASSESSED: _after_assessment,
    State.INVESTIGATING: _after_assessment,
    State.RESPONDED: _after_response,
    State.CLOSED: _after_closing,
    State.FOLLOWED_UP: _still_owed,
}
