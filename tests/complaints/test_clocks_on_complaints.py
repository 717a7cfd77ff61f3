"""What time limits do on a complaint: pauses, extensions, other priorities, a new policy."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from complaints import events
from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed
from complaints.models import Clock, Complaint, Pause
from complaints.rules.policy import PolicyContent
from complaints.services.clocks import extend_clock, pause_complaint, resume_complaint
from complaints.services.messages import write_message
from complaints.services.policy import approve_policy, change_policy, draft_policy, submit_policy
from complaints.services.reckoning import explain
from complaints.services.sending import note_bounce, send_message
from complaints.services.triage import acknowledge_complaint, reassess_complaint
from complaints.states import MessageChannel, Occasion, PauseReason, State
from journal.selectors import history_of
from tests.complaints.desk import Desk, clock_of, clocks_said, criteria, make_version
from tests.complaints.factories import NOW, make_complaint, make_user

DAY = timedelta(days=1)
COMPLAINANT, APPRAISAL = PauseReason.COMPLAINANT, PauseReason.APPRAISAL

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def pause(desk: Desk, complaint: Complaint, at: datetime = NOW, **changes: Any) -> Pause:
    given: dict[str, Any] = {
        "reason": COMPLAINANT,
        "evidence": "Asked for the receipt.",
        "told_at": at,
        "actor": desk.handler,
    }
    return pause_complaint(complaint_id=complaint.pk, at=at, **(given | changes))


def resume(desk: Desk, complaint: Complaint, at: datetime) -> None:
    resume_complaint(complaint_id=complaint.pk, actor=desk.handler, at=at)


def extend(desk: Desk, complaint: Complaint, last_day: date, **changes: Any) -> Clock:
    given: dict[str, Any] = {
        "clock_id": clock_of(complaint, "respond").pk,
        "reason": "The laboratory is late.",
        "told_at": NOW,
        "actor": desk.manager,
        "at": NOW,
    }
    return extend_clock(complaint_id=complaint.pk, new_due_date=last_day, **(given | changes))


def reassess(desk: Desk, complaint: Complaint, severity: str, at: datetime) -> None:
    reassess_complaint(
        complaint_id=complaint.pk,
        criteria=criteria(severity=severity),
        actor=desk.handler,
        at=at,
    )


# --- pauses ------------------------------------------------------------------------------------


def test_a_pause_stops_the_clocks_that_allow_it_and_no_other(desk):
    complaint = desk.case("assessed")
    pause(desk, complaint)
    complaint.refresh_from_db()
    standing = {clock.stage for clock in complaint.clocks.exclude(paused_at=None)}
    assert standing == {"progress", "respond"}
    assert complaint.paused
    assert complaint.next_due_stage == "first_action"
    assert history_of(complaint).get(kind=events.PAUSED).payload["reason"] == "complainant"


def test_after_it_the_clocks_end_later_by_the_working_days_it_took(desk):
    complaint = desk.case("assessed")
    before = clock_of(complaint, "respond").due_date
    pause(desk, complaint, NOW + DAY)  # Thursday
    resume(desk, complaint, NOW + 6 * DAY)  # Tuesday: three working days later
    clock = clock_of(complaint, "respond")
    assert (before, clock.due_date) == (date(2026, 3, 18), date(2026, 3, 23))
    assert clock.paused_at is None
    assert not Complaint.objects.get(pk=complaint.pk).paused
    assert history_of(complaint).get(kind=events.RESUMED).actor == desk.handler


def test_a_pause_within_a_weekend_takes_no_working_time(desk):
    complaint = desk.case("assessed")
    before = clock_of(complaint, "respond").due_at
    pause(desk, complaint, NOW + 3 * DAY)
    resume(desk, complaint, NOW + 4 * DAY)
    assert clock_of(complaint, "respond").due_at == before


@pytest.fixture
def hard_respond(desk: Desk) -> Complaint:
    """Return a complaint whose time to answer is a law's, which stops for appraisal only."""
    said = clocks_said(respond={"hard": True, "pause_reasons": ["appraisal"]})
    make_version({"clocks": said}, effective_from=NOW - 9 * DAY)
    return desk.case("assessed")


