"""The arithmetic of the scorecard: worked examples, and what holds whatever the figures."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from providers.rules.scorecard import (
    Count,
    Measure,
    Scheme,
    Words,
    asks_for_plan,
    band_of,
    days_of,
    points_of,
    quarter_before,
    quarter_of,
    rounded,
    scorecard,
)
from providers.selectors.words import scheme_in_force

WORDS = Words(en="x", zh="x")


def measure(code="m", weight=10, floor=70, target=95) -> Measure:
    return Measure(code=code, names=WORDS, how=WORDS, weight=weight, floor=floor, target=target)


def scheme(*measures: Measure, fewest=30) -> Scheme:
    return Scheme(
        edition="t",
        measures=measures or (measure(),),
        bands={"A": 90, "B": 80, "C": 65},
        fewest=fewest,
        plan_days=45,
    )


@pytest.mark.parametrize(
    ("actual", "points"),
    [(0, 0), (70, 0), (Fraction(165, 2), 50), (95, 100), (100, 100)],
)
def test_points_rise_from_floor_to_target_and_no_further(actual, points):
    assert points_of(Fraction(actual), measure()) == points


def test_the_score_is_weighted_over_what_applies():
    card = scorecard(
        scheme(measure("a", weight=15), measure("b", weight=5), measure("c", weight=80)),
        {"a": Count(95, 100), "b": Count(70, 100)},  # of c there was nothing to count
        complaints=30,
        gates=(),
    )
    assert card.score == Fraction(15 * 100 + 5 * 0, 20)
    assert (card.band, card.shown_score) == ("C", rounded(Fraction(75)))


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (100, "A"),
        (90, "A"),
        (Fraction(8999, 100), "B"),
        (80, "B"),
        (Fraction(7999, 100), "C"),
        (65, "C"),
        (Fraction(6499, 100), "D"),
        (0, "D"),
    ],
)
def test_a_bound_belongs_to_its_band(score, band):
    assert band_of(Fraction(score), scheme()) == band


def test_below_thirty_complaints_nothing_is_said():
    few = scorecard(scheme(), {"m": Count(29, 29)}, complaints=29, gates=())
    enough = scorecard(scheme(), {"m": Count(30, 30)}, complaints=30, gates=())
    assert (few.band, enough.band) == ("", "A")


def test_a_gate_makes_it_d_whatever_the_score_and_however_few():
    card = scorecard(scheme(), {"m": Count(1, 1)}, complaints=1, gates={"privacy_breach"})
    assert (card.band, card.gates) == ("D", ["privacy_breach"])


def test_nothing_to_count_is_no_score():
    card = scorecard(scheme(), {}, complaints=99, gates=())
    assert (card.score, card.band) == (None, "")


@pytest.mark.parametrize(
    ("bands", "asking"),
    [
        ([], 0),
        (["C"], 0),
        (["C", "C"], 2),
        (["C", "B", "C"], 0),
        (["C", "", "C"], 2),  # a quarter without enough data neither helps nor harms
        (["A", "D"], 1),
        (["D", "A"], 0),
        (["D", ""], 1),
        (["C", "C", "B"], 0),
    ],
)
def test_one_d_or_two_c_in_a_row_ask_for_a_plan(bands, asking):
    assert asks_for_plan(bands) == asking


def test_quarters():
    assert quarter_of(date(2026, 3, 31)) == "2026Q1"
    assert quarter_of(date(2026, 10, 1)) == "2026Q4"
    assert quarter_before("2026Q1") == "2025Q4"
    assert days_of("2026Q4") == (date(2026, 10, 1), date(2027, 1, 1))
    for nonsense in ("2026Q5", "2026Q0", "2026", "Q1", ""):
        with pytest.raises(ValueError, match=r".*"):
            days_of(nonsense)


def test_the_scheme_that_comes_with_the_product_says_what_the_brief_says():
    says = scheme_in_force()
    weights = {one.code: one.weight for one in says.measures}
    assert weights == {
        "handover": 15,
        "acknowledgement": 15,
        "escalation": 20,
        "completeness": 10,
        "customer_critical": 15,
        "compliance_critical": 10,
        "satisfaction": 10,
        "data_protection": 5,
    }
    assert sum(weights.values()) == 100
    assert (dict(says.bands), says.fewest) == ({"A": 90, "B": 80, "C": 65}, 30)
    assert {one.minutes for one in says.measures if one.minutes} == {15}


@pytest.mark.parametrize(
    "wrong",
    [
        {"measures": []},
        {"measures": [measure(), measure()]},
        {"bands": {"A": 80, "B": 90, "C": 65}},
    ],
)
def test_a_scheme_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        Scheme.model_validate({**scheme().model_dump(), **wrong})


def test_a_target_lies_above_its_floor():
    with pytest.raises(ValidationError):
        measure(floor=90, target=90)


# --- whatever the figures ------------------------------------------------------------------------

counts = st.integers(0, 400).flatmap(
    lambda whole: st.integers(0, whole).map(lambda part: Count(part, whole))
)
measures = st.lists(
    st.tuples(st.integers(1, 100), st.integers(0, 98), st.integers(1, 100)).filter(
        lambda made: made[1] < made[2]
    ),
    min_size=1,
    max_size=6,
)


def made(rows) -> Scheme:
    return scheme(*(measure(f"m{n}", *row) for n, row in enumerate(rows)))


@given(measures, st.lists(counts, min_size=6, max_size=6), st.integers(0, 200))
def test_a_score_lies_between_0_and_100_and_has_its_band(rows, found, complaints):
    says = made(rows)
    card = scorecard(
        says,
        {f"m{n}": count for n, count in enumerate(found)},
        complaints=complaints,
        gates=(),
    )
    if card.score is None:
        assert card.band == ""
    else:
        assert 0 <= card.score <= 100
        expected = band_of(card.score, says) if complaints >= says.fewest else ""
        assert card.band == expected


@given(measures, st.lists(counts, min_size=6, max_size=6), st.integers(0, 5))
def test_one_more_that_was_right_never_lowers_the_score(rows, found, which):
    says = made(rows)
    before = {f"m{n}": count for n, count in enumerate(found)}
    count = before[f"m{which}"]
    if count.part == count.whole:
        return
    after = {**before, f"m{which}": Count(count.part + 1, count.whole)}
    low = scorecard(says, before, complaints=99, gates=()).score
    high = scorecard(says, after, complaints=99, gates=()).score
    assert low is None or (high is not None and high >= low)


@given(measures, st.lists(counts, min_size=6, max_size=6))
def test_the_order_of_measures_does_not_matter(rows, found):
    given_counts = {f"m{n}": count for n, count in enumerate(found)}
    says = made(rows)
    turned = says.model_copy(update={"measures": says.measures[::-1]})
    one = scorecard(says, given_counts, complaints=99, gates=())
    other = scorecard(turned, given_counts, complaints=99, gates=())
    assert (one.score, one.band) == (other.score, other.band)


@given(st.lists(st.sampled_from(["A", "B", "C", "D", ""]), max_size=12))
def test_what_lies_behind_a_good_quarter_asks_for_nothing(bands):
    assert asks_for_plan([*bands, "A"]) == 0
    assert asks_for_plan([*bands, "D"]) == 1
    assert asks_for_plan([*bands, "C", "", "C"]) == 2


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_day_lies_in_its_quarter(day):
    first, after = days_of(quarter_of(day))
    assert first <= day < after
    assert days_of(quarter_before(quarter_of(day)))[1] == first
