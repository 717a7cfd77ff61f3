"""Months of complaints for the tests of early warning: written in bulk, nothing is random."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

from accounts.services import system_user
from complaints.models import Category, Complaint
from complaints.states import Priority
from tests.complaints.factories import make_policy

NOW = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)  # Monday morning in Shanghai
SUNDAY = date(2026, 3, 15)
MONDAY = date(2026, 3, 9)  # of the week that has just ended
_number = count(1)


def noon(day: date) -> datetime:
    """Return noon of a local day."""
    return datetime(day.year, day.month, day.day, 4, 0, tzinfo=UTC)


def write_complaints(day: date, number: int, **fields) -> list[Complaint]:
    """Write complaints of a day down without their messages and clocks."""
    policy = make_policy()
    recorded = fields.pop("recorded_at", noon(day))
    rows = [
        Complaint(
            reference=f"C26-W{next(_number):07d}",
            channel=fields.get("channel", "phone"),
            description="It leaks.",
            received_at=noon(day),
            recorded_at=recorded,
            recorded_by=system_user(),
            policy=policy,
            priority=Priority.P2,
            **{name: value for name, value in fields.items() if name != "channel"},
        )
        for _ in range(number)
    ]
    return Complaint.objects.bulk_create(rows)


def quality() -> Category:
    """Return a class below a top class."""
    make_policy()
    return Category.objects.filter(parent__isnull=False).order_by("code")[0]


def quiet_months(sites, *, weeks=30, category=None, until=MONDAY):
    """Write some complaints a week at each site, up to the Monday before which it was quiet."""
    for week in range(weeks, 0, -1):
        for at, site in enumerate(sites):
            day = until - timedelta(days=7 * week - at)
            write_complaints(
                day, 3 + (week + at) % 3, site=site, product="Kettle", category=category
            )


def spike(site, number=18, *, monday=MONDAY, **fields):
    """Write many complaints in one week at one site."""
    fields.setdefault("product", "Kettle")
    return [
        one
        for day in range(3)
        for one in write_complaints(monday + timedelta(days=day), number // 3, site=site, **fields)
    ]
