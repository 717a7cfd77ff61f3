"""K25d: incidents that people came upon before anything pointed at them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Site, User
from incidents.models import Incident, Suggestion
from incidents.services.lifecycle import Scope as IncidentScope
from incidents.services.lifecycle import open_incident
from incidents.states import Basis, IncidentState
from monitoring.kpis import BY_CODE
from monitoring.rules.kpi import Result, Span
from monitoring.selectors.results import COUNTED, REST, results, signals_behind
from monitoring.selectors.scope import Asked, Scope, scope_of
from monitoring.services.alerts import link_alert, open_incident_for_alert
from tests.complaints.factories import NOW, make_site, make_team, make_user
from tests.monitoring.access_warnings import make_alert
from tests.monitoring.test_alert_figures import HOUR, SPAN, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.clause("CM-9.1")]
KPI = BY_CODE["K25d"]


@pytest.fixture
def site() -> Site:
    return make_site()


@pytest.fixture
def suspect(site: Site) -> Callable[..., Incident]:
    """Return what writes an incident down, an hour after NOW."""
    manager = make_user("manager", username="finds")

    def make(**given: Any) -> Incident:
        scope = IncidentScope(**{"title": "Seals", "severity": "high", "site": site, **given})
        return open_incident(scope=scope, actor=manager, at=NOW + HOUR)

    return make


def _scope(reader: User, **asked: Any) -> Scope:
    scope = scope_of(User.objects.get(pk=reader.pk), Asked(**asked))
    assert scope is not None
    return scope


def _figure(reader: User, span: Span = SPAN, **asked: Any) -> Result:
    return results(_scope(reader, **asked), [(KPI, span)])[0]


def test_what_an_alert_or_a_suggestion_pointed_at_was_not_found_by_people(
    site: Site, suspect: Callable[..., Incident]
) -> None:
    manager = make_user("manager", username="works")
    alert, late_alert = make_alert(site), make_alert(site)
    warned = open_incident_for_alert(
        alert_id=alert.pk,
        scope=IncidentScope(title="Hoses", severity="high", site=site),
        actor=manager,
        at=NOW + HOUR,
    )
    suggested, alone, overtaken, none = (suspect() for _ in range(4))
    Suggestion.objects.create(
        key="a", basis=Basis.PRODUCT, first_at=NOW, grown_at=NOW, incident=suggested
    )
    # An alert that came after somebody had suspected the incident did not find it.
    type(late_alert).objects.filter(pk=late_alert.pk).update(raised_at=NOW + 2 * HOUR)
    link_alert(alert_id=late_alert.pk, incident_id=overtaken.pk, actor=manager, at=NOW + 3 * HOUR)
    Incident.objects.filter(pk=none.pk).update(state=IncidentState.STOOD_DOWN, is_open=False)
    reader = make_user("quality_manager")
    found = _figure(reader)
    assert (found.numerator, found.denominator) == (2, 4)
    assert found.excluded == {"stood_down": 1}
    assert found.value == 50
    assert found.low is not None
    scope = _scope(reader)
    assert signals_behind(scope, KPI, SPAN, COUNTED) == [overtaken.pk, alone.pk]
    assert signals_behind(scope, KPI, SPAN, REST) == [suggested.pk, warned.pk]
    assert signals_behind(scope, KPI, SPAN, "stood_down") == [none.pk]
    before = Span(SPAN.first - timedelta(days=60), SPAN.first, TODAY)
    assert _figure(reader, before).value is None


def test_each_reader_counts_the_incidents_that_exist_for_them(
    site: Site, suspect: Callable[..., Incident]
) -> None:
    suspect(product="Aqua  3")
    suspect(site=make_site())
    suspect(site=None)
    assert _figure(make_user("quality_manager")).denominator == 3
    assert _figure(make_user("quality_manager"), site_id=site.pk).denominator == 1
    assert _figure(make_user("quality_manager"), product="aqua 3").denominator == 1
    assert _figure(make_user("manager", site=site)).denominator == 1
    for narrowed in ({"team_id": make_team("red").pk}, {"channel": "phone"}):
        nowhere = _figure(make_user("quality_manager"), **narrowed)
        assert (nowhere.value, nowhere.denominator) == (None, None)


def test_the_page_opens_the_incidents_and_shows_those_of_the_reader_only(
    site: Site, suspect: Callable[..., Incident]
) -> None:
    here, elsewhere = suspect(), suspect(site=make_site())
    client = Client()
    client.force_login(make_user("manager", site=site))
    days = {"period": "own", "first": SPAN.first.isoformat(), "last": TODAY.isoformat()}
    address = reverse("monitoring:figure", args=["K25d"])
    page = client.get(address, days).content.decode()
    assert reverse("incidents:incident", args=[here.reference]) in page
    assert elsewhere.reference not in page
    assert "The incidents behind it" in page
    rest = client.get(address, {**days, "which": REST}).content.decode()
    assert "There is no incident behind this part of the figure." in rest
