"""An operator lets a delivery that hangs be tried again."""

import pytest

from accounts.services import system_user
from journal import events
from journal.models import Delivery
from journal.rules import GIVE_UP_AFTER
from journal.selectors import history_of, outbox_state
from journal.services import deliver_pending, retry_delivery
from journal.services.delivery import LEASE
from tests.journal.conftest import HAPPENED, happened


@pytest.fixture
def given_up(team, subscribe, clock):
    """Return a delivery that was given up; its subscriber is sound by now."""
    subscribe(HAPPENED, name="test.listener")(lambda _entry: None)
    happened(team)
    Delivery.objects.update(attempts=GIVE_UP_AFTER, last_error="ValueError")
    assert deliver_pending(clock=clock) == 0
    return Delivery.objects.get()


def test_a_retried_delivery_is_due_at_once(given_up, clock):
    retry_delivery(delivery_id=given_up.pk, at=clock())
    assert outbox_state().given_up == 0
    assert deliver_pending(clock=clock) == 1


def test_who_retried_is_recorded(given_up, clock):
    retry_delivery(delivery_id=given_up.pk, at=clock(), actor=system_user())
    (entry,) = history_of(given_up)
    assert (entry.kind, entry.actor) == (events.DELIVERY_RETRIED, system_user())
    assert entry.payload["subscriber"] == "test.listener"


def test_what_has_been_delivered_cannot_be_retried(given_up, clock):
    Delivery.objects.update(delivered_at=clock())
    with pytest.raises(Delivery.DoesNotExist):
        retry_delivery(delivery_id=given_up.pk, at=clock())


def test_a_running_lease_is_left_alone(given_up, clock):
    Delivery.objects.update(leased_until=clock() + LEASE)
    retry_delivery(delivery_id=given_up.pk, at=clock())
    assert deliver_pending(clock=clock) == 0
    clock.turn(seconds=LEASE.total_seconds() + 1)
    assert deliver_pending(clock=clock) == 1
