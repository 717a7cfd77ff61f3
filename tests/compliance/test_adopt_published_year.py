"""A year of the built-in list is taken over."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from compliance.models import Calendar
from compliance.selectors import load_calendar
from compliance.selectors.calendars import unadopted_days
from compliance.services import adopt_published_year, remove_calendar_day
from compliance.states import DaySource
from journal.errors import Refusal
from tests.compliance.factories import NOON, person

pytestmark = pytest.mark.django_db


def test_days_the_table_lacks_are_taken_over_in_one_edition():
    manager = person("quality_manager")
    remove_calendar_day(code="CN", day=date(2026, 10, 1), reason="A slip", actor=manager, at=NOON)
    calendar = Calendar.objects.get(code="CN")
    assert [day.date for day in unadopted_days(calendar, 2026)] == [date(2026, 10, 1)]
    calendar = adopt_published_year(code="CN", year=2026, actor=manager, at=NOON)
    assert calendar.revision == 3
    assert unadopted_days(calendar, 2026) == []
    assert not load_calendar("CN").is_workday(date(2026, 10, 1))
    assert calendar.days.get(date=date(2026, 10, 1), until=None).source == DaySource.PUBLISHED


def test_nothing_new_is_refused():
    with pytest.raises(Refusal) as refusal:
        adopt_published_year(code="CN", year=2026, actor=person("quality_manager"), at=NOON)
    assert refusal.value.code == "no_news"


def test_who_may_not_edit_calendars_is_refused():
    with pytest.raises(PermissionDenied):
        adopt_published_year(code="CN", year=2026, actor=person("agent"), at=NOON)
