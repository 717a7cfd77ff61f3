"""Whatever people do to a complaint in whatever order: what must always hold, holds.

A walk goes on most of the time and is disturbed now and then. Each step is a real verb; many are
refused, and a refusal leaves no trace.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from complaints.models import Clock, Complaint
from complaints.services.clocks import extend_clock, pause_complaint, resume_complaint
from complaints.services.closure import merge_complaint, unmerge_complaint, withdraw_complaint
from complaints.services.emergencies import declare_emergency, downgrade_emergency
from complaints.services.messages import write_message
from complaints.services.reckoning import explain
from complaints.services.reopening import reopen_complaint
from complaints.services.response import mark_remedy_done, propose_dismissal, return_approval
from complaints.services.sending import note_bounce, send_message
from complaints.services.sweeping import sweep_clocks
from complaints.services.triage import Correction, correct_complaint, reassess_complaint
from complaints.states import (
    OPEN_STATES,
    ApprovalState,
    MessageChannel,
    MessageState,
    Occasion,
    PauseReason,
    Priority,
    State,
    Trigger,
)
from journal.errors import Refusal
from journal.selectors import history_of
from journal.services import verify_subject
from tests.complaints.desk import Desk, category, criteria
from tests.complaints.factories import NOW

pytestmark = pytest.mark.django_db

EMAIL = MessageChannel.EMAIL
AFTER_THE_END = {"remedy", "follow_up"}


class Walk:
    """A complaint on its way, and everything that may happen to it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        given: dict[str, Any] = {"name": "Ann", "email": "ann@example.com"}
        self.twin = desk.case(**given)
        self.complaint = desk.case(**given)
        self.at = NOW

    def fresh(self) -> Complaint:
        """Return the complaint as it is stored."""
        return Complaint.objects.get(pk=self.complaint.pk)

    def who(self) -> dict[str, Any]:
        return {"complaint_id": self.complaint.pk, "actor": self.desk.manager, "at": self.at}

    # --- going on ---

    def go_on(self) -> None:
        """Do what comes next."""
        desk, complaint, at = self.desk, self.fresh(), self.at
        waiting = complaint.approvals.filter(state=ApprovalState.PENDING).first()
        if waiting is not None:
            return_approval(approval_id=waiting.pk, note="Again.", actor=desk.manager, at=at)
            return
        steps: dict[str, Callable[[], None]] = {
            State.RECEIVED: lambda: desk.acknowledge(complaint, at),
            State.ACKNOWLEDGED: lambda: desk.assess(complaint, at),
            State.ASSESSED: lambda: desk.find_out(complaint, at),
            State.INVESTIGATING: self._answer,
            State.RESPONDED: lambda: desk.close(complaint, at),
            State.CLOSED: lambda: desk.follow_up(complaint, at),
        }
        steps.get(complaint.state, self.reopen)()

    def _answer(self) -> None:
        complaint = self.fresh()
        if not complaint.depth_done:
            self.desk.find_out(complaint, self.at)
        self.desk.respond(complaint, self.at)

    def post(self) -> None:
        """Let letters leave."""
        for message in self.complaint.messages.filter(
            state=MessageState.QUEUED, channel=EMAIL, to_user=None
        ):
            send_message(message_id=message.pk, at=self.at)

    # --- disturbances ---

    def report(self) -> None:
        write_message(
            occasion=Occasion.PROGRESS, channel=EMAIL, subject="-", text="At work.", **self.who()
        )

    def bounce(self) -> None:
        sent = self.complaint.messages.filter(state=MessageState.SENT, to_user=None).last()
        if sent is not None:
            note_bounce(message_id=sent.pk, reason="550", actor=None, at=self.at)

    def wait(self) -> None:
        pause_complaint(reason=PauseReason.COMPLAINANT, evidence="", told_at=None, **self.who())

    def test(self) -> None:
        pause_complaint(
            reason=PauseReason.APPRAISAL, evidence="Order", told_at=self.at, **self.who()
        )

    def resume(self) -> None:
        resume_complaint(**self.who())

    def judge_high(self) -> None:
        reassess_complaint(criteria=criteria(severity="high"), **self.who())

    def judge_low(self) -> None:
        reassess_complaint(criteria=criteria(severity="low"), **self.who())

    def correct(self) -> None:
        other = "service.late" if self.fresh().category == category() else "product.defective"
        correct_complaint(
            correction=Correction(category=category(other)), reason="Mistaken.", **self.who()
        )

    def alarm(self) -> None:
        declare_emergency(trigger=Trigger.PERSONAL_SAFETY, facts="It smokes.", **self.who())

    def calm(self) -> None:
        downgrade_emergency(reason="It was steam.", priority=Priority.P2, **self.who())

    def extend(self) -> None:
        clock = self.complaint.clocks.filter(stage="respond").last()
        assert clock is not None
        extend_clock(
            clock_id=clock.pk,
            new_due_date=clock.due_date + timedelta(days=3),
            reason="Late laboratory.",
            told_at=self.at,
            **self.who(),
        )

    def keep_promise(self) -> None:
        remedy = self.complaint.remedys.filter(done_at=None).first()
        if remedy is not None:
            mark_remedy_done(
                remedy_id=remedy.pk,
                proof="Slip",
                done_at=self.at,
                actor=self.desk.agent,
                at=self.at,
            )

    def dismiss(self) -> None:
        propose_dismissal(
            complaint_id=self.complaint.pk, reason="-", actor=self.desk.handler, at=self.at
        )

    def merge(self) -> None:
        merge_complaint(into_id=self.twin.pk, **self.who())

    def unmerge(self) -> None:
        unmerge_complaint(**self.who())

    def reopen(self) -> None:
        reopen_complaint(reason="Again.", **self.who())

    def withdraw(self) -> None:
        withdraw_complaint(reason="Settled.", **self.who())

    def sweep(self) -> None:
        sweep_clocks(now=self.at)


