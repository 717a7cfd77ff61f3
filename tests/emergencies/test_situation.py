"""What is done in an emergency: contain, keep facts apart, talk, decide on reports, learn."""

from datetime import timedelta
from typing import Any, cast

import pytest
from django.db import IntegrityError, transaction

from complaints.models import Complaint, Notice
from complaints.services.emergencies import downgrade_emergency, take_emergency
from complaints.services.response import propose_response
from complaints.services.triage import assign_complaint
from complaints.states import Priority, State
from emergencies import events
from emergencies.errors import BadInput, Conflict, MoveRefused, NotAllowed
from emergencies.models import ReportDecision, Review
from emergencies.selectors.k24 import channel_facts
from emergencies.selectors.reports import explain_due, missing_decisions
from emergencies.selectors.situation import situation_of
from emergencies.services.reports import (
    Verdict,
    approve_report,
    decide_report,
    note_reported,
    return_report,
    sweep_warnings,
)
from emergencies.services.reviews import Lessons, finish_review
from emergencies.services.situation import (
    decide_containment,
    declare_contained,
    note_first_call,
    write_facts,
)
from emergencies.states import Measure, Reportable
from journal.selectors import history_of
from tests.complaints.desk import clock_of, decision, make_version
from tests.complaints.factories import NOW, make_complaint, make_user
from tests.emergencies.rota import DAY, MINUTES, declare

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
RECALL = "CN-RECALL-REPORT"
YES = Verdict(RECALL, Reportable.YES, "A child was burned.", clock="report", counts_from=NOW)
NO = Verdict(RECALL, Reportable.NO, "No injury, no defect.")
LESSONS = Lessons(
    "Quick.", "The store was closed.", "Wei keeps a key, by Friday.", false_alarm=False
)


@pytest.fixture
def row(desk, rota, clock):
    row = declare(desk.case(), desk.agent)
    take_emergency(complaint_id=row.complaint_id, actor=desk.manager, at=NOW + MINUTES)
    clock.deliver()
    row.refresh_from_db()
    return row


def contain(row, actor, at=NOW + 20 * MINUTES, **changes):
    given: dict[str, Any] = {
        "measure": Measure.STOP_SALE,
        "details": "All shops, by Wei.",
        **changes,
    }
    return decide_containment(complaint_id=row.complaint_id, actor=actor, at=at, **given)


def kinds_of(row) -> list[str]:
    return [entry.kind for entry in history_of(row.complaint)]


# --- containment, facts, first call ----------------------------------------------------------


@pytest.mark.clause("CM-8.2b")
def test_the_first_decision_meets_the_clock_of_an_hour(row, desk):
    contain(row, desk.manager)
    contain(row, desk.handler, at=NOW + 2 * HOUR, measure=Measure.WARN)
    row.refresh_from_db()
    action = clock_of(row.complaint, "first_action")
    assert (action.met, action.stopped_at) == (True, NOW + 20 * MINUTES)
    assert row.first_action_at == NOW + 20 * MINUTES
    assert kinds_of(row).count(events.CONTAINMENT_DECIDED) == 2


def test_a_late_decision_is_a_missed_clock(row, desk):
    contain(row, desk.manager, at=NOW + 61 * MINUTES)
    assert clock_of(row.complaint, "first_action").met is False


@pytest.mark.parametrize(
    ("changes", "field"), [({"details": " "}, "details"), ({"measure": "dance"}, "measure")]
)
def test_a_decision_says_what_and_how(row, desk, changes, field):
    with pytest.raises(BadInput) as refusal:
        contain(row, desk.manager, **changes)
    assert refusal.value.field == field


def test_who_only_checks_decides_nothing(row):
    with pytest.raises(NotAllowed):
        contain(row, make_user("auditor"))


@pytest.mark.clause("CM-8.2b")
def test_contained_comes_after_a_decision_and_once(row, desk):
    given: dict[str, Any] = {"complaint_id": row.complaint_id, "actor": desk.manager}
    with pytest.raises(MoveRefused):
        declare_contained(at=NOW + HOUR, **given)
    contain(row, desk.manager)
    declare_contained(at=NOW + HOUR, **given)
    row.refresh_from_db()
    assert (row.contained_at, row.contained_by) == (NOW + HOUR, desk.manager)
    with pytest.raises(MoveRefused):
        declare_contained(at=NOW + HOUR, **given)


