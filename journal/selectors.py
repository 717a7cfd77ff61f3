"""The questions one may ask the record."""

from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import Count, Max, Min, Q

from journal.models import Delivery, Entry, Seal, Verification
from journal.rules import GIVE_UP_AFTER

PAGE = 50
_GIVEN_UP = Q(attempts__gte=GIVE_UP_AFTER)
_FAILED = ~Q(last_error="") | _GIVEN_UP


def history_of(subject: models.Model) -> "models.QuerySet[Entry]":
    """Return the subject's entries, oldest first, with their actors."""
    return (
        Entry.objects.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk)
        .select_related("actor")
        .order_by("seq")
    )


def undelivered() -> "models.QuerySet[Delivery]":
    """Return what is owed and has not been delivered, oldest first."""
    return Delivery.objects.filter(delivered_at__isnull=True).select_related("entry").order_by("id")


def hanging() -> "models.QuerySet[Delivery]":
    """Return the deliveries that have failed at least once and wait, oldest first."""
    return undelivered().filter(_FAILED)


@dataclass(frozen=True)
class HangingPage:
    """Some deliveries that hang, oldest first, and where the next page begins (None at the end)."""

    deliveries: list[Delivery]
    next_after: int | None


def hanging_page(*, after: int = 0) -> HangingPage:
    """Return a page of the deliveries that hang."""
    rows = list(hanging().filter(pk__gt=after)[: PAGE + 1])
    shown = rows[:PAGE]
    return HangingPage(shown, shown[-1].pk if len(rows) > PAGE else None)


@dataclass(frozen=True)
class OutboxState:
    """How the outbox stands.

    `oldest_at` is when the oldest fact that somebody has yet to hear of was recorded. Deliveries
    that were given up are counted apart: they wait for an operator, not for the relay.
    """

    owed: int
    failing: int
    given_up: int
    oldest_at: datetime | None


def outbox_state() -> OutboxState:
    """Return the state of the outbox for the operator's page and /readyz."""
    owed = Delivery.objects.filter(delivered_at__isnull=True)
    counts = owed.aggregate(
        owed=Count("pk"),
        failing=Count("pk", filter=_FAILED),
        given_up=Count("pk", filter=_GIVEN_UP),
    )
    return OutboxState(
        **counts,
        oldest_at=owed.exclude(_GIVEN_UP).aggregate(at=Min("entry__recorded_at"))["at"],
    )


def last_verification() -> Verification | None:
    """Return the result of the last proof of the whole journal."""
    return Verification.objects.select_related("actor").last()


def last_seals(count: int = 10) -> "models.QuerySet[Seal]":
    """Return the newest seals, newest first."""
    return Seal.objects.order_by("-day")[:count]


def about_how_many_entries() -> int:
    """Return the highest id: quick at any size, and never less than the number of entries."""
    return Entry.objects.aggregate(last=Max("pk"))["last"] or 0