ON = ("go_on",) * 14 + ("post",) * 3
DISTURBED = [
    "report",
    "bounce",
    "wait",
    "test",
    "resume",
    "resume",
    "judge_high",
    "judge_low",
    "correct",
    "alarm",
    "calm",
    "extend",
    "keep_promise",
    "dismiss",
    "merge",
    "unmerge",
    "unmerge",
    "reopen",
    "withdraw",
    "sweep",
    "sweep",
]
STEPS = st.lists(
    st.tuples(st.sampled_from([*ON, *DISTURBED]), st.integers(min_value=0, max_value=72)),
    min_size=6,
    max_size=18,
)


def test_what_must_always_hold_holds_after_every_step():
    desk = Desk()
    start = Walk(desk)
    assert desk.handler != desk.manager  # both are there before the first walk

    @given(steps=STEPS)
    @settings(max_examples=15)
    def holds(steps: list[tuple[str, int]]) -> None:
        with transaction.atomic():
            start.at = NOW
            _walk(start, steps)
            transaction.set_rollback(True)

    holds()


def _walk(walk: Walk, steps: list[tuple[str, int]]) -> None:
    results: dict[int, tuple[Any, ...]] = {}
    for name, hours in steps:
        walk.at += timedelta(hours=hours)
        before, entries = walk.fresh(), history_of(walk.complaint).count()
        try:
            with transaction.atomic():
                getattr(walk, name)()
        except Refusal:
            assert _row(walk.fresh()) == _row(before)
            assert history_of(walk.complaint).count() == entries
        after = walk.fresh()
        assert after.version >= before.version
        assert after.cycle >= before.cycle
        if after.state != before.state:
            assert after.version > before.version
            assert history_of(walk.complaint).count() > entries
        _hangs_together(after, walk.at)
        _never_alters_earlier_cycles(after, results)


def _row(complaint: Complaint) -> dict[str, Any]:
    return {field.name: field.value_from_object(complaint) for field in complaint._meta.fields}


def _hangs_together(complaint: Complaint, now: datetime) -> None:
    assert verify_subject(complaint).intact
    assert complaint.is_open == (complaint.state in OPEN_STATES)
    clocks = list(complaint.clocks.select_related("complaint"))
    running = [clock for clock in clocks if clock.running]
    if not complaint.is_open:
        assert {clock.stage for clock in running} <= AFTER_THE_END
    asking = sorted(clock.due_at for clock in running if clock.paused_at is None)
    assert complaint.next_due_at == (asking[0] if asking else None)
    assert complaint.paused == complaint.pauses.filter(ended_at=None).exists()
    waiting = complaint.approvals.filter(state=ApprovalState.PENDING).values_list("kind", flat=True)
    assert complaint.pending_approval == ("".join(waiting))
    for clock in clocks:
        _is_sound(clock, now)


def _is_sound(clock: Clock, now: datetime) -> None:
    assert (clock.stopped_at is None) == (clock.met is None)
    assert not (clock.dropped and clock.stopped_at)
    assert clock.running or clock.next_event_at is None
    assert clock.due_at >= clock.promised_at
    if clock.paused_at is None and clock.extended_by_id is None and not clock.dropped:
        assert explain(clock, now=now).due_at == clock.due_at


def _never_alters_earlier_cycles(complaint: Complaint, results: dict[int, tuple[Any, ...]]) -> None:
    over = complaint.clocks.filter(cycle__lt=complaint.cycle).exclude(stage="remedy")
    for clock in over:
        result = (clock.due_at, clock.stopped_at, clock.met, clock.dropped)
        assert results.setdefault(clock.pk, result) == result
