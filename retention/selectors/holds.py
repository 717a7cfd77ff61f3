"""Holds as their readers may see them, and what they lie on."""

from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict

from accounts.models import User
from accounts.permissions import has
from complaints.models import Complaint
from complaints.selectors.register import Filters
from complaints.selectors.search import holding
from retention.models import HeldComplaint, Hold
from retention.states import HoldScope

PAGE = 50


def holds_for(actor: User) -> QuerySet[Hold]:
    """Return the holds that exist for the actor: those they placed, or on what they may see."""
    if not has(actor, "retention.view"):
        return Hold.objects.none()
    seen = Complaint.objects.visible_to(actor)
    on_something_seen = Exists(
        HeldComplaint.objects.filter(hold=OuterRef("pk"), complaint__in=seen.values("pk"))
    )
    return Hold.objects.filter(Q(placed_by=actor.pk) | on_something_seen).select_related(
        "complaint", "complainant", "placed_by", "released_by"
    )


def holds_on(complaint: Complaint) -> QuerySet[Hold]:
    """Return the holds that bind a complaint now."""
    return Hold.objects.filter(held__complaint=complaint, released_at__isnull=True).select_related(
        "placed_by"
    )


def matching(hold: Hold, actor: User, *, now: datetime) -> QuerySet[Complaint]:
    """Return the complaints that a hold is meant for, as far as the actor may hold them."""
    mine = Complaint.objects.where_may(actor, "retention.hold").filter(anonymised_at__isnull=True)
    if hold.scope == HoldScope.COMPLAINT:
        return mine.filter(pk=hold.complaint_id or 0)
    if hold.scope == HoldScope.COMPLAINANT:
        return mine.filter(complainant=hold.complainant_id)
    filters = filters_of(hold.query)
    found = filters.apply(mine, actor=actor, now=now)
    return holding(found, filters.q) if filters.q else found


def filters_of(query: str) -> Filters:
    """Return a filter as the address of the list says it."""
    return Filters.parse(QueryDict(query))


def counted(holds: QuerySet[Hold], actor: User) -> QuerySet[Hold]:
    """Add how many complaints each lies on, as far as the actor may see them."""
    seen = Complaint.objects.visible_to(actor).values("pk")
    held = (
        HeldComplaint.objects.filter(hold=OuterRef("pk"), complaint__in=seen)
        .order_by()
        .values("hold")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return holds.annotate(complaints=Coalesce(Subquery(held), 0))
