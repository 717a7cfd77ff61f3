"""The working hours of the week are changed; old editions keep theirs."""

import pytest
from django.core.exceptions import PermissionDenied

from compliance import events
from compliance.rules.calendars import week_to_json
from compliance.selectors import load_calendar
from compliance.services import set_calendar_hours
from journal.errors import Refusal
from journal.selectors import history_of
from tests.compliance.factories import NOON, person

pytestmark = pytest.mark.django_db
SIX_DAYS = [[["09:00", "12:00"], ["13:00", "18:00"]]] * 6 + [[]]


def test_new_hours_make_an_edition_and_old_ones_stay():
    manager = person("quality_manager")
    for _time in range(2):
        calendar = set_calendar_hours(code="weekdays", windows=SIX_DAYS, actor=manager, at=NOON)
    assert calendar.revision == 2
    assert week_to_json(load_calendar("weekdays").windows) == SIX_DAYS
    assert load_calendar("weekdays", revision=1).windows[5] == ()
    assert history_of(calendar).get().kind == events.CALENDAR_HOURS_SET


@pytest.mark.parametrize("windows", [[[]] * 7, [[["17:00", "09:00"]]] * 7, "nonsense"])
def test_hours_that_make_no_sense_are_refused(windows):
    with pytest.raises(Refusal) as refusal:
        set_calendar_hours(
            code="weekdays", windows=windows, actor=person("quality_manager"), at=NOON
        )
    assert refusal.value.field == "windows"


def test_who_may_not_edit_calendars_is_refused():
    with pytest.raises(PermissionDenied):
        set_calendar_hours(code="CN", windows=SIX_DAYS, actor=person("auditor"), at=NOON)
