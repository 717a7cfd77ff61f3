"""Deliveries: at least once, each its own transaction, one broken subscriber stops nobody."""

import threading

import pytest
from django.db import connection

from accounts.models import Team
from journal import registry
from journal.models import Delivery
from journal.origin import current_origin
from journal.rules import GIVE_UP_AFTER
from journal.selectors import hanging, outbox_state, undelivered
from journal.services import deliver_pending, delivery
from journal.services.delivery import LEASE
from journal.tasks import deliver_pending as deliver_pending_task
from tests.journal.conftest import HAPPENED, Clock, happened


class KilledError(BaseException):
    """Stands for kill -9: nothing of ours catches it."""


def test_a_delivery_reaches_its_subscriber_once(team, subscribe, clock):
    heard = []
    subscribe(HAPPENED, name="test.listener")(lambda entry: heard.append(entry.payload["n"]))
    for n in range(3):
        happened(team, n=n)
    assert deliver_pending(clock=clock) == 3
    assert deliver_pending(clock=clock) == 0
    assert heard == [0, 1, 2]
    assert not undelivered().exists()


def test_work_of_a_subscriber_is_marked_as_the_relays(team, subscribe, clock):
    doors = []
    subscribe(HAPPENED, name="test.listener")(lambda _entry: doors.append(current_origin().door))
    happened(team)
    deliver_pending(clock=clock)
    assert doors == ["relay"]


def test_no_more_than_the_limit_is_delivered_at_a_time(team, subscribe, clock):
    subscribe(HAPPENED, name="test.listener")(lambda _entry: None)
    for n in range(3):
        happened(team, n=n)
    assert deliver_pending(clock=clock, limit=2) == 2


def test_one_broken_subscriber_stops_nobody(team, subscribe, clock):
    heard = []

    @subscribe(HAPPENED, name="test.broken")
    def broken(entry):
        raise ValueError("anna@example.org")

    subscribe(HAPPENED, name="test.sound")(lambda entry: heard.append(entry.pk))
    for n in range(3):
        happened(team, n=n)
    assert deliver_pending(clock=clock) == 3
    assert len(heard) == 3
    assert {owed.subscriber for owed in hanging()} == {"test.broken"}
    assert outbox_state().failing == 3
    error = hanging()[0].last_error
    assert error.startswith("ValueError at journal/test_deliver_pending.py:")
    assert "anna" not in error, "an error's text may quote personal data"


@pytest.mark.parametrize("outside", [False, True])
def test_a_failed_delivery_is_tried_again_after_growing_pauses(team, subscribe, clock, outside):
    calls = []

    @subscribe(HAPPENED, name="test.listener", outside=outside)
    def fails_twice(entry):
        calls.append(clock())
        if len(calls) < 3:
            raise ConnectionError

    happened(team)
    assert deliver_pending(clock=clock) == 0
    clock.turn(seconds=4)
    assert deliver_pending(clock=clock) == 0
    assert len(calls) == 1
    clock.turn(seconds=1)
    assert deliver_pending(clock=clock) == 0
    assert len(calls) == 2
    clock.turn(seconds=14)
    assert deliver_pending(clock=clock) == 0
    clock.turn(seconds=1)
    assert deliver_pending(clock=clock) == 1
    delivered = Delivery.objects.get()
    assert (delivered.attempts, delivered.last_error) == (3, "")


def test_an_effect_in_the_database_is_undone_when_its_subscriber_fails(team, subscribe, clock):
    @subscribe(HAPPENED, name="test.listener")
    def renames_then_fails(entry):
        Team.objects.filter(pk=entry.subject_id).update(name_en="Renamed")
        raise ValueError

    happened(team)
    deliver_pending(clock=clock)
    team.refresh_from_db()
    assert team.name_en == "Desk"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("outside", [False, True])
def test_a_killed_workers_delivery_comes_back_when_its_lease_runs_out(subscribe, clock, outside):
    team = Team.objects.create(code="desk", name_en="Desk", name_zh="服务台")
    calls = []

    @subscribe(HAPPENED, name="test.listener", outside=outside)
    def killed_the_first_time(entry):
        calls.append(entry.pk)
        if len(calls) == 1:
            raise KilledError

    happened(team)
    with pytest.raises(KilledError):
        deliver_pending(clock=clock)
    clock.turn(seconds=LEASE.total_seconds())
    assert deliver_pending(clock=clock) == 0, "the lease still runs"
    clock.turn(seconds=1)
    assert deliver_pending(clock=clock) == 1
    assert len(calls) == 2


