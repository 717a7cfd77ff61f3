"""Clearing away what belongs to no complaint: drafts, import files, leftovers, expired packages.

By the period of each class, without a list and reviewers: nothing here is a record of a complaint.
How much went is on the record.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.services import system_user
from journal.services import record
from retention import events
from retention.rules.schedule import Rule, first_day_back
from retention.selectors.classes import hooks
from retention.selectors.due import start_of_day
from retention.selectors.schedule import content_in_force, schedule_in_force


def clean_up(*, now: datetime) -> dict[str, int]:
    """Clear away what is over its time; return how much of each class."""
    content = content_in_force()
    today = timezone.localdate(now)
    gone: dict[str, int] = {}
    for code, clean in hooks("clean"):
        rule = content.rule(code)
        if rule is not None:
            gone[code] = clean(before=before(rule, today), at=now)
            _note(code, gone[code], now)
    return gone


def before(rule: Rule, today: date) -> datetime:
    """Return the moment before which something must have ended to be over its time today."""
    return start_of_day(first_day_back(today, rule.count, rule.unit) + timedelta(days=1))


@transaction.atomic
def _note(code: str, count: int, now: datetime) -> None:
    if count:
        record(
            kind=events.CLEANED,
            subject=schedule_in_force() or system_user(),
            actor=None,
            occurred_at=now,
            payload={"class": code, "count": count},
        )
