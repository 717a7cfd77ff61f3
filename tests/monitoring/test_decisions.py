"""False discoveries, episodes, levels, charts, repeats, silence."""

from datetime import date, timedelta

import numpy as np
import pytest

from monitoring.rules import BadSeriesError
from monitoring.rules.deciding import discoveries, enough_complaints
from monitoring.rules.drift import CHART_HEIGHT, HEIGHT, LIMIT, binomial_cusum, cusum, ewma
from monitoring.rules.episodes import Episode, best_level, episodes, worth_telling
from monitoring.rules.farrington import surprise_farrington
from monitoring.rules.short import ears, surprise_recent
from monitoring.rules.signs import Report, repeats, went_silent

TODAY = date(2026, 3, 2)
WEEKS = np.datetime64("2025-12-29") - 7 * np.arange(300)[::-1]


def test_discoveries_of_benjamini_and_hochberg():
    p = np.array([0.01, 0.02, 0.03, 0.04, 0.9])
    everything = np.ones(5, dtype=bool)
    assert discoveries(p, everything, 0.05).tolist() == [True] * 4 + [False]
    assert discoveries(p, everything, 0.01).tolist() == [False] * 5
    assert discoveries(p, np.array([False] * 4 + [True])).tolist() == [False] * 5
    assert not discoveries(p, np.zeros(5, dtype=bool)).any()


def test_enough_complaints_counts_four_periods():
    counts = np.array([[9, 0, 0, 0, 0, 4, 1]], dtype=float)
    assert enough_complaints(counts, last=4).tolist() == [[True, False, False, True]]
    assert enough_complaints(np.array([[5.0]]), last=1).tolist() == [[True]]


def test_an_episode_opens_high_and_closes_low():
    surprises = np.array([0, 3.0, 1.5, 0.2, 0.1, 0.1, 4.0])
    found = episodes(surprises >= 2.3, surprises)
    assert found == [Episode(1, 2, 3.0, open=False), Episode(6, 6, 4.0, open=True)]
    assert episodes(np.zeros(3, dtype=bool), np.zeros(3)) == []


def test_after_an_alarm_only_a_higher_one_is_told():
    surprises = np.array([3.0, 3.2, 4.5, 3.0, 3.0, 3.0])
    told = worth_telling(surprises >= 2.3, surprises, silence=2)
    assert told.tolist() == [True, False, True, False, False, True]


@pytest.mark.parametrize(
    ("excess", "alarmed", "level"),
    [
        ({"all": 20, "north": 18, "south": 2}, {"all", "north"}, "north"),
        ({"all": 20, "north": 10, "south": 10}, {"all", "north", "south"}, "all"),
        ({"all": 20, "north": 10, "south": 10}, {"all"}, "all"),
        ({"all": 4, "north": 9, "south": -5}, {"north"}, "north"),
    ],
)
def test_the_alarm_goes_to_the_level_that_explains_it(excess, alarmed, level):
    surprises = dict.fromkeys(excess, 3.0)
    parts = {"all": ["north", "south"]}
    assert best_level(excess, surprises, parts, "all", alarmed=frozenset(alarmed)) == level


def test_drift_charts_see_what_single_periods_hide():
    calm, drift = np.tile([0.5, -0.5], 20), np.full(40, 0.95)
    scores = np.stack([calm, drift])
    assert (ewma(scores)[:, -1] > LIMIT).tolist() == [False, True]
    assert (cusum(scores)[:, -1] > HEIGHT).tolist() == [False, True]
    totals = np.full((2, 12), 50.0)
    chart = binomial_cusum(np.array([[5.0] * 12, [9.0] * 12]), totals, np.full((2, 12), 0.1))
    assert (chart[:, -1] > CHART_HEIGHT).tolist() == [False, True]


def test_the_other_charts_see_a_spike_and_know_their_limits():
    counts = np.random.default_rng(8).poisson(10, (2, 300))
    counts[1, -1] = 45
    for chart in (surprise_farrington, surprise_recent):
        found = chart(counts, WEEKS, last=3)
        assert found.shape == (2, 3)
        assert found[1, -1] > 2.3 > found[0, -1]
    c1, c2, c3 = ears(counts, WEEKS, last=3)
    assert (c1[1, -1] > 3, c2[1, -1] > 3, c3[1, -1] > 2) == (True, True, True)
    assert (surprise_farrington(counts[:, :60], WEEKS[:60], last=2) == 0).all()
    assert (surprise_recent(counts[:, :20], WEEKS[:20], last=2) == 0).all()
    with pytest.raises(BadSeriesError, match=r"^dates: "):
        surprise_farrington(counts[:, :9], WEEKS[0] + np.arange(9), last=1)


@pytest.mark.clause("CM-8.4")
@pytest.mark.parametrize(
    ("reports", "red"),
    [
        ([("a", 0, False), ("b", 5, False), ("c", 29, False)], True),
        ([("a", 0, False), ("b", 5, False), ("c", 30, False)], False),
        ([("a", 0, False), ("b", 5, False), ("b", 6, False)], False),
        ([("a", 0, True), ("b", 89, True)], True),
        ([("a", 0, True), ("b", 90, True)], False),
        ([("a", 0, True), ("a", 1, True)], False),
        ([("a", 0, True), ("b", -1, True)], False),
    ],
)
def test_the_repeat_rule(reports, red):
    given = [Report(TODAY - timedelta(days=ago), who, safety) for who, ago, safety in reports]
    assert repeats(given, today=TODAY) is red


@pytest.mark.clause("CM-8.4")
def test_a_source_that_falls_silent_is_noticed():
    counts = np.random.default_rng(9).poisson(6, (5, 40)).astype(float)
    counts[0, -2:] = 0
    counts[1, :] = 0
    counts[2] = np.tile([0, 1, 0, 0], 10)
    counts[3, -1] = 1
    counts[4, 1:], counts[4, 0] = 0, 3
    assert went_silent(counts).tolist() == [True, False, False, False, False]
