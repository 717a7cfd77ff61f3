"""How far a bulk run is, and what became of each complaint."""

from dataclasses import dataclass

from django.db.models import Count, Q

from accounts.models import User
from complaints.models import BulkItem, BulkRun, Complaint

ITEMS_SHOWN = 100


@dataclass(frozen=True)
class Progress:
    """How many complaints of a run are dealt with, and how."""

    total: int
    done: int
    refused: int

    @property
    def dealt_with(self) -> int:
        """Return how many are over, one way or the other."""
        return self.done + self.refused


def run_of(actor: User, pk: int) -> BulkRun | None:
    """Return a run that the actor has begun, or None: others' runs are nobody's business."""
    return BulkRun.objects.filter(pk=pk, by=actor).first()


def progress_of(run: BulkRun) -> Progress:
    """Return how far a run is."""
    found = run.items.aggregate(
        done=Count("pk", filter=Q(outcome=BulkItem.Outcome.DONE)),
        refused=Count("pk", filter=Q(outcome=BulkItem.Outcome.REFUSED)),
    )
    return Progress(run.total, **found)


def items_of(run: BulkRun, actor: User, *, outcome: str = "", after: int = 0) -> list[BulkItem]:
    """Return a page of a run's complaints, each with its reference where it may still be seen."""
    items = run.items.filter(pk__gt=after)
    if outcome:
        items = items.filter(outcome=outcome)
    seen = Complaint.objects.visible_to(actor)
    return list(
        items.filter(complaint__in=seen.values("pk"))
        .select_related("complaint")
        .order_by("pk")[:ITEMS_SHOWN]
    )
