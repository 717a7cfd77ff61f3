"""Calendars and people for tests of time limits."""

from datetime import UTC, date, datetime, time
from importlib import import_module

from django.apps import apps

from accounts.models import User
from accounts.services import create_user, grant_role
from compliance.models import Calendar
from compliance.rules import WEEKDAYS, WorkCalendar

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)  # noon in Shanghai
EIGHT_HOURS = ((time(9), time(17)),)


def calendar(
    *,
    tz: str = "Asia/Shanghai",
    holidays: tuple[date, ...] = (),
    workdays: tuple[date, ...] = (),
) -> WorkCalendar:
    """Return a calendar of working weekdays with these exceptions."""
    return WorkCalendar(
        code="test",
        tz=tz,
        windows=WEEKDAYS.windows,
        holidays=frozenset(holidays),
        workdays=frozenset(workdays),
    )


def person(role: str) -> User:
    """Return the person with this one role, everywhere."""
    username = f"{role}-person"
    if user := User.objects.filter(username=username).first():
        return user
    user = create_user(
        username=username, password=None, display_name=role.title(), actor=None, at=NOON
    )
    grant_role(user=user, role=role, actor=None, at=NOON)
    return user


def ensure_calendars() -> None:
    """Put the shipped calendars back after a test that emptied the database."""
    if not Calendar.objects.exists():
        import_module("compliance.migrations.0002_seed_calendars").seed(apps, None)
