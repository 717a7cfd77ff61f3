"""The demo's incidents, lived beside the complaints: each handler answers for their own."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from accounts.models import User
from complaints.demo import loading
from complaints.demo.content import content
from complaints.demo.lives import Plot, Teller
from complaints.demo.organisation import found
from complaints.models import Complaint
from incidents.demo import heaters
from incidents.demo.telling import tell
from incidents.models import FindingAnswer, Incident
from incidents.states import Verdict
from journal.origin import origin
from journal.services import verify_subject
from tests.complaints.factories import NOW, make_user
from tests.incidents.table import Table

pytestmark = pytest.mark.django_db
BEGAN = NOW.replace(hour=1, minute=0)
LATER = BEGAN + heaters.BEGAN


def burst(rng: Random, how_many: int, **changes: Any) -> list[Plot]:
    """Return complaints of the batch as the demo plans them."""
    plots = list(loading._burst(rng, LATER))[:: 38 // how_many]
    return [replace(plot, **changes) for plot in plots]


def lived(plots: list[Plot]) -> list[str]:
    """Let complaints and the incident live side by side until now; return what was refused."""
    said: list[str] = []
    rng = Random("heaters")
    with origin("demo"):
        organisation, _sign_ins = found(at=BEGAN - timedelta(days=1))
        teller = Teller(organisation, rng)
        lives = [teller.live(plot) for plot in plots]
        loading._run([*lives, heaters.live(LATER)], teller, LATER, said.append)
        tell(now=LATER, say=said.append)
    return said


@pytest.mark.clause("CM-7.4")
def test_the_common_finding_is_confirmed_case_by_case_by_each_handler() -> None:
    plots = burst(Random("burst"), 7, anonymous=False)
    said = lived(plots)
    assert said == ["incidents: 1 closed, 1 suspected"]
    incident = Incident.objects.get(product=heaters.HEATERS[0])
    linked = Complaint.objects.filter(incident_links__incident=incident)
    finding = incident.findings.get()
    assert incident.state == "closed"
    assert linked.count() >= 5
    investigated = linked.filter(investigations__isnull=False).distinct()
    answers = FindingAnswer.objects.filter(finding=finding).select_related("complaint")
    assert {answer.complaint_id for answer in answers} == {row.pk for row in investigated}
    for answer in answers:
        complaint = answer.complaint
        assert answer.verdict == Verdict.CONFIRMED
        assert answer.by_id == complaint.owner_id
        assert complaint.received_at < answer.at < (complaint.decided_at or LATER)
        assert finding.decided_at is not None
        assert answer.at > finding.decided_at
        assert (answer.at.weekday() < 5, 2 <= answer.at.hour < 10) == (True, True)
        first = complaint.investigations.order_by("pk")[0]
        assert answer.investigation == first
    assert verify_subject(incident).intact


def test_a_handler_who_found_another_cause_says_that_it_does_not_fit() -> None:
    plots = burst(Random("other"), 5, anonymous=False, ending="accepted", slow=0.6)
    plots[0] = replace(plots[0], waits=False)
    lived(plots)
    assert Counter(FindingAnswer.objects.values_list("verdict", flat=True)) == {
        Verdict.CONFIRMED: len(plots) - 1,
        Verdict.REJECTED: 1,
    }
    assert FindingAnswer.objects.get(verdict=Verdict.REJECTED).reason


def test_complaints_of_the_batch_find_out_on_their_own_when_nobody_does_for_all() -> None:
    """Without the floor of incidents the demo's complaints come to their end all the same."""
    (plot, *_rest) = burst(Random("alone"), 5, anonymous=False, ending="accepted")
    with origin("demo"):
        organisation, _sign_ins = found(at=BEGAN - timedelta(days=1))
        moments = list(Teller(organisation, Random("alone")).live(plot))
    assert Complaint.objects.get().investigations.count() == 1
    assert moments[-1] - plot.received_at > timedelta(days=9)


def test_without_its_people_there_is_no_incident() -> None:
    assert len(list(heaters.live(LATER))) == 1
    assert not Incident.objects.exists()
    assert not User.objects.filter(username="zhao.min").exists()


def test_the_washing_machines_are_suspected_this_morning() -> None:
    for name, role in (("zhao.min", "manager"), ("he.qing", "quality_manager")):
        make_user(role, username=name)
    Table().cases(3, product="净浪8洗衣机", at=LATER - timedelta(days=2))
    tell(now=LATER, say=lambda _line: None)
    incident = Incident.objects.get()
    assert (incident.state, incident.links.count()) == ("suspected", 3)


def test_the_plan_of_the_batch_waits_and_refuses_nobody() -> None:
    plots = burst(Random("plan"), 38)
    assert all(plot.waits for plot in plots)
    assert "refused" not in {plot.ending for plot in plots}
    assert {plot.story for plot in plots} == {content().spike}
