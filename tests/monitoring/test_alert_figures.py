"""K25 and K02: figures that rest on alerts and on exposure, by whom they may be seen."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Site, User
from accounts.services import system_user
from incidents.services.lifecycle import Scope as IncidentScope
from monitoring.kpis import BY_CODE
from monitoring.models import Alert, Exposure
from monitoring.rules.exposure import Exposed
from monitoring.rules.kpi import Result, Span
from monitoring.selectors.report_data import Whole, figures_now
from monitoring.selectors.results import COUNTED, REST, results, signals_behind
from monitoring.selectors.scope import Asked, scope_of
from monitoring.services.alerts import (
    acknowledge_alert,
    act_on_alert,
    close_alert,
    dismiss_alert,
    investigate_alert,
    open_incident_for_alert,
)
from monitoring.services.folding import fold_all
from monitoring.states import Dismissal
from tests.complaints.factories import NOW, make_complaint, make_site, make_team, make_user
from tests.monitoring.access_warnings import make_alert

pytestmark = [pytest.mark.django_db, pytest.mark.clause("CM-9.1")]
TODAY = timezone.localdate(NOW)
SPAN = Span(TODAY - timedelta(days=29), TODAY + timedelta(days=1), TODAY)
HOUR = timedelta(hours=1)


@pytest.fixture
def site() -> Site:
    return make_site()


def _figure(reader: User, code: str, span: Span = SPAN, **asked: Any) -> Result:
    scope = scope_of(User.objects.get(pk=reader.pk), Asked(**asked))
    assert scope is not None
    return results(scope, [(BY_CODE[code], span)])[0]


@pytest.fixture
def worked(site: Site) -> Callable[[], list[Alert]]:
    """Raise four alerts: one dismissed, one acted on and closed, one in an incident, one new."""
    manager = make_user("manager", username="works")

    def make() -> list[Alert]:
        alerts = [make_alert(site, complaints=[make_complaint(site=site)]) for _ in range(4)]
        given: list[dict[str, Any]] = [{"alert_id": one.pk, "actor": manager} for one in alerts]
        first, second, third, _fourth = given
        dismiss_alert(**first, at=NOW + HOUR, why=Dismissal.CHANCE, note="Nothing in common.")
        acknowledge_alert(**second, at=NOW + 2 * HOUR)
        investigate_alert(**second, at=NOW + 3 * HOUR)
        act_on_alert(
            **second, at=NOW + 3 * HOUR, cause="Seal", action="Recall", by=manager, due=TODAY
        )
        close_alert(**second, at=NOW + 10 * HOUR, result="Recalled")
        investigate_alert(**third, at=NOW + 3 * HOUR)
        open_incident_for_alert(
            **third,
            at=NOW + 3 * HOUR,
            scope=IncidentScope(title="Seals", severity="high", hypothesis="", site=site),
        )
        return alerts

    return make


def test_alerts_are_counted_with_what_became_of_them(
    site: Site, worked: Callable[[], list[Alert]]
) -> None:
    alerts = worked()
    reader = make_user("quality_manager")
    raised = _figure(reader, "K25")
    assert raised.numerator == raised.value == 4
    confirmed = _figure(reader, "K25a")
    assert (confirmed.numerator, confirmed.denominator) == (2, 3)
    assert confirmed.excluded == {"undecided": 1}
    assert confirmed.value == Fraction(200, 3)
    assert confirmed.low is not None
    taken = _figure(reader, "K25b")
    assert (taken.numerator, taken.excluded) == (3, {"unacknowledged": 1})
    assert taken.value is not None
    assert abs(taken.value - 120) <= 6  # of 60, 120 and 180 minutes, within a bucket
    ended = _figure(reader, "K25c")
    assert (ended.numerator, ended.excluded) == (2, {"unended": 2})
    scope = scope_of(User.objects.get(pk=reader.pk), Asked())
    assert scope is not None
    kpi = BY_CODE["K25a"]
    assert signals_behind(scope, kpi, SPAN, COUNTED) == [alerts[2].pk, alerts[1].pk]
    assert signals_behind(scope, kpi, SPAN, REST) == [alerts[0].pk]
    assert signals_behind(scope, kpi, SPAN, "undecided") == [alerts[3].pk]


def test_history_that_was_looked_through_is_no_work(site: Site) -> None:
    alert = make_alert(site)
    given: dict[str, Any] = {"alert_id": alert.pk, "actor": make_user("quality_manager"), "at": NOW}
    dismiss_alert(**given, why=Dismissal.CHANCE, note="None")
    assert _figure(make_user("auditor"), "K25").numerator == 1
    Alert.objects.update(dismissal=Dismissal.HISTORY)
    assert _figure(make_user("auditor"), "K25").numerator == 0


def test_each_reader_counts_the_alerts_that_exist_for_them(site: Site) -> None:
    make_alert(site)
    make_alert(make_site())
    secret = make_complaint(site=site, confidential=True)
    make_alert(site, kind="emergency", about=secret, complaints=[secret], series={})
    assert _figure(make_user("quality_manager"), "K25").numerator == 3
    assert _figure(make_user("top_management"), "K25").numerator == 2
    assert _figure(make_user("manager", site=site), "K25").numerator == 2
    assert _figure(make_user("quality_manager"), "K25", site_id=site.pk).numerator == 2
    nobody = _figure(make_user("manager", site=site, team=make_team()), "K25")
    assert (nobody.value, nobody.denominator) == (None, None)
    of_a_team = _figure(make_user("quality_manager"), "K25a", team_id=make_team("red").pk)
    assert of_a_team.value is None


def test_the_page_opens_the_alerts_and_shows_those_of_the_reader_only(site: Site) -> None:
    here, elsewhere = make_alert(site), make_alert(make_site())
    client = Client()
    client.force_login(make_user("manager", site=site))
    days = {"period": "own", "first": SPAN.first.isoformat(), "last": TODAY.isoformat()}
    page = client.get(reverse("monitoring:figure", args=["K25"]), days).content.decode()
    assert reverse("warnings:alert", args=[here.reference]) in page
    assert elsewhere.reference not in page
    assert "The alerts behind it" in page


def _exposed(months: dict[date, int], *, site: Site | None = None, unit: str = "customers") -> None:
    for month, amount in months.items():
        Exposure.objects.create(
            dimension="site" if site else "all",
            member=str(site.pk) if site else "",
            month=month,
            unit=unit,
            amount=amount,
        )


def test_a_rate_is_per_thousand_and_none_where_a_month_is_missing(site: Site) -> None:
    for _ in range(3):
        make_complaint(site=site)
    make_complaint()
    fold_all(at=NOW)
    month = TODAY.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    this = Span(month, TODAY + timedelta(days=1), TODAY)
    both = Span(before, TODAY + timedelta(days=1), TODAY)
    reader = make_user("manager")
    nothing = _figure(reader, "K02", this)
    assert (nothing.numerator, nothing.denominator, nothing.value) == (4, None, None)
    assert nothing.exposed is not None
    assert nothing.exposed.missing == (month,)
    _exposed({month: 1600})
    found = _figure(reader, "K02", this)
    assert (found.numerator, found.denominator, found.value) == (4, 1600, Fraction(5, 2))
    assert _figure(reader, "K02", both).value is None  # the month before has none of its own
    _exposed({before: 400})
    assert _figure(reader, "K02", both).value == 4
    assert _figure(reader, "K02", this, site_id=site.pk).value is None
    _exposed({month: 100}, site=site, unit="orders")
    at_site = _figure(reader, "K02", this, site_id=site.pk)
    assert at_site.exposed is not None
    assert at_site.exposed.unit == "orders"
    days = (month + timedelta(days=32)).replace(day=1) - month
    assert at_site.value == 3 * 1000 / (Fraction(100) * TODAY.day / days.days)
    nowhere = _figure(reader, "K02", this, team_id=make_team("red").pk)
    assert (nowhere.value, nowhere.exposed) == (None, Exposed())


def test_the_page_names_the_exposure_or_what_is_missing() -> None:
    make_complaint()
    fold_all(at=NOW)
    client = Client()
    client.force_login(make_user("manager"))
    month = TODAY.replace(day=1)
    days = {"period": "own", "first": month.isoformat(), "last": TODAY.isoformat()}
    address = reverse("monitoring:figure", args=["K02"])
    assert "not known how many there were in" in client.get(address, days).content.decode()
    _exposed({month: 2000})
    page = client.get(address, days).content.decode()
    assert "1 received, 2,000 customers on average" in page
    assert "0.50" in page


def test_a_monthly_report_counts_the_alerts_of_its_place(
    site: Site, worked: Callable[[], list[Alert]]
) -> None:
    worked()
    secret = make_complaint(site=site, confidential=True)
    make_alert(site, kind="emergency", about=secret, complaints=[secret])
    system_user()
    month = TODAY.replace(day=1)
    for whole, count in (
        ((None, True), 5),
        ((None, False), 4),
        ((site, True), 5),
        ((make_site(), True), 0),
    ):
        found = figures_now(Whole(*whole), month, kpis=[BY_CODE["K25"]], today=TODAY)
        assert found["K25"].numerator == count, whole