def test_waiting_for_the_complainant_never_stops_a_legal_clock(desk, hard_respond):
    before = clock_of(hard_respond, "respond").due_at
    pause(desk, hard_respond)
    assert clock_of(hard_respond, "respond").paused_at is None
    resume(desk, hard_respond, NOW + 5 * DAY)
    assert clock_of(hard_respond, "respond").due_at == before
    assert clock_of(hard_respond, "progress").due_at > before - 9 * DAY


def test_no_policy_can_say_that_a_legal_clock_waits_for_the_complainant():
    said = clocks_said(respond={"hard": True})
    with pytest.raises(ValueError, match="hard_waits"):
        PolicyContent.model_validate({"clocks": said})


def test_a_lawful_pause_does_stop_it(desk, hard_respond):
    pause(desk, hard_respond, NOW + DAY, reason=APPRAISAL, evidence="Order to the laboratory")
    resume(desk, hard_respond, NOW + 5 * DAY)  # from Thursday to Monday: two working days
    assert clock_of(hard_respond, "respond").due_date == date(2026, 3, 20)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": APPRAISAL, "told_at": None}, "told_at"),
        ({"reason": PauseReason.MEDIATION, "told_at": None}, "told_at"),
        ({"reason": APPRAISAL, "evidence": " "}, "evidence"),
        ({"told_at": NOW + DAY}, "told_at"),
    ],
)
def test_a_lawful_pause_without_its_proof_is_refused(desk, changes, field):
    complaint = desk.case("assessed")
    with pytest.raises(BadInput) as refusal:
        pause(desk, complaint, **changes)
    assert refusal.value.field == field
    assert not Pause.objects.exists()


def test_one_pause_at_a_time_and_none_at_the_end(desk):
    complaint = desk.case("assessed")
    with pytest.raises(MoveRefused):
        resume(desk, complaint, NOW)
    pause(desk, complaint)
    with pytest.raises(MoveRefused):
        pause(desk, complaint)
    with pytest.raises(MoveRefused):
        pause(desk, desk.case("closed"), actor=desk.manager)


def test_an_agent_does_not_pause_but_may_say_that_it_is_over(desk):
    complaint = desk.case("assessed")
    with pytest.raises(NotAllowed):
        pause(desk, complaint, actor=desk.agent)
    pause(desk, complaint)
    resume_complaint(complaint_id=complaint.pk, actor=desk.agent, at=NOW)
    with pytest.raises(Conflict):
        pause(desk, complaint, expected_version=1)


def test_what_had_run_out_before_cannot_be_hidden_by_a_pause(desk):
    complaint = desk.case("assessed")
    late = NOW + 20 * DAY
    pause(desk, complaint, late)
    complaint.refresh_from_db()
    assert clock_of(complaint, "respond").paused_at is None
    assert complaint.next_due_at is not None
    assert complaint.next_due_at < late
    desk.find_out(complaint, late)
    desk.respond(complaint, late)
    assert clock_of(complaint, "respond").met is False


def test_what_is_met_during_a_pause_is_met_and_explained_so(desk):
    complaint = desk.case("assessed")
    pause(desk, complaint, NOW + DAY)
    at = NOW + 40 * DAY  # far beyond the first due date
    write_message(
        complaint_id=complaint.pk,
        occasion=Occasion.PROGRESS,
        channel=MessageChannel.PHONE,
        subject="",
        text="The laboratory is at work.",
        told_at=at,
        actor=desk.agent,
        at=at,
    )
    progress = complaint.clocks.filter(stage="progress").order_by("pk")[0]
    assert (progress.met, progress.stopped_at) == (True, at)
    resume(desk, complaint, at + 9 * DAY)
    assert explain(progress, now=at).due_at == progress.due_at > at


def test_a_pause_after_a_clock_was_met_does_not_move_its_explanation(desk):
    complaint = desk.case("assessed")
    write_message(
        complaint_id=complaint.pk,
        occasion=Occasion.PROGRESS,
        channel=MessageChannel.PHONE,
        subject="",
        text="We are at work.",
        told_at=NOW,
        actor=desk.agent,
        at=NOW,
    )
    pause(desk, complaint, NOW + DAY)
    resume(desk, complaint, NOW + 9 * DAY)
    met = complaint.clocks.filter(stage="progress").order_by("pk")[0]
    assert explain(met, now=NOW + 9 * DAY).due_at == met.due_at


