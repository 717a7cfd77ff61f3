"""What the page of an incident shows: where it stands, what comes next, what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.models import Complaint, ComplaintQuerySet
from incidents.models import CommonFinding, Customer, FindingAnswer, Incident, Link
from incidents.permissions import may_know_customers, may_manage, may_oversee
from incidents.selectors.outcomes import (
    gather,
    linked_complaints,
    with_outcome,
    without_outcome,
)
from incidents.states import STEPS, FindingState, IncidentState, Verdict
from incidents.workflow import MOVES, reasons_against

NAMED = 12  # complaints without an outcome that the page names
FIT_DAYS = 30
FIT_CAP = 200
_NEXT = {
    IncidentState.SUSPECTED: "declare",
    IncidentState.DECLARED: "contain",
    IncidentState.CONTAINED: "resolve",
    IncidentState.RESOLVED: "close",
}
_HINTS = {
    "declare": _("Is it one cause? Then declare it: from there on it is handled as one event."),
    "contain": _("Stop the harm first: recall, stop of sales, warning. Then note what was done."),
    "resolve": _("Each complainant gets an outcome of their own; then note how it was resolved."),
    "close": _("Say what was learnt, and close. The complaints go on by themselves."),
}
_AT = {
    IncidentState.SUSPECTED: "opened_at",
    IncidentState.DECLARED: "declared_at",
    IncidentState.CONTAINED: "contained_at",
    IncidentState.RESOLVED: "resolved_at",
    IncidentState.CLOSED: "closed_at",
}


@dataclass(frozen=True)
class StepShown:
    """A state in the stepper (components/stepper.html)."""

    label: Any
    step: str  # done, now, todo
    at: datetime | None


@dataclass(frozen=True)
class MoveShown:
    """A move as the page offers it: its words, and what stands in its way."""

    name: str
    label: Any
    hint: Any
    reasons: Sequence[Any]


@dataclass(frozen=True)
class Numbers:
    """How far the complaints are, as far as the reader may see them."""

    linked: int
    answered: int
    open: int
    without_outcome: int
    confirmed: int
    rejected: int


@dataclass(frozen=True)
class Reach:
    """How many affected customers were reached."""

    listed: int
    reached: int

    @property
    def percent(self) -> int:
        """Return the share reached, rounded down: nobody is claimed who was not."""
        return self.reached * 100 // self.listed if self.listed else 0


@dataclass(frozen=True)
class IncidentPage:
    """Everything the head and the overview show."""

    incident: Incident
    manages: bool
    oversees: bool
    knows_customers: bool
    steps: Sequence[StepShown]
    main: MoveShown | None
    more: Sequence[MoveShown]
    blocked: Sequence[MoveShown]
    numbers: Numbers
    missing: Sequence[Complaint]
    reach: Reach | None
    fitting: int
    finding: CommonFinding | None


def page_of(incident: Incident, actor: User, *, now: datetime) -> IncidentPage:
    """Return the page of an incident for its reader."""
    gather(incident)
    manages, oversees = may_manage(actor, incident), may_oversee(actor, incident)
    main, more, blocked = _moves(incident)
    seen = linked_complaints(incident).visible_to(actor)
    missing = without_outcome(seen).order_by("received_at", "pk")
    finding = finding_in_force(incident)
    return IncidentPage(
        incident=incident,
        manages=manages,
        oversees=oversees,
        knows_customers=may_know_customers(actor, incident),
        steps=_stepper(incident),
        main=main,
        more=more,
        blocked=blocked,
        numbers=_numbers(seen, finding),
        missing=list(missing[: NAMED + 1]),
        reach=reach_of(incident) if oversees else None,
        fitting=min(fitting(incident, actor, now=now)[: FIT_CAP + 1].count(), FIT_CAP + 1)
        if incident.is_open
        else 0,
        finding=finding,
    )


def _stepper(incident: Incident) -> list[StepShown]:
    order = [str(state) for state in STEPS]
    here = order.index(incident.state) if incident.state in order else 0
    ended = not incident.is_open
    shown = []
    for place, state in enumerate(STEPS):
        step = "now" if place == here and not ended else "done" if place <= here else "todo"
        at = getattr(incident, _AT[state]) if place <= here else None
        shown.append(StepShown(state.label, step, at))
    return shown


def _moves(incident: Incident) -> tuple[MoveShown | None, list[MoveShown], list[MoveShown]]:
    """Return the one next move, the others that are possible, and those that are not yet."""
    following = _NEXT.get(IncidentState(incident.state), "")
    main, more, blocked = None, [], []
    for name, move in MOVES.items():
        reasons = reasons_against(incident, name)
        shown = MoveShown(name, move.label, _HINTS.get(name, ""), reasons)
        if name == following:
            main = shown
        elif not reasons:
            more.append(shown)
        elif incident.is_open and name in {"resolve", "close"}:
            blocked.append(shown)
    return main, more, blocked


def _numbers(seen: ComplaintQuerySet, finding: CommonFinding | None) -> Numbers:
    counted = seen.aggregate(linked=Count("pk"), open=Count("pk", filter=Q(is_open=True)))
    answers = (
        FindingAnswer.objects.filter(finding=finding, complaint__in=seen.values("pk")).aggregate(
            confirmed=Count("pk", filter=Q(verdict=Verdict.CONFIRMED)),
            rejected=Count("pk", filter=Q(verdict=Verdict.REJECTED)),
        )
        if finding
        else {"confirmed": 0, "rejected": 0}
    )
    return Numbers(
        **counted,
        **answers,
        answered=with_outcome(seen).count(),
        without_outcome=without_outcome(seen).count(),
    )


def reach_of(incident: Incident) -> Reach:
    """Return how many affected customers are listed and were reached."""
    counted = Customer.objects.filter(incident=incident).aggregate(
        listed=Count("pk"), reached=Count("pk", filter=Q(reached=True))
    )
    return Reach(**counted)


def finding_in_force(incident: Incident) -> CommonFinding | None:
    """Return the version of the common finding that was approved, or None."""
    return (
        incident.findings.select_related("by", "decided_by")
        .filter(state=FindingState.APPROVED)
        .first()
    )


def fitting(incident: Incident, actor: User, *, now: datetime) -> ComplaintQuerySet:
    """Return complaints that fit the scope of an incident and belong to none yet."""
    if incident.category_id is None or not (incident.product or incident.site_id):
        return Complaint.objects.none()
    complaints = Complaint.objects.visible_to(actor).filter(
        category=incident.category_id,
        received_at__gte=min(incident.opened_at, now) - timedelta(days=FIT_DAYS),
    )
    if incident.product:
        complaints = complaints.filter(product__iexact=incident.product)
    if incident.site_id:
        complaints = complaints.filter(site=incident.site_id)
    linked = Link.objects.filter(incident=incident, unlinked_at__isnull=True).values("complaint")
    elsewhere = Link.objects.filter(binds=True).values("complaint")
    return (
        complaints.exclude(pk__in=linked)
        .exclude(pk__in=elsewhere)
        .exclude(state__in=["merged", "not_a_complaint"])
    )


# --- one complaint --------------------------------------------------------------------------


@dataclass(frozen=True)
class Membership:
    """What the panel on a complaint's page shows."""

    link: Link | None
    finding: CommonFinding | None
    answer: FindingAnswer | None


def membership_of(complaint: Complaint, actor: User) -> Membership:
    """Return to which incident a complaint belongs, and what is proposed for it from there."""
    link = (
        Link.objects.filter(
            complaint=complaint,
            unlinked_at__isnull=True,
            incident__in=Incident.objects.visible_to(actor).values("pk"),
        )
        .select_related("incident")
        .order_by("-binds", "-pk")
        .first()
    )
    finding = finding_in_force(link.incident) if link else None
    answer = finding.answers.filter(complaint=complaint).first() if finding else None
    return Membership(link, finding, answer)
