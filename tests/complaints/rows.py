"""Complaints written straight into the table: for tests of lists, which need many of every kind."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from accounts.services import system_user
from complaints.models import Complaint
from complaints.states import OPEN_STATES, State
from tests.complaints.factories import NOW, make_policy

_number = count(1)


def row(**fields: Any) -> Complaint:
    """Return an unsaved complaint; what is not said does not matter to lists."""
    fields.setdefault("state", State.RECEIVED)
    fields.setdefault("is_open", fields["state"] in OPEN_STATES)
    fields.setdefault("reference", f"C26-ROW0-{next(_number):04d}")
    fields.setdefault("description", "The kettle leaks.")
    fields.setdefault("channel", "phone")
    fields.setdefault("priority", "P2")
    fields.setdefault("received_at", NOW)
    fields.setdefault("recorded_at", fields["received_at"])
    fields.setdefault("recorded_by", system_user())
    fields.setdefault("policy", make_policy())
    return Complaint(**fields)


def put(*rows: Complaint) -> list[Complaint]:
    """Save rows as they are, past every verb."""
    return Complaint.objects.bulk_create(rows)


def put_many(number: int, **fields: Any) -> list[Complaint]:
    """Save so many alike, each received an hour before the one before it."""
    common = {"recorded_by": system_user(), "policy": make_policy(), **fields}
    return put(*(row(received_at=NOW - timedelta(hours=hour), **common) for hour in range(number)))


def at(hours: float) -> datetime:
    """Return the moment so many hours after the tests' present."""
    return NOW + timedelta(hours=hours)
