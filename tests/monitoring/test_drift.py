"""The chart of slow drift: it finds what creeps up, and leaves spikes and chance alone."""

from datetime import date, timedelta

import numpy as np
import pytest

from monitoring.rules import judge, surprise
from monitoring.rules.drift import CAP, LIMIT, SMOOTHING, drift_tail, ewma
from monitoring.rules.watch_settings import default_settings
from monitoring.services.scanning import scan_warnings
from monitoring.services.warning_settings import set_warnings
from tests.complaints.factories import make_site, make_user
from tests.monitoring.warning_world import MONDAY, NOW, SUNDAY, write_complaints

pytestmark = pytest.mark.clause("CM-8.4")
WEEKS = 200
DATES = [date(2022, 1, 3) + timedelta(days=7 * at) for at in range(WEEKS)]
FLAT = np.array([[9, 11, 10, 12, 8, 10, 11, 9] * (WEEKS // 8)], dtype=float)
CREEP = np.array([3, 4, 5, 5, 6, 6, 7, 6])


def _crept(last: int = 8) -> np.ndarray:
    counts = FLAT.copy()
    counts[0, -last:] += CREEP[:last]
    return counts


def test_the_chart_is_the_weighted_mean_of_the_brief() -> None:
    scores = np.array([[0.0, 1.0, -0.5, 2.0]])
    level = 0.0
    for score in scores[0]:
        level = 0.8 * level + 0.2 * score
    spread = np.sqrt(0.2 / 1.8 * (1 - 0.8**8))
    assert ewma(scores)[0, -1] == pytest.approx(level / spread)
    assert (SMOOTHING, LIMIT) == (0.2, 2.7)


def test_what_creeps_up_is_found_by_the_chart_before_any_sum_finds_it() -> None:
    with_chart, without = (
        judge(_crept(), DATES, last=1),
        judge(_crept(), DATES, last=1, drift=False),
    )
    assert with_chart.p[0, 0] <= 0.005 < without.p[0, 0]
    assert with_chart.drifted is not None
    assert with_chart.drifted[0, 0]
    assert judge(FLAT, DATES, last=1).p[0, 0] > 0.05


def test_one_great_week_is_no_drift_and_what_is_not_known_widens_the_chart() -> None:
    means, plain = np.full((1, 9), 10.0), np.ones(1)
    nothing = np.zeros((1, 9, 9))
    spike = np.full((1, 9), 10.0)
    spike[0, 4] = 500
    assert drift_tail(spike, means, plain, nothing)[0] > 0.1
    assert CAP * SMOOTHING * 0.8**4 > 0
    raised = np.full((1, 9), 14.0)
    sure = drift_tail(raised, means, plain, nothing)[0]
    unsure = drift_tail(raised, means, plain, np.full((1, 9, 9), 0.04))[0]
    assert sure < 0.003 < unsure


def test_the_chart_knows_nothing_of_the_future() -> None:
    counts = _crept()
    later = np.concatenate([counts, np.full((1, 6), 90.0)], axis=1)
    dates = [*DATES, *(DATES[-1] + timedelta(days=7 * at) for at in range(1, 7))]
    then = surprise(counts, DATES, last=3)
    assert surprise(later, dates, last=9)[:, :3] == pytest.approx(then)


def test_a_young_series_has_no_chart() -> None:
    found = judge(_crept()[:, -60:], DATES[-60:], last=1)
    assert found.drifted is not None
    assert not found.drifted.any()


@pytest.mark.django_db
class TestScan:
    def _creeping(self) -> None:
        site = make_site()
        for back in range(130, 0, -1):
            week = MONDAY - timedelta(days=7 * (back - 1))
            number = int(FLAT[0, back % 8]) + (int(CREEP[8 - back]) if back <= 8 else 0)
            write_complaints(week + timedelta(days=back % 5), number, site=site, product="Kettle")

    def test_a_slow_rise_is_one_alert_of_its_own_kind(self) -> None:
        self._creeping()
        weekly = [one for one in scan_warnings(as_of=SUNDAY, now=NOW).alerts if one.step == 7]
        assert [alert.kind for alert in weekly] == ["drift"]
        assert weekly[0].also  # the same rise in product, site and all: told, not raised
        assert weekly[0].parameters["model"] == "harmonic-nb-2"
        again = scan_warnings(as_of=SUNDAY, now=NOW)
        assert not again.alerts

    def test_the_rule_can_be_switched_off(self) -> None:
        self._creeping()
        # At p ≤ .01 its last weeks would be a rise of their own.
        stricter = {"drift": False, "alpha": 0.005}
        content = default_settings().model_dump(mode="json") | stricter
        set_warnings(
            content=content,
            note="No charts.",
            seen_version=0,
            actor=make_user("quality_manager"),
            at=NOW,
        )
        assert not [one for one in scan_warnings(as_of=SUNDAY, now=NOW).alerts if one.step == 7]
