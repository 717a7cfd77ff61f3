"""The machine of incidents, written down a second time from the specification, by hand.

This table must never be made from incidents/workflow.py: two descriptions that agree are the point.
"""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from incidents.models import Incident
from incidents.states import OPEN_STATES, IncidentState
from incidents.workflow import MOVES, Facts, possible_moves, reasons_against
from tests.complaints.factories import NOW
from tests.incidents.table import Table

# From a state, with everything fulfilled that the moves ask for, exactly these are possible.
TABLE: dict[str, set[str]] = {
    "suspected": {"declare", "stand_down"},
    "declared": {"contain"},
    "contained": {"resolve"},
    "resolved": {"close", "reopen"},
    "closed": set(),
    "stood_down": set(),
}
LEADS_TO = {
    "declare": "declared",
    "stand_down": "stood_down",
    "contain": "contained",
    "resolve": "resolved",
    "close": "closed",
    "reopen": "contained",
}
GIVEN: dict[str, dict[str, Any]] = {
    "declare": {"at": NOW},
    "stand_down": {"at": NOW, "reason": "A coincidence."},
    "contain": {"at": NOW, "how": "Sales stopped."},
    "resolve": {"at": NOW, "how": "Seals replaced."},
    "close": {"at": NOW, "lessons": "Test seals on receipt."},
    "reopen": {"reason": "New leaks."},
}
OPEN = {"suspected", "declared", "contained", "resolved"}


def fulfilled(state: str, **changes: Any) -> Incident:
    """Return an unsaved incident in a state of which no guard could ask for more."""
    facts = Facts(linked=3, without_outcome=0, findings_approved=1)
    given: dict[str, Any] = {
        "state": state,
        "is_open": state in OPEN,
        "commander_id": 1,
        "hypothesis": "A batch of brittle seals.",
    }
    incident = Incident(**(given | {k: v for k, v in changes.items() if k != "facts"}))
    incident.facts = changes.get("facts", facts)
    return incident


def test_the_table_speaks_of_every_state_and_every_move():
    assert set(TABLE) == set(IncidentState.values)
    assert set(LEADS_TO) == set(MOVES)
    assert {str(state) for state in OPEN_STATES} == OPEN


@pytest.mark.parametrize("state", sorted(TABLE))
@pytest.mark.parametrize("move", sorted(LEADS_TO))
def test_a_state_allows_exactly_these_moves(state, move):
    incident = fulfilled(state)
    assert (move in possible_moves(incident)) == (move in TABLE[state])
    if move not in TABLE[state]:
        assert list(map(str, reasons_against(incident, move))) == [
            "This step does not follow from where the incident stands."
        ]


@pytest.mark.parametrize(
    ("state", "move"), [(state, move) for state in sorted(TABLE) for move in sorted(TABLE[state])]
)
def test_a_move_leads_where_the_table_says_and_the_flag_follows(state, move):
    incident = fulfilled(state)
    getattr(incident, move)(**GIVEN[move])
    assert incident.state == LEADS_TO[move]
    assert incident.is_open == (incident.state in OPEN)


@pytest.mark.parametrize(
    ("state", "move", "lack", "reason"),
    [
        ("suspected", "declare", {"commander_id": None}, "Nobody is in command yet"),
        ("suspected", "declare", {"hypothesis": " "}, "Say what the common cause"),
        ("suspected", "declare", {"facts": Facts()}, "No complaint is linked yet"),
        ("contained", "resolve", {"facts": Facts(linked=3)}, "No common finding has been approved"),
        (
            "contained",
            "resolve",
            {"facts": Facts(linked=3, without_outcome=1, findings_approved=1)},
            "A linked complaint has not been told an outcome of its own",
        ),
        (
            "contained",
            "resolve",
            {"facts": Facts(findings_approved=1, joint_running=1)},
            "A joint message is still on its way",
        ),
        (
            "resolved",
            "close",
            {"facts": Facts(without_outcome=1)},
            "A linked complaint has not been told an outcome of its own",
        ),
        (
            "resolved",
            "close",
            {"facts": Facts(statements_waiting=1)},
            "A statement is still waiting",
        ),
        (
            "resolved",
            "close",
            {"facts": Facts(customers=5)},
            "Customers are affected who did not complain",
        ),
        # What nobody counted holds nothing open: the guard says no.
        ("contained", "resolve", {"facts": None}, "No common finding has been approved"),
    ],
)
@pytest.mark.clause("CM-7.4")
def test_a_guard_says_why(state, move, lack, reason):
    said = [str(sentence) for sentence in reasons_against(fulfilled(state, **lack), move)]
    assert any(sentence.startswith(reason) for sentence in said), said
    assert move not in possible_moves(fulfilled(state, **lack))


@pytest.mark.django_db
def test_the_database_holds_the_flag_to_the_state(table: Table):
    incident = table.incident()
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.filter(pk=incident.pk).update(is_open=False)
