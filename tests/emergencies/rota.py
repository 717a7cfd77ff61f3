"""A rota for tests: three levels, people who can be called, and calls that reach nobody."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from complaints.models import Complaint
from complaints.services.emergencies import declare_emergency
from emergencies import subscribers
from emergencies.models import Duty, Emergency, Shift
from emergencies.services.calling import sweep_calls
from emergencies.services.paging import send_waiting_pages
from emergencies.services.rota import plan_shift, set_duty
from journal.services import deliver_pending, utc_now
from tests.complaints.factories import NOW, make_user

DAY = timedelta(days=1)
MINUTES = timedelta(minutes=1)
LEVELS = ("Duty officer", "Manager", "Top management")
LEVELS_ZH = ("值班员", "主管", "最高管理者")


class Rota:
    """Three levels with a person each, who are on call for the days around NOW."""

    def __init__(self, levels: int = 3) -> None:
        self.keeper = make_user("quality_manager", username="ping")
        self.duties = [
            set_duty(
                level=level + 1,
                name_en=LEVELS[level],
                name_zh=LEVELS_ZH[level],
                actor=self.keeper,
                at=NOW - 2 * DAY,
            )
            for level in range(levels)
        ]
        roles = ("handler", "manager", "top_management")
        self.people = [make_user(roles[level]) for level in range(levels)]
        self.shifts = [
            self.plan(duty, person) for duty, person in zip(self.duties, self.people, strict=True)
        ]

    def plan(self, duty: Duty, person: User, deputy: User | None = None, **when: Any) -> Shift:
        """Put somebody on call, from the day before NOW for a week unless told otherwise."""
        when.setdefault("starts_at", NOW - DAY)
        when.setdefault("ends_at", NOW + 7 * DAY)
        return plan_shift(
            duty=duty, person=person, deputy=deputy, actor=self.keeper, at=NOW - 2 * DAY, **when
        )


class Clock:
    """The house's clock, driven by the test: the outbox and the sweeps see its time only."""

    def __init__(self, patch: pytest.MonkeyPatch, now: datetime = NOW) -> None:
        self.now, self.begun = now, now
        # Entries are stamped with the real time; to the outbox all of them are from yesterday.
        self.outbox = utc_now() + DAY
        patch.setattr(subscribers, "utc_now", lambda: self.now)

    def deliver(self) -> None:
        """Let the outbox do what is due."""
        deliver_pending(clock=lambda: self.outbox + (self.now - self.begun))

    def go_to(self, moment: datetime, *, step: timedelta = timedelta(seconds=15)) -> None:
        """Let time pass as the beat does: every few seconds a sweep and a delivery."""
        while self.now < moment:
            self.now = min(self.now + step, moment)
            sweep_calls(now=self.now)
            send_waiting_pages(now=self.now)
            self.deliver()


def declare(complaint: Complaint, actor: User, at: datetime = NOW, **changes: Any) -> Emergency:
    """Declare, and let the outbox open the emergency."""
    given = {"trigger": "personal_safety", "facts": "It smokes.", **changes}
    declare_emergency(complaint_id=complaint.pk, actor=actor, at=at, **given)
    deliver_pending(clock=lambda: utc_now() + DAY)
    complaint.refresh_from_db()
    return Emergency.objects.get(complaint=complaint, declared_at=at)
