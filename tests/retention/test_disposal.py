"""Disposal runs: listed, reviewed by two, carried out row by row, logged."""

import threading
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.services import system_user
from complaints.models import Complaint
from complaints.services.disposing import anonymise_complaint
from complaints.services.emergencies import declare_emergency
from complaints.services.reopening import reopen_complaint
from complaints.states import State, Trigger
from journal.models import Entry
from journal.selectors import history_of
from journal.services import seal_days, verify_journal, verify_subject
from retention.errors import BadInput, Conflict, NotAllowed
from retention.models import DisposalItem, DisposalRun
from retention.selectors.disposal import counts_of, digest_on_record, log_digest, log_lines
from retention.selectors.due import due_of, end_of, held_back
from retention.selectors.schedule import default_content
from retention.services import disposal
from retention.services.disposal import (
    carry_out_disposal,
    propose_disposal,
    reject_disposal,
    review_disposal,
    take_out,
)
from retention.states import Outcome, RunState, Skip
from tests.complaints.factories import NOW, make_complaint, make_site, make_user
from tests.retention.desk import LATER, Archive, post_is_out

SOON = NOW + timedelta(days=400)
called: list[tuple[str, int]] = []


# --- what is due ---------------------------------------------------------------------------------


def test_nothing_is_listed_before_somebody_approved_a_schedule(archive):
    archive.closed()
    with pytest.raises(Conflict, match="approved"):
        propose_disposal(actor=None, at=LATER)


@pytest.mark.clause("CM-7.5")
def test_the_sweep_lists_what_is_over_its_time_and_changes_nothing(archive):
    archive.approved()
    old, open_one = archive.closed(), archive.desk.case()
    young = archive.desk.case(State.CLOSED, at=LATER - timedelta(days=30))
    run = archive.listed()
    assert [item.complaint_id for item in run.items.all()] == [old.pk]
    item = run.items.get()
    assert (item.record_class, item.ended_on) == ("closed", date(2026, 3, 4))
    assert item.due_on == date(2032, 3, 5)
    assert (run.proposed_by, run.state, run.total) == (None, RunState.PROPOSED, 1)
    assert not Complaint.objects.exclude(anonymised_at=None).exists()
    assert {open_one.pk, young.pk}.isdisjoint(run.items.values_list("complaint", flat=True))


def test_what_is_on_a_list_is_not_listed_again_until_the_list_is_thrown_away(archive):
    archive.approved()
    archive.closed()
    run = archive.listed()
    assert propose_disposal(actor=None, at=LATER) is None
    reject_disposal(run_id=run.pk, note="Not now.", actor=archive.top, at=LATER)
    assert archive.listed().total == 1


def test_on_the_last_day_it_is_not_due_and_on_the_next_it_is(archive):
    archive.approved(closed=(10, "days"), messages=(10, "days"))
    archive.closed()
    assert propose_disposal(actor=None, at=NOW + timedelta(days=10)) is None
    assert archive.listed(at=NOW + timedelta(days=11)).total == 1


def test_classes_have_periods_of_their_own_and_the_longest_wins(archive):
    archive.approved(not_a_complaint=(1, "years"), messages=(1, "months"))
    question = archive.desk.case(State.NOT_A_COMPLAINT)
    grave = archive.desk.case()
    declare_emergency(
        complaint_id=grave.pk,
        trigger=Trigger.PERSONAL_SAFETY,
        facts="Smoke",
        actor=archive.desk.agent,
        at=NOW,
    )
    Complaint.objects.filter(pk=grave.pk).update(
        state="not_a_complaint", is_open=False, closed_at=NOW
    )
    run = archive.listed(at=SOON)
    assert [item.complaint_id for item in run.items.all()] == [question.pk]
    found = due_of([Complaint.objects.get(pk=grave.pk)], default_content())
    assert found[grave.pk].due_on == date(2032, 3, 5)


def test_a_merged_complaint_stays_as_long_as_the_one_it_was_merged_into(archive):
    merged = archive.desk.case(State.MERGED)
    assert end_of(merged) is None
    into = merged.merged_into
    Complaint.objects.filter(pk=into.pk).update(
        state="withdrawn", is_open=False, closed_at=NOW + timedelta(days=50)
    )
    assert end_of(Complaint.objects.get(pk=merged.pk)) == (NOW + timedelta(days=50)).date()


