"""`manage.py explain_deadline`: the answer as JSON, in both languages, and each refusal."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from compliance.rules.presets import Preset
from compliance.selectors import presets

pytestmark = pytest.mark.django_db


def explain(*options: str):
    out = StringIO()
    call_command("explain_deadline", *options, stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.clause("CM-8.1")
def test_a_unit_and_an_amount_are_explained():
    answer = explain(
        "--unit=work_day", "--amount=3", "--calendar=weekdays", "--start=2026-03-02T09:00:00Z"
    )
    assert answer["due_date"] == "2026-03-05"
    assert answer["due_at"] == "2026-03-06T00:00:00+08:00"
    assert [step["code"] for step in answer["steps"]] == [
        "start",
        "allowed",
        "day0_excluded",
        "due_day",
    ]
    assert all(step["text"] for step in answer["steps"])
    assert answer["spec"] == {
        "unit": "work_day",
        "amount": 3,
        "day0_counts": False,
        "roll": "none",
        "calendar": "weekdays",
        "calendar_revision": 1,
        "tz": "Asia/Shanghai",
    }


@pytest.mark.clause("CM-8.1")
def test_make_up_days_of_the_chinese_calendar_count():
    spec = ("--unit=work_day", "--amount=1", "--calendar=CN")
    assert explain(*spec, "--start=2026-02-13T09:00:00+08:00")["due_date"] == "2026-02-14"
    assert explain(*spec, "--start=2026-02-14T09:00:00+08:00")["due_date"] == "2026-02-24"


@pytest.mark.clause("CM-8.1")
@pytest.mark.parametrize(
    ("preset", "clock", "start", "due"),
    [
        ("UK-FCA-DISP", "summary_resolution", "2026-03-02T09:00:00Z", "2026-03-05"),
        ("UK-FCA-DISP", "final_response", "2026-03-02T09:00:00Z", "2026-04-27"),
        ("UK-FCA-PSD", "response", "2026-03-02T09:00:00Z", "2026-03-23"),
        ("UK-FCA-PSD", "final_response", "2026-03-02T09:00:00Z", "2026-04-20"),
        ("AU-RG271", "response", "2026-03-02T09:00:00Z", "2026-04-01"),
        ("CN-12315-MEDIATION", "mediation", "2026-05-06T09:00:00+08:00", "2026-07-05"),
        ("CN-BANK-INS", "simple", "2026-06-01T09:00:00+08:00", "2026-06-16"),
        ("CN-BANK-INS", "complex", "2026-06-01T09:00:00+08:00", "2026-07-01"),
        ("CN-BANK-INS", "very_complex", "2026-06-01T09:00:00+08:00", "2026-07-31"),
        ("UK-DP", "acknowledge", "2026-07-01T09:00:00Z", "2026-07-30"),
        ("UK-DP", "acknowledge_lenient", "2026-07-01T09:00:00Z", "2026-07-31"),
    ],
)
def test_presets_end_on_the_known_day(preset, clock, start, due):
    answer = explain(f"--preset={preset}", f"--clock={clock}", f"--start={start}")
    assert answer["due_date"] == due
    assert "clocks" not in answer


def test_the_authority_accepts_within_seven_working_days():
    options = ("--preset=CN-12315-MEDIATION", "--clock=accept", "--start=2026-05-06T09:00:00+08:00")
    assert explain(*options, "--calendar=weekdays")["due_date"] == "2026-05-15"
    # Saturday 9 May 2026 makes up for Labour Day, so the real calendar ends a day sooner.
    assert explain(*options)["due_date"] == "2026-05-14"


def test_without_a_clock_the_principal_one_answers_and_all_are_listed():
    answer = explain("--preset=CN-BANK-INS", "--start=2026-06-01T09:00:00+08:00")
    assert answer["clock"] == "simple"
    assert {clock["clock"]: clock["due_date"] for clock in answer["clocks"]}["complex"] == (
        "2026-07-01"
    )
    assert answer["enabled"]
    assert answer["in_force"]


def test_figures_from_memory_are_marked_as_off():
    answer = explain("--preset=EU-GDPR-RIGHTS", "--start=2026-01-31T09:00:00Z")
    assert answer["due_date"] == "2026-02-28"
    assert answer["enabled"] is False


def test_pauses_may_be_many_and_each_adds_its_days():
    answer = explain(
        "--preset=CN-BANK-INS",
        "--clock=simple",
        "--start=2026-06-01T09:00:00+08:00",
        "--pause",
        "2026-06-03T09:00:00+08:00/2026-06-05T09:00:00+08:00",
        "2026-06-08T09:00:00+08:00/2026-06-10T09:00:00+08:00",
        "--pause",
        "2026-06-11T09:00:00+08:00/2026-06-12T09:00:00+08:00",
    )
    assert answer["due_date"] == "2026-06-21"
    assert [step["days"] for step in answer["steps"] if step["code"] == "paused_days"] == [2, 2, 1]


def test_day_zero_and_roll_can_be_chosen():
    spec = ("--unit=cal_day", "--amount=30", "--calendar=CN", "--start=2026-09-02T09:00:00+08:00")
    assert explain(*spec)["due_date"] == "2026-10-02"
    assert explain(*spec, "--day0=counted")["due_date"] == "2026-10-01"
    assert explain(*spec, "--roll=next_day_after_holiday")["due_date"] == "2026-10-08"
    assert explain(*spec, "--roll=next_work_day")["due_date"] == "2026-10-08"


def test_the_plain_calendar_can_be_read_in_another_zone():
    answer = explain(
        "--unit=hour",
        "--amount=24",
        "--calendar=weekdays",
        "--tz=Europe/London",
        "--start=2026-03-28T12:00:00Z",
    )
    assert answer["due_at"] == "2026-03-29T13:00:00+01:00"


def test_steps_speak_the_present_language():
    options = ("--preset=CN-AIR", "--start=2026-02-11T09:00:00+08:00")
    with translation.override("zh-hans"):
        assert explain(*options)["name"] == "告知处理结果及解决方案"
    with translation.override("en"):
        assert explain(*options)["name"] == "Result with a solution told"


GOOD = {"unit": "work_day", "amount": "3", "calendar": "CN", "start": "2026-03-02T09:00:00+08:00"}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"start": "2026-03-02"}, "--start"),
        ({"start": "yesterday"}, "--start"),
        ({"start": "2026-03-02T09:00:00"}, "--start"),
        ({"start": None}, "--start"),
        ({"amount": "0"}, "--amount"),
        ({"amount": "many"}, "--amount"),
        ({"amount": None}, "--amount"),
        ({"unit": "month", "amount": "99999"}, "--amount"),
        ({"unit": "year"}, "--unit"),
        ({"calendar": None}, "--calendar"),
        ({"calendar": "MOON"}, "--calendar"),
        ({"clock": "accept"}, "--clock"),
        ({"day0": "perhaps"}, "--day0"),
        ({"roll": "backwards"}, "--roll"),
        ({"tz": "Asia/Shanghai"}, "--tz"),
        ({"calendar": "weekdays", "tz": "Moon/Sea"}, "--tz"),
        ({"pause": "2026-03-02T09:00:00+08:00"}, "--pause"),
        ({"pause": "soon/later"}, "--pause"),
        ({"pause": "2026-03-04T09:00:00Z/2026-03-03T09:00:00Z"}, "--pause"),
        ({"preset": "CN-AIR"}, "--preset"),
        ({"unit": None, "calendar": None, "preset": "CN-AIR"}, "--amount"),
        ({"unit": None, "amount": None, "preset": "CN-MOON"}, "--preset"),
        ({"unit": None, "amount": None, "preset": "UK-ADR-INFO"}, "--preset"),
        ({"unit": None, "amount": None, "preset": "CN-AIR", "clock": "x"}, "--clock"),
    ],
)
def test_bad_input_is_refused_naming_the_option(change, named):
    options = {**GOOD, **change}
    with pytest.raises(CommandError, match=named):
        explain(*(f"--{name}={value}" for name, value in options.items() if value is not None))


def test_every_clock_of_every_preset_can_be_explained():
    for preset in presets().values():
        assert isinstance(preset, Preset)
        if preset.clocks:
            answer = explain(f"--preset={preset.code}", "--start=2026-06-01T09:00:00+08:00")
            assert len(answer["clocks"]) == len(preset.clocks)
