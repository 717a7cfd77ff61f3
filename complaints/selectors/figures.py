"""Figures of the complaints somebody may see, and what of them needs somebody now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Q

from accounts.models import User
from complaints.models import Clock, Complaint
from complaints.selectors.register import start_of_day
from complaints.states import Stage

ALERTS = 200


class OnTime(NamedTuple):
    """How many clocks of a stage were met, and missed."""

    met: int
    missed: int

    @property
    def percent(self) -> float | None:
        """Return the share met; None where nothing was measured."""
        measured = self.met + self.missed
        return round(100 * self.met / measured, 1) if measured else None


@dataclass(frozen=True)
class Figures:
    """What a period brought, and how it stands now."""

    received: int
    closed: int
    emergencies: int
    reopened: int
    open_now: int
    overdue_now: int
    acknowledged: OnTime
    responded: OnTime


def figures_of(actor: User, *, first: date, last: date, now: datetime) -> Figures:
    """Return the figures of the days from first to last, of what the actor may see.

    On time are the clocks that ended in the period (domain brief 3.1: by the day of the event); a
    running clock that is late counts as missed, so that what is never answered is not left out.
    """
    seen = Complaint.objects.visible_to(actor)
    begin, end = start_of_day(first), start_of_day(last + timedelta(days=1))
    came = seen.filter(received_at__gte=begin, received_at__lt=end).aggregate(
        received=Count("pk"),
        emergencies=Count("pk", filter=Q(emergency_declared_at__isnull=False)),
        reopened=Count("pk", filter=Q(cycle__gt=1)),
    )
    return Figures(
        **came,
        closed=seen.filter(closed_at__gte=begin, closed_at__lt=end).count(),
        open_now=seen.open().count(),
        overdue_now=seen.open().filter(next_due_at__lte=now).count(),
        acknowledged=_on_time(actor, Stage.ACKNOWLEDGE, begin, end, now),
        responded=_on_time(actor, Stage.RESPOND, begin, end, now),
    )


def _on_time(actor: User, stage: str, begin: datetime, end: datetime, now: datetime) -> OnTime:
    seen = Complaint.objects.visible_to(actor).filter(received_at__gte=begin, received_at__lt=end)
    clocks = Clock.objects.filter(complaint__in=seen.values("pk"), stage=stage, dropped=False)
    late = Q(stopped_at__isnull=True, paused_at__isnull=True, due_at__lte=now)
    counts = clocks.aggregate(
        in_time=Count("pk", filter=Q(met=True)), too_late=Count("pk", filter=Q(met=False) | late)
    )
    return OnTime(counts["in_time"], counts["too_late"])


class Alert(NamedTuple):
    """Something that needs somebody now."""

    kind: str  # emergency_untaken | overdue
    reference: str
    since: datetime
    stage: str | None


def alerts_for(actor: User, *, now: datetime) -> tuple[Sequence[Alert], bool]:
    """Return what waits too long among what the actor may see, and whether there is more."""
    seen = Complaint.objects.visible_to(actor).open()
    untaken = seen.filter(emergency=True, emergency_taken_at__isnull=True).order_by(
        "emergency_declared_at", "pk"
    )
    late = seen.filter(next_due_at__lte=now).order_by("next_due_at", "pk")
    found = [
        Alert("emergency_untaken", reference, since, None)
        for reference, since in untaken.values_list("reference", "emergency_declared_at")[
            : ALERTS + 1
        ]
        if since is not None
    ]
    found += [
        Alert("overdue", reference, since, stage)
        for reference, since, stage in late.values_list(
            "reference", "next_due_at", "next_due_stage"
        )[: ALERTS + 1]
        if since is not None
    ]
    return found[:ALERTS], len(found) > ALERTS
