"""The state machine, written down a second time from the specification, by hand.

This table must never be made from complaints/workflow.py: two independent descriptions that agree
are the point. Where it fails, one of the two is wrong; decide which.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.rules import PERMISSIONS_OF
from complaints.models import Complaint
from complaints.states import OPEN_STATES, State
from complaints.workflow import MOVES, possible_moves, reasons_against
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_complaint, make_user

ANYWHERE_OPEN = {"withdraw", "dismiss", "merge"}

# From a state, with everything fulfilled that the moves ask for, exactly these moves are possible.
TABLE: dict[str, set[str]] = {
    "received": {"acknowledge", "respond"} | ANYWHERE_OPEN,  # respond: an emergency only
    "acknowledged": {"assess", "respond"} | ANYWHERE_OPEN,  # respond: an emergency only
    "assessed": {"investigate", "respond"} | ANYWHERE_OPEN,
    "investigating": {"respond"} | ANYWHERE_OPEN,
    "responded": {"record_decision", "close", "reopen"} | ANYWHERE_OPEN,
    "closed": {"follow_up", "reopen"},
    "followed_up": {"reopen"},
    "withdrawn": set(),
    "not_a_complaint": set(),
    "merged": {"unmerge"},
}
# Where each move leads.
LEADS_TO = {
    "acknowledge": "acknowledged",
    "assess": "assessed",
    "investigate": "investigating",
    "respond": "responded",
    "record_decision": "responded",
    "close": "closed",
    "follow_up": "followed_up",
    "reopen": "investigating",
    "withdraw": "withdrawn",
    "dismiss": "not_a_complaint",
    "merge": "merged",
    "unmerge": "acknowledged",  # back to where it stood; see `fulfilled`
}
GIVEN: dict[str, dict[str, Any]] = {
    "assess": {"at": NOW},
    "respond": {"at": NOW, "finding": "upheld"},
    "record_decision": {"at": NOW, "answer": "accepted"},
    "close": {"at": NOW, "basis": "accepted"},
    "follow_up": {"at": NOW},
    "withdraw": {"at": NOW},
    "dismiss": {"at": NOW},
    "merge": {"at": NOW},
}
OPEN = {"received", "acknowledged", "assessed", "investigating", "responded"}


def fulfilled(state: str, **changes: Any) -> Complaint:
    """Return an unsaved complaint in a state of which no guard could ask for more."""
    facts: dict[str, Any] = {
        "state": state,
        "is_open": state in OPEN,
        "owner_id": 1,
        "assessed_at": NOW,
        "depth_required": "full",
        "depth_done": "full",
        "finding": "upheld",
        "cause_code": "material",
        "answer": "accepted",
        "decision_sent_at": NOW,
        "remedies_told_at": NOW,
        "state_before_merge": "acknowledged" if state == "merged" else "",
    }
    return Complaint(**(facts | changes))


def test_the_table_speaks_of_every_state_and_every_move():
    assert set(TABLE) == set(State.values)
    assert set(LEADS_TO) == set(MOVES)
    assert {str(state) for state in OPEN_STATES} == OPEN


@pytest.mark.parametrize("state", sorted(TABLE))
@pytest.mark.parametrize("move", sorted(LEADS_TO))
def test_a_state_allows_exactly_these_moves(state, move):
    asked = {"pending_approval": "not_a_complaint"} if move == "dismiss" else {}
    complaint = fulfilled(state, **asked)
    assert (move in possible_moves(complaint)) == (move in TABLE[state])
    assert bool(reasons_against(complaint, move)) == (move not in TABLE[state])
    if move not in TABLE[state]:
        assert list(map(str, reasons_against(complaint, move))) == [
            "This step does not follow from where the complaint stands."
        ]


@pytest.mark.parametrize(
    ("state", "move"), [(state, move) for state in sorted(TABLE) for move in sorted(TABLE[state])]
)
def test_a_move_leads_where_the_table_says_and_the_flag_follows(state, move):
    asked = {"pending_approval": "not_a_complaint"} if move == "dismiss" else {}
    complaint = fulfilled(state, **asked)
    getattr(complaint, move)(**GIVEN.get(move, {}))
    assert complaint.state == LEADS_TO[move]
    assert complaint.is_open == (complaint.state in OPEN)


@pytest.mark.parametrize("before", sorted(OPEN))
def test_an_undone_merge_leads_back_to_where_it_stood(before):
    complaint = fulfilled(before)
    complaint.merge(at=NOW)
    assert (complaint.state, complaint.is_open) == ("merged", False)
    complaint.unmerge()
    assert (complaint.state, complaint.is_open) == (before, True)


# --- guards: each stops its move, with a reason that says what to do ---------------------------

GUARDED = [
    ("assess", "acknowledged", {"owner_id": None}, "Nobody owns this complaint yet"),
    ("investigate", "assessed", {"owner_id": None}, "Nobody owns this complaint yet"),
    ("respond", "assessed", {"owner_id": None}, "Nobody owns this complaint yet"),
    ("respond", "received", {"assessed_at": None}, "Assess the complaint first"),
    ("respond", "acknowledged", {"assessed_at": None}, "Assess the complaint first"),
    ("respond", "assessed", {"depth_done": ""}, "not yet as deep"),
    ("respond", "investigating", {"depth_done": "findings"}, "not yet as deep"),
    ("respond", "investigating", {"depth_done": "cause"}, "not yet as deep"),
    ("record_decision", "responded", {"decision_sent_at": None}, "has not been told the outcome"),
    ("close", "responded", {"decision_sent_at": None}, "has not been told the outcome"),
    ("close", "responded", {"answer": ""}, "There is no answer yet"),
    (
        "close",
        "responded",
        {"answer": "refused", "remedies_told_at": None},
        "tell the complainant of the other remedies first",
    ),
    ("close", "responded", {"remedy_settled": False}, "neither done nor scheduled"),
    ("close", "responded", {"follow_up_gates_closing": True}, "the follow-up before closing"),
    ("close", "responded", {"cause_code": ""}, "Name the cause"),
    ("close", "responded", {"finding": "partly", "cause_code": ""}, "Name the cause"),
    ("close", "responded", {"pending_approval": "not_a_complaint"}, "is still waiting"),
    ("close", "responded", {"reopening_waits": True}, "decided before closing"),
    ("dismiss", "received", {}, "A second person must confirm"),
    ("dismiss", "received", {"pending_approval": "response"}, "A second person must confirm"),
]


@pytest.mark.parametrize(("move", "state", "lacks", "reason"), GUARDED)
def test_a_guard_stops_its_move_and_says_why(move, state, lacks, reason):
    complaint = fulfilled(state, **lacks)
    reasons = [str(why) for why in reasons_against(complaint, move)]
    assert len(reasons) == 1
    assert reason in reasons[0]
    assert move not in possible_moves(complaint)


EXCUSED = [
    ("respond", "received", {"emergency": True, "assessed_at": None, "depth_done": ""}),
    ("respond", "assessed", {"depth_required": "findings", "depth_done": "findings"}),
    ("respond", "assessed", {"depth_required": "cause", "depth_done": "full"}),
    ("respond", "assessed", {"investigation_skipped": True, "depth_done": ""}),
    ("close", "responded", {"unreachable": True, "decision_sent_at": None, "answer": ""}),
    ("close", "responded", {"answer": "refused"}),
    ("close", "responded", {"answer": "no_reply", "remedies_told_at": None}),
    ("close", "responded", {"finding": "not_upheld", "cause_code": ""}),
    ("close", "responded", {"finding": "undetermined", "cause_code": ""}),
    ("close", "responded", {"follow_up_gates_closing": True, "followed_up_at": NOW}),
    ("close", "responded", {"follow_up_gates_closing": True, "unreachable": True}),
]


@pytest.mark.parametrize(("move", "state", "facts"), EXCUSED)
def test_a_guard_lets_through_what_the_specification_excuses(move, state, facts):
    assert reasons_against(fulfilled(state, **facts), move) == []


def test_every_reason_is_told_at_once():
    bare = Complaint(state="responded", finding="upheld", remedy_settled=False)
    assert len(reasons_against(bare, "close")) == 4  # outcome, answer, remedy, cause


# --- what a move sets --------------------------------------------------------------------------


def test_a_new_cycle_forgets_the_outcome_but_not_what_was_measured():
    complaint = fulfilled(
        "closed",
        acknowledged_at=NOW,
        decided_at=NOW,
        closed_at=NOW,
        followed_up_at=NOW,
        closure_basis="accepted",
        investigation_skipped=True,
    )
    complaint.reopen()
    assert complaint.cycle == 2
    assert (complaint.acknowledged_at, complaint.assessed_at) == (NOW, NOW)
    gone = ("finding", "answer", "closure_basis", "depth_done")
    assert [getattr(complaint, name) for name in gone] == [""] * 4
    for name in ("decided_at", "decision_sent_at", "remedies_told_at", "closed_at"):
        assert getattr(complaint, name) is None
    assert not complaint.investigation_skipped


def test_a_new_answer_forgets_what_was_said_to_an_earlier_one():
    complaint = fulfilled("investigating", answer="refused", answered_at=NOW)
    complaint.respond(at=NOW, finding="partly")
    assert (complaint.answer, complaint.answered_at, complaint.remedies_told_at) == ("", None, None)
    assert complaint.decided_at == NOW


# --- the table of moves ------------------------------------------------------------------------


def test_each_move_has_words_and_a_permission_that_some_role_carries():
    carried = frozenset().union(*PERMISSIONS_OF.values())
    for name, move in MOVES.items():
        assert move.name == name
        assert str(move.label)
        assert move.permission in carried


# --- no door beside the machine ----------------------------------------------------------------


def test_a_state_cannot_be_assigned():
    complaint = fulfilled("received")
    with pytest.raises(AttributeError):
        complaint.state = "closed"


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


def inconsistent(complaint: Complaint, **facts: Any) -> None:
    """Try to write past every verb."""
    with pytest.raises(IntegrityError), transaction.atomic():
        Complaint.objects.filter(pk=complaint.pk).update(**facts)


@pytest.mark.parametrize(
    "facts",
    [
        {"is_open": False},
        {"state": "closed"},
        {"state": "merged", "is_open": False},  # merged, but into nothing
        {"emergency": True},  # without a trigger
        {"description": ""},
    ],
)
def test_the_database_refuses_rows_that_contradict_themselves(db, facts):
    inconsistent(make_complaint(), **facts)


def test_the_database_refuses_that_somebody_owns_a_complaint_about_themselves(db):
    somebody = make_user("handler")
    complaint = make_complaint(subject_person=somebody)
    inconsistent(complaint, owner=somebody)


def test_the_database_refuses_a_second_waiting_request_and_a_decision_by_who_asked(desk):
    complaint = desk.case("assessed")
    ask = {"cycle": 1, "by": desk.handler, "at": NOW, "kind": "not_a_complaint", "reason": "-"}
    complaint.approvals.create(**ask)
    with pytest.raises(IntegrityError), transaction.atomic():
        complaint.approvals.create(**ask)
    with pytest.raises(IntegrityError), transaction.atomic():
        complaint.approvals.update(decided_by=desk.handler)


def test_the_database_refuses_two_open_pauses_and_one_that_ends_before_it_begins(desk):
    complaint = desk.case()
    pause = {"cycle": 1, "reason": "complainant", "started_at": NOW}
    complaint.pauses.create(**pause)
    with pytest.raises(IntegrityError), transaction.atomic():
        complaint.pauses.create(**pause)
    with pytest.raises(IntegrityError), transaction.atomic():
        complaint.pauses.update(ended_at=NOW - timedelta(seconds=1))


def test_the_database_refuses_the_same_clock_twice(desk):
    clock = desk.case().clocks.get(stage="respond")
    clock.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        clock.save(force_insert=True)


def test_the_database_refuses_an_answered_follow_up_without_scores(desk):
    complaint = desk.case()
    with pytest.raises(IntegrityError), transaction.atomic():
        complaint.followupattempts.create(
            by=desk.agent, at=NOW, channel="phone", outcome="answered"
        )