@pytest.mark.clause("CM-8.2b")
def test_facts_are_kept_in_versions_confirmed_and_unconfirmed_apart(row, desk):
    given: dict[str, Any] = {"complaint_id": row.complaint_id, "actor": desk.manager}
    write_facts(confirmed="Model K2.", unconfirmed="Dry?", expected_version=0, at=NOW, **given)
    write_facts(confirmed="Model K2, dry.", unconfirmed="", expected_version=1, at=NOW, **given)
    sheets = list(row.fact_sheets.values_list("version", "confirmed", "unconfirmed"))
    assert sheets == [(2, "Model K2, dry.", ""), (1, "Model K2.", "Dry?")]
    with pytest.raises(Conflict):
        write_facts(confirmed="Other.", unconfirmed="", expected_version=1, at=NOW, **given)
    with pytest.raises(BadInput) as refusal:
        write_facts(confirmed=" ", unconfirmed="", expected_version=2, at=NOW, **given)
    assert refusal.value.field == "confirmed"


def test_the_first_call_is_noted_reached_or_not(row, desk):
    given: dict[str, Any] = {
        "complaint_id": row.complaint_id,
        "note": "Mailbox.",
        "actor": desk.agent,
    }
    note_first_call(reached=False, called_at=NOW + MINUTES, at=NOW + HOUR, **given)
    assert row.first_calls.get().reached is False
    for wrong in (NOW - HOUR, NOW + 2 * HOUR):
        with pytest.raises(BadInput) as refusal:
            note_first_call(reached=True, called_at=wrong, at=NOW + HOUR, **given)
        assert refusal.value.field == "called_at"


def test_what_is_over_is_over(row, desk, clock):
    downgrade_emergency(
        complaint_id=row.complaint_id,
        reason="Steam.",
        priority=Priority.P2,
        actor=desk.manager,
        at=NOW + HOUR,
    )
    clock.deliver()
    who: dict[str, Any] = {
        "complaint_id": row.complaint_id,
        "actor": desk.manager,
        "at": NOW + 2 * HOUR,
    }
    with pytest.raises(MoveRefused):
        contain(row, desk.manager)
    with pytest.raises(MoveRefused):
        write_facts(confirmed="X", unconfirmed="", expected_version=0, **who)
    with pytest.raises(MoveRefused):
        note_first_call(reached=True, note="", called_at=NOW + HOUR, **who)


def test_nothing_is_done_in_what_never_was_an_emergency(desk):
    complaint = make_complaint()
    with pytest.raises(MoveRefused):
        decide_containment(
            complaint_id=complaint.pk,
            measure=Measure.WARN,
            details="X",
            actor=desk.manager,
            at=NOW,
        )


@pytest.mark.clause("CM-8.2b")
def test_an_emergency_may_be_answered_before_it_is_assessed(row, desk):
    assign_complaint(complaint_id=row.complaint_id, owner=desk.handler, actor=desk.manager, at=NOW)
    propose_response(
        complaint_id=row.complaint_id,
        decision=decision(told_at=NOW),
        actor=desk.handler,
        at=NOW,
    )
    row.complaint.refresh_from_db()
    assert row.complaint.assessed_at is None
    assert row.complaint.state in {State.RESPONDED, State.RECEIVED}


# --- reports to authorities ------------------------------------------------------------------


@pytest.mark.clause("CM-8.2b")
def test_a_report_is_due_by_the_laws_own_clock_with_its_steps(row, desk):
    decided = decide_report(
        complaint_id=row.complaint_id, verdict=YES, actor=desk.manager, at=NOW + HOUR
    )
    # Two working days from Wednesday 4 March 2026: the end of Friday 6 March in Shanghai.
    assert decided.due_at.isoformat() == "2026-03-07T00:00:00+08:00"
    explained = explain_due(decided)
    assert explained.deadline.due_at == decided.due_at
    assert len(explained.steps) > 2


@pytest.mark.clause("CM-8.2b")
def test_every_duty_of_the_policy_is_decided_by_one_and_approved_by_another(row, desk):
    assert missing_decisions(row) == [RECALL]
    decided = decide_report(
        complaint_id=row.complaint_id, verdict=NO, actor=desk.manager, at=NOW + HOUR
    )
    assert missing_decisions(row) == [RECALL]
    with pytest.raises(NotAllowed):
        approve_report(report_id=decided.pk, actor=desk.manager, at=NOW + HOUR)
    with pytest.raises(NotAllowed):
        approve_report(report_id=decided.pk, actor=desk.agent, at=NOW + HOUR)
    approve_report(report_id=decided.pk, actor=make_user("top_management"), at=NOW + 2 * HOUR)
    assert missing_decisions(row) == []
    with pytest.raises(MoveRefused):
        approve_report(report_id=decided.pk, actor=make_user("manager"), at=NOW)


def test_the_database_too_refuses_who_approves_themselves(row, desk):
    decided = decide_report(complaint_id=row.complaint_id, verdict=NO, actor=desk.manager, at=NOW)
    decided.approved_by = desk.manager
    with pytest.raises(IntegrityError), transaction.atomic():
        decided.save()


