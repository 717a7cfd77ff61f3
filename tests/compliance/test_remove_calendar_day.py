"""An entry is removed: the day is again what its weekday says."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from compliance import events
from compliance.selectors import load_calendar
from compliance.services import remove_calendar_day
from journal.errors import Refusal
from journal.selectors import history_of
from tests.compliance.factories import NOON, person

pytestmark = pytest.mark.django_db


def test_a_removed_day_follows_its_weekday_and_the_removal_is_recorded():
    day = date(2027, 2, 8)
    calendar = remove_calendar_day(code="CN", day=day, actor=person("quality_manager"), at=NOON)
    assert load_calendar("CN").is_workday(day)
    assert not load_calendar("CN", revision=1).is_workday(day)
    entry = history_of(calendar).get()
    assert entry.kind == events.CALENDAR_DAY_REMOVED
    assert entry.payload["day"] == "2027-02-08"


@pytest.mark.parametrize(
    ("day", "code"), [(date(2027, 2, 18), "no_entry"), (date(2026, 10, 1), "reason_needed")]
)
def test_what_is_not_there_or_past_is_refused(day, code):
    with pytest.raises(Refusal) as refusal:
        remove_calendar_day(code="CN", day=day, actor=person("quality_manager"), at=NOON)
    assert refusal.value.code == code


def test_who_may_not_edit_calendars_is_refused():
    with pytest.raises(PermissionDenied):
        remove_calendar_day(code="CN", day=date(2027, 2, 8), actor=person("handler"), at=NOON)