def test_a_clock_that_runs_again_after_a_bounce_knows_of_the_pauses_meanwhile(desk):
    said = clocks_said(ack={"pause_reasons": ["complainant"]})
    make_version({"clocks": said}, effective_from=NOW - 9 * DAY)
    complaint = make_complaint(actor=desk.manager, email="ann@example.com")
    before = clock_of(complaint, "acknowledge").due_date
    acknowledge_complaint(
        complaint_id=complaint.pk,
        channel=MessageChannel.EMAIL,
        subject="Received",
        text="We have it.",
        actor=desk.manager,
        at=NOW,
    )
    letter = complaint.messages.get(occasion="acknowledgement")
    send_message(message_id=letter.pk, at=NOW)
    pause(desk, complaint, NOW + DAY, actor=desk.manager)
    resume_complaint(complaint_id=complaint.pk, actor=desk.manager, at=NOW + 2 * DAY)
    note_bounce(message_id=letter.pk, reason="550", actor=None, at=NOW + 2 * DAY)
    clock = clock_of(complaint, "acknowledge")
    assert (clock.running, clock.paused_at, clock.due_date) == (True, None, before + DAY)


@dataclass(frozen=True)
class Stay:
    """A pause: so long after the beginning, for so long."""

    after: timedelta
    lasts: timedelta
    reason: PauseReason


STAYS = st.lists(
    st.builds(
        Stay,
        st.timedeltas(timedelta(0), 5 * DAY),
        st.timedeltas(timedelta(0), 9 * DAY),
        st.sampled_from([COMPLAINANT, APPRAISAL]),
    ),
    max_size=3,
)


def live_through(desk: Desk, complaint: Complaint, stays: list[Stay], at: datetime) -> datetime:
    """Pause and go on as told, one after the other; return when that is over."""
    for stay in stays:
        pause(desk, complaint, at + stay.after, reason=stay.reason)
        at = at + stay.after + stay.lasts
        resume(desk, complaint, at)
    return at


def test_a_pause_never_makes_anything_due_earlier(desk):
    complaint = desk.case("assessed")
    before = {clock.code: clock.due_at for clock in complaint.clocks.filter(dropped=False)}

    @given(stays=STAYS)
    @settings(max_examples=10)
    def holds(stays: list[Stay]) -> None:
        with transaction.atomic():
            live_through(desk, complaint, stays, NOW)
            for clock in complaint.clocks.filter(dropped=False):
                assert clock.due_at >= before[clock.code]
                assert explain(clock, now=NOW + 99 * DAY).due_at == clock.due_at
            transaction.set_rollback(True)

    holds()


def test_another_priority_keeps_pauses_and_the_original_start(desk):
    """However often the priority changed: its clocks stand as if it had been so from the start."""
    steady, changed = desk.case("assessed"), desk.case("assessed")

    @given(stays=STAYS, ways=st.lists(st.sampled_from(["low", "high", "moderate"]), max_size=3))
    @settings(max_examples=10)
    def holds(stays: list[Stay], ways: list[str]) -> None:
        with transaction.atomic():
            at = live_through(desk, steady, stays, NOW)
            live_through(desk, changed, stays, NOW)
            for severity in [*ways, "moderate"]:
                reassess(desk, changed, severity, at)
            assert standing(changed) == standing(steady)
            transaction.set_rollback(True)

    holds()


def standing(complaint: Complaint) -> dict[str, tuple[Any, ...]]:
    """Return how the running clocks stand."""
    return {
        clock.code: (clock.started_at, clock.due_at, clock.promised_at, clock.counted_from)
        for clock in complaint.clocks.all()
        if clock.running
    }


def test_another_priority_during_a_pause_keeps_the_pause(desk):
    complaint = desk.case("assessed")
    pause(desk, complaint, NOW + DAY, reason=APPRAISAL)
    reassess(desk, complaint, "high", NOW + 3 * DAY)
    clock = clock_of(complaint, "respond")
    assert (clock.code, clock.paused_at) == ("respond_p1", NOW + DAY)
    complaint.refresh_from_db()
    assert complaint.paused
    assert complaint.next_due_stage != "respond"
    resume(desk, complaint, NOW + 5 * DAY)
    assert clock_of(complaint, "respond").due_date == date(2026, 3, 13)  # 9 March and four days


