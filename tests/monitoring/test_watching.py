"""Levels, episodes from scan to scan, since when, cells: without a database."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from monitoring.rules.cells import Cells, Periods, closed_periods, ordinal, table_of
from monitoring.rules.changes import since_when
from monitoring.rules.delays import known_after, still_to_come
from monitoring.rules.levels import Node, explain
from monitoring.rules.rebasing import Lift, factor_of, lifted
from monitoring.rules.scanning import World, scan_period
from monitoring.rules.watch_settings import DimensionSet, WatchSettings
from monitoring.rules.watching import Standing, settle

MONDAY = date(2026, 3, 2)


def make_node(key, observed, expected, within, surprise, *, depth=1, alarm=True, cells=6):
    flags = np.zeros(cells, dtype=bool)
    flags[list(within)] = True
    p = 10.0**-surprise
    return Node(key, observed, expected, expected * 1.5, p, p, surprise, alarm, flags, depth)


def make_cells(rows, *, codes=("category", "product", "site", "channel", "provider")):
    """Return cells of (day, recorded, {dimension: code}, complaints) rows."""
    ones = np.array([float(row[3]) for row in rows])
    return Cells(
        np.array([ordinal(row[0]) for row in rows], dtype=np.int64),
        np.array([ordinal(row[1]) for row in rows], dtype=np.int64),
        {name: np.array([row[2].get(name, -1) for row in rows], dtype=np.int64) for name in codes},
        ones,
        ones,
        np.zeros(len(rows)),
        np.zeros(len(rows)),
        np.zeros(len(rows)),
        np.arange(len(rows)),
    )


class TestLevels:
    weights = np.array([20.0, 2, 2, 2, 2, 2])

    def test_one_part_that_explains_the_whole_is_blamed_alone(self):
        whole = make_node("all", 30, 12, range(6), 4.0, depth=0)
        site = make_node("site", 22, 4, (0, 1), 6.0)
        pair = make_node("product.site", 20, 2, (0,), 8.0, depth=2)
        channel = make_node("channel", 28, 11, (0, 1, 2, 3, 4), 3.9)
        found = explain([whole, site, pair, channel], self.weights)
        assert [one.node.key for one in found] == ["product.site"]
        assert set(found[0].also) == {"all", "site", "channel"}

    def test_where_all_parts_rise_the_whole_is_named(self):
        weights = np.full(6, 10.0)
        parts = [make_node(f"site-{at}", 10, 4, (at,), 2.6) for at in range(6)]
        whole = make_node("all", 60, 24, range(6), 9.0, depth=0)
        assert [one.node.key for one in explain([*parts, whole], weights)] == ["all"]

    def test_two_causes_are_two_alarms(self):
        weights = np.array([20.0, 2, 2, 2, 2, 20])
        one, two = make_node("a", 20, 3, (0,), 7.0), make_node("b", 20, 3, (5,), 6.5)
        assert [found.node.key for found in explain([one, two], weights)] == ["a", "b"]


class TestEpisodes:
    weights = np.full(6, 5.0)

    def settle(self, nodes, standing, week=0, step=7, **more):
        period = MONDAY + timedelta(days=7 * week)
        return settle(nodes, standing, self.weights, period=period, step=step, **more)

    def test_an_alarm_opens_an_episode_and_the_next_belongs_to_it(self):
        node = make_node("a", 20, 3, (0,), 4.0)
        first = self.settle([node], ())
        assert [one.node.key for one in first.raised] == ["a"]
        second = self.settle([node], first.standing, week=1)
        assert not second.raised
        assert [one.key for one in second.going_on] == ["a"]

    def test_a_level_ten_times_less_likely_breaks_the_silence(self):
        first = self.settle([make_node("a", 20, 3, (0,), 4.0)], ())
        again = self.settle([make_node("a", 30, 3, (0,), 5.2)], first.standing, week=1)
        assert [one.node.key for one in again.risen] == ["a"]
        assert again.standing[0].peak == 5.2

    def test_a_slightly_high_week_keeps_it_open_and_two_quiet_ones_end_it(self):
        standing = self.settle([make_node("a", 20, 3, (0,), 4.0)], ()).standing
        high = make_node("a", 6, 3, (0,), 1.4, alarm=False)
        standing = self.settle([high], standing, week=1).standing
        quiet = self.settle([], standing, week=2)
        assert not quiet.over
        assert self.settle([], quiet.standing, week=3).over == ["a"]

    def test_only_periods_of_its_own_length_end_it(self):
        standing = self.settle([make_node("a", 20, 3, (0,), 4.0)], ()).standing
        for _ in range(5):
            outcome = self.settle([], standing, week=1, step=1)
            standing = outcome.standing
        assert standing[0].open

    def test_soon_after_the_end_only_a_higher_level_is_told(self):
        over = Standing("a", 1, MONDAY, peak=4.0, quiet=2, open=False)
        same = make_node("a", 20, 3, (0,), 4.5)
        assert self.settle([same], [over], step=1).held_back == ["a"]
        higher = make_node("a", 40, 3, (0,), 5.5)
        assert [one.node.key for one in self.settle([higher], [over], step=1).risen] == ["a"]
        assert [one.node.key for one in self.settle([same], [over], week=2).raised] == ["a"]

    def test_what_an_episode_explains_is_no_alarm_of_its_own(self):
        part = make_node("a", 20, 3, (0, 1), 6.0)
        standing = self.settle([part], ()).standing
        whole = make_node("all", 30, 12, range(6), 5.0, depth=0)
        assert not self.settle([part, whole], standing, week=1).raised


class TestSinceWhen:
    def test_a_step_is_dated(self):
        expected = np.full(40, 5.0)
        counts = expected.copy()
        counts[34:] = 12
        assert since_when(counts, expected) == 34

    def test_without_a_change_it_is_the_last_period(self):
        assert since_when(np.full(30, 5.0), np.full(30, 5.0)) == 29

    def test_a_fall_is_no_rise(self):
        counts = np.full(30, 9.0)
        counts[20:] = 2
        assert since_when(counts, np.full(30, 9.0)) == 29


class TestCells:
    def test_only_what_was_received_and_recorded_is_known(self):
        rows: list[Any] = [
            (MONDAY, MONDAY, {}, 1),
            (MONDAY, MONDAY + timedelta(days=5), {}, 2),  # entered late
            (MONDAY, MONDAY + timedelta(days=200), {}, 4),  # taken over years later
            (MONDAY + timedelta(days=1), MONDAY + timedelta(days=1), {}, 8),
        ]
        assert make_cells(rows).known(MONDAY).complaints.sum() == 5
        assert make_cells(rows).known(MONDAY + timedelta(days=5)).complaints.sum() == 15

    def test_a_week_is_judged_once_it_is_over(self):
        sunday = MONDAY + timedelta(days=6)
        assert closed_periods(MONDAY - timedelta(days=7), sunday, 7, 10).last == MONDAY
        before = closed_periods(MONDAY - timedelta(days=7), sunday - timedelta(days=1), 7, 10)
        assert before.last == MONDAY - timedelta(days=7)
        assert closed_periods(MONDAY, MONDAY + timedelta(days=3), 7, 10) is None

    def test_a_category_counts_for_those_above_it_once(self):
        rows = [(MONDAY, MONDAY, {"category": 2}, 3), (MONDAY, MONDAY, {"category": 1}, 4)]
        cells = make_cells(rows).known(MONDAY).with_ancestors("category", {2: 1, 1: 0})
        periods = Periods(MONDAY, 1, 1)
        table = table_of(cells, ("category",), periods)
        sums = table.counts(cells.complaints)[:, 0]
        assert dict(zip(table.members[:, 0].tolist(), sums.tolist(), strict=True)) == {
            0: 7,
            1: 7,
            2: 3,
        }


class TestScan:
    def rows(self, weeks=40, spike=0):
        start = MONDAY - timedelta(days=7 * weeks)
        rows = []
        for week in range(weeks):
            day = start + timedelta(days=7 * week)
            rows += [
                (day, day, {"site": site, "product": 0}, 4 + (week + site) % 3) for site in range(3)
            ]
        rows.append((MONDAY, MONDAY, {"site": 1, "product": 0}, 5 + spike))
        rows += [(MONDAY, MONDAY, {"site": site, "product": 0}, 5) for site in (0, 2)]
        return rows

    def scan(self, rows, as_of=MONDAY + timedelta(days=6)):
        cells = make_cells(rows).known(as_of)
        sets = (
            DimensionSet(),
            DimensionSet(dimensions=("site",)),
            DimensionSet(dimensions=("product", "site")),
        )
        names = {"site": ["s0", "s1", "s2"], "product": ["kettle"]}
        world = World(names=names, parents={}, since=rows[0][0])
        return scan_period(cells, WatchSettings(sets=sets), world, as_of=as_of, step=7)

    @pytest.mark.clause("CM-8.4")
    def test_a_spike_at_one_site_is_one_alarm_there(self):
        scan = self.scan(self.rows(spike=20))
        outcome = settle([one.node for one in scan.judged], (), scan.weights, period=MONDAY, step=7)
        assert [one.node.key for one in outcome.raised] == ["complaints:site:s1"]
        assert scan.series == 7

    def test_quiet_weeks_raise_nothing(self):
        assert not [one for one in self.scan(self.rows()).judged if one.node.alarm]

    def test_nothing_of_the_future_is_used(self):
        before = MONDAY - timedelta(days=1)
        plain = self.scan(self.rows(), as_of=before)
        spiked = self.scan(self.rows(spike=500), as_of=before)
        assert [(one.node.key, one.node.p) for one in plain.judged] == [
            (one.node.key, one.node.p) for one in spiked.judged
        ]


def test_a_new_level_is_told_in_its_own_measure():
    dates = [MONDAY + timedelta(days=7 * at) for at in range(4)]
    counts = np.array([4.0, 6, 12, 11])
    factor = factor_of(counts[2:], np.array([5.0, 5.0]))
    assert lifted(counts, dates, Lift(dates[2], factor)).tolist() == [9, 14, 12, 11]


def test_late_entries_are_expected_still():
    today = ordinal(MONDAY)
    days = np.array([today - 100, today - 100, today - 1])
    recorded = days + np.array([0, 3, 0])
    counts = np.array([6.0, 2, 6])
    shares = known_after(days, recorded, counts, today=today)
    assert shares[0] == 0.75
    assert still_to_come(counts[2:], days[2:], shares, today=today) == pytest.approx(2.0)
