"""Which complaints are so alike that one cause may be behind them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Lower

from accounts.models import User
from complaints.models import Complaint, ComplaintQuerySet
from complaints.rules.policy import Incidents
from complaints.states import State
from incidents.models import Incident, Link, Suggestion
from incidents.rules.alike import product_key, site_key
from incidents.states import Basis, SuggestionState

MOST_MEMBERS = 1_000
SHOWN = 50


@dataclass(frozen=True)
class Group:
    """Complaints of the window with something in common."""

    key: str
    basis: str
    category_id: int
    persons: int
    product: str = ""
    site_id: int | None = None
    members: list[int] = field(default_factory=list)


def alike(says: Incidents, *, now: datetime) -> Iterator[Group]:
    """Yield the groups that have reached the policy's number.

    One statement per thing in common, over the window only (served by complaint_newest).
    """
    window = _window(says, now=now)
    if Basis.PRODUCT in says.alike:
        named = window.exclude(product="").annotate(named=Lower("product"))
        for row in _counted(named, says, "category_id", "named"):
            product = row["named"]
            members = named.filter(category=row["category_id"], named=product)
            if _handled(row["category_id"], Q(product__iexact=product)):
                continue
            yield Group(
                product_key(row["category_id"], product),
                Basis.PRODUCT,
                row["category_id"],
                row["persons"],
                product=members.values_list("product", flat=True)[0],
                members=_ids(members),
            )
    if Basis.SITE in says.alike:
        placed = window.filter(site__isnull=False)
        for row in _counted(placed, says, "category_id", "site_id"):
            members = placed.filter(category=row["category_id"], site=row["site_id"])
            if _handled(row["category_id"], Q(site=row["site_id"])):
                continue
            yield Group(
                site_key(row["category_id"], row["site_id"]),
                Basis.SITE,
                row["category_id"],
                row["persons"],
                site_id=row["site_id"],
                members=_ids(members),
            )


def _window(says: Incidents, *, now: datetime) -> ComplaintQuerySet:
    """Return the lately received complaints with a problem class that belong to no incident."""
    linked = Link.objects.filter(complaint=OuterRef("pk"), unlinked_at__isnull=True)
    return (
        Complaint.objects.filter(
            received_at__gte=now - timedelta(days=says.within_days),
            received_at__lte=now,
            category__isnull=False,
        )
        .exclude(state__in=[State.MERGED, State.NOT_A_COMPLAINT])
        .exclude(Exists(linked))
    )


def _counted(complaints: ComplaintQuerySet, says: Incidents, *same: str) -> list[dict[str, Any]]:
    rows = complaints.values(*same).annotate(
        number=Count("pk"),
        known=Count("complainant", distinct=True),
        unknown=Count("pk", filter=Q(complainant__isnull=True)),
    )
    found = rows.filter(number__gte=says.complaints).order_by(*same)
    return [{**row, "persons": row["known"] + row["unknown"]} for row in found]


def _handled(category_id: int, scope: Q) -> bool:
    """Return whether an open incident is about the same already; its own page shows what fits."""
    return Incident.objects.open().filter(scope, category=category_id).exists()


def _ids(complaints: ComplaintQuerySet) -> list[int]:
    return list(complaints.order_by("pk").values_list("pk", flat=True)[:MOST_MEMBERS])


@dataclass(frozen=True)
class Suggested:
    """A suggestion as its reader may know it: complaints they do not see are not counted."""

    suggestion: Suggestion
    count: int
    references: list[str]
    since: datetime | None


def suggestions_for(actor: User) -> list[Suggested]:
    """Return what waits for the actor's decision, the newest first."""
    waiting = (
        Suggestion.objects.visible_to(actor).waiting().select_related("category", "site")[:SHOWN]
    )
    return [suggested(suggestion, actor) for suggestion in waiting]


def suggestion_of(actor: User, pk: int) -> Suggestion | None:
    """Return a suggestion that waits for the actor's decision, or None."""
    waiting = Suggestion.objects.visible_to(actor).waiting()
    return waiting.select_related("category", "site").filter(pk=pk).first()


def suggested(suggestion: Suggestion, actor: User) -> Suggested:
    """Return a suggestion with the complaints behind it that the actor may see."""
    seen = (
        Complaint.objects.visible_to(actor)
        .filter(pk__in=suggestion.members.values("complaint"))
        .order_by("-received_at")
    )
    found = list(seen.values_list("reference", "received_at"))
    return Suggested(
        suggestion,
        len(found),
        [reference for reference, _at in found],
        found[-1][1] if found else None,
    )


def waiting_count(actor: User) -> int:
    """Return how many suggestions wait for the actor's decision."""
    return Suggestion.objects.visible_to(actor).waiting().count()


def suggestion_about(complaint: Complaint, actor: User) -> Suggestion | None:
    """Return the suggestion that waits and speaks of a complaint, where it asks the actor."""
    return (
        Suggestion.objects.visible_to(actor)
        .filter(state=SuggestionState.OPEN, members__complaint=complaint)
        .first()
    )
