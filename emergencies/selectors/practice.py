"""Tests and drills: what is due, what was held, who confirmed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from complaints.models import Complaint
from emergencies.models import Confirmation, Exercise, Review
from emergencies.permissions import may_keep_rota

HELD_SHOWN = 12


def exercises_open() -> Sequence[Exercise]:
    """Return what is due or under way."""
    return list(Exercise.objects.filter(closed_at__isnull=True).order_by("due_at"))


def exercises_held() -> Sequence[Exercise]:
    """Return the last tests and drills."""
    held = Exercise.objects.filter(closed_at__isnull=False).select_related("closed_by")
    return list(held.order_by("-closed_at")[:HELD_SHOWN])


def confirmations_of(exercise: Exercise) -> Sequence[Confirmation]:
    """Return who was called in a test, those who have not confirmed first."""
    found = exercise.confirmations.select_related("person")
    return sorted(found, key=lambda one: (one.confirmed_at is not None, str(one.person)))


@dataclass(frozen=True)
class Overdue:
    """What the keeper of the rota must not overlook."""

    exercises: Sequence[Exercise]
    reviews: Sequence[Review]

    def __bool__(self) -> bool:
        """Return whether there is anything."""
        return bool(self.exercises or self.reviews)


def overdue_for(actor: User, *, now: datetime) -> Overdue:
    """Return the tests, drills and reviews whose day has passed, for who keeps the rota."""
    if not may_keep_rota(actor):
        return Overdue((), ())
    late = Exercise.objects.filter(closed_at__isnull=True, due_at__lte=now)
    seen = Complaint.objects.visible_to(actor)
    reviews = Review.objects.filter(
        done_at__isnull=True, due_at__lte=now, emergency__complaint__in=seen.values("pk")
    )
    return Overdue(
        list(late.order_by("due_at")),
        list(reviews.select_related("emergency__complaint").order_by("due_at")[:20]),
    )
