"""How surprising a period is: by its own past, never by what came later."""

from datetime import date, timedelta

import numpy as np
import pytest

from monitoring.rules import (
    BadSeriesError,
    flag,
    flag_rate,
    judge,
    judge_rate,
    surprise,
    surprise_rate,
)
from monitoring.rules.rates import upper_rate

MONDAY = date(2025, 12, 29)


def weeks(count):
    return [MONDAY - timedelta(weeks=count - 1 - at) for at in range(count)]


def days(count, last=MONDAY):
    return [last - timedelta(days=count - 1 - at) for at in range(count)]


def poisson(mean, rows, length, seed=1):
    return np.random.default_rng(seed).poisson(mean, (rows, length))


@pytest.mark.parametrize(("dates", "length"), [(weeks, 40), (weeks, 150), (days, 60), (days, 420)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_later_counts_change_no_earlier_surprise(dates, length, seed):
    rng = np.random.default_rng(seed)
    counts, last = rng.poisson(6, (4, length)), 8
    cut = int(rng.integers(1, last))  # the last `cut` periods are rewritten
    other = counts.copy()
    other[:, -cut:] = rng.poisson(60, (4, cut))
    for door in (surprise, flag):
        before = door(counts, dates(length), last=last)[:, :-cut]
        after = door(other, dates(length), last=last)[:, :-cut]
        assert np.array_equal(before, after)


@pytest.mark.parametrize("length", [40, 150])
def test_later_shares_change_no_earlier_surprise(length):
    totals = poisson(80, 3, length)
    events = np.random.default_rng(2).binomial(totals, 0.1)
    other = events.copy()
    other[:, -3:] = totals[:, -3:]
    for door in (surprise_rate, flag_rate):
        before = door(events, totals, weeks(length), last=8)[:, :-3]
        assert np.array_equal(before, door(other, totals, weeks(length), last=8)[:, :-3])


@pytest.mark.parametrize("length", [40, 150])
def test_a_period_is_judged_alike_alone_and_among_others(length):
    counts = poisson(6, 3, length)
    together = surprise(counts, weeks(length), last=5)
    alone = surprise(counts[:1, :-2], weeks(length)[:-2], last=1)
    assert alone[0, 0] == pytest.approx(together[0, 2], rel=1e-6)


def test_the_same_input_gives_the_same_answer():
    counts = poisson(5, 5, 150)
    first = surprise(counts, weeks(150), last=10)
    assert np.array_equal(first, surprise(counts, weeks(150), last=10))
    assert first.shape == (5, 10)
    assert (first >= 0).all()


@pytest.mark.clause("CM-8.4")
@pytest.mark.parametrize(("dates", "length"), [(weeks, 30), (weeks, 200), (days, 60), (days, 500)])
def test_a_spike_is_flagged_and_a_quiet_period_is_not(dates, length):
    counts = poisson(8, 6, length)
    counts[2, -1] = 40
    flags = flag(counts, dates(length), last=1)[:, 0]
    assert flags.tolist() == [row == 2 for row in range(6)]


def test_a_quiet_week_after_a_great_one_is_no_alarm():
    counts = poisson(8, 1, 200)
    counts[0, -2:] = 80, 7
    assert flag(counts, weeks(200), last=2).tolist() == [[True, False]]


def test_a_lasting_shift_becomes_the_usual_level():
    counts = poisson(10, 20, 220)
    counts[:, -40:] += poisson(15, 20, 40, seed=3)
    flags = flag(counts, weeks(220), last=40)
    assert flags[:, :3].any(axis=1).all()
    assert flags[:, -12:].mean() <= 0.1


def test_what_a_fallen_level_hides_is_seen_beside_the_recent_past():
    counts = poisson(60, 1, 240)
    counts[0, -60:] = poisson(6, 1, 60, seed=4)[0]
    counts[0, -1] = 28
    judged = judge(counts, weeks(240), last=1)
    assert judged.expected[0, 0] > 15
    assert flag(counts, weeks(240), last=1)[0, 0]


def test_fewer_than_five_complaints_in_four_periods_are_no_alarm():
    counts = np.zeros((1, 150), dtype=int)
    counts[0, -1] = 4
    assert surprise(counts, weeks(150), last=1)[0, 0] > 2.3
    assert not flag(counts, weeks(150), last=1)[0, 0]
    counts[0, -1] = 5
    assert flag(counts, weeks(150), last=1)[0, 0]


@pytest.mark.parametrize("length", [1, 2, 8, 9, 30, 120, 300])
@pytest.mark.parametrize("value", [0, 1, 7, 10**9])
def test_constant_series_surprise_nobody(length, value):
    counts = np.full((2, length), value)
    found = surprise(counts, weeks(length), last=min(3, length))
    assert np.isfinite(found).all()
    assert (found < 2.3).all()


def test_huge_counts_are_judged():
    counts = poisson(10**8, 2, 150)
    counts[0, -1] *= 2
    found = surprise(counts, weeks(150), last=1)[:, 0]
    assert found[0] > 10
    assert found[1] < 3


@pytest.mark.parametrize(("dates", "least"), [(weeks, 8 + 2), (days, 14 + 3)])
def test_a_short_past_says_nothing(dates, least):
    counts = np.zeros((1, least + 1), dtype=int)
    counts[0, -1] = 50
    judged = judge(counts, dates(least + 1), last=2)
    assert judged.judged.tolist() == [False, True]
    assert judged.p[0, 0] == 1.0
    assert judged.p[0, 1] < 0.005


def test_the_bound_is_where_one_period_alone_becomes_a_surprise():
    judged = judge(poisson(20, 3, 200), weeks(200), last=4)
    assert (judged.upper() > judged.expected).all()
    assert (judged.upper(0.05) < judged.upper(0.001)).all()


def test_false_alarms_are_near_the_nominal_rate():
    found = surprise(poisson(12, 150, 230, seed=5), weeks(230), last=20)
    assert 0.001 <= (found >= -np.log10(0.005)).mean() <= 0.009


@pytest.mark.parametrize(
    ("counts", "dates", "last", "field"),
    [
        ([[1, 2, 3]], [*weeks(3)[:2], None], 1, "dates"),
        ([[1, 2, 3]], [*weeks(3)[:2], "soon"], 1, "dates"),
        ([[1, 2, 3]], [weeks(9)[0], *weeks(9)[2:4]], 1, "dates"),
        ([[1, 2, 3]], weeks(3)[::-1], 1, "dates"),
        ([[1, 2, 3]], [[day] for day in weeks(3)], 1, "dates"),
        ([[]], [], 1, "dates"),
        ([[1, 2, 3]], [MONDAY + timedelta(days=30 * at) for at in range(3)], 1, "dates"),
        ([1, 2, 3], weeks(3), 1, "counts"),
        ([[1, 2]], weeks(3), 1, "counts"),
        ([[1, -2, 3]], weeks(3), 1, "counts"),
        ([[1, 2.5, 3]], weeks(3), 1, "counts"),
        ([[1, float("nan"), 3]], weeks(3), 1, "counts"),
        ([["a", "b", "c"]], weeks(3), 1, "counts"),
        ([[1, 2, 3]], weeks(3), 0, "last"),
        ([[1, 2, 3]], weeks(3), 4, "last"),
        ([[1, 2, 3]], weeks(3), True, "last"),
    ],
)
def test_bad_input_is_refused_by_the_name_of_its_field(counts, dates, last, field):
    for door in (surprise, flag):
        with pytest.raises(BadSeriesError) as refused:
            door(counts, dates, last=last)
        assert refused.value.field == field
        assert str(refused.value).startswith(f"{field}: ")


@pytest.mark.parametrize("totals", [[[9, 9]], [[9, 9, 1]], [[9, 9, 9], [9, 9, 9]], [[9, 9, -1]]])
def test_bad_totals_are_refused(totals):
    for door in (surprise_rate, flag_rate):
        with pytest.raises(BadSeriesError) as refused:
            door([[1, 2, 3]], totals, weeks(3), last=1)
        assert refused.value.field == "totals"


@pytest.mark.clause("CM-8.4")
def test_a_share_that_rises_is_flagged_though_the_counts_do_not():
    totals = np.full((2, 120), 100)
    events = np.random.default_rng(6).binomial(totals, 0.1)
    totals[0, -4:] = 40  # fewer complaints, as many repeats
    flags = flag_rate(events, totals, weeks(120), last=4)
    assert flags[0].any()
    assert not flags[1].any()
    judged = judge_rate(events, totals, weeks(120), last=4)
    assert judged.expected[0, -1] == pytest.approx(4, abs=1)
    assert (upper_rate(judged, totals[:, -4:].astype(float)) > judged.expected).all()


def test_shares_of_nothing_say_nothing():
    nothing = np.zeros((1, 120), dtype=int)
    assert (surprise_rate(nothing, nothing, weeks(120), last=3) == 0).all()
    whole = np.full((1, 120), 30)
    assert (surprise_rate(whole, whole, weeks(120), last=3) < 2).all()


def test_overdispersed_series_are_given_more_room():
    rng = np.random.default_rng(7)
    calm = rng.poisson(20, (1, 150))
    wild = rng.poisson(rng.gamma(4, 5, (1, 150)))
    counts = np.concatenate([calm, wild])
    counts[:, -1] = 36
    found = surprise(counts, weeks(150), last=1)[:, 0]
    assert found[0] > 2.3 > found[1]