# --- progress ----------------------------------------------------------------------------------


def report(desk: Desk, complaint: Complaint, at: datetime) -> None:
    write_message(
        complaint_id=complaint.pk,
        occasion=Occasion.PROGRESS,
        channel=MessageChannel.PHONE,
        subject="",
        text="We are at work.",
        told_at=at,
        actor=desk.agent,
        at=at,
    )


def test_each_report_starts_the_time_for_the_next(desk):
    complaint = desk.case("assessed")
    report(desk, complaint, NOW + DAY)
    first, second = complaint.clocks.filter(stage="progress").order_by("pk")
    assert (first.stopped_at, first.met) == (NOW + DAY, True)
    assert (second.started_at, second.running) == (NOW + DAY, True)


def test_a_report_that_leaves_after_the_answer_makes_no_other_fall_due(desk):
    complaint = desk.case("investigating", email="ann@example.com")
    letter = write_message(
        complaint_id=complaint.pk,
        occasion=Occasion.PROGRESS,
        channel=MessageChannel.EMAIL,
        subject="How it stands",
        text="We are at work.",
        actor=desk.agent,
        at=NOW,
    )
    desk.respond(complaint, NOW)
    send_message(message_id=letter.pk, at=NOW)
    assert not any(clock.running for clock in complaint.clocks.filter(stage="progress"))


def test_a_clock_that_begins_during_a_pause_stands_still_from_the_start(desk):
    complaint = desk.case("assessed")
    pause(desk, complaint, NOW + DAY)
    report(desk, complaint, NOW + 2 * DAY)  # Friday
    assert clock_of(complaint, "progress").paused_at == NOW + DAY
    resume(desk, complaint, NOW + 9 * DAY)  # Friday
    assert clock_of(complaint, "progress").due_date == date(2026, 3, 19)


def test_another_priority_counts_the_next_report_from_the_last(desk):
    complaint = desk.case("assessed")
    report(desk, complaint, NOW + DAY)
    reassess(desk, complaint, "high", NOW + DAY)
    assert clock_of(complaint, "progress").started_at == NOW + DAY


# --- extensions --------------------------------------------------------------------------------


def test_a_time_is_extended_once_with_notice_and_the_first_promise_stays_readable(desk):
    complaint = desk.case("assessed")
    before = clock_of(complaint, "respond")
    extend(desk, complaint, before.due_date + 10 * DAY)
    clock = clock_of(complaint, "respond")
    assert clock.due_date == before.due_date + 10 * DAY
    assert (clock.promised_at, clock.extended_by) == (before.promised_at, desk.manager)
    assert clock.extended_reason == "The laboratory is late."
    payload = history_of(complaint).get(kind=events.EXTENDED).payload
    assert payload["told_at"] == NOW.isoformat()
    with pytest.raises(MoveRefused):
        extend(desk, complaint, clock.due_date + DAY)


@pytest.mark.parametrize(
    ("days", "changes", "field"),
    [
        (5, {"reason": " "}, "reason"),
        (5, {"told_at": None}, "told_at"),
        (5, {"told_at": NOW + DAY}, "told_at"),
        (0, {}, "new_due_date"),
        (-1, {}, "new_due_date"),
        (16, {}, "new_due_date"),  # the policy allows fifteen
    ],
)
def test_a_bad_extension_is_refused_by_the_name_of_its_field(desk, days, changes, field):
    complaint = desk.case("assessed")
    last_day = clock_of(complaint, "respond").due_date + days * DAY
    with pytest.raises(BadInput) as refusal:
        extend(desk, complaint, last_day, **changes)
    assert refusal.value.field == field


def test_what_is_over_is_not_extended(desk):
    complaint = desk.case("assessed")
    due = clock_of(complaint, "respond")
    with pytest.raises(MoveRefused):
        extend(desk, complaint, due.due_date + DAY, at=due.due_at)
    desk.find_out(complaint, NOW)
    desk.respond(complaint, NOW)
    with pytest.raises(MoveRefused):
        extend(desk, complaint, due.due_date + DAY)


