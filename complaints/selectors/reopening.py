"""Wishes to reopen that wait for somebody to decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from accounts.models import User
from complaints.models import Complaint, ReopenRequest
from complaints.querysets import ComplaintQuerySet
from complaints.selectors.involved import not_handled_by
from complaints.states import Answer, ReopenVerdict, State

SHOWN = 20
DECIDES = "complaints.decide_reopening"


def may_ask_reopening(complaint: Complaint, *, at: datetime) -> bool:
    """Return whether the complainant may ask now: refused, or at its end not long ago; once."""
    if complaint.reopenrequests.filter(cycle=complaint.cycle).exists():
        return False
    if complaint.state == State.RESPONDED:
        return complaint.answer == Answer.REFUSED
    window = timedelta(days=complaint.policy.says.public.reopen_days)
    ended = complaint.state in {State.CLOSED, State.FOLLOWED_UP}
    return ended and complaint.closed_at is not None and at < complaint.closed_at + window


@dataclass(frozen=True)
class WishPage:
    """Wishes to reopen, oldest first, and behind which the next page begins."""

    wishes: Sequence[ReopenRequest]
    next_after: int | None


def wished_to_decide(actor: User) -> ComplaintQuerySet:
    """Return the complaints with a wish that the actor may decide on (may_decide_reopening)."""
    waiting = ReopenRequest.objects.filter(verdict=ReopenVerdict.WAITING).exclude(by=actor.pk)
    theirs = not_handled_by(Complaint.objects.where_may(actor, DECIDES), actor)
    return theirs.filter(pk__in=waiting.order_by().values("complaint"))


def wishes_waiting_for(actor: User, *, after: int | None = None) -> WishPage:
    """Return the wishes that the actor may decide on."""
    waiting = _waiting().filter(complaint__in=wished_to_decide(actor).values("pk"))
    if after is not None:
        waiting = waiting.filter(pk__gt=after)
    found = list(waiting[: SHOWN + 1])
    shown = found[:SHOWN]
    return WishPage(shown, shown[-1].pk if len(found) > SHOWN else None)


def wishes_for_others(actor: User) -> list[ReopenRequest]:
    """Return what waits for somebody else: complaints the actor handled, or asked about."""
    seen = Complaint.objects.where_may(actor, DECIDES)
    own = wished_to_decide(actor).values("pk")
    others = _waiting().filter(complaint__in=seen.values("pk")).exclude(complaint__in=own)
    return list(others[:SHOWN])


def _waiting() -> "QuerySet[ReopenRequest]":
    return (
        ReopenRequest.objects.filter(verdict=ReopenVerdict.WAITING)
        .select_related("by", "complaint__owner", "complaint__complainant")
        .order_by("pk")
    )
