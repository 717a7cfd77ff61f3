"""The raw facts of indicator K24, the emergency channel, for monitoring to add up (24×7 clock)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from complaints.models import Complaint
from emergencies.models import Emergency
from emergencies.states import Ending


@dataclass(frozen=True)
class ChannelFacts:
    """One emergency: its instants, and how long each step took; None where it has not happened."""

    complaint_id: int
    trigger: str
    received_at: datetime
    declared_at: datetime
    taken_at: datetime | None
    first_action_at: datetime | None
    contained_at: datetime | None
    downgraded: bool
    false_alarm: bool | None  # None: not reviewed yet

    @property
    def to_declare(self) -> timedelta:
        """Return the time from receipt to declaration; long ones were missed at first."""
        return self.declared_at - self.received_at

    def since_declared(self, at: datetime | None) -> timedelta | None:
        """Return the time from the declaration to a step."""
        return None if at is None else at - self.declared_at

    @property
    def to_take(self) -> timedelta | None:
        """Return the time until somebody took charge."""
        return self.since_declared(self.taken_at)

    @property
    def to_first_action(self) -> timedelta | None:
        """Return the time until the first containment was decided."""
        return self.since_declared(self.first_action_at)

    @property
    def to_containment(self) -> timedelta | None:
        """Return the time until the danger was contained."""
        return self.since_declared(self.contained_at)


def channel_facts(actor: User, *, since: datetime, until: datetime) -> list[ChannelFacts]:
    """Return the emergencies declared in a period (since <= declared < until), oldest first.

    Only what the actor may list counts.
    """
    seen = Complaint.objects.visible_to(actor)
    rows = (
        Emergency.objects.filter(
            declared_at__gte=since, declared_at__lt=until, complaint__in=seen.values("pk")
        )
        .select_related("complaint")
        .order_by("declared_at", "pk")
    )
    return [
        ChannelFacts(
            complaint_id=row.complaint_id,
            trigger=row.trigger,
            received_at=row.complaint.received_at,
            declared_at=row.declared_at,
            taken_at=row.taken_at,
            first_action_at=row.first_action_at,
            contained_at=row.contained_at,
            downgraded=row.ended_how == Ending.DOWNGRADED,
            false_alarm=row.false_alarm,
        )
        for row in rows
    ]
