"""An emergency as its page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from accounts.permissions import has
from complaints.models import Complaint
from complaints.permissions import may
from emergencies.models import Containment, Emergency, FactSheet, FirstCall, Page, Review
from emergencies.selectors.reports import Duty, duties_of


@dataclass(frozen=True)
class Round:
    """One round of calls: when, and to whom, by which ways."""

    number: int
    at: datetime
    pages: Sequence[Page]


@dataclass(frozen=True)
class Choices:
    """What the reader may do here; what the verbs refuse is not offered."""

    act: bool  # contain, write facts, call the complainant
    contain: bool
    report: bool  # also after the end: a duty to report does not end with the emergency
    approve: bool
    review: bool
    why_no_review: bool  # the reader handled it


@dataclass(frozen=True)
class Situation:
    """Everything on the page of an emergency."""

    row: Emergency
    complaint: Complaint
    containments: Sequence[Containment]
    facts: FactSheet | None
    older_facts: Sequence[FactSheet]
    first_calls: Sequence[FirstCall]
    rounds: Sequence[Round]
    duties: Sequence[Duty]
    undecided: int
    reports_late: bool
    review: Review | None
    choices: Choices
    earlier: Sequence[Emergency]

    @property
    def running(self) -> bool:
        """Return whether it goes on."""
        return self.row.ended_at is None and self.complaint.emergency

    @property
    def first_action_due_at(self) -> datetime | None:
        """Return when the containment was or is to be decided, by the complaint's own clock."""
        clocks = self.complaint.clocks.filter(stage="first_action", dropped=False)
        clock = clocks.filter(started_at__gte=self.row.declared_at - timedelta(seconds=1)).last()
        return clock.due_at if clock else None


def emergency_of(complaint: Complaint) -> Emergency | None:
    """Return the latest emergency of a complaint, or None where there is no row yet."""
    row = (
        Emergency.objects.filter(complaint=complaint.pk)
        .select_related("declared_by", "taken_by", "contained_by")
        .order_by("-declared_at")
        .first()
    )
    if row is not None:
        row.complaint = complaint
    return row


def situation_of(row: Emergency, actor: User, *, now: datetime) -> Situation:
    """Return an emergency with all that was done in it, in a fixed number of statements."""
    complaint = row.complaint
    sheets = list(row.fact_sheets.select_related("by"))
    review = Review.objects.select_related("done_by").filter(emergency=row).first()
    containments = list(row.containments.select_related("by"))
    duties = duties_of(row)
    undecided = sum(duty.wanted and not duty.decided for duty in duties)
    late = bool(undecided and row.reports_due_at and row.reports_due_at <= now)
    earlier = Emergency.objects.filter(complaint=complaint.pk).exclude(pk=row.pk)
    return Situation(
        row=row,
        complaint=complaint,
        containments=containments,
        facts=sheets[0] if sheets else None,
        older_facts=sheets[1:],
        first_calls=list(row.first_calls.select_related("by")),
        rounds=rounds_of(row),
        duties=duties,
        undecided=undecided,
        reports_late=late,
        review=review,
        choices=_choices(row, actor, review, {item.by_id for item in containments}),
        earlier=list(earlier.order_by("-declared_at")),
    )


def _choices(row: Emergency, actor: User, review: Review | None, deciders: set[int]) -> Choices:
    complaint = row.complaint
    running = row.ended_at is None and complaint.emergency
    takes = may(actor, "complaints.take_emergency", complaint)
    reviews = may(actor, "emergencies.review", complaint) and review is not None
    handled = {row.taken_by_id, row.contained_by_id, complaint.owner_id} | deciders
    own = actor.pk in handled
    open_ = reviews and review is not None and review.done_at is None
    return Choices(
        act=takes and running,
        report=takes,
        contain=takes and running and bool(deciders) and row.contained_at is None,
        approve=may(actor, "emergencies.approve_report", complaint),
        review=open_ and not own,
        why_no_review=open_ and own,
    )


def rounds_of(row: Emergency) -> list[Round]:
    """Return the rounds of calls, first to last, with every attempt."""
    pages = (
        row.pages.select_related("person", "duty", "address", "stands_in_for")
        .prefetch_related("attempts")
        .order_by("round", "pk")
    )
    rounds: dict[int, list[Page]] = {}
    for page in pages:
        rounds.setdefault(page.round, []).append(page)
    return [Round(number, found[0].queued_at, found) for number, found in rounds.items()]


def emergencies_lately(actor: User, *, limit: int = 50) -> Sequence[Emergency]:
    """Return the latest emergencies that the actor may know of."""
    if not has(actor, "emergencies.view"):
        return []
    seen = Complaint.objects.visible_to(actor)
    return list(
        Emergency.objects.filter(complaint__in=seen.values("pk"))
        .select_related("complaint__policy", "taken_by", "review")
        .order_by("-declared_at")[:limit]
    )
