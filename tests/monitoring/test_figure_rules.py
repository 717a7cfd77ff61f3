"""The arithmetic of figures: the worked examples of the domain brief, and what must always hold."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from monitoring.kpis import BY_CODE, CATALOGUE, MANAGEMENT, OPERATIONS, QUALITY, SCORECARD, WAITING
from monitoring.rules.alert_measures import MEASURES as ALERT_MEASURES
from monitoring.rules.exposure import Exposed, exposed_over
from monitoring.rules.folding import band_of, product_key, working_days
from monitoring.rules.incident_measures import MEASURES as INCIDENT_MEASURES
from monitoring.rules.intervals import half_up, wilson
from monitoring.rules.kpi import Basis, Kpi, Of, Shape, Span, Term, Unit, result_of
from monitoring.rules.measures import BY_CODE as MEASURES
from monitoring.rules.measures import BY_CODE_OF_PAYMENTS, BY_CODE_OF_STRETCHES
from monitoring.rules.periods import PERIODS, span_of, working_days_ahead
from monitoring.rules.quantiles import bucket_of, median, of_counts, percentile, value_of
from monitoring.rules.survival import curve, reached, reached_between
from monitoring.rules.tails import count_tail
from monitoring.selectors.counting import Counts

TODAY = date(2026, 3, 18)
TENTH = [1, 2, 2, 3, 4, 5, 6, 9, 14, 30]  # domain brief 3.1


@pytest.mark.clause("CM-9.1")
def test_eighteen_of_twenty_are_between_70_and_97_percent() -> None:
    low, high = wilson(18, 20) or (0, 0)
    assert (round(100 * low, 1), round(100 * high, 1)) == (69.9, 97.2)


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_lies_around_its_share_and_narrows_as_cases_come(part: int, more: int) -> None:
    whole = part + more
    found = wilson(part, whole)
    if whole == 0:
        assert found is None
        return
    assert found is not None
    low, high = found
    assert 0 <= low <= part / whole <= high <= 1
    again = wilson(10 * part, 10 * whole)
    assert again is not None
    assert again[1] - again[0] < high - low


def test_what_is_no_share_has_no_interval() -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(3, 2)


@pytest.mark.clause("CM-9.1")
def test_the_median_lies_between_the_middle_two_and_percentiles_are_of_nearest_rank() -> None:
    assert median(Counter(TENTH)) == Fraction(9, 2)
    assert percentile(TENTH, Fraction(9, 10)) == 14
    assert median({}) is None
    assert percentile([], Fraction(9, 10)) is None


@given(st.lists(st.integers(0, 100_000), min_size=1), st.integers(1, 100))
def test_a_percentile_from_buckets_is_the_true_one_or_at_most_its_bucket_below(
    values: list[int], percent: int
) -> None:
    share = Fraction(percent, 100)
    true = sorted(values)[-(-len(values) * percent // 100) - 1]
    assert percentile(values, share) == true
    told = of_counts(Counter(value_of(bucket_of(value)) for value in values), share)
    assert told is not None
    assert told <= true
    assert bucket_of(told) == bucket_of(true)
    assert true - told <= max(0, 0.06 * true)


@pytest.mark.clause("CM-9.1")
def test_the_worked_cohort_has_a_median_of_fifteen_days() -> None:
    events = [(3, 1), (5, 1), (7, 0), (8, 1), (12, 0), (15, 1), (20, 0)]
    steps = curve((time, 1, bool(done)) for time, done in events)
    shares = {step.time: round(float(step.share), 3) for step in steps}
    assert shares == {3: 0.857, 5: 0.714, 8: 0.536, 15: 0.268}
    assert reached(steps, Fraction(1, 2)) == 15
    assert reached(steps, Fraction(1, 10)) is None
    assert reached_between(steps, Fraction(1, 2)) == (3, None)


# Of those who leave before anything ends there is nothing to be unsure of, which SciPy warns of.
@pytest.mark.filterwarnings("ignore:The confidence interval is undefined")
@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=30))
def test_how_sure_a_median_is_follows_from_the_limits_that_scipy_gives(
    seen: list[tuple[int, bool]],
) -> None:
    steps = curve((time, 1, done) for time, done in seen)
    low, high = reached_between(steps, Fraction(1, 2))
    middle = reached(steps, Fraction(1, 2))
    assert low is None or middle is None or low <= middle
    assert high is None or (middle is not None and middle <= high)
    if not steps or steps[-1].share == 0:  # SciPy gives no limits for an empty end
        return
    sample = CensoredData.right_censored([time for time, _ in seen], [not done for _, done in seen])
    limits = ecdf(sample).sf.confidence_interval(method="log-log")
    for found, limit in ((low, limits.low), (high, limits.high)):
        pairs = zip(limit.quantiles, limit.probabilities, strict=True)
        assert found == next((int(time) for time, share in pairs if share <= 0.5), None)


@pytest.mark.clause("CM-8.4")
def test_amber_and_red_begin_where_the_brief_says() -> None:
    """Poisson tails of 1 % and 0.1 %, and five complaints at least (domain brief 3.4.2)."""
    brief = {
        0.5: (5, 5),
        1.0: (5, 6),
        2.0: (7, 9),
        3.0: (9, 11),
        5.0: (12, 14),
        8.0: (16, 19),
        10.0: (19, 22),
        20.0: (32, 36),
        50.0: (68, 74),
    }
    for mean, begins in brief.items():
        counts = np.arange(5.0, 200.0)
        tails = count_tail(counts, np.full_like(counts, mean), np.full_like(counts, mean))
        assert tuple(int(counts[tails <= alpha][0]) for alpha in (0.01, 0.001)) == begins, mean


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 3), st.booleans()), max_size=30))
def test_a_curve_only_falls_and_is_the_plain_share_where_nothing_is_open(
    seen: list[tuple[int, int, bool]],
) -> None:
    shares = [step.share for step in curve(seen)]
    assert shares == sorted(shares, reverse=True)
    assert all(0 <= share < 1 for share in shares)
    done = [(time, count, True) for time, count, _ in seen]
    total = sum(count for _, count, _ in seen)
    for step in curve(done):
        later = sum(count for time, count, _ in done if time > step.time)
        assert step.share == Fraction(later, total)


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        ("0.125", 2, "0.13"),
        ("82.65", 1, "82.7"),
        ("-0.5", 0, "-1"),
        ("2.5", 0, "3"),
        ("2.4", 0, "2"),
    ],
)
def test_figures_are_rounded_half_up(value: str, places: int, shown: str) -> None:
    assert half_up(Fraction(value), places) == Fraction(shown)


@pytest.mark.parametrize(
    ("received", "closed", "band"),
    [
        (date(2026, 3, 13), date(2026, 3, 18), 0),  # Friday to Wednesday: three working days
        (date(2026, 3, 13), date(2026, 3, 19), 1),
        (date(2026, 3, 14), date(2026, 3, 18), 0),  # Saturday
        (date(2026, 3, 1), date(2026, 3, 29), 1),
        (date(2026, 3, 1), date(2026, 3, 30), 2),
        (date(2026, 3, 1), date(2026, 4, 26), 2),
        (date(2026, 3, 1), date(2026, 4, 27), 3),
    ],
)
def test_closings_fall_into_bands(received: date, closed: date, band: int) -> None:
    assert band_of(received, closed) == band


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 60))
def test_working_days_are_counted_one_by_one(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    plain = sum((first + timedelta(days=n)).weekday() < 5 for n in range(1, days + 1))
    assert working_days(first, last) == plain
    if plain:
        ahead = working_days_ahead(first, plain)
        assert ahead <= last
        assert working_days(first, ahead) == plain


def test_products_are_counted_together_however_they_are_written() -> None:
    assert product_key("  Aqua ３  Heater ") == product_key("aqua 3 heater") == "aqua 3 heater"


@pytest.mark.parametrize("period", PERIODS)
def test_a_period_holds_today_and_the_one_before_ends_where_it_begins(period: str) -> None:
    span = span_of(period, TODAY, date(2026, 3, 1), date(2026, 3, 20))
    assert span.first < span.after
    if period != "last_month":
        assert span.first <= TODAY < span.after
    before = span.before()
    assert before.after - before.first == span.over - span.first
    assert before.first == span.first - (span.after - span.first)


def test_the_catalogue_is_whole() -> None:
    codes = [kpi.code for kpi in CATALOGUE]
    assert len(codes) == len(set(codes))
    span = span_of("30", TODAY)
    of = {
        Of.COMPLAINTS: {*MEASURES, *BY_CODE_OF_STRETCHES, *BY_CODE_OF_PAYMENTS},
        Of.ALERTS: {*ALERT_MEASURES},
        Of.INCIDENTS: {*INCIDENT_MEASURES},
    }
    for kpi in CATALOGUE:
        known = of[kpi.of]
        assert all(str(words) for words in (kpi.name, kpi.says, kpi.formula, kpi.source, kpi.every))
        assert {term.measure for term in kpi.shape(span).terms()} <= known, kpi.code
    for board in (OPERATIONS, QUALITY, MANAGEMENT):
        assert len(board) <= 12
        assert set(board) <= set(BY_CODE)


@pytest.mark.clause("CM-9.1")
def test_each_figure_of_the_brief_is_there_or_says_what_it_waits_for() -> None:
    shown = {int(kpi.code[1:3]) for kpi in CATALOGUE}
    waiting = {int(one.code[1:]) for one in WAITING}
    elsewhere = {int(SCORECARD[1:])}
    assert shown | waiting | elsewhere == set(range(1, 33))
    assert not shown & waiting


MONTHS = {
    date(2026, 1, 1): ("customers", 1000),
    date(2026, 2, 1): ("customers", 3000),
    date(2026, 3, 1): ("orders", 620),
    date(2026, 4, 1): ("orders", 300),
}


@pytest.mark.clause("CM-9.1")
@pytest.mark.parametrize(
    ("first", "after", "exposed"),
    [
        (date(2026, 1, 1), date(2026, 2, 1), Exposed("customers", Fraction(1000))),
        (date(2026, 1, 20), date(2026, 3, 1), Exposed("customers", Fraction(2000))),
        (date(2026, 3, 1), date(2026, 4, 1), Exposed("orders", Fraction(620))),
        (date(2026, 3, 22), date(2026, 4, 16), Exposed("orders", Fraction(200 + 150))),
        (date(2026, 4, 1), date(2026, 6, 1), Exposed("orders", None, (date(2026, 5, 1),))),
        (date(2026, 2, 1), date(2026, 4, 1), Exposed("", None, (), mixed=True)),
        (date(2025, 12, 1), date(2026, 1, 1), Exposed("", None, (date(2025, 12, 1),))),
        (date(2026, 1, 1), date(2026, 1, 1), Exposed()),
    ],
)
def test_customers_are_averaged_orders_added_and_no_month_stands_for_another(
    first: date, after: date, exposed: Exposed
) -> None:
    assert exposed_over(MONTHS, first, after) == exposed


def _share(span: Span) -> Shape:
    return Shape(
        (Term("a", None, None),), (Term("b", None, None),), {"young": (Term("c", None, None),)}
    )


@pytest.mark.clause("CM-9.1")
@pytest.mark.parametrize(
    ("part", "whole", "value", "few"),
    [(0, 0, None, True), (0, 9, 0, True), (18, 20, 90, False), (10, 10, 100, False)],
)
def test_a_share_of_nothing_is_neither_nought_nor_a_hundred(
    part: int, whole: int, value: int | None, *, few: bool
) -> None:
    kpi = Kpi("X", "", "", "", Basis.DUE, Unit.PERCENT, _share, "", "", "manager", kept=True)
    counts = Counts([])
    for code, count in (("a", part), ("b", whole), ("c", 4)):
        counts.add(code, 0, count, 0)
    span = span_of("30", TODAY)
    result = result_of(kpi, span, _share(span), counts)
    assert (result.value, result.small_n) == (value, few)
    assert (result.numerator, result.denominator, result.excluded) == (part, whole, {"young": 4})
    assert (result.low is None) == (whole == 0)
