"""A day, or a run of days, is entered; what makes no sense is refused."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from compliance import events
from compliance.models import Calendar, CalendarDay, CalendarRevision
from compliance.services import DayFacts, set_calendar_day
from journal.errors import Refusal
from journal.selectors import history_of
from tests.compliance.factories import NOON, person

pytestmark = pytest.mark.django_db
OFF = DayFacts(is_workday=False, note_en="Stocktaking", note_zh="盘点")
WORK = DayFacts(is_workday=True)


def enter(first=date(2027, 2, 15), facts=OFF, **kwargs):
    kwargs.setdefault("actor", person("quality_manager"))
    return set_calendar_day(code="CN", first=first, facts=facts, at=NOON, **kwargs)


@pytest.mark.clause("CM-8.1")
def test_a_run_of_days_is_entered_in_one_edition_and_recorded():
    calendar = enter(last=date(2027, 2, 17), reason="Company holiday")
    assert calendar.revision == 2
    rows = CalendarDay.objects.filter(calendar=calendar, since=2)
    assert [row.date.day for row in rows] == [15, 16, 17]
    assert {row.note_zh for row in rows} == {"盘点"}
    edition = CalendarRevision.objects.get(calendar=calendar, number=2)
    assert (edition.reason, edition.made_at) == ("Company holiday", NOON)
    entry = history_of(calendar).get()
    assert entry.kind == events.CALENDAR_DAYS_SET
    assert entry.payload["days"] == ["2027-02-15", "2027-02-16", "2027-02-17"]
    assert entry.payload["revision"] == 2


def test_what_a_day_was_before_stays_in_its_edition():
    enter(first=date(2027, 2, 6), facts=OFF)  # a holiday by law until now
    rows = CalendarDay.objects.filter(calendar__code="CN", date=date(2027, 2, 6)).order_by("since")
    assert [(row.statutory, row.since, row.until) for row in rows] == [
        (True, 1, 2),
        (False, 2, None),
    ]


def test_saying_it_twice_changes_nothing():
    manager = person("quality_manager")
    enter(actor=manager)
    calendar = enter(actor=manager)
    assert calendar.revision == 2
    assert history_of(calendar).count() == 1


@pytest.mark.parametrize("role", ["agent", "handler", "manager", "auditor", "administrator"])
def test_who_may_not_edit_calendars_is_refused(role):
    with pytest.raises(PermissionDenied):
        enter(actor=person(role))
    assert Calendar.objects.get(code="CN").revision == 1


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"last": date(2027, 2, 14)}, "range", "last"),
        ({"last": date(2027, 4, 1)}, "range", "last"),
        ({"first": date(2026, 11, 20)}, "reason_needed", "reason"),
        ({"first": date(2026, 11, 20), "reason": "  "}, "reason_needed", "reason"),
        ({"facts": WORK}, "workday_anyway", "is_workday"),
        (
            {"first": date(2027, 2, 14), "facts": DayFacts(is_workday=True, statutory=True)},
            "contradiction",
            "statutory",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(change, code, field):
    with pytest.raises(Refusal) as refusal:
        enter(**change)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert Calendar.objects.get(code="CN").revision == 1


def test_the_past_may_be_changed_with_a_reason_and_today_without():
    manager = person("quality_manager")
    enter(first=date(2026, 11, 20), reason="Snow: the office was shut", actor=manager)
    calendar = enter(first=date(2026, 11, 21), facts=WORK, actor=manager)
    assert calendar.revision == 3
