"""One complainant, one matter, two references: merged, and undone within thirty days."""

from datetime import timedelta
from typing import Any

import pytest

from complaints import events
from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed
from complaints.models import Complaint
from complaints.services.clocks import pause_complaint
from complaints.services.closure import merge_complaint, unmerge_complaint
from complaints.services.sweeping import sweep_clocks
from complaints.services.triage import reassess_complaint
from complaints.states import PauseReason, State
from journal.selectors import history_of
from tests.complaints.desk import Desk, category, clock_of, criteria
from tests.complaints.factories import NOW, make_complaint, make_site, make_user

DAY = timedelta(days=1)
LI: dict[str, Any] = {"name": "Li Ming", "phone": "13800000000"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def first(desk: Desk) -> Complaint:
    return desk.case("acknowledged", **LI)


def merge(desk: Desk, complaint: Complaint, into: Complaint, **changes: Any) -> None:
    given: dict[str, Any] = {"actor": desk.manager, "at": NOW}
    merge_complaint(complaint_id=complaint.pk, into_id=into.pk, **(given | changes))
    complaint.refresh_from_db()


def unmerge(desk: Desk, complaint: Complaint, **changes: Any) -> None:
    given: dict[str, Any] = {"actor": desk.manager, "at": NOW + DAY}
    unmerge_complaint(complaint_id=complaint.pk, **(given | changes))
    complaint.refresh_from_db()


def test_both_references_stay_and_each_record_tells_of_the_other(desk, first):
    second = desk.case(**LI)
    merge(desk, second, first)
    assert (second.state, second.merged_into, second.merged_at) == (State.MERGED, first, NOW)
    assert (second.is_open, second.next_due_at) == (False, None)
    assert not any(clock.running for clock in second.clocks.all())
    assert history_of(second).get(kind=events.MERGED).payload["into"] == first.pk
    assert history_of(first).get(kind=events.MERGE_RECEIVED).payload["merged"] == second.pk
    first.refresh_from_db()
    assert first.is_open


@pytest.mark.parametrize(
    "other",
    [
        {"phone": "+86 138 0000 0000", "name": "Ming"},  # the same person, written otherwise
        {"phone": "13800000000", "order_number": "A-1", "category": None},
    ],
)
def test_the_same_person_and_matter_are_recognised_in_other_writings(desk, other):
    complaint = desk.case("acknowledged", **LI, order_number="A-1")
    second = make_complaint(actor=desk.agent, **({"category": category()} | other))
    merge(desk, second, complaint)
    assert second.state == State.MERGED


@pytest.mark.parametrize(
    "other",
    [
        {"phone": "13900000000"},  # somebody else
        {"phone": "13800000000", "category": "service.late"},  # another matter
        {"anonymous": True},  # nobody knows who
    ],
)
def test_others_and_other_matters_are_never_merged(desk, first, other):
    code = other.pop("category", "product.defective")
    second = make_complaint(actor=desk.agent, category=category(code), **other)
    with pytest.raises(BadInput) as refusal:
        merge(desk, second, first)
    assert refusal.value.field == "into"
    second.refresh_from_db()
    assert second.state == State.RECEIVED


def test_a_top_class_alone_is_no_matter(desk):
    one, two = (desk.case(**LI, category=category("product")) for _ in range(2))
    with pytest.raises(BadInput):
        merge(desk, two, one)


@pytest.mark.parametrize("state", ["closed", "withdrawn", "merged"])
def test_nothing_is_merged_into_what_is_at_its_end(desk, state):
    into, second = desk.case(state, **LI), desk.case(**LI)
    with pytest.raises(BadInput) as refusal:
        merge(desk, second, into)
    assert refusal.value.field == "into"


def test_nothing_is_merged_into_itself(desk, first):
    with pytest.raises(BadInput):
        merge(desk, first, first)


def test_what_is_at_its_end_is_not_merged(desk, first):
    closed = desk.case("closed", **LI)
    with pytest.raises(MoveRefused):
        merge(desk, closed, first)


def test_both_must_be_in_reach_of_who_merges(desk):
    site = make_site()
    manager = make_user("manager", site=site)
    here = make_complaint(site=site, category=category(), **LI)
    there = make_complaint(site=make_site(), category=category(), **LI)
    with pytest.raises(Complaint.DoesNotExist):
        merge(desk, here, there, actor=manager)


def test_an_agent_does_not_merge_nor_undo_it(desk, first):
    second = desk.case(**LI)
    with pytest.raises(NotAllowed):
        merge(desk, second, first, actor=desk.agent)
    merge(desk, second, first)
    with pytest.raises(NotAllowed):
        unmerge(desk, second, actor=desk.agent)


def test_an_older_page_does_not_win(desk, first):
    second = desk.case(**LI)
    with pytest.raises(Conflict):
        merge(desk, second, first, expected_version=7)


# --- undone ------------------------------------------------------------------------------------


def running(complaint: Complaint) -> list[tuple[Any, ...]]:
    return [
        (clock.code, clock.started_at, clock.due_at, clock.next_event_at)
        for clock in complaint.clocks.order_by("pk")
        if clock.running
    ]


@pytest.mark.parametrize("state", ["received", "acknowledged", "investigating", "responded"])
def test_undone_it_stands_where_it_stood_and_the_clocks_go_on_from_where_they_began(
    desk, first, state
):
    second = desk.case(state, **LI)
    before, due = running(second), second.next_due_at
    merge(desk, second, first)
    unmerge(desk, second)
    assert (second.state, second.is_open, second.merged_into) == (state, True, None)
    assert (second.closed_at, second.merged_at) == (None, None)
    assert (running(second), second.next_due_at) == (before, due)


def test_clocks_that_had_been_dropped_before_the_merge_stay_dropped(desk, first):
    second = desk.case("assessed", **LI)
    for severity in ("high", "moderate", "low", "high"):
        reassess_complaint(
            complaint_id=second.pk,
            criteria=criteria(severity=severity),
            actor=desk.handler,
            at=NOW,
        )
    before = running(second)
    merge(desk, second, first)
    unmerge(desk, second)
    assert running(second) == before
    assert clock_of(second, "respond").code == "respond_p1"


def test_what_was_told_before_is_not_told_again(desk, first):
    second = desk.case(**LI)
    sweep_clocks(now=NOW + 2 * DAY)
    told = history_of(second).filter(kind=events.CLOCK_BREACHED).count()
    merge(desk, second, first, at=NOW + 2 * DAY)
    unmerge(desk, second, at=NOW + 2 * DAY)
    sweep_clocks(now=NOW + 2 * DAY)
    assert history_of(second).filter(kind=events.CLOCK_BREACHED).count() == told == 1


def test_a_fresh_clock_is_not_half_over_because_a_merge_was_undone(desk, first):
    second = desk.case(**LI)
    merge(desk, second, first)
    unmerge(desk, second, at=NOW)
    assert sweep_clocks(now=NOW).warned == 0


def test_a_pause_ends_with_the_merge(desk, first):
    second = desk.case("investigating", **LI)
    pause_complaint(
        complaint_id=second.pk,
        reason=PauseReason.COMPLAINANT,
        evidence="",
        told_at=None,
        actor=desk.handler,
        at=NOW,
    )
    merge(desk, second, first, at=NOW + 2 * DAY)
    unmerge(desk, second, at=NOW + 3 * DAY)
    assert not second.paused
    assert all(clock.paused_at is None for clock in second.clocks.all() if clock.running)


def test_after_thirty_days_it_stays_merged(desk, first):
    second = desk.case(**LI)
    merge(desk, second, first)
    with pytest.raises(MoveRefused) as refusal:
        unmerge(desk, second, at=NOW + 30 * DAY + timedelta(seconds=1))
    assert "30 days" in str(refusal.value.reasons[0])
    unmerge(desk, second, at=NOW + 30 * DAY)


def test_only_what_was_merged_can_be_undone(desk, first):
    with pytest.raises(MoveRefused):
        unmerge(desk, first)


def test_a_merged_complaint_may_be_merged_again_and_undone_again(desk, first):
    second = desk.case(**LI)
    before = running(second)
    for _ in range(2):
        merge(desk, second, first)
        unmerge(desk, second)
    assert running(second) == before
