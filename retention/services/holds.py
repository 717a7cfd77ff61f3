"""The verbs of legal holds: lay one, let it grow, look at it again, release it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import system_user
from complaints.models import Complainant, Complaint
from complaints.services.disposing import NOTHING_LEFT, hold_complaints, release_complaints
from complaints.services.moves import digest
from journal.services import record
from retention import events
from retention.errors import BadInput, Conflict, NotAllowed
from retention.models import HeldComplaint, Hold
from retention.permissions import everywhere, may_hold
from retention.selectors.holds import filters_of, holds_for, matching
from retention.states import HoldScope

MOST_YEARS = 2  # nobody looks again later than that
SHORTEST_REASON = 5
_MOVING = ("due", "paused", "approval")  # filters whose answer changes by the hour
BATCH = 500


@dataclass(frozen=True)
class Wish:
    """What is to be held, why, on whose authority, and when somebody looks at it again."""

    reason: str
    authority: str
    review_on: date
    complaint_id: int | None = None
    complainant_id: int | None = None
    query: str = ""

    @property
    def scope(self) -> str:
        """Return what it lies on."""
        if self.complaint_id is not None:
            return HoldScope.COMPLAINT
        return HoldScope.FILTER if self.complainant_id is None else HoldScope.COMPLAINANT


@transaction.atomic
def place_hold(*, wish: Wish, actor: User, at: datetime) -> Hold:
    """Lay a hold on one complaint, on all of a complainant, or on what a filter finds.

    Raises NotAllowed; BadInput naming `reason`, `authority`, `review_on` or `query`;
    Complaint.DoesNotExist and Complainant.DoesNotExist for what is out of the actor's scope.
    """
    if not may_hold(actor):
        raise NotAllowed(_("Your role does not lay legal holds."))
    _check(wish, actor, at)
    hold = Hold.objects.create(
        scope=wish.scope,
        complaint_id=wish.complaint_id,
        complainant_id=wish.complainant_id,
        query=wish.query,
        everywhere=everywhere(actor, "retention.hold"),
        reason=wish.reason.strip(),
        authority=wish.authority.strip(),
        review_on=wish.review_on,
        placed_by=actor,
        placed_at=at,
    )
    count = _lay(hold, actor=actor, at=at)
    if not count and hold.scope != HoldScope.FILTER:
        raise BadInput(_("Nothing is left here that could be held."), field="query")
    record(
        kind=events.HOLD_PLACED,
        subject=hold,
        actor=actor,
        occurred_at=at,
        payload={
            "scope": hold.scope,
            "complaints": count,
            "until": hold.review_on.isoformat(),
            "sha256": digest(hold.reason, hold.authority, hold.query),
        },
    )
    return hold


def _check(wish: Wish, actor: User, at: datetime) -> None:
    if len(wish.reason.strip()) < SHORTEST_REASON:
        raise BadInput(_("Say why these records must stay."), field="reason")
    if not wish.authority.strip():
        raise BadInput(
            _("Say on whose authority: a court, a regulator, a lawyer."), field="authority"
        )
    _check_review(wish.review_on, at)
    if wish.scope == HoldScope.COMPLAINT:
        Complaint.objects.where_may(actor, "retention.hold").get(pk=wish.complaint_id or 0)
    elif wish.scope == HoldScope.COMPLAINANT:
        mine = Complaint.objects.where_may(actor, "retention.hold")
        Complainant.objects.filter(complaints__in=mine).distinct().get(pk=wish.complainant_id or 0)
    else:
        _check_filter(wish.query)


def _check_review(review_on: date, at: datetime) -> None:
    today = timezone.localdate(at)
    if not today < review_on <= today.replace(year=today.year + MOST_YEARS, day=1):
        raise BadInput(_("Choose a day after today, within the next two years."), field="review_on")


def _check_filter(query: str) -> None:
    filters = filters_of(query)
    if not filters.narrowed:
        raise BadInput(_("A hold on everything is none: narrow the list first."), field="query")
    moving = [name for name in _MOVING if getattr(filters, name)]
    if moving or filters.owner == "me":
        raise BadInput(
            _("This filter's answer changes by itself (time left, pauses, what is mine)."),
            field="query",
        )


def _lay(hold: Hold, *, actor: User, at: datetime) -> int:
    """Lay a hold on whatever matches and is not under it yet; return how many."""
    new = (
        matching(hold, actor, now=at)
        .exclude(pk__in=hold.held.values("complaint"))
        .values_list("pk", flat=True)
    )
    held = hold_complaints(complaint_ids=sorted(new), hold=hold.pk, actor=actor, at=at)
    HeldComplaint.objects.bulk_create(
        (HeldComplaint(hold=hold, complaint_id=pk, since=at) for pk in held), batch_size=BATCH
    )
    return len(held)


def extend_holds(*, now: datetime) -> int:
    """Lay holds on complainants and filters on what has come in since; return on how many."""
    growing = Hold.objects.filter(released_at__isnull=True).exclude(scope=HoldScope.COMPLAINT)
    return sum(_extend(pk, now) for pk in growing.values_list("pk", flat=True))


@transaction.atomic
def _extend(hold_id: int, now: datetime) -> int:
    hold = (
        Hold.objects.select_for_update(of=("self",))
        .filter(pk=hold_id, released_at__isnull=True)
        .select_related("placed_by")
        .first()
    )
    if hold is None:
        return 0
    count = _lay(hold, actor=system_user() if hold.everywhere else hold.placed_by, at=now)
    if count:
        record(
            kind=events.HOLD_EXTENDED,
            subject=hold,
            actor=None,
            occurred_at=now,
            payload={"complaints": count},
        )
    return count


@transaction.atomic
def review_hold(*, hold_id: int, review_on: date, actor: User, at: datetime) -> Hold:
    """Say that a hold is still needed, until it is looked at again.

    Raises Hold.DoesNotExist, NotAllowed, Conflict, BadInput naming `review_on`.
    """
    hold = _taken(hold_id, actor)
    _check_review(review_on, at)
    hold.review_on = review_on
    hold.save(update_fields=["review_on"])
    record(
        kind=events.HOLD_REVIEWED,
        subject=hold,
        actor=actor,
        occurred_at=at,
        payload={"until": review_on.isoformat()},
    )
    return hold


@transaction.atomic
def release_hold(*, hold_id: int, reason: str, actor: User, at: datetime) -> Hold:
    """Release a hold: somebody else than placed it, with a reason.

    Raises Hold.DoesNotExist, NotAllowed (also for whoever placed it, and where it reaches beyond
    the actor's own scope), Conflict, BadInput naming `reason`.
    """
    hold = _taken(hold_id, actor)
    if hold.placed_by_id == actor.pk:
        raise NotAllowed(_("Whoever placed a hold does not release it: ask a colleague."))
    if len(reason.strip()) < SHORTEST_REASON:
        raise BadInput(_("Say why it is no longer needed."), field="reason")
    held = list(hold.held.values_list("complaint", flat=True))
    released = release_complaints(complaint_ids=held, hold=hold.pk, actor=actor, at=at)
    if _left(held, released):
        raise NotAllowed(_("This hold reaches beyond your sites and teams."))
    hold.released_by, hold.released_at, hold.release_reason = actor, at, reason.strip()
    hold.save(update_fields=["released_by", "released_at", "release_reason"])
    record(
        kind=events.HOLD_RELEASED,
        subject=hold,
        actor=actor,
        occurred_at=at,
        payload={"complaints": len(released), "sha256": digest(hold.release_reason)},
    )
    return hold


@transaction.atomic
def forget_holds(*, complaint_id: int, actor: User, at: datetime) -> int:
    """Erase why holds lay on a complaint, once all they lay on was disposed of; return how many.

    Only the system does so, for a disposal run that was approved. Raises NotAllowed.
    """
    if not actor.is_system:
        raise NotAllowed(_("Only an approved disposal run does this."))
    left = HeldComplaint.objects.filter(complaint__anonymised_at__isnull=True)
    over = Hold.objects.filter(
        pk__in=HeldComplaint.objects.filter(complaint=complaint_id).values("hold"),
        released_at__isnull=False,
    ).exclude(pk__in=left.exclude(complaint=complaint_id).values("hold"))
    forgotten = list(over.select_for_update(of=("self",)).order_by("pk"))
    for hold in forgotten:
        hold.reason = hold.authority = hold.release_reason = NOTHING_LEFT
        hold.query = NOTHING_LEFT if hold.query else ""
        hold.save(update_fields=["reason", "authority", "release_reason", "query"])
        record(kind=events.HOLD_FORGOTTEN, subject=hold, actor=actor, occurred_at=at)
    return len(forgotten)


def _left(held: Iterable[int], released: Iterable[int]) -> bool:
    return bool(set(held) - set(released))


def _taken(hold_id: int, actor: User) -> Hold:
    if not holds_for(actor).filter(pk=hold_id).exists():
        raise Hold.DoesNotExist
    if not may_hold(actor):
        raise NotAllowed(_("Your role does not lay or release legal holds."))
    hold = Hold.objects.select_for_update(of=("self",)).get(pk=hold_id)
    if not hold.active:
        raise Conflict(_("This hold was released already."))
    return hold