def test_not_yet_known_is_no_decision(row, desk):
    verdict = Verdict(RECALL, Reportable.OPEN, "The sample is at the laboratory.")
    decided = decide_report(
        complaint_id=row.complaint_id, verdict=verdict, actor=desk.manager, at=NOW
    )
    approve_report(report_id=decided.pk, actor=make_user("manager"), at=NOW)
    assert missing_decisions(row) == [RECALL]
    decide_report(complaint_id=row.complaint_id, verdict=YES, actor=desk.manager, at=NOW + HOUR)
    assert ReportDecision.objects.filter(holds=True).get().reportable == "yes"
    assert ReportDecision.objects.count() == 2


def test_what_is_sent_back_is_decided_anew(row, desk):
    decided = decide_report(complaint_id=row.complaint_id, verdict=NO, actor=desk.handler, at=NOW)
    with pytest.raises(BadInput) as refusal:
        return_report(report_id=decided.pk, why=" ", actor=desk.manager, at=NOW)
    assert refusal.value.field == "why"
    return_report(report_id=decided.pk, why="And the burn?", actor=desk.manager, at=NOW)
    with pytest.raises(MoveRefused):
        approve_report(report_id=decided.pk, actor=make_user("manager"), at=NOW)
    assert missing_decisions(row) == [RECALL]


def test_the_minute_of_the_declaration_is_the_declaration_itself(row, desk):
    row.declared_at = NOW.replace(second=42)
    row.save(update_fields=["declared_at"])
    Complaint.objects.filter(pk=row.complaint_id).update(emergency_declared_at=row.declared_at)
    opened = NOW.replace(second=0)  # what the form says that was opened in the same minute
    decided = decide_report(complaint_id=row.complaint_id, verdict=YES, actor=desk.manager, at=NOW)
    given: dict[str, Any] = {"report_id": decided.pk, "actor": desk.manager, "at": NOW + HOUR}
    with pytest.raises(BadInput):
        note_reported(reported_at=opened - MINUTES, reference="A1", **given)
    told = note_reported(reported_at=opened, reference="A1", **given)
    assert told.reported_at == row.declared_at
    called = note_first_call(
        complaint_id=row.complaint_id,
        reached=True,
        note="",
        called_at=opened,
        actor=desk.manager,
        at=NOW + HOUR,
    )
    assert called.at == row.declared_at


def test_the_report_itself_is_noted_with_its_reference_even_before_the_approval(row, desk):
    decided = decide_report(complaint_id=row.complaint_id, verdict=YES, actor=desk.manager, at=NOW)
    given: dict[str, Any] = {"report_id": decided.pk, "actor": desk.manager, "at": NOW + 3 * HOUR}
    with pytest.raises(BadInput) as refusal:
        note_reported(reported_at=NOW + 9 * HOUR, reference="A1", **given)
    assert refusal.value.field == "reported_at"
    with pytest.raises(BadInput) as refusal:
        note_reported(reported_at=NOW + HOUR, reference=" ", **given)
    assert refusal.value.field == "reference"
    note_reported(reported_at=NOW + HOUR, reference="SAMR-17", **given)
    with pytest.raises(MoveRefused):
        note_reported(reported_at=NOW + HOUR, reference="SAMR-17", **given)
    with pytest.raises(MoveRefused):
        decide_report(complaint_id=row.complaint_id, verdict=NO, actor=desk.manager, at=NOW)


@pytest.mark.parametrize(
    ("verdict", "field"),
    [
        (Verdict("CN-NOTHING", Reportable.NO, "X"), "preset"),
        (Verdict(RECALL, cast(Reportable, "perhaps"), "X"), "reportable"),
        (Verdict(RECALL, Reportable.NO, " "), "reason"),
        (Verdict(RECALL, Reportable.YES, "X", clock="other", counts_from=NOW), "clock"),
        (Verdict(RECALL, Reportable.YES, "X", clock="report"), "counts_from"),
        (Verdict(RECALL, Reportable.YES, "X", "report", NOW + DAY), "counts_from"),
    ],
)
def test_a_verdict_that_cannot_be_is_refused_by_the_name_of_its_field(row, desk, verdict, field):
    with pytest.raises(BadInput) as refusal:
        decide_report(complaint_id=row.complaint_id, verdict=verdict, actor=desk.manager, at=NOW)
    assert refusal.value.field == field


def told(kind: str) -> int:
    return Notice.objects.filter(kind=kind).count()