@pytest.mark.django_db(transaction=True)
def test_an_effect_in_the_database_happens_exactly_once_even_when_killed_just_before_the_tick(
    subscribe, clock, monkeypatch
):
    team = Team.objects.create(code="desk", name_en="", name_zh="服务台")

    @subscribe(HAPPENED, name="test.listener")
    def appends(entry):
        row = Team.objects.get(pk=entry.subject_id)
        Team.objects.filter(pk=row.pk).update(name_en=row.name_en + "x")

    def killed(*args):
        raise KilledError

    happened(team)
    with monkeypatch.context() as patch:
        patch.setattr("journal.services.delivery._tick", killed)
        with pytest.raises(KilledError):
            deliver_pending(clock=clock)
    clock.turn(seconds=LEASE.total_seconds() + 1)
    deliver_pending(clock=clock)
    team.refresh_from_db()
    assert team.name_en == "x"


def test_a_worker_that_wakes_up_after_its_lease_leaves_the_delivery_alone(
    team, subscribe, clock, monkeypatch
):
    """Between claim and work the first worker sleeps so long that a second one does the work."""
    heard = []
    subscribe(HAPPENED, name="test.listener")(lambda entry: heard.append(entry.pk))
    happened(team)
    slept: list[str] = []

    def sleepy(name):
        if not slept:
            slept.append(name)
            clock.turn(seconds=LEASE.total_seconds() + 1)
            assert deliver_pending(clock=clock) == 1
        return registry.subscription(name)

    monkeypatch.setattr(delivery, "subscription", sleepy)
    assert deliver_pending(clock=clock) == 0
    assert len(heard) == 1
    assert Delivery.objects.filter(delivered_at__isnull=False).count() == 1


def test_a_late_failure_does_not_break_another_workers_lease(team, subscribe, clock):
    """The first worker's mail hangs beyond its lease and fails while the second is at work."""
    depth: list[int] = []

    @subscribe(HAPPENED, name="test.listener", outside=True)
    def hangs(entry):
        depth.append(len(depth))
        if len(depth) == 1:
            clock.turn(seconds=LEASE.total_seconds() + 1)
            claimed_by_second = _claimed_again(clock)
            assert claimed_by_second.attempts == 2
            raise TimeoutError

    happened(team)
    assert deliver_pending(clock=clock, limit=1) == 0
    kept = Delivery.objects.get()
    assert kept.leased_until is not None
    assert kept.last_error == ""


def _claimed_again(clock: Clock) -> Delivery:
    claimed = delivery._claim(now=clock())
    assert claimed is not None
    return claimed


def test_after_twenty_attempts_it_waits_for_an_operator(team, subscribe, clock):
    calls = []

    @subscribe(HAPPENED, name="test.broken")
    def broken(entry):
        calls.append(1)
        raise ValueError

    happened(team)
    for _ in range(GIVE_UP_AFTER + 5):
        deliver_pending(clock=clock)
        clock.turn(hours=5)
    assert len(calls) == GIVE_UP_AFTER
    state = outbox_state()
    assert (state.owed, state.failing, state.given_up, state.oldest_at) == (1, 1, 1, None)


def test_a_subscriber_that_is_gone_hangs_and_says_so(team, subscribe, clock):
    subscribe(HAPPENED, name="test.listener")(lambda _entry: None)
    happened(team)
    Delivery.objects.update(subscriber="test.removed")
    deliver_pending(clock=clock)
    assert hanging().get().last_error.startswith("UnknownSubscriberError")


def test_a_name_is_taken_once(subscribe):
    subscribe(HAPPENED, name="test.listener")(lambda _entry: None)
    with pytest.raises(ValueError, match="taken"):
        subscribe("test.other", name="test.listener")(lambda _entry: None)


def test_the_outbox_knows_its_oldest_entry(team, subscribe, clock):
    assert outbox_state().oldest_at is None
    subscribe(HAPPENED, name="test.listener")(lambda _entry: None)
    first = happened(team)
    happened(team)
    assert outbox_state().oldest_at == first.recorded_at


def test_the_worker_has_a_door_to_it(team, subscribe):
    heard = []
    subscribe(HAPPENED, name="test.listener")(lambda entry: heard.append(entry.pk))
    happened(team)
    deliver_pending_task()
    assert len(heard) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_several_relays_share_the_work_and_call_nobody_twice(subscribe, clock):
    team = Team.objects.create(code="desk", name_en="Desk", name_zh="服务台")
    heard: list[tuple[str, int]] = []
    for name in ("test.first", "test.second"):
        subscribe(HAPPENED, name=name)(
            lambda entry, name=name: heard.append((name, entry.pk)),
        )
    for n in range(25):
        happened(team, n=n)
    together = threading.Barrier(4)

    def relay() -> None:
        together.wait()
        try:
            deliver_pending(clock=clock)
        finally:
            connection.close()

    threads = [threading.Thread(target=relay) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == len(set(heard)) == 50
    assert not undelivered().exists()
