"""The demo's story of this floor: something waits for people in each place that shows it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from complaints.models import Complaint, ReopenRequest
from complaints.states import State
from journal.models import Entry
from journal.origin import origin
from portal.demo import tell
from portal.models import Submission
from tests.complaints.desk import Desk

pytestmark = pytest.mark.django_db


def test_tell_leaves_something_to_do_in_each_place():
    desk, now = Desk(), timezone.now()
    said: list[str] = []
    for state in (State.CLOSED, State.CLOSED, State.INVESTIGATING, State.RESPONDED):
        desk.case(state, at=now - timedelta(days=4))
    with origin("demo"):
        tell(now=now, say=said.append)
    assert ReopenRequest.objects.filter(verdict="").count() == 2
    assert Submission.objects.filter(suspected=True).count() == 1
    assert Submission.objects.count() == 3
    assert Complaint.objects.filter(no_contact_at__isnull=False).exists()
    assert Complaint.objects.filter(answer="refused").exists()
    acts = Entry.objects.filter(door="complainant").values_list("kind", flat=True)
    assert {"complaint.information_added", "complaint.reopening_asked"} <= set(acts)
    assert len(said) == 1
    assert not Entry.objects.filter(occurred_at__gt=now).exists()