def test_held_ones_are_not_listed_but_counted(archive):
    archive.approved()
    archive.hold(complaint_id=archive.closed().pk)
    assert propose_disposal(actor=None, at=LATER) is None
    assert held_back(LATER.date(), default_content()) == 1


def test_listing_asks_no_more_questions_for_more_complaints(archive, django_assert_max_num_queries):
    archive.approved()
    for _ in range(6):
        archive.closed()
    with django_assert_max_num_queries(22):
        propose_disposal(actor=None, at=LATER)


@pytest.mark.parametrize("role", ["manager", "auditor", "top_management", "administrator", "agent"])
def test_other_roles_make_no_list(archive, role):
    archive.approved()
    with pytest.raises(NotAllowed):
        propose_disposal(actor=make_user(role), at=LATER)


# --- two reviewers -------------------------------------------------------------------------------


def test_two_different_people_agree_and_neither_made_the_list(archive):
    archive.approved()
    archive.closed()
    run = propose_disposal(actor=archive.quality, at=LATER)
    with pytest.raises(NotAllowed, match="made this list"):
        review_disposal(run_id=run.pk, actor=archive.quality, at=LATER)
    assert review_disposal(run_id=run.pk, actor=archive.top, at=LATER).state == RunState.REVIEWED
    with pytest.raises(NotAllowed, match="first reviewer"):
        review_disposal(run_id=run.pk, actor=archive.top, at=LATER)
    with pytest.raises(NotAllowed, match="made this list"):
        review_disposal(run_id=run.pk, actor=archive.quality, at=LATER)
    done = review_disposal(run_id=run.pk, actor=archive.second_quality, at=LATER)
    assert done.state == RunState.APPROVED
    with pytest.raises(Conflict):
        review_disposal(run_id=run.pk, actor=make_user("top_management"), at=LATER)


