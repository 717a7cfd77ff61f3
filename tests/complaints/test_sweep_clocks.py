"""Warnings, breaches and the ladder: each told once, however often and by however many swept."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from complaints import events
from complaints.models import Clock, Complaint, Escalation, Message, Notice
from complaints.services import escalation, sweeping
from complaints.services.clocks import pause_complaint, resume_complaint
from complaints.services.reckoning import next_event
from complaints.services.sweeping import Swept, sweep_clocks
from complaints.states import PauseReason
from journal.origin import origin
from journal.selectors import history_of
from tests.complaints.desk import Desk, clock_of, clocks_said, make_version
from tests.complaints.factories import NOW, make_site, make_user

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.manager  # noqa: B018 - is there when the ladder is climbed
    return desk


@pytest.fixture
def hundred(desk: Desk) -> Complaint:
    """Return a complaint with one time limit: a hundred hours to answer, beside an endless one."""
    said = [
        {**item, "unit": "hour", "amount": 100, "calendar": "24x7", "priorities": []}
        for item in clocks_said()
        if item["code"] == "respond"
    ]
    endless = {**said[0], "code": "ack", "stage": "acknowledge", "amount": 3650}
    make_version({"clocks": [*said, endless]}, effective_from=NOW - 9 * DAY)
    return desk.case(received_at=NOW)


def told(complaint: Complaint) -> list[tuple[str, int]]:
    """Return what was told of time limits, in order."""
    return [
        (entry.kind.removeprefix("complaint.clock_"), entry.payload["percent"])
        for entry in history_of(complaint).filter(kind__startswith="complaint.clock_")
    ]


@pytest.mark.clause("CM-8.1")
def test_half_three_quarters_nine_tenths_and_the_end_are_told_each_when_it_comes(hundred):
    moments = (49, 50, 74, 75, 89, 90, 99, 100, 101, 500)
    found = {hour: sweep_clocks(now=NOW + hour * HOUR) for hour in moments}
    assert [hour for hour in moments if found[hour] != Swept()] == [50, 75, 90, 100]
    assert found[100] == Swept(breached=1)
    assert told(hundred) == [("warned", 50), ("warned", 75), ("warned", 90), ("breached", 100)]
    clock = clock_of(hundred, "respond")
    assert (clock.told_percent, clock.next_event_at) == (100, None)


def test_a_breach_is_entered_at_the_moment_the_time_was_over(hundred):
    sweep_clocks(now=NOW + 123 * HOUR)
    entry = history_of(hundred).get(kind=events.CLOCK_BREACHED)
    assert entry.occurred_at == NOW + 100 * HOUR
    assert (entry.actor is not None and entry.actor.is_system, entry.door) == (True, "scheduler")


def test_after_a_long_sleep_only_the_last_word_is_told(hundred):
    sweep_clocks(now=NOW + 95 * HOUR)
    assert told(hundred) == [("warned", 90)]


def test_a_sweep_again_tells_nothing_again(hundred):
    for hour in (50, 75, 90, 100):
        for _again in range(3):
            sweep_clocks(now=NOW + hour * HOUR)
    assert len(told(hundred)) == 4
    assert Escalation.objects.count() == 2


def test_a_sweep_that_is_killed_is_simply_gone_on_with(hundred, monkeypatch):
    def killed(*_args: Any, **_kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sweeping, "climb", killed)
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            sweep_clocks(now=NOW + 75 * HOUR)
    assert (told(hundred), Escalation.objects.count()) == ([], 0)
    sweep_clocks(now=NOW + 75 * HOUR)
    assert (told(hundred), Escalation.objects.count()) == ([("warned", 75)], 1)


def test_what_was_met_is_told_no_more(hundred, desk):
    sweep_clocks(now=NOW + 50 * HOUR)
    desk._end_otherwise(hundred, "withdrawn", NOW + 51 * HOUR)
    assert sweep_clocks(now=NOW + 200 * HOUR) == Swept()


# --- the ladder --------------------------------------------------------------------------------


def climbed(complaint: Complaint) -> list[tuple[int, str, str]]:
    rows = complaint.escalations.order_by("pk")
    return list(rows.values_list("level", "trigger", "clock_code"))


def test_at_three_quarters_the_manager_is_told_and_at_the_end_the_level_above(hundred, desk):
    above = make_user("quality_manager")
    sweep_clocks(now=NOW + 50 * HOUR)
    assert climbed(hundred) == []
    sweep_clocks(now=NOW + 75 * HOUR)
    assert climbed(hundred) == [(2, "warning", "respond")]
    assert {notice.user for notice in Notice.objects.all()} == {desk.manager}
    sweep_clocks(now=NOW + 100 * HOUR)
    assert climbed(hundred) == [(2, "warning", "respond"), (3, "breach", "respond")]
    assert {notice.user for notice in Notice.objects.all()} == {desk.manager, above}
    hundred.refresh_from_db()
    assert hundred.escalation_level == 3


def test_every_missed_clock_climbs_not_only_the_first(desk):
    complaint = desk.case("assessed")
    at = NOW + DAY
    while at < NOW + 16 * DAY:
        sweep_clocks(now=at)
        at += 6 * HOUR
    missed = [(level, code) for level, trigger, code in climbed(complaint) if trigger == "breach"]
    assert missed == [(3, "first_action"), (3, "progress"), (3, "respond")]
    warned = [(level, code) for level, trigger, code in climbed(complaint) if trigger == "warning"]
    assert warned == [(2, "first_action"), (2, "progress"), (2, "respond")]


def test_what_comes_again_warns_the_ladder_once_a_cycle_but_tells_of_every_miss(hundred):
    """As with progress reports: who is told before each falls due is told of nothing."""
    sweep_clocks(now=NOW + 75 * HOUR)
    Clock.objects.filter(stage="respond").update(stopped_at=NOW, next_event_at=None)
    again = Clock.objects.get(stage="respond")
    again.pk, again.stopped_at, again.told_percent = None, None, 0
    again.next_event_at = next_event(again)
    again.save(force_insert=True)
    sweep_clocks(now=NOW + 75 * HOUR)
    assert climbed(hundred) == [(2, "warning", "respond")]
    sweep_clocks(now=NOW + 100 * HOUR)
    assert climbed(hundred)[1:] == [(3, "breach", "respond")]


def test_who_decided_to_escalate_silences_no_clock(hundred, desk):
    escalation.escalate_complaint(
        complaint_id=hundred.pk, reason="Help.", level=4, actor=desk.agent, at=NOW
    )
    sweep_clocks(now=NOW + 100 * HOUR)
    assert {(2, "breach"), (3, "breach")} <= {row[:2] for row in climbed(hundred)}


def test_nobody_is_told_of_what_they_must_not_know(desk):
    site = make_site()
    here, elsewhere = make_user("manager", site=site), make_user("manager", site=make_site())
    subject = make_user("manager", site=site)
    desk.case(site=site, subject_person=subject, confidential=True)
    sweep_clocks(now=NOW + 3 * DAY)
    people = {notice.user for notice in Notice.objects.all()}
    assert here in people
    assert not people & {elsewhere, subject, desk.agent}


def test_one_mail_each_however_many_ran_out(desk):
    cases = [desk.case() for _ in range(4)]
    sweep_clocks(now=NOW + 2 * DAY)
    mail = Message.objects.get(to_user=desk.manager)
    assert all(complaint.reference in mail.body for complaint in cases)
    assert "4 complaints" in mail.subject
    assert Notice.objects.filter(user=desk.manager).count() == 4


def test_batches_leave_nobody_out_and_tell_nobody_twice(desk, monkeypatch):
    monkeypatch.setattr(sweeping, "BATCH", 2)
    cases = [desk.case() for _ in range(5)]
    sweep_clocks(now=NOW + 2 * DAY)
    assert all(("breached", 100) in told(complaint) for complaint in cases)
    assert Escalation.objects.filter(level=3).count() == 5


def test_a_sweep_asks_no_complaint_on_its_own_however_much_ran_out(desk):
    def asked(cases: int) -> int:
        for _ in range(cases):
            desk.case()
        with origin("test"), CaptureQueriesContext(connection) as queries:
            sweep_clocks(now=NOW + 2 * DAY)
        return len(queries)

    asked(1)  # what is looked up once per process
    # Many rows go in by another road (journal.services.bulk_rows), which asks for their ids.
    assert asked(12) <= asked(2) + 4


# --- pauses ------------------------------------------------------------------------------------


def pause(desk: Desk, complaint: Complaint, start: datetime, end: datetime | None) -> None:
    pause_complaint(
        complaint_id=complaint.pk,
        reason=PauseReason.COMPLAINANT,
        evidence="",
        told_at=None,
        actor=desk.manager,
        at=start,
    )
    if end is not None:
        resume_complaint(complaint_id=complaint.pk, actor=desk.manager, at=end)


def test_of_a_clock_that_stands_still_nothing_is_told(hundred, desk):
    pause(desk, hundred, NOW + 40 * HOUR, None)
    sweep_clocks(now=NOW + 900 * HOUR)
    assert told(hundred) == []


def test_time_that_stood_still_is_not_time_used(hundred, desk):
    pause(desk, hundred, NOW + 20 * HOUR, NOW + 320 * HOUR)  # of 100 hours 20 are used
    sweep_clocks(now=NOW + 349 * HOUR)
    assert (told(hundred), climbed(hundred)) == ([], [])
    sweep_clocks(now=NOW + 350 * HOUR)
    assert told(hundred) == [("warned", 50)]
    sweep_clocks(now=NOW + 375 * HOUR)
    assert climbed(hundred) == [(2, "warning", "respond")]
    sweep_clocks(now=NOW + 400 * HOUR)
    assert told(hundred)[-1] == ("breached", 100)


def test_a_warning_before_the_pause_is_not_told_again_after_it(hundred, desk):
    sweep_clocks(now=NOW + 50 * HOUR)
    pause(desk, hundred, NOW + 51 * HOUR, NOW + 151 * HOUR)
    sweep_clocks(now=NOW + 160 * HOUR)
    assert told(hundred) == [("warned", 50)]
    sweep_clocks(now=NOW + 175 * HOUR)
    assert told(hundred) == [("warned", 50), ("warned", 75)]
