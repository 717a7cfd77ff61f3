"""The facts behind the referral rate and the overturn rate (domain brief K15, K16)."""

import pytest

from referrals.selectors import overturn_facts, referral_facts
from referrals.selectors.cases import with_open_cases
from referrals.states import Result
from tests.complaints.factories import NOW
from tests.referrals.scene import DAY, Scene

pytestmark = pytest.mark.django_db
SPAN = (NOW, NOW + 30 * DAY)


@pytest.mark.clause("CM-8.6d")
def test_a_complaint_counts_once_as_referred_whatever_number_of_cases():
    scene = Scene()
    scene.open(kind="court", body="Court")
    scene.open(opened_at=NOW + DAY / 4)
    facts = referral_facts(*SPAN)
    assert [(f.complaint_id, f.referred_at) for f in facts] == [(scene.complaint.pk, NOW + DAY / 4)]
    assert facts[0].answered_at == NOW
    assert referral_facts(NOW + 2 * DAY, NOW + 30 * DAY) == []


def test_reviews_and_what_came_through_a_regulator_are_no_referrals():
    scene = Scene()
    scene.open(kind="internal", body="Review", reviewer=scene.second)
    through = Scene(desk=scene.desk, channel="regulator")
    through.open()
    assert referral_facts(*SPAN) == []


def test_who_went_outside_before_any_answer_has_none():
    scene = Scene("investigating")
    scene.open()
    assert referral_facts(*SPAN)[0].answered_at is None


@pytest.mark.clause("CM-8.6d")
def test_only_decisions_on_the_merits_are_upheld_or_overturned():
    scene = Scene()
    for result in Result:
        scene.decide(scene.open(), result)
    facts = list(overturn_facts(*SPAN))
    assert [(f.result, f.changes) for f in facts] == [
        ("upheld", False),
        ("partly", True),
        ("overturned", True),
    ]
    assert with_open_cases([scene.complaint.pk, 0]) == {scene.complaint.pk}
