"""What tests of retention begin with: an approved schedule, its people, complaints long closed."""

from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from accounts.models import User
from complaints.models import Complaint, Message
from complaints.states import State
from retention.models import DisposalRun, Hold, Schedule
from retention.services.disposal import (
    carry_out_disposal,
    propose_disposal,
    review_disposal,
)
from retention.services.holds import Wish, place_hold
from retention.services.schedule import (
    approve_schedule,
    change_schedule,
    draft_schedule,
    submit_schedule,
)
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_user

LATER = NOW + timedelta(days=6 * 366 + 2)  # everything closed by NOW is over its six years
REVIEW_ON = date(2026, 9, 1)


class Archive:
    """The people around retention, and what they do with a list."""

    def __init__(self) -> None:
        self.desk = Desk()

    @cached_property
    def quality(self) -> User:
        """Return who runs it."""
        return make_user("quality_manager", username="ping", display_name="Ping He")

    @cached_property
    def second_quality(self) -> User:
        """Return a colleague of theirs."""
        return make_user("quality_manager", username="qiao")

    @cached_property
    def top(self) -> User:
        """Return who approves."""
        return make_user("top_management", username="lan")

    def approved(self, *, at: datetime = NOW, **periods: tuple[int, str]) -> Schedule:
        """Return a schedule in force; periods by class change what the product proposes."""
        draft = draft_schedule(actor=self.quality, at=at)
        content = dict(draft.content)
        for rule in content["rules"]:
            if rule["code"] in periods:
                rule["count"], rule["unit"] = periods[rule["code"]]
        change_schedule(
            schedule_id=draft.pk, content=content, note="Ours.", actor=self.quality, at=at
        )
        submit_schedule(schedule_id=draft.pk, actor=self.quality, at=at)
        return approve_schedule(schedule_id=draft.pk, actor=self.top, at=at)

    def closed(self, **fields: Any) -> Complaint:
        """Return a complaint that was closed at NOW."""
        return self.desk.case(State.CLOSED, **fields)

    def listed(self, *, at: datetime = LATER) -> DisposalRun:
        """Return a list as the sweep makes it."""
        run = propose_disposal(actor=None, at=at)
        assert run is not None
        return run

    def agreed(self, run: DisposalRun, *, at: datetime = LATER) -> DisposalRun:
        """Let both reviewers agree."""
        review_disposal(run_id=run.pk, actor=self.quality, at=at)
        return review_disposal(run_id=run.pk, actor=self.top, at=at)

    def carried_out(self, *, at: datetime = LATER) -> DisposalRun:
        """List, review and carry out what is due."""
        run = self.agreed(self.listed(at=at), at=at)
        post_is_out()
        carry_out_disposal(now=at)
        run.refresh_from_db()
        return run

    def hold(self, *, actor: User | None = None, at: datetime = NOW, **lies_on: Any) -> Hold:
        """Lay a hold."""
        return place_hold(wish=wish(at=at, **lies_on), actor=actor or self.quality, at=at)


def post_is_out() -> None:
    """Let all e-mails be sent, as the outbox does within seconds."""
    Message.objects.filter(channel="email", state="queued").update(state="sent")


def wish(*, at: datetime = NOW, **given: Any) -> Wish:
    """Return a hold's wish with all that must be said."""
    said: dict[str, Any] = {
        "reason": "A court asked for the file.",
        "authority": "District court, file 12/2026",
        "review_on": at.date() + timedelta(days=90),
    }
    return Wish(**(said | given))
