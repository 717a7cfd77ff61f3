"""Legal holds: on what, by whom, what they stop, and who releases them."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from complaints.errors import MoveRefused
from complaints.models import BulkItem, Complainant, Complaint
from complaints.services.bulk import Wish as BulkWish
from complaints.services.bulk import continue_bulk, start_bulk
from complaints.services.closure import merge_complaint, withdraw_complaint
from complaints.services.disposing import hold_complaints, release_complaints
from complaints.services.triage import Correction, correct_complaint
from complaints.states import State
from complaints.workflow import possible_moves
from journal.selectors import history_of
from journal.services import verify_journal
from retention.errors import BadInput, Conflict, NotAllowed
from retention.models import Hold
from retention.selectors.holds import holds_for, holds_on
from retention.services.holds import extend_holds, place_hold, release_hold, review_hold
from retention.states import HoldScope
from tests.complaints.factories import NOW, make_complaint, make_site, make_user
from tests.retention.desk import wish


def kinds(thing):
    return [entry.kind for entry in history_of(thing)]


def test_a_hold_on_one_complaint_binds_at_once_and_is_on_both_records(archive):
    complaint = archive.closed()
    hold = archive.hold(complaint_id=complaint.pk)
    complaint.refresh_from_db()
    assert (complaint.holds, hold.scope) == (1, HoldScope.COMPLAINT)
    assert list(holds_on(complaint)) == [hold]
    assert kinds(hold) == ["hold.placed"]
    assert kinds(complaint)[-2:] == ["complaint.held", "complaint.follow_up_held"]
    assert verify_journal().intact


def test_a_hold_on_a_complainant_takes_what_comes_later(archive):
    first = archive.closed(phone="13900001111")
    other = archive.closed()
    hold = archive.hold(complainant_id=first.complainant_id)
    later = make_complaint(complainant=first.complainant)
    assert extend_holds(now=NOW) == 1
    assert extend_holds(now=NOW) == 0
    held = {row.complaint_id for row in hold.held.all()}
    assert held == {first.pk, later.pk}
    assert kinds(hold) == ["hold.placed", "hold.extended"]
    assert Complaint.objects.get(pk=other.pk).holds == 0


def test_a_hold_on_a_filter_takes_what_it_finds_now_and_later(archive):
    kettle = archive.closed(description="The kettle leaks")
    mixer = archive.closed(description="The mixer hums")
    hold = archive.hold(query="q=kettle&state=closed")
    assert [row.complaint_id for row in hold.held.all()] == [kettle.pk]
    second = archive.closed(description="Another kettle")
    assert extend_holds(now=NOW) == 1
    assert set(Complaint.objects.filter(holds=1)) == {kettle, second}
    assert Complaint.objects.get(pk=mixer.pk).holds == 0
    release_hold(hold_id=hold.pk, reason="Settled.", actor=archive.second_quality, at=NOW)
    assert not Complaint.objects.filter(holds__gt=0).exists()
    assert extend_holds(now=NOW) == 0


def test_a_filter_may_find_nothing_yet(archive):
    hold = archive.hold(query="channel=regulator")
    assert hold.held.count() == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": "No"}, "reason"),
        ({"authority": " "}, "authority"),
        ({"review_on": date(2026, 3, 4)}, "review_on"),
        ({"review_on": date(2030, 3, 4)}, "review_on"),
        ({"complaint_id": None, "query": ""}, "query"),
        ({"complaint_id": None, "query": "sort=oldest"}, "query"),
        ({"complaint_id": None, "query": "owner=me"}, "query"),
        ({"complaint_id": None, "query": "due=overdue"}, "query"),
    ],
)
def test_a_hold_at_fault_names_the_field(archive, given, field):
    complaint = archive.closed()
    with pytest.raises(BadInput) as refused:
        place_hold(
            wish=wish(**{"complaint_id": complaint.pk, **given}), actor=archive.quality, at=NOW
        )
    assert refused.value.field == field
    assert not Hold.objects.exists()


@pytest.mark.parametrize("role", ["agent", "handler", "auditor", "top_management", "administrator"])
def test_other_roles_lay_no_holds(archive, role):
    complaint = archive.closed()
    with pytest.raises(NotAllowed):
        place_hold(wish=wish(complaint_id=complaint.pk), actor=make_user(role), at=NOW)
    assert (
        hold_complaints(complaint_ids=[complaint.pk], hold=1, actor=make_user(role), at=NOW) == []
    )


def test_a_manager_holds_only_in_their_own_place(archive):
    here, there = make_site(), make_site()
    manager = make_user("manager", site=here)
    mine, other = make_complaint(site=here), make_complaint(site=there)
    with pytest.raises(Complaint.DoesNotExist):
        place_hold(wish=wish(complaint_id=other.pk), actor=manager, at=NOW)
    with pytest.raises(Complainant.DoesNotExist):
        place_hold(wish=wish(complainant_id=other.complainant_id), actor=manager, at=NOW)
    hold = place_hold(wish=wish(query="channel=phone"), actor=manager, at=NOW)
    assert [row.complaint_id for row in hold.held.all()] == [mine.pk]
    make_complaint(site=there)
    assert extend_holds(now=NOW) == 0
    again = make_complaint(site=here)
    assert extend_holds(now=NOW) == 1
    assert Complaint.objects.get(pk=again.pk).holds == 1
    elsewhere = make_user("manager", site=there)
    assert list(holds_for(elsewhere)) == []
    with pytest.raises(Hold.DoesNotExist):
        release_hold(hold_id=hold.pk, reason="No more.", actor=elsewhere, at=NOW)


def test_a_hold_that_reaches_further_is_not_released_from_one_place(archive):
    here, there = make_site(), make_site()
    make_complaint(site=here)
    make_complaint(site=there)
    hold = archive.hold(query="channel=phone")
    manager = make_user("manager", site=here)
    with pytest.raises(NotAllowed, match="beyond"):
        release_hold(hold_id=hold.pk, reason="No more.", actor=manager, at=NOW)
    assert Complaint.objects.filter(holds=1).count() == 2


def test_whoever_placed_it_does_not_release_it(archive):
    complaint = archive.closed()
    hold = archive.hold(complaint_id=complaint.pk)
    with pytest.raises(NotAllowed, match="does not release"):
        release_hold(hold_id=hold.pk, reason="No more.", actor=archive.quality, at=NOW)
    with pytest.raises(BadInput):
        release_hold(hold_id=hold.pk, reason="", actor=archive.second_quality, at=NOW)
    with pytest.raises(NotAllowed):
        release_hold(hold_id=hold.pk, reason="No more.", actor=make_user("auditor"), at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Hold.objects.filter(pk=hold.pk).update(released_by=archive.quality)
    release_hold(hold_id=hold.pk, reason="Case dropped.", actor=archive.desk.manager, at=NOW)
    complaint.refresh_from_db()
    assert complaint.holds == 0
    own = [kind for kind in kinds(complaint) if "follow_up" not in kind]
    assert own[-2:] == ["complaint.held", "complaint.released"]
    with pytest.raises(Conflict, match="already"):
        release_hold(hold_id=hold.pk, reason="Again.", actor=archive.second_quality, at=NOW)


def test_two_holds_bind_until_both_are_released(archive):
    complaint = archive.closed()
    first, second = (archive.hold(complaint_id=complaint.pk) for _ in range(2))
    release_hold(hold_id=first.pk, reason="Settled.", actor=archive.second_quality, at=NOW)
    complaint.refresh_from_db()
    assert complaint.holds == 1
    assert list(holds_on(complaint)) == [second]
    done = release_complaints(
        complaint_ids=[complaint.pk], hold=second.pk, actor=archive.quality, at=NOW
    )
    assert done == [complaint.pk]


def test_it_is_looked_at_again(archive):
    hold = archive.hold(complaint_id=archive.closed().pk)
    later = NOW.date() + timedelta(days=200)
    assert (
        review_hold(hold_id=hold.pk, review_on=later, actor=archive.quality, at=NOW).review_on
        == later
    )
    for wrong in (NOW.date(), date(2032, 1, 1)):
        with pytest.raises(BadInput):
            review_hold(hold_id=hold.pk, review_on=wrong, actor=archive.quality, at=NOW)
    with pytest.raises(NotAllowed):
        review_hold(hold_id=hold.pk, review_on=later, actor=make_user("auditor"), at=NOW)


@pytest.mark.clause("CM-7.5")
def test_a_held_complaint_is_not_merged_away_but_may_take_one_in(archive):
    desk = archive.desk
    one = desk.case(phone="13900001111")
    two = desk.case(complainant=one.complainant)
    archive.hold(complaint_id=two.pk)
    with pytest.raises(MoveRefused, match="legal hold"):
        merge_complaint(complaint_id=two.pk, into_id=one.pk, actor=desk.manager, at=NOW)
    assert "merge" not in possible_moves(Complaint.objects.get(pk=two.pk))
    merge_complaint(complaint_id=one.pk, into_id=two.pk, actor=desk.manager, at=NOW)


def test_a_held_complaint_is_not_withdrawn_in_a_heap_but_by_itself(archive):
    desk = archive.desk
    held, free = desk.case(), desk.case()
    archive.hold(complaint_id=held.pk)
    run = start_bulk(
        wish=BulkWish("withdraw", reason="All settled."),
        complaint_ids=[held.pk, free.pk],
        language="en",
        actor=desk.manager,
        at=NOW,
    )
    continue_bulk(run_id=run.pk, limit=9, now=NOW)
    outcomes = {item.complaint_id: (item.outcome, item.reason) for item in run.items.all()}
    assert outcomes[free.pk] == (BulkItem.Outcome.DONE, "")
    assert outcomes[held.pk] == (
        BulkItem.Outcome.REFUSED,
        "This complaint is on legal hold: it must stay as it is.",
    )
    withdraw_complaint(complaint_id=held.pk, reason="Settled.", actor=desk.manager, at=NOW)
    assert Complaint.objects.get(pk=held.pk).state == State.WITHDRAWN


def test_what_a_hold_keeps_is_completed_but_not_written_over(archive):
    desk = archive.desk
    held = desk.case(name="Li Ming", phone="13900001111")
    other = desk.case(complainant=held.complainant)
    archive.hold(complaint_id=held.pk)

    def correct(complaint, **facts):
        return correct_complaint(
            complaint_id=complaint.pk,
            correction=Correction(**facts),
            reason="Misheard.",
            actor=desk.agent,
            at=NOW,
        )

    correct(held, order_number="A-1")
    for complaint, facts in ((held, {"order_number": "A-2"}), (other, {"name": "Li Min"})):
        with pytest.raises(BadInput, match="legal hold") as refused:
            correct(complaint, **facts)
        assert refused.value.field == next(iter(facts))
    assert Complaint.objects.get(pk=held.pk).order_number == "A-1"
