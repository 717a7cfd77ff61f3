"""The state machine as a drawing, taken from the machine itself (docs/workflow.md shows it)."""

from collections.abc import Iterator
from dataclasses import dataclass

from django_fsm import GET_STATE, RETURN_VALUE

from complaints.models import Complaint
from complaints.states import OPEN_STATES, State
from complaints.workflow import MOVES

OPEN = "open"  # stands for each of the open states: one arrow instead of five


@dataclass(frozen=True)
class Arrow:
    """A move from one state to another; either end may stand for every open state."""

    source: str
    target: str
    move: str


def workflow_diagram() -> str:
    """Return the machine as a Mermaid flowchart, every move an arrow."""
    lines = ["flowchart TD", "  begin((receive)) --> received", f"  {OPEN}([any open state])"]
    lines += [f"  {arrow.source} -- {arrow.move} --> {arrow.target}" for arrow in arrows()]
    return "\n".join(lines) + "\n"


def arrows() -> list[Arrow]:
    """Return every arrow of the machine, in the order of its moves and states."""
    ends: dict[str, list[tuple[str, str]]] = {name: [] for name in MOVES}
    for found in Complaint().get_all_state_transitions():
        ends[found.name] += [(str(found.source), target) for target in _targets(found.target)]
    return [
        Arrow(source, target, move)
        for move, found in ends.items()
        for source, target in _few(found)
    ]


def _targets(target: str | RETURN_VALUE | GET_STATE) -> Iterator[str]:
    """Yield where a move may lead; one that goes back where it came from names several."""
    allowed = getattr(target, "allowed_states", None)
    yield from map(str, allowed or [target])


def _few(ends: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the arrows of one move; five from or to all open states become one."""
    whole = {str(state) for state in OPEN_STATES}
    sources, targets = {source for source, _ in ends}, {target for _, target in ends}
    if sources == whole and len(targets) == 1:
        return [(OPEN, targets.pop())]
    if targets == whole and len(sources) == 1:
        return [(sources.pop(), OPEN)]
    places = [str(state) for state in State]
    return sorted(ends, key=lambda pair: (places.index(pair[0]), places.index(pair[1])))
