"""The demo's story of the fast channel, told to a small organisation."""

import pytest
from django.utils import timezone

from complaints.services.emergencies import take_emergency
from emergencies.demo import tell
from emergencies.models import Emergency, Exercise, Handover, Page, ReportDecision, Review, Shift
from emergencies.selectors.rota import gaps_ahead, on_call
from journal.services import deliver_pending, verify_journal
from tests.complaints.desk import Desk
from tests.complaints.factories import make_user
from tests.emergencies.rota import DAY

pytestmark = pytest.mark.django_db


def test_the_story_holds_together(desk: Desk):
    for role in ("handler", "handler", "handler", "manager", "quality_manager", "top_management"):
        make_user(role)
    now = timezone.now().replace(hour=6)
    past = now - 90 * DAY
    old = desk.case(
        at=past, emergency_trigger="personal_safety", emergency_facts="Smoke", product="K2"
    )
    take_emergency(complaint_id=old.pk, actor=desk.manager, at=past)
    desk.handler  # noqa: B018 - owns it
    desk._end_otherwise(old, "withdrawn", past + DAY)
    said: list[str] = []
    tell(now=now, say=said.append)
    while deliver_pending():
        pass
    assert said
    first, last = Emergency.objects.order_by("declared_at")
    assert first.review.done_at is not None
    assert (last.calls, last.taken_by is None, last.contained_at is None) == (2, False, False)
    assert not Page.objects.filter(state="queued").exists()
    assert ReportDecision.objects.get().reported_at is not None
    assert Review.objects.count() == 2
    assert Exercise.objects.filter(closed_at__isnull=False).count() == 2
    assert Handover.objects.get().accepted_at is not None
    assert len(on_call(now)) == 3
    assert [gap.duty.level for gap in gaps_ahead(now)]
    assert Shift.objects.count() > 60
    assert verify_journal().intact


def test_without_people_there_is_no_story():
    tell(now=timezone.now(), say=print)
    assert not Shift.objects.exists()