@pytest.mark.clause("CM-8.2b")
def test_undecided_reports_are_warned_of_before_and_after_the_day_is_over(row, desk):
    sweep_warnings(now=NOW + 17 * HOUR)
    assert told("emergency_report") == 0
    sweep_warnings(now=NOW + 18 * HOUR)
    first = told("emergency_report")
    assert first > 0
    sweep_warnings(now=NOW + 23 * HOUR)
    assert told("emergency_report") == first
    sweep_warnings(now=NOW + 24 * HOUR)
    assert told("emergency_report") == 2 * first
    sweep_warnings(now=NOW + 47 * HOUR)
    sweep_warnings(now=NOW + 48 * HOUR)
    assert told("emergency_report") == 3 * first
    page = situation_of(row, desk.manager, now=NOW + 25 * HOUR)
    assert page.reports_late


def test_what_is_decided_and_reported_is_warned_of_no_more(row, desk):
    decided = decide_report(complaint_id=row.complaint_id, verdict=YES, actor=desk.manager, at=NOW)
    approve_report(report_id=decided.pk, actor=make_user("manager"), at=NOW)
    note_reported(report_id=decided.pk, reported_at=NOW, reference="A1", actor=desk.manager, at=NOW)
    row.refresh_from_db()
    assert row.next_warning_at is None
    assert sweep_warnings(now=NOW + 30 * DAY) == 0


# --- the review ------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2b")
def test_the_review_is_owed_within_ten_working_days(row, desk):
    contain(row, desk.manager)
    declare_contained(complaint_id=row.complaint_id, actor=desk.manager, at=NOW + HOUR)
    review = Review.objects.get()
    assert review.due_at.isoformat().startswith("2026-03-1")
    assert events.REVIEW_DUE in kinds_of(row)


def test_the_policy_says_how_many_days(desk, rota, clock):
    make_version({"fast_channel": {"review_work_days": 1}}, effective_from=NOW - 2 * DAY)
    row = declare(desk.case(), desk.agent)
    contain(row, desk.manager)
    declare_contained(complaint_id=row.complaint_id, actor=desk.manager, at=NOW + HOUR)
    assert Review.objects.get().due_at - NOW < 2 * DAY


@pytest.mark.clause("CM-8.2b")
def test_somebody_else_reviews_and_a_false_alarm_is_marked(row, desk, clock):
    given: dict[str, Any] = {"complaint_id": row.complaint_id, "at": NOW + DAY}
    other = make_user("quality_manager")
    with pytest.raises(MoveRefused):
        finish_review(lessons=LESSONS, actor=other, **given)
    downgrade_emergency(
        complaint_id=row.complaint_id,
        reason="Steam.",
        priority=Priority.P2,
        actor=desk.manager,
        at=NOW + HOUR,
    )
    clock.deliver()
    with pytest.raises(NotAllowed):
        finish_review(lessons=LESSONS, actor=desk.manager, **given)
    with pytest.raises(NotAllowed):
        finish_review(lessons=LESSONS, actor=desk.handler, **given)
    with pytest.raises(BadInput) as refusal:
        finish_review(lessons=Lessons("Good", "", "None", false_alarm=True), actor=other, **given)
    assert refusal.value.field == "went_badly"
    finish_review(
        lessons=Lessons("Quick", "Steam is no smoke", "None", false_alarm=True),
        actor=other,
        **given,
    )
    row.refresh_from_db()
    assert row.false_alarm is True
    with pytest.raises(MoveRefused):
        finish_review(lessons=LESSONS, actor=other, **given)


def test_an_overdue_review_is_reminded_of_daily_until_it_is_done(row, desk):
    contain(row, desk.manager)
    declare_contained(complaint_id=row.complaint_id, actor=desk.manager, at=NOW + HOUR)
    quality = make_user("quality_manager")
    due = Review.objects.get().due_at
    sweep_warnings(now=due + MINUTES)
    sweep_warnings(now=due + DAY + 2 * MINUTES)
    assert Notice.objects.filter(kind="emergency_review", user=quality).count() == 2
    finish_review(complaint_id=row.complaint_id, lessons=LESSONS, actor=quality, at=due + DAY)
    sweep_warnings(now=due + 5 * DAY)
    assert Notice.objects.filter(kind="emergency_review", user=quality).count() == 2


# --- what monitoring will ask ----------------------------------------------------------------


@pytest.mark.clause("CM-8.2b")
def test_the_raw_facts_of_the_channel_are_there_for_monitoring(row, desk):
    contain(row, desk.manager)
    declare_contained(complaint_id=row.complaint_id, actor=desk.manager, at=NOW + HOUR)
    (facts,) = channel_facts(desk.manager, since=NOW, until=NOW + DAY)
    assert (facts.to_declare, facts.to_take) == (HOUR, MINUTES)
    assert (facts.to_first_action, facts.to_containment) == (20 * MINUTES, HOUR)
    assert (facts.downgraded, facts.false_alarm) == (False, None)
    assert channel_facts(desk.manager, since=NOW + DAY, until=NOW + 2 * DAY) == []
    assert channel_facts(make_user("administrator"), since=NOW, until=NOW + DAY) == []
