"""Calendars as they are and as they were, and the warning when a year's list is missing."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from accounts.services import system_user
from compliance import services
from compliance.models import Calendar, CalendarDay
from compliance.rules.calendars import week_from_json, week_to_json
from compliance.selectors import calendar_warnings, load_calendar
from compliance.selectors.calendars import days_of, list_state, unadopted_days, year_grid
from compliance.selectors.published import published_days
from tests.compliance.factories import NOON
from tests.compliance.published import days_of_library

pytestmark = pytest.mark.django_db


@pytest.mark.clause("CM-8.1")
@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 1, 1), False),
        (date(2026, 1, 2), False),
        (date(2026, 1, 4), True),  # a Sunday that makes up for the 2nd
        (date(2026, 2, 14), True),
        (date(2026, 2, 23), False),
        (date(2026, 5, 9), True),
        (date(2026, 10, 4), False),
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
    ],
)
def test_the_chinese_calendar_knows_make_up_days(day, works):
    assert load_calendar("CN").is_workday(day) is works


def test_a_weekend_inside_a_break_belongs_to_it_and_one_beside_it_does_not():
    china = load_calendar("CN")
    assert china.is_holiday(date(2026, 10, 4))
    assert date(2026, 10, 4) not in china.statutory
    assert date(2026, 10, 1) in china.statutory
    assert not china.is_holiday(date(2026, 9, 26))


def test_the_plain_calendar_takes_the_zone_of_the_organisation(settings):
    assert load_calendar("weekdays").tz == "Asia/Shanghai"
    settings.TIME_ZONE = "Europe/London"
    assert load_calendar("weekdays").tz == "Europe/London"
    assert load_calendar("CN").tz == "Asia/Shanghai"


@pytest.mark.parametrize("year", range(2014, 2027))
def test_the_shipped_days_are_those_of_the_library(year):
    assert published_days(year) == days_of_library(year)
    assert any(day.is_workday for day in published_days(year))


def test_the_calendar_starts_with_the_shipped_days():
    china = Calendar.objects.get(code="CN")
    for year in (2014, 2026, 2027):
        assert unadopted_days(china, year) == []
        assert days_of(china, year).count() == len(published_days(year))
    assert published_days(2050) == []


def test_an_unknown_calendar_or_edition_is_refused():
    with pytest.raises(Calendar.DoesNotExist):
        load_calendar("MOON")
    with pytest.raises(Calendar.DoesNotExist):
        load_calendar("CN", revision=99)


def change(day: date, *, is_workday: bool = False) -> Calendar:
    return services.set_calendar_day(
        code="CN",
        first=day,
        facts=services.DayFacts(is_workday=is_workday),
        actor=system_user(),
        at=NOON,
    )


@pytest.mark.clause("CM-8.1")
def test_every_edition_can_be_rebuilt():
    day = date(2026, 12, 24)
    assert load_calendar("CN").is_workday(day)
    change(day)
    services.remove_calendar_day(code="CN", day=day, actor=system_user(), at=NOON)
    change(day)
    works = [load_calendar("CN", revision=number).is_workday(day) for number in (1, 2, 3, 4)]
    assert works == [True, False, True, False]
    assert load_calendar("CN").revision == 4
    assert load_calendar("CN").is_workday(day) is False


def test_an_edition_that_was_rolled_back_is_forgotten():
    savepoint = transaction.savepoint()
    change(date(2026, 12, 24))
    assert not load_calendar("CN").is_workday(date(2026, 12, 24))
    transaction.savepoint_rollback(savepoint)
    change(date(2026, 12, 25))
    assert load_calendar("CN").is_workday(date(2026, 12, 24))
    assert not load_calendar("CN").is_workday(date(2026, 12, 25))


def test_a_known_edition_costs_one_statement(django_assert_num_queries):
    load_calendar("CN")
    with django_assert_num_queries(1):
        load_calendar("CN")


def test_the_database_refuses_a_day_twice_and_work_on_a_holiday_by_law():
    calendar = Calendar.objects.get(code="CN")
    day = {"calendar": calendar, "source": "hand", "since": 1}
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarDay.objects.create(date=date(2026, 1, 1), is_workday=False, **day)
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarDay.objects.create(date=date(2026, 1, 10), is_workday=True, statutory=True, **day)


# --- what is missing -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "years"),
    [
        (date(2026, 8, 31), []),
        (date(2026, 9, 1), [2027]),
        (date(2027, 1, 1), [2027]),
        (date(2027, 9, 1), [2027, 2028]),
    ],
)
def test_a_missing_list_is_warned_of_from_september_on(today, years):
    assert [warning.year for warning in calendar_warnings(today)] == years


def test_make_up_days_or_a_confirmation_end_the_warning():
    today = date(2026, 11, 21)
    china = change(date(2027, 2, 14), is_workday=True)
    assert calendar_warnings(today) == []
    assert list_state(china, 2027, today) == "complete"
    assert list_state(china, 2028, today) == "not_yet"


def test_only_calendars_with_a_published_list_are_warned_of():
    plain = Calendar.objects.get(code="weekdays")
    assert list_state(plain, 2027, date(2027, 1, 1)) == "complete"
    assert unadopted_days(plain, 2027) == []


# --- a year on a page ------------------------------------------------------------------------


def test_a_year_shows_each_day_once_under_its_weekday():
    months = year_grid(Calendar.objects.get(code="CN"), 2026, date(2026, 11, 21))
    cells = [cell for month in months for week in month.weeks for cell in week if cell]
    assert [cell.date.timetuple().tm_yday for cell in cells] == list(range(1, 366))
    assert all(len(week) == 7 for month in months for week in month.weeks)
    kinds = {cell.date: cell.kind for cell in cells}
    assert kinds[date(2026, 10, 1)] == "holiday"
    assert kinds[date(2026, 10, 4)] == "bridge"
    assert kinds[date(2026, 10, 10)] == "makeup"
    assert kinds[date(2026, 10, 11)] == "off"
    assert kinds[date(2026, 10, 12)] == "work"
    assert [cell.date for cell in cells if cell.today] == [date(2026, 11, 21)]


@pytest.mark.parametrize("data", [None, "text", [], [[]] * 6, [[["9", "x"]]] * 7, [["09:00"]] * 7])
def test_a_week_of_another_shape_is_refused(data):
    with pytest.raises(ValueError, match="windows"):
        week_from_json(data)


def test_a_week_survives_being_stored():
    data = [[["09:00", "12:00"], ["13:00", "00:00"]]] + [[]] * 6
    assert week_to_json(week_from_json(data)) == data
    assert week_from_json([[["00:00", "24:00"]]] * 7) == week_from_json([[["00:00", "00:00"]]] * 7)
