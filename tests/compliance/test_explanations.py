"""Every step of an explanation has its sentence and can be written as JSON."""

import json
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from compliance.rules import ClockSpec, Pause, Roll, Step, StepCode, Unit
from compliance.selectors import as_dict, explain, spec_text, step_text
from tests.compliance.factories import calendar

DAY = date(2026, 10, 1)
PARAMS = {
    "tz": "Asia/Shanghai",
    "unit": "work_day",
    "amount": 3,
    "until": DAY,
    "origin": DAY,
    "days": 2,
    "seconds": 60,
}


@pytest.mark.parametrize("code", StepCode)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_code_has_a_sentence_in_which_nothing_is_left_open(code, language):
    with translation.override(language):
        text = step_text(Step(code, DAY, PARAMS))
    assert text.strip()
    assert "%(" not in text


@pytest.mark.parametrize("unit", Unit)
def test_every_unit_has_words_for_one_and_for_many(unit):
    with translation.override("en"):
        one, many = spec_text(ClockSpec(unit, 1)), spec_text(ClockSpec(unit, 2))
    assert one.startswith("1 ")
    assert many == f"2{one[1:]}s"


@pytest.mark.clause("CM-8.1")
def test_the_order_of_the_steps_tells_how_the_date_came_about():
    start = datetime(2026, 9, 29, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    golden_week = calendar(
        holidays=tuple(DAY + timedelta(days=n) for n in range(7)), workdays=(date(2026, 10, 10),)
    )
    pause = Pause(start + timedelta(days=1), start + timedelta(days=9))
    spec = ClockSpec(Unit.WORK_DAY, 4, roll=Roll.NEXT_WORK_DAY)
    told = explain(spec, start, golden_week, [pause])
    with translation.override("en"):
        data = json.loads(json.dumps(as_dict(told)))
    assert [step["code"] for step in data["steps"]] == [
        "start",
        "allowed",
        "day0_excluded",
        "paused_days",
        "makeup_day",
        "days_off",
        "due_day",
    ]
    assert data["steps"][3]["days"] == 1  # of eight days only one was a working day
    assert data["due_date"] == "2026-10-12"
    assert data["spec"]["calendar_revision"] == 0


def test_hours_are_told_with_their_pauses():
    start = datetime(2026, 9, 29, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    pause = Pause(start + timedelta(hours=1), start + timedelta(hours=3))
    data = as_dict(explain(ClockSpec(Unit.HOUR, 24), start, calendar(), [pause]))
    assert json.loads(json.dumps(data))["due_at"] == "2026-09-30T12:00:00+08:00"
    paused = next(step for step in data["steps"] if step["code"] == "paused_time")
    assert paused["seconds"] == 7200
