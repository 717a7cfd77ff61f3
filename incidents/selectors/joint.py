"""Joint messages: who would get one, what it would say, how far it is, what became of each."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from complaints.models import Complaint, ComplaintQuerySet
from complaints.states import OPEN_STATES, Occasion, State
from incidents.models import FindingAnswer, Incident, JointItem, JointRun
from incidents.selectors.outcomes import linked_complaints
from incidents.states import ItemOutcome, JointKind, Verdict

ITEMS_SHOWN = 50
OCCASION_OF = {
    JointKind.ACKNOWLEDGE: Occasion.ACKNOWLEDGEMENT,
    JointKind.PROGRESS: Occasion.PROGRESS,
    JointKind.DECISION: Occasion.DECISION,
    JointKind.REMEDIES: Occasion.REMEDIES,
}
_BEFORE_THE_ANSWER = [str(state) for state in OPEN_STATES if state != State.RESPONDED]
# Where a complaint stands when the step can fit it; its guards are asked when its turn comes.
_FITS = {
    JointKind.ACKNOWLEDGE: Q(state=State.RECEIVED),
    JointKind.PROGRESS: Q(state__in=_BEFORE_THE_ANSWER),
    JointKind.DECISION: Q(state__in=_BEFORE_THE_ANSWER),
    JointKind.REMEDIES: Q(state=State.RESPONDED),
    JointKind.CLOSE: Q(state=State.RESPONDED),
}


def candidates(incident: Incident, kind: str, actor: User) -> ComplaintQuerySet:
    """Return the linked complaints that a step can fit, as far as the actor may see them."""
    linked = linked_complaints(incident).visible_to(actor)
    return linked.filter(_FITS[JointKind(kind)])


def confirmed(run: JointRun) -> "QuerySet[FindingAnswer]":
    """Return the complaints whose handlers confirmed the finding that a run speaks of."""
    return FindingAnswer.objects.filter(finding=run.finding, verdict=Verdict.CONFIRMED)


@dataclass(frozen=True)
class JointProgress:
    """How many complaints of a joint message are dealt with, and how."""

    total: int
    waiting: int
    sent: int
    asked: int
    by_hand: int
    left_out: int
    refused: int

    @property
    def dealt_with(self) -> int:
        """Return how many are over, one way or the other."""
        return self.total - self.waiting


def joint_progress(run: JointRun, actor: User) -> JointProgress:
    """Return how far a run is, as far as the actor may see its complaints."""
    counted = _seen(run, actor).aggregate(
        total=Count("pk"),
        **{outcome.value: Count("pk", filter=Q(outcome=outcome)) for outcome in ItemOutcome},
    )
    return JointProgress(**counted)


def _seen(run: JointRun, actor: User) -> "QuerySet[JointItem]":
    return run.items.filter(complaint__in=Complaint.objects.visible_to(actor).values("pk"))


def joint_items(
    run: JointRun, actor: User, *, outcome: str = "", after: int = 0
) -> list[JointItem]:
    """Return a page of a run's complaints, as far as the actor may see them."""
    items = _seen(run, actor).filter(pk__gt=after)
    if outcome:
        items = items.filter(outcome=outcome)
    related = items.select_related("complaint__complainant", "complaint__policy", "run__finding")
    return list(related.order_by("pk")[:ITEMS_SHOWN])


def joint_item(run: JointRun, actor: User, pk: int) -> JointItem | None:
    """Return one complaint of a run, or None where the actor may not see it."""
    related = _seen(run, actor).select_related("complaint__complainant", "complaint__policy")
    return related.filter(pk=pk).first()


def run_of(incident: Incident, pk: int) -> JointRun | None:
    """Return a joint message of an incident."""
    return incident.runs.select_related("by", "finding", "incident").filter(pk=pk).first()


def runs_of(incident: Incident) -> "QuerySet[JointRun]":
    """Return the joint messages of an incident, newest first; what was thrown away is left out."""
    return incident.runs.filter(discarded_at__isnull=True).select_related("by")


def remedy_due(run: JointRun, at: datetime) -> datetime | None:
    """Return by when the remedy of a joint decision is done."""
    days = run.finding.remedy_days if run.finding else None
    return at + timedelta(days=days) if days else None
