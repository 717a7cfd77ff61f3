"""Once a day everything written so far is sealed."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import IntegrityError

from journal.models import Entry, Seal
from journal.rules import GENESIS
from journal.services import seal_days, verify_journal
from journal.tasks import seal_days as seal_days_task
from tests.journal.conftest import happened


@pytest.fixture
def midnight(team):
    """Return the end of the day in which the one entry was written."""
    day = happened(team).recorded_at.astimezone(UTC).date()
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC)


def test_an_empty_journal_needs_no_seal(db):
    assert seal_days(now=datetime(2026, 3, 2, tzinfo=UTC)) == []


def test_a_day_is_sealed_an_hour_after_its_end(midnight):
    assert seal_days(now=midnight + timedelta(minutes=59)) == []
    (seal,) = seal_days(now=midnight + timedelta(minutes=60))
    assert seal.day == midnight.date() - timedelta(days=1)
    assert (seal.count, seal.previous_seal) == (1, GENESIS)
    assert seal.last_entry_id == Entry.objects.get().pk


def test_a_day_is_sealed_once(midnight):
    assert len(seal_days(now=midnight + timedelta(hours=2))) == 1
    assert seal_days(now=midnight + timedelta(hours=3)) == []


def test_missed_days_are_made_up_for_and_days_without_entries_are_sealed_too(midnight, team):
    seals = seal_days(now=midnight + timedelta(days=2, hours=2))
    assert [seal.count for seal in seals] == [1, 0, 0]
    assert [seal.previous_seal for seal in seals[1:]] == [seal.seal for seal in seals[:-1]]
    assert verify_journal().seals == 3
    assert verify_journal().intact


def test_what_was_written_after_the_day_belongs_to_the_next_seal(midnight, team, monkeypatch):
    assert len(seal_days(now=midnight + timedelta(hours=1))) == 1
    happened(team)
    (second,) = seal_days(now=midnight + timedelta(days=1, hours=1))
    assert second.count == 1
    assert verify_journal().intact


def test_the_day_is_utc_whatever_the_zone_of_the_clock(midnight):
    local = (midnight + timedelta(hours=2)).astimezone()
    assert len(seal_days(now=local)) == 1


def test_a_worker_that_comes_second_seals_nothing(midnight, monkeypatch):
    def taken(*args: object, **kwargs: object) -> None:
        raise IntegrityError

    monkeypatch.setattr(Seal.objects, "create", taken)
    assert seal_days(now=midnight + timedelta(hours=2)) == []


def test_the_worker_has_a_door_to_it(midnight):
    seal_days_task()
    assert not Seal.objects.exists(), "the day of the entry has not ended yet"
