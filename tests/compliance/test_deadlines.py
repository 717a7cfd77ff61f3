"""The arithmetic of time limits: the known vectors, and laws that hold for every clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.rules import (
    WEEKDAYS,
    ClockSpec,
    Pause,
    Roll,
    StepCode,
    Unit,
    WorkCalendar,
    business_seconds,
    deadline,
    net_seconds,
)
from tests.compliance.factories import calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
LONDON = ZoneInfo("Europe/London")
PLAIN = calendar()


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def codes(steps) -> list[str]:
    return [step.code for step in steps]


# --- the vectors of the domain brief ---------------------------------------------------------


@pytest.mark.clause("CM-8.1")
@pytest.mark.parametrize(
    ("unit", "amount", "day0_counts", "start", "due"),
    [
        ("work_day", 3, False, "2026-03-02", "2026-03-05"),
        ("work_day", 15, False, "2026-03-02", "2026-03-23"),
        ("work_day", 35, False, "2026-03-02", "2026-04-20"),
        ("week", 8, False, "2026-03-02", "2026-04-27"),
        ("cal_day", 30, False, "2026-03-02", "2026-04-01"),
        ("work_day", 7, False, "2026-05-06", "2026-05-15"),
        ("cal_day", 60, False, "2026-05-06", "2026-07-05"),
        ("cal_day", 15, False, "2026-06-01", "2026-06-16"),
        ("cal_day", 30, False, "2026-06-01", "2026-07-01"),
        ("cal_day", 60, False, "2026-06-01", "2026-07-31"),
        ("cal_day", 30, True, "2026-07-01", "2026-07-30"),
        ("cal_day", 30, False, "2026-07-01", "2026-07-31"),
    ],
)
def test_known_limits_end_on_the_known_day(unit, amount, day0_counts, start, due):
    answer = deadline(ClockSpec(unit, amount, day0_counts), at(f"{start}T10:00"), PLAIN)
    assert answer.due_date == date.fromisoformat(due)
    assert answer.due_at == at(f"{due}T00:00") + timedelta(days=1)


@pytest.mark.clause("CM-8.1")
@pytest.mark.parametrize(
    ("amount", "due"), [(15, "2026-06-21"), (30, "2026-07-06"), (60, "2026-08-05")]
)
def test_five_days_of_appraisal_add_five_days(amount, due):
    pause = Pause(at("2026-06-08T09:00"), at("2026-06-13T18:00"))
    answer = deadline(ClockSpec(Unit.CAL_DAY, amount), at("2026-06-01T10:00"), PLAIN, [pause])
    assert answer.due_date == date.fromisoformat(due)


def test_a_pause_inside_a_weekend_adds_no_business_time():
    start = at("2026-03-05T10:00")
    pause = Pause(at("2026-03-07T08:00"), at("2026-03-08T20:00"))
    for unit, amount in (("work_day", 3), ("business_hour", 12)):
        spec = ClockSpec(Unit(unit), amount)
        assert deadline(spec, start, PLAIN, [pause]).due_at == deadline(spec, start, PLAIN).due_at


def test_swapping_the_clock_during_a_pause_keeps_the_pause():
    start, now = at("2026-06-01T10:00"), at("2026-06-11T10:00")
    running = Pause(at("2026-06-04T09:00"))
    for amount in (15, 30):
        spec = ClockSpec(Unit.CAL_DAY, amount)
        paused = deadline(spec, start, PLAIN, [running], now)
        assert paused.due_date == date(2026, 6, 1) + timedelta(days=amount + 7)
        assert StepCode.PAUSE_RUNNING in codes(paused.steps)


@pytest.mark.parametrize("day", ["2026-03-27", "2026-10-23"])  # the clocks change on Sunday
def test_twenty_four_hours_stay_twenty_four_through_a_clock_change(day):
    london = calendar(tz="Europe/London")
    start = at(f"{day}T12:00", LONDON)
    working = deadline(ClockSpec(Unit.BUSINESS_HOUR, 24), start, london)
    assert business_seconds(start, working.due_at, london) == 24 * 3600
    saturday = start + timedelta(days=1)
    plain = deadline(ClockSpec(Unit.HOUR, 24), saturday, london)
    assert plain.due_at.astimezone(UTC) - saturday.astimezone(UTC) == timedelta(hours=24)
    assert plain.due_at.time() != saturday.time()


# --- days ------------------------------------------------------------------------------------


def test_a_first_day_that_counts_must_be_a_working_day_to_count():
    spec = ClockSpec(Unit.WORK_DAY, 1, day0_counts=True)
    assert deadline(spec, at("2026-03-02T10:00"), PLAIN).due_date == date(2026, 3, 2)
    saturday = deadline(spec, at("2026-03-07T10:00"), PLAIN)
    assert saturday.due_date == date(2026, 3, 9)
    assert StepCode.DAY0_DAY_OFF in codes(saturday.steps)


@pytest.mark.parametrize(
    ("start", "months", "day0_counts", "due"),
    [
        ("2026-01-31", 1, False, "2026-02-28"),
        ("2028-01-31", 1, False, "2028-02-29"),
        ("2026-11-30", 3, False, "2027-02-28"),
        ("2026-07-01", 1, True, "2026-07-31"),
        ("2026-12-01", 1, True, "2026-12-31"),
        ("2026-01-31", 1, True, "2026-02-28"),
    ],
)
def test_months_end_no_later_than_the_month_does(start, months, day0_counts, due):
    spec = ClockSpec(Unit.MONTH, months, day0_counts)
    assert deadline(spec, at(f"{start}T10:00"), PLAIN).due_date == date.fromisoformat(due)


def test_a_month_taken_to_its_end_says_so():
    answer = deadline(ClockSpec(Unit.MONTH, 1), at("2026-01-31T10:00"), PLAIN)
    assert StepCode.MONTH_END in codes(answer.steps)


def test_the_local_day_decides_not_the_day_in_utc():
    late = datetime(2026, 3, 1, 17, tzinfo=UTC)  # already the 2nd in Shanghai
    assert deadline(ClockSpec(Unit.CAL_DAY, 1), late, PLAIN).due_date == date(2026, 3, 3)


def test_the_end_of_a_day_is_an_exclusive_bound():
    answer = deadline(ClockSpec(Unit.CAL_DAY, 1), at("2026-03-02T10:00"), PLAIN)
    assert answer.is_met_by(at("2026-03-03T23:59:59"))
    assert not answer.is_met_by(at("2026-03-04T00:00"))


def test_hours_that_end_at_midnight_are_due_on_the_day_before():
    answer = deadline(ClockSpec(Unit.HOUR, 2), at("2026-03-02T22:00"), PLAIN)
    assert answer.due_at == at("2026-03-03T00:00")
    assert answer.due_date == date(2026, 3, 2)


def test_a_pause_that_begins_after_the_due_day_changes_nothing():
    spec, start = ClockSpec(Unit.CAL_DAY, 5), at("2026-03-02T10:00")
    pause = Pause(at("2026-03-08T00:00"), at("2026-03-20T00:00"))
    assert deadline(spec, start, PLAIN, [pause]).due_at == deadline(spec, start, PLAIN).due_at


def test_a_pause_that_has_not_ended_is_left_out_without_a_present_instant():
    spec, start = ClockSpec(Unit.CAL_DAY, 5), at("2026-03-02T10:00")
    answer = deadline(spec, start, PLAIN, [Pause(at("2026-03-03T10:00"))])
    assert answer.due_at == deadline(spec, start, PLAIN).due_at


@pytest.mark.parametrize(
    ("roll", "due"),
    [
        (Roll.NONE, date(2026, 10, 2)),
        (Roll.NEXT_DAY_AFTER_HOLIDAY, date(2026, 10, 3)),
        (Roll.NEXT_WORK_DAY, date(2026, 10, 5)),
    ],
)
def test_a_last_day_on_a_holiday_rolls_as_the_clock_says(roll, due):
    friday_off = calendar(holidays=(date(2026, 10, 1), date(2026, 10, 2)))
    spec = ClockSpec(Unit.CAL_DAY, 10, roll=roll)
    assert deadline(spec, at("2026-09-22T10:00"), friday_off).due_date == due


def test_a_plain_weekend_is_no_holiday():
    spec = ClockSpec(Unit.CAL_DAY, 60, roll=Roll.NEXT_DAY_AFTER_HOLIDAY)
    assert deadline(spec, at("2026-05-06T10:00"), PLAIN).due_date == date(2026, 7, 5)


def test_limits_in_hours_do_not_roll_and_say_so():
    spec = ClockSpec(Unit.HOUR, 24, roll=Roll.NEXT_WORK_DAY)
    answer = deadline(spec, at("2026-03-06T10:00"), PLAIN)
    assert answer.due_at == at("2026-03-07T10:00")
    assert StepCode.ROLL_NOT_FOR_HOURS in codes(answer.steps)


# --- working hours ---------------------------------------------------------------------------


def test_working_hours_wait_for_the_door_to_open():
    answer = deadline(ClockSpec(Unit.BUSINESS_HOUR, 4), at("2026-03-06T18:30"), PLAIN)
    assert answer.due_at == at("2026-03-09T13:00")
    assert StepCode.OPENS in codes(answer.steps)


def test_working_hours_leave_out_the_lunch_break():
    split = WorkCalendar(
        code="split",
        tz="Asia/Shanghai",
        windows=(((time(9), time(12)), (time(13), time(18))),) * 5 + ((),) * 2,
    )
    answer = deadline(ClockSpec(Unit.BUSINESS_HOUR, 5), at("2026-03-02T10:00"), split)
    assert answer.due_at == at("2026-03-02T16:00")


def test_round_the_clock_windows_end_at_midnight():
    always = WorkCalendar(code="24x7", tz="Asia/Shanghai", windows=(((time(), time()),),) * 7)
    start = at("2026-03-07T13:00")
    for unit in (Unit.HOUR, Unit.BUSINESS_HOUR):
        assert deadline(ClockSpec(unit, 30), start, always).due_at == start + timedelta(hours=30)


def test_a_make_up_saturday_has_mondays_hours():
    makeup = calendar(workdays=(date(2026, 3, 7),))
    answer = deadline(ClockSpec(Unit.BUSINESS_HOUR, 8), at("2026-03-06T17:00"), makeup)
    assert answer.due_at == at("2026-03-07T17:00")
    assert StepCode.MAKEUP_DAY not in codes(answer.steps)  # the last day needs no word
    longer = deadline(ClockSpec(Unit.BUSINESS_HOUR, 9), at("2026-03-06T17:00"), makeup)
    assert StepCode.MAKEUP_DAY in codes(longer.steps)


def test_a_pause_takes_only_the_working_time_it_covers():
    pause = Pause(at("2026-03-02T16:00"), at("2026-03-03T10:00"))
    spec = ClockSpec(Unit.BUSINESS_HOUR, 8)
    answer = deadline(spec, at("2026-03-02T10:00"), PLAIN, [pause])
    assert answer.due_at == at("2026-03-03T12:00")


# --- elapsed time ----------------------------------------------------------------------------


def test_net_time_leaves_pauses_out_once():
    start, end = at("2026-03-02T10:00"), at("2026-03-02T20:00")
    pauses = [
        Pause(at("2026-03-02T11:00"), at("2026-03-02T13:00")),
        Pause(at("2026-03-02T12:00"), at("2026-03-02T14:00")),
        Pause(at("2026-03-02T19:00")),
    ]
    assert net_seconds(start, end, pauses) == 6 * 3600
    assert net_seconds(end, start) == 0


def test_business_time_counts_open_hours_only():
    start, end = at("2026-03-06T16:00"), at("2026-03-09T10:00")
    assert business_seconds(start, end, PLAIN) == 2 * 3600
    pause = Pause(at("2026-03-06T16:30"), at("2026-03-09T09:30"))
    assert business_seconds(start, end, PLAIN, [pause]) == 3600
    assert business_seconds(end, start, PLAIN) == 0


# --- what is refused -------------------------------------------------------------------------


def test_instants_without_a_zone_are_refused():
    naive = datetime(2026, 3, 2, 10)  # noqa: DTZ001 - that is the point
    with pytest.raises(ValueError, match="start"):
        deadline(ClockSpec(Unit.HOUR, 1), naive, PLAIN)
    with pytest.raises(ValueError, match="pause"):
        Pause(naive)


def test_a_pause_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="ends before"):
        Pause(at("2026-03-02T10:00"), at("2026-03-01T10:00"))


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"unit": "fortnight", "amount": 1}, "unit"),
        ({"unit": "week", "amount": 0}, "amount"),
        ({"unit": "week", "amount": "2"}, "amount"),
        ({"unit": "week", "amount": True}, "amount"),
        ({"unit": "week", "amount": 10**6}, "amount"),
        ({"unit": "week"}, "amount"),
        ({"amount": 1}, "unit"),
        ({"unit": "week", "amount": 1, "roll": "back"}, "roll"),
        ({"unit": "week", "amount": 1, "colour": "red"}, "colour"),
    ],
)
def test_a_clock_that_makes_no_sense_is_refused_by_field(data, field):
    with pytest.raises(ValueError, match=f"^{field}"):
        ClockSpec.from_dict(data)


@pytest.mark.parametrize(
    "windows",
    [
        ((),) * 7,
        (((time(9), time(17)),),) * 6,
        (((time(17), time(9)),),) * 7,
        (((time(9), time(12)), (time(11), time(17))),) * 7,
        (((time(9), time()), (time(12), time(17))),) * 7,
    ],
)
def test_a_week_that_makes_no_sense_is_refused(windows):
    with pytest.raises(ValueError, match="windows"):
        WorkCalendar(code="wrong", tz="UTC", windows=windows)


def test_a_clock_beyond_the_calendar_is_refused():
    with pytest.raises((ValueError, OverflowError)):
        deadline(ClockSpec(Unit.MONTH, 100_000), at("2026-03-02T10:00"), PLAIN)


def test_a_clock_survives_being_stored():
    spec = ClockSpec(Unit.WORK_DAY, 7, day0_counts=True, roll=Roll.NEXT_WORK_DAY)
    assert ClockSpec.from_dict(spec.to_dict()) == spec


# --- laws that hold for every clock ----------------------------------------------------------

YEAR = (datetime(2026, 1, 1), datetime(2026, 12, 31))  # noqa: DTZ001 - the zone is drawn below
# What a clock change swallows is no instant.
instants = st.datetimes(*YEAR, timezones=st.just(LONDON)).filter(
    lambda moment: moment.astimezone(UTC).astimezone(LONDON) == moment
)
specs = st.builds(
    ClockSpec,
    unit=st.sampled_from(Unit),
    amount=st.integers(1, 60),
    day0_counts=st.booleans(),
    roll=st.sampled_from(Roll),
)
days = st.dates(date(2026, 1, 1), date(2027, 3, 31))
calendars = st.builds(
    lambda holidays, workdays: calendar(
        tz="Europe/London", holidays=tuple(holidays), workdays=tuple(workdays)
    ),
    st.lists(days, max_size=12),
    st.lists(days, max_size=6),
)


@st.composite
def pauses_around(draw, start=instants):
    begin = draw(instants)
    length = draw(st.timedeltas(timedelta(), timedelta(days=20)))
    return Pause(begin, (begin.astimezone(UTC) + length).astimezone(LONDON))


pause_lists = st.lists(pauses_around(), max_size=4)


@given(spec=specs, start=instants, work=calendars, holiday=days, pauses=pause_lists)
def test_a_holiday_never_makes_a_deadline_earlier(spec, start, work, holiday, pauses):
    more = calendar(tz=work.tz, holidays=(*work.holidays, holiday), workdays=tuple(work.workdays))
    before = deadline(spec, start, work, pauses)
    after = deadline(spec, start, more, pauses)
    assert after.due_at >= before.due_at
    assert after.due_date >= before.due_date


@given(spec=specs, start=instants, work=calendars, pauses=pause_lists, extra=pauses_around())
def test_a_pause_never_makes_a_deadline_earlier(spec, start, work, pauses, extra):
    before = deadline(spec, start, work, pauses)
    after = deadline(spec, start, work, [*pauses, extra])
    assert after.due_at >= before.due_at
    if extra.start >= before.due_at:
        assert after.due_at == before.due_at


@given(spec=specs, start=instants, work=calendars, pauses=pause_lists)
def test_more_time_is_never_less(spec, start, work, pauses):
    longer = ClockSpec(spec.unit, spec.amount + 1, spec.day0_counts, spec.roll)
    assert (
        deadline(longer, start, work, pauses).due_at >= deadline(spec, start, work, pauses).due_at
    )


@given(spec=specs, start=instants, work=calendars, pauses=pause_lists)
def test_counting_the_first_day_or_not_rolling_is_never_later(spec, start, work, pauses):
    due = deadline(spec, start, work, pauses).due_at
    strict = ClockSpec(spec.unit, spec.amount, day0_counts=True)
    assert deadline(strict, start, work, pauses).due_at <= due
    assert due > start


@given(spec=specs, start=instants, work=calendars, first=pauses_around(), second=pauses_around())
def test_overlapping_pauses_count_as_their_union(spec, start, work, first, second):
    begin = min(first.start, second.start, key=lambda moment: moment.astimezone(UTC))
    end = max(first.end, second.end, key=lambda moment: moment.astimezone(UTC))
    apart = deadline(spec, start, work, [first, second]).due_at
    joined = deadline(spec, start, work, [Pause(begin, end)]).due_at
    assert apart <= joined
    touching = min(first.end, second.end) >= max(first.start, second.start)
    if touching:
        assert apart == joined


@given(start=instants, work=calendars, hours=st.integers(1, 200), pauses=pause_lists)
def test_working_hours_until_the_deadline_are_the_hours_allowed(start, work, hours, pauses):
    due = deadline(ClockSpec(Unit.BUSINESS_HOUR, hours), start, work, pauses).due_at
    assert business_seconds(start, due, work, pauses) == hours * 3600


@given(start=instants, work=calendars, amount=st.integers(1, 60))
def test_working_days_until_the_deadline_are_the_days_allowed(start, work, amount):
    due = deadline(ClockSpec(Unit.WORK_DAY, amount), start, work).due_date
    day, counted = start.astimezone(LONDON).date(), 0
    while day < due:
        day += timedelta(days=1)
        counted += work.is_workday(day)
    assert counted == amount
    assert work.is_workday(due)


def test_the_plain_week_is_read_in_any_zone():
    assert WEEKDAYS.in_zone("Asia/Tokyo").tz == "Asia/Tokyo"
    assert WEEKDAYS.in_zone("UTC") is WEEKDAYS