def test_what_the_policy_does_not_let_be_extended_is_not(desk):
    complaint = desk.case("assessed")
    clock = clock_of(complaint, "progress")
    with pytest.raises(MoveRefused):
        extend(desk, complaint, clock.due_date + DAY, clock_id=clock.pk)


def test_a_handler_extends_nothing_alone(desk):
    complaint = desk.case("assessed")
    with pytest.raises(NotAllowed):
        extend(desk, complaint, date(2026, 3, 20), actor=desk.handler)


def test_a_pause_after_an_extension_is_not_lost_even_beyond_the_first_due_date(desk):
    complaint = desk.case("assessed")
    extend(desk, complaint, date(2026, 3, 31))  # first due on the 18th
    pause(desk, complaint, NOW + 19 * DAY, reason=APPRAISAL)  # Monday the 23rd
    assert clock_of(complaint, "respond").due_date == date(2026, 3, 31)
    resume(desk, complaint, NOW + 21 * DAY)
    assert clock_of(complaint, "respond").due_date == date(2026, 4, 2)


def test_a_pause_that_the_clock_does_not_allow_moves_no_extended_clock_either(desk):
    said = clocks_said(respond={"pause_reasons": ["appraisal"]})
    make_version({"clocks": said}, effective_from=NOW - 9 * DAY)
    complaint = desk.case("assessed")
    extend(desk, complaint, date(2026, 3, 31))
    pause(desk, complaint, NOW + DAY)
    resume(desk, complaint, NOW + 5 * DAY)
    assert clock_of(complaint, "respond").due_date == date(2026, 3, 31)


def test_an_extended_clock_of_hours_moves_by_the_hours_of_the_pause(desk):
    said = clocks_said(respond={"unit": "hour", "amount": 48, "calendar": "24x7"})
    make_version({"clocks": said}, effective_from=NOW - 9 * DAY)
    complaint = desk.case("assessed")
    extend(desk, complaint, date(2026, 3, 10))
    before = clock_of(complaint, "respond").due_at
    pause(desk, complaint, NOW + DAY)
    resume(desk, complaint, NOW + DAY + timedelta(hours=7))
    clock = clock_of(complaint, "respond")
    assert (clock.due_at - before, clock.due_date) == (timedelta(hours=7), date(2026, 3, 11))


# --- met and missed ----------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "met"), [(timedelta(microseconds=-1), True), (timedelta(), False)])
def test_in_time_is_before_the_end_of_the_last_day(desk, at, met):
    complaint = desk.case()
    moment = clock_of(complaint, "acknowledge").due_at + at
    desk.acknowledge(complaint, moment)
    assert clock_of(complaint, "acknowledge").met is met


# --- another policy ----------------------------------------------------------------------------


@pytest.mark.clause("CM-8.1", "CM-7.5")
def test_a_new_policy_never_rewrites_the_past(desk):
    complaint = desk.case("assessed")
    before = list(complaint.clocks.order_by("pk").values())
    author, approver = make_user("quality_manager"), make_user("top_management")
    draft = draft_policy(actor=author, at=NOW)
    said = clocks_said(respond={"amount": 2}, progress={"amount": 1})
    content = {**draft.content, "clocks": said, "default_priority": "P3"}
    change_policy(policy_id=draft.pk, content=content, actor=author, at=NOW)
    submit_policy(policy_id=draft.pk, note="Faster.", actor=author, at=NOW)
    approve_policy(policy_id=draft.pk, actor=approver, at=NOW)
    complaint.refresh_from_db()
    assert complaint.policy.version == 1
    assert list(complaint.clocks.order_by("pk").values()) == before
    reassess(desk, complaint, "low", NOW)  # what changes now still follows its own version
    assert clock_of(complaint, "respond").due_date == date(2026, 3, 11)
    fresh = desk.case(at=NOW + DAY)
    assert (fresh.policy.version, fresh.priority) == (2, "P3")


def test_the_state_is_the_pages_and_the_clock_tells_the_queue(desk):
    complaint = desk.case("assessed")
    first = min(
        (clock for clock in complaint.clocks.all() if clock.running),
        key=lambda clock: clock.due_at,
    )
    assert (complaint.state, complaint.next_due_at) == (State.ASSESSED, first.due_at)
