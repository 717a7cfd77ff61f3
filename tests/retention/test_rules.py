"""The arithmetic of periods, the checks of a schedule, and the masking of others."""

from copy import deepcopy
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from retention.rules.masking import MASK, masked
from retention.rules.schedule import due_by, faults_of, first_day_back, last_day
from retention.selectors.schedule import default_content

DAYS = some.dates(date(2000, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("since", "count", "unit", "last"),
    [
        (date(2020, 3, 4), 6, "years", date(2026, 3, 4)),
        (date(2020, 2, 29), 1, "years", date(2021, 2, 28)),
        (date(2020, 2, 29), 4, "years", date(2024, 2, 29)),
        (date(2025, 8, 31), 6, "months", date(2026, 2, 28)),
        (date(2025, 12, 31), 1, "months", date(2026, 1, 31)),
        (date(2025, 12, 31), 30, "days", date(2026, 1, 30)),
    ],
)
def test_a_period_ends_on_the_same_day_or_on_the_last_of_its_month(since, count, unit, last):
    assert last_day(since, count, unit) == last


@given(DAYS, some.integers(1, 120), some.sampled_from(["days", "months", "years"]))
def test_whatever_is_due_is_found_by_looking_back(today, count, unit):
    """The quick look into the past overlooks nothing that the exact arithmetic finds due."""
    count = min(count, 9) if unit == "years" else count
    border = first_day_back(today, count, unit)
    for days in range(-4, 5):
        since = border + timedelta(days=days)
        if last_day(since, count, unit) < today:
            assert since <= border


@pytest.mark.clause("CM-7.5")
def test_the_longest_period_that_applies_wins():
    content = default_content()
    end = date(2020, 3, 4)
    alone = due_by(content, [("not_a_complaint", end)])
    both = due_by(content, [("not_a_complaint", end), ("emergency", end), ("unheard_of", end)])
    later = due_by(content, [("closed", end), ("outside_case", date(2021, 1, 1))])
    assert (alone.code, alone.due_on) == ("not_a_complaint", date(2023, 3, 5))
    assert (both.code, both.due_on) == ("emergency", date(2026, 3, 5))
    assert (later.code, later.since) == ("outside_case", date(2021, 1, 1))
    assert due_by(content, []) is None


def changed(**rule):
    content = deepcopy(default_content().model_dump(mode="json"))
    content["rules"][0] |= rule
    return content


@pytest.mark.parametrize(
    ("content", "path", "code"),
    [
        (changed(count=0), "rules.0", "too_short"),
        (changed(count=500), "rules.0", "too_long"),
        (changed(count=-1), "rules.0.count", "greater_than_equal"),
        (changed(basis={"en": "Why", "zh": ""}), "rules.0.basis.zh", "string_too_short"),
        (changed(code="withdrawn"), "", "classes"),
        ({"rules": []}, "", "classes"),
    ],
)
def test_a_schedule_at_fault_names_the_place(content, path, code):
    assert [(fault.path, fault.code) for fault in faults_of(content)] == [(path, code)]


def test_the_schedule_that_comes_with_the_product_keeps_complaints_six_years():
    content = default_content()
    assert faults_of(content.model_dump(mode="json")) == []
    rule = content.rule("closed")
    assert (rule.count, rule.unit, rule.action) == (6, "years", "anonymise")
    assert content.rule("journal").action == "keep"
    assert content.rule("drafts").action == "delete"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Wei Sun rang 139 0000 2222.", f"{MASK} rang {MASK}."),
        ("Call me on 138 0000 1111.", "Call me on 138 0000 1111."),
        ("Call +86 13800001111.", "Call +86 13800001111."),
        ("Write to li@example.com or shop@example.com", f"Write to li@example.com or {MASK}"),
        ("孙伟致电客户。", f"{MASK}致电客户。"),
        ("Paid 1299.00 on 2026-03-04.", "Paid 1299.00 on 2026-03-04."),
        ("Li Ming spoke to WEI SUN", f"Li Ming spoke to {MASK}"),
        ("Sundae", "Sundae"),
    ],
)
def test_others_are_masked_and_ones_own_stays(text, told):
    own = {"Li Ming", "13800001111", "li@example.com"}
    assert masked(text, own=own, names={"Wei Sun", "孙伟", "Sun", "Li Ming"}) == told
