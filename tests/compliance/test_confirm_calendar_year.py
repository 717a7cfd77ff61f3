"""Somebody confirms that a year agrees with the published list."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from compliance import events
from compliance.selectors import calendar_warnings
from compliance.services import confirm_calendar_year
from journal.errors import Refusal
from journal.selectors import history_of
from tests.compliance.factories import NOON, person

pytestmark = pytest.mark.django_db


def test_a_confirmed_year_is_warned_of_no_more_and_recorded_once():
    manager = person("quality_manager")
    for _time in range(2):
        calendar = confirm_calendar_year(code="CN", year=2027, actor=manager, at=NOON)
    assert calendar_warnings(date(2026, 11, 21)) == []
    entry = history_of(calendar).get()
    assert (entry.kind, entry.payload["year"]) == (events.CALENDAR_YEAR_CONFIRMED, 2027)


@pytest.mark.parametrize(
    ("code", "year", "refused"), [("CN", 2035, "year_empty"), ("weekdays", 2027, "no_list")]
)
def test_an_empty_year_or_a_calendar_without_a_list_is_refused(code, year, refused):
    with pytest.raises(Refusal) as refusal:
        confirm_calendar_year(code=code, year=year, actor=person("quality_manager"), at=NOON)
    assert refusal.value.code == refused


def test_who_may_not_edit_calendars_is_refused():
    with pytest.raises(PermissionDenied):
        confirm_calendar_year(code="CN", year=2027, actor=person("manager"), at=NOON)