def test_the_database_refuses_one_person_twice(archive):
    archive.approved()
    archive.closed()
    run = propose_disposal(actor=archive.quality, at=LATER)
    for wrong in (
        {"first_reviewer": archive.quality},
        {"second_reviewer": archive.quality},
        {"state": "approved", "first_reviewer": archive.top, "second_reviewer": archive.top},
        {"state": "approved", "first_reviewer": archive.top},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            DisposalRun.objects.filter(pk=run.pk).update(**wrong)


@pytest.mark.parametrize("role", ["manager", "auditor", "administrator", "handler"])
def test_other_roles_review_nothing(archive, role):
    archive.approved()
    archive.closed()
    run, other = archive.listed(), make_user(role)
    with pytest.raises(NotAllowed):
        review_disposal(run_id=run.pk, actor=other, at=LATER)
    with pytest.raises(NotAllowed):
        reject_disposal(run_id=run.pk, note="No", actor=other, at=LATER)
    with pytest.raises(NotAllowed):
        take_out(item_id=run.items.get().pk, reason="No", actor=other, at=LATER)


def test_a_right_at_one_site_is_not_enough(archive):
    archive.approved()
    archive.closed()
    local = make_user("quality_manager", site=make_site())
    with pytest.raises(NotAllowed):
        review_disposal(run_id=archive.listed().pk, actor=local, at=LATER)


def test_a_row_is_taken_out_with_a_reason(archive):
    archive.approved()
    stays, goes = archive.closed(), archive.closed()
    run = archive.listed()
    item = run.items.get(complaint=stays)
    with pytest.raises(BadInput, match="why it stays"):
        take_out(item_id=item.pk, reason=" ", actor=archive.quality, at=LATER)
    take_out(item_id=item.pk, reason="A book is written.", actor=archive.quality, at=LATER)
    with pytest.raises(Conflict, match="already"):
        take_out(item_id=item.pk, reason="Again.", actor=archive.top, at=LATER)
    archive.agreed(run)
    with pytest.raises(Conflict):
        take_out(item_id=run.items.get(complaint=goes).pk, reason="!", actor=archive.top, at=LATER)
    post_is_out()
    carry_out_disposal(now=LATER)
    assert Complaint.objects.get(pk=stays.pk).anonymised_at is None
    assert Complaint.objects.get(pk=goes.pk).anonymised_at == LATER


def test_a_rejected_list_needs_a_reason_and_is_not_carried_out(archive):
    archive.approved()
    complaint = archive.closed()
    run = archive.listed()
    with pytest.raises(BadInput, match="why"):
        reject_disposal(run_id=run.pk, note="", actor=archive.top, at=LATER)
    reject_disposal(run_id=run.pk, note="Wrong schedule.", actor=archive.top, at=LATER)
    assert carry_out_disposal(now=LATER) == 0
    assert Complaint.objects.get(pk=complaint.pk).anonymised_at is None


# --- carrying out --------------------------------------------------------------------------------


@pytest.mark.clause("CM-7.5")
@pytest.mark.clause("KB-16")
def test_what_two_agreed_to_goes_and_the_record_still_proves_itself(archive):
    archive.approved()
    complaints = [archive.closed() for _ in range(3)]
    seal_days(now=LATER)
    run = archive.carried_out()
    assert (run.state, counts_of(run)[Outcome.DISPOSED]) == (RunState.FINISHED, 3)
    for complaint in complaints:
        after = Complaint.objects.get(pk=complaint.pk)
        assert (after.description, after.disposed_under) == ("—", str(run))
        assert [e.kind for e in history_of(after)][-1] == "complaint.anonymised"
        assert verify_subject(after).intact
    assert verify_journal().intact
    assert log_digest(run) == digest_on_record(run)
    assert [entry.kind for entry in history_of(run)] == [
        "disposal.proposed",
        "disposal.reviewed",
        "disposal.approved",
        "disposal.finished",
    ]
    end = history_of(run).last().payload
    assert end["reviewers"] == [archive.quality.pk, archive.top.pk]
    assert (end["disposed"], end["skipped"], end["schedule"]) == (3, 0, 1)


def test_nothing_goes_before_the_second_reviewer(archive):
    archive.approved()
    complaint = archive.closed()
    run = archive.listed()
    assert carry_out_disposal(now=LATER) == 0
    review_disposal(run_id=run.pk, actor=archive.quality, at=LATER)
    assert carry_out_disposal(now=LATER) == 0
    assert Complaint.objects.get(pk=complaint.pk).anonymised_at is None


def outcomes(run):
    return {item.complaint_id: (item.outcome, item.code) for item in run.items.all()}


def test_held_reopened_and_blocked_rows_are_skipped_with_the_reason(archive, settings):
    archive.approved()
    held, again, outside, goes = (archive.closed() for _ in range(4))
    run = archive.agreed(archive.listed())
    archive.hold(complaint_id=held.pk, at=LATER)
    reopen_complaint(
        complaint_id=again.pk, reason="It leaks again.", actor=archive.desk.agent, at=LATER
    )
    blocked.clear()
    blocked[outside.pk] = "A case outside is open."
    settings.RETENTION_CLASSES = {"outside_case": {"against": f"{__name__}.open_cases"}}
    post_is_out()
    carry_out_disposal(now=LATER)
    assert outcomes(run) == {
        held.pk: (Outcome.SKIPPED, Skip.HELD),
        again.pk: (Outcome.SKIPPED, Skip.OPEN),
        outside.pk: (Outcome.SKIPPED, Skip.BLOCKED),
        goes.pk: (Outcome.DISPOSED, ""),
    }
    assert run.items.get(complaint=outside).reason == "A case outside is open."
    assert Complaint.objects.get(pk=held.pk).description == "The kettle leaks."


def test_a_filter_hold_catches_a_row_even_if_laid_by_somebody_just_now(archive):
    archive.approved()
    complaint = archive.closed()
    run = archive.agreed(archive.listed())
    archive.hold(query="state=closed", at=LATER)
    carry_out_disposal(now=LATER)
    assert outcomes(run) == {complaint.pk: (Outcome.SKIPPED, Skip.HELD)}


def test_reopened_and_closed_again_counts_from_the_new_end(archive):
    archive.approved()
    complaint = archive.closed()
    run = archive.agreed(archive.listed())
    Complaint.objects.filter(pk=complaint.pk).update(closed_at=LATER - timedelta(days=9))
    carry_out_disposal(now=LATER)
    assert outcomes(run) == {complaint.pk: (Outcome.SKIPPED, Skip.NOT_DUE)}


def test_a_fault_of_ours_stops_one_row_only_and_leaves_it_whole(archive, settings):
    archive.approved()
    faulty, goes = archive.closed(), archive.closed()
    trips.clear()
    trips.add(faulty.pk)
    settings.RETENTION_CLASSES = {"raw_mails": {"erase": f"{__name__}.erase_mails"}}
    run = archive.carried_out()
    assert outcomes(run) == {
        faulty.pk: (Outcome.SKIPPED, Skip.FAULT),
        goes.pk: (Outcome.DISPOSED, ""),
    }
    assert Complaint.objects.get(pk=faulty.pk).description == "The kettle leaks."


def test_a_worker_that_was_killed_is_followed_by_one_that_goes_on(archive, monkeypatch):
    archive.approved()
    for _ in range(5):
        archive.closed()
    run = archive.agreed(archive.listed())
    post_is_out()
    assert carry_out_disposal(now=LATER, limit=2) == 2
    whole, calls = anonymise_complaint, []

    def killed(**given):
        whole(**given)
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(disposal, "anonymise_complaint", killed)
    with pytest.raises(KeyboardInterrupt):
        carry_out_disposal(now=LATER)
    monkeypatch.undo()
    assert counts_of(run)[Outcome.DISPOSED] == Complaint.objects.exclude(anonymised_at=None).count()
    assert counts_of(run)[Outcome.LISTED] == 2
    assert carry_out_disposal(now=LATER) == 2
    run.refresh_from_db()
    assert run.state == RunState.FINISHED
    kinds = Entry.objects.filter(kind="complaint.anonymised")
    assert kinds.count() == kinds.values("subject_id").distinct().count() == 5
    assert verify_journal().intact


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_a_list_and_do_nothing_twice():
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    archive = Archive()
    archive.approved()
    for _ in range(6):
        archive.closed()
    run = archive.agreed(archive.listed())
    post_is_out()

    def work():
        try:
            carry_out_disposal(now=LATER)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert counts_of(run)[Outcome.DISPOSED] == 6
    assert Entry.objects.filter(kind="complaint.anonymised").count() == 6


# --- the registry --------------------------------------------------------------------------------

blocked: dict[int, object] = {}
trips: set[int] = set()


def open_cases(complaint_ids):
    return {pk: why for pk, why in blocked.items() if pk in complaint_ids}


def ends_of_cases(complaint_ids):
    return {pk: NOW + timedelta(days=1000) for pk in complaint_ids}


def erase_mails(*, complaint_id, actor, at):
    assert actor.is_system
    if complaint_id in trips:
        raise RuntimeError("trouble")
    called.append(("mails", complaint_id))
    return 1


def test_another_app_names_when_its_class_begins_and_erases_its_own(archive, settings):
    settings.RETENTION_CLASSES = {
        "outside_case": {"starts": f"{__name__}.ends_of_cases"},
        "raw_mails": {"erase": f"{__name__}.erase_mails"},
    }
    archive.approved()
    complaint = archive.closed()
    assert propose_disposal(actor=None, at=LATER) is None
    much_later = LATER + timedelta(days=1001)
    trips.clear()
    called.clear()
    run = archive.carried_out(at=much_later)
    assert run.items.get().record_class == "outside_case"
    assert called == [("mails", complaint.pk)]


def test_the_log_names_nobody(archive):
    archive.approved()
    complaint = archive.closed(name="Zhuang Weilin")
    run = archive.carried_out()
    lines = list(log_lines(run))
    assert lines == [(complaint.reference, "closed", "2026-03-04", "2032-03-05", "disposed", "")]
    DisposalItem.objects.filter(run=run).update(due_on=date(2030, 1, 1))
    assert log_digest(run) != digest_on_record(run)


def test_the_system_is_who_carries_it_out(archive):
    archive.approved()
    complaint = archive.closed()
    archive.carried_out()
    entry = history_of(complaint).last()
    assert entry.actor == system_user()
    assert make_complaint().anonymised_at is None
