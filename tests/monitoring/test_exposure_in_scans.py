"""Scans with exposure: a rise that customers explain is no alarm, a rise beyond them is one."""

from datetime import date, timedelta

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from monitoring.models import Alert, Exposure
from monitoring.rules.offsets import offset_of
from monitoring.rules.series import WEEK
from monitoring.selectors.series_counts import load_counts
from monitoring.services.scanning import scan_warnings
from tests.complaints.factories import make_site, make_user
from tests.monitoring.warning_world import MONDAY, NOW, SUNDAY, quiet_months, spike

pytestmark = pytest.mark.clause("CM-8.4")
MONTHS = [date(2025, month, 1) for month in range(7, 13)]
MONTHS += [date(2026, month, 1) for month in range(1, 4)]
WEEKS = [MONDAY - timedelta(days=7 * back) for back in range(30, -1, -1)]


def _exposed(amounts, *, dimension="product", member="kettle", unit="units") -> None:
    for month, amount in zip(MONTHS, amounts, strict=False):
        Exposure.objects.create(
            dimension=dimension, member=member, month=month, unit=unit, amount=amount
        )


class TestOffset:
    months = dict.fromkeys(MONTHS[:-1], 100.0) | {MONTHS[-1]: 400.0}

    def test_the_past_is_told_in_the_measure_of_the_present(self) -> None:
        found = offset_of([":product:kettle"], {":product:kettle": self.months}, WEEKS)
        assert found.ratio is not None
        assert (found.ratio[0], found.ratio[-1]) == (4.0, 1.0)

    def test_what_was_not_known_yet_is_as_the_next_that_was(self) -> None:
        late = {month: amount for month, amount in self.months.items() if month.year == 2026}
        found = offset_of([":all:"], {":all:": late}, WEEKS)
        assert found.ratio is not None
        assert np.isfinite(found.ratio).all()
        assert found.ratio[0] == 4.0

    def test_the_last_month_stands_in_for_three_and_no_longer(self) -> None:
        known = {":all:": {date(2025, 12, 1): 50.0}}
        assert offset_of([":all:"], known, WEEKS).ratio is not None
        gone = offset_of([":all:"], {":all:": {date(2025, 11, 1): 50.0}}, WEEKS)
        assert gone.ratio is None
        assert gone.told == {"of": ":all:", "known_to": "2025-11-01", "used": False}

    def test_of_several_the_first_known_now_is_taken(self) -> None:
        known = {"a": {date(2025, 1, 1): 9.0}, "b": self.months}
        assert offset_of(["a", "b"], known, WEEKS).of == "b"
        with pytest.raises(KeyError):
            offset_of(["c"], known, WEEKS)


@pytest.mark.django_db
class TestScan:
    def _weekly(self, number: int, amounts: list[int]) -> list[Alert]:
        site = make_site()
        quiet_months([site], weeks=30)
        spike(site, number)
        _exposed(amounts)
        _exposed(amounts, dimension="site", member=str(site.pk), unit="customers")
        _exposed(amounts, dimension="all", member="", unit="customers")
        found = scan_warnings(as_of=SUNDAY, now=NOW).alerts
        return [alert for alert in found if alert.step == WEEK]

    def test_a_rise_that_comes_with_as_many_more_customers_is_no_alarm(self) -> None:
        assert self._weekly(18, [1000] * 8 + [4500]) == []

    def test_the_same_rise_without_more_customers_is_one(self) -> None:
        (alert,) = self._weekly(18, [1000] * 9)
        assert (alert.observed, alert.parameters["exposure"]["used"]) == (18, True)
        assert 3 <= (alert.expected or 0) <= 5

    def test_a_rise_beyond_what_customers_explain_is_one_and_shown_as_it_was_seen(self) -> None:
        (alert,) = self._weekly(30, [1000] * 8 + [2000])
        assert alert.observed == 30
        assert 6 <= (alert.expected or 0) <= 10
        assert max(alert.series["counts"][:-1]) <= 5  # not in the measure of the present
        assert alert.series["expected"][0] < alert.series["expected"][-1]

    def test_where_the_exposure_is_no_longer_known_numbers_alone_are_judged_and_that_is_said(
        self, client: Client
    ) -> None:
        (alert,) = self._weekly(18, [1000] * 5)  # up to November
        told = alert.parameters["exposure"]
        assert (told["used"], told["known_to"]) == (False, "2025-11-01")
        client.force_login(make_user("quality_manager"))
        page = client.get(reverse("warnings:alert", args=[alert.reference])).content.decode()
        assert "known only up to November 2025: judged by number alone" in page

    def test_what_grew_later_changes_no_judgement_of_before(self) -> None:
        one = self._weekly(18, [1000] * 9)
        Exposure.objects.filter(dimension="all").delete()
        for dimension, member in Exposure.objects.values_list("dimension", "member").distinct():
            Exposure.objects.create(
                dimension=dimension, member=member, month=date(2026, 4, 1), unit="units", amount=9
            )
        loaded = load_counts()
        assert loaded is not None
        known = loaded.world(SUNDAY).exposure
        assert all(max(months) == date(2026, 3, 1) for months in known.values())
        assert len(one) == 1
