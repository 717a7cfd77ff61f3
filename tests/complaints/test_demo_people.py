"""The demo has a colleague on leave, one who acts for them, and one who will leave."""

from datetime import timedelta

import pytest

from accounts.models import User
from accounts.selectors import standing_in
from complaints import events
from complaints.demo.organisation import found
from complaints.demo.people import AWAY, DEPUTY, LEAVING, tell
from journal.selectors import history_of
from tests.complaints.factories import NOW, make_complaint

pytestmark = pytest.mark.django_db


def test_the_story_of_the_people_is_told():
    found(at=NOW - timedelta(days=30))
    away, deputy = User.objects.get(username=AWAY), User.objects.get(username=DEPUTY)
    case = make_complaint(owner=away, at=NOW - timedelta(days=2))
    said: list[str] = []
    tell(now=NOW, say=said.append)
    assert standing_in(deputy, NOW).covering == (away,)
    note = history_of(case).get(kind=events.NOTE_ADDED)
    assert (note.actor, note.payload["acting_for"]) == (deputy, away.pk)
    assert User.objects.get(username=LEAVING).leaves_on is not None
    assert len(said) == 1
