"""A new subscriber is fed from old entries."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from journal.services import deliver_pending, replay
from tests.journal.conftest import HAPPENED, happened


@pytest.fixture
def heard(team, subscribe):
    """Return what a subscriber hears that came after three entries were written."""
    for n in range(3):
        happened(team, n=n)
    calls: list[int] = []
    subscribe(HAPPENED, name="test.late")(lambda entry: calls.append(entry.payload["n"]))
    return calls


def test_old_entries_are_owed_once(heard, clock):
    assert replay(subscriber="test.late", now=clock()) == 3
    assert replay(subscriber="test.late", now=clock()) == 0
    deliver_pending(clock=clock)
    assert heard == [0, 1, 2]


def test_what_it_has_heard_already_is_not_owed_again(heard, team, clock):
    happened(team, n=3)
    deliver_pending(clock=clock)
    assert replay(subscriber="test.late", now=clock()) == 3


def test_only_from_a_moment_on(heard, clock):
    assert replay(subscriber="test.late", since=clock() + timedelta(days=1), now=clock()) == 0


def test_an_unknown_subscriber_is_refused(heard, clock):
    with pytest.raises(LookupError):
        replay(subscriber="test.nobody", now=clock())


def test_the_command_says_how_many(heard):
    out = StringIO()
    call_command("replay", "test.late", stdout=out)
    assert out.getvalue() == "3 entries owed\n"


def test_the_command_names_an_unknown_subscriber():
    with pytest.raises(CommandError, match=r"test\.nobody"):
        call_command("replay", "test.nobody")
