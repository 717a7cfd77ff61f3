"""Days off and make-up working days in daily series."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import yaml

from monitoring.rules import BadSeriesError, surprise
from monitoring.rules.chinese_days import MADE_UP, OFF
from monitoring.rules.day_kinds import DAY_OFF, MAKE_UP, believed_since, chinese_kinds, weekdays

DAYS = np.arange(np.datetime64("2023-01-02"), np.datetime64("2024-09-30"))
WORK, FREE = 30.0, 6.0


def calendar_series(kinds, rows=4, seed=1):
    free = (weekdays(DAYS) >= 5) & (kinds != MAKE_UP) | (kinds == DAY_OFF)
    return np.random.default_rng(seed).poisson(np.where(free, FREE, WORK), (rows, len(DAYS)))


def test_the_days_are_those_of_the_calendar_that_is_shipped():
    shipped = yaml.safe_load(Path("compliance/calendars/cn.yaml").read_text(encoding="utf-8"))
    here = {
        (date(year, int(day[:2]), int(day[2:])), work)
        for table, work in ((OFF, False), (MADE_UP, True))
        for year, text in table.items()
        for day in text.split()
    }
    assert here == {(day["date"], bool(day.get("work"))) for day in shipped["days"]}


def test_weekdays_begin_with_monday():
    assert weekdays(np.array(["2024-09-30", "2024-10-06"], dtype="datetime64[D]")).tolist() == [
        0,
        6,
    ]


def test_a_make_up_working_day_is_a_working_day():
    kinds = chinese_kinds(DAYS)
    assert DAYS[-2] == np.datetime64("2024-09-28")
    assert kinds[-1] == MAKE_UP  # Sunday, 29 September 2024
    counts = calendar_series(kinds)
    assert (surprise(counts, DAYS, last=1) < 2.3).all()
    nothing_known = np.zeros(len(DAYS), dtype=int)
    assert np.median(surprise(counts, DAYS, last=1, kinds=nothing_known)) > 2.3


def test_a_calendar_that_nobody_keeps_is_not_believed():
    kinds = chinese_kinds(DAYS)
    kept = calendar_series(kinds)
    ignored = calendar_series(np.zeros(len(DAYS), dtype=int))
    assert believed_since(kept, DAYS, kinds) < 200
    assert believed_since(ignored, DAYS, kinds) == len(DAYS)
    assert (surprise(ignored, DAYS, last=1) < 2.3).all()
    ignored[:, -1] = WORK  # a Sunday like a Monday is a surprise there
    assert (surprise(ignored, DAYS, last=1) > 2.3).all()


@pytest.mark.parametrize("kinds", [[0, 1], [3] * len(DAYS), ["x"] * len(DAYS)])
def test_kinds_of_days_are_checked(kinds):
    with pytest.raises(BadSeriesError, match=r"^kinds: "):
        surprise(calendar_series(chinese_kinds(DAYS)), DAYS, last=1, kinds=kinds)
