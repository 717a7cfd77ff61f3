"""What hangs on one person: to be handed over before they leave, and given back when they have."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import Membership, User
from accounts.permissions import has
from accounts.rules import roles_with
from accounts.selectors import absences_at
from complaints.models import (
    Approval,
    Complaint,
    Escalation,
    IntakeDraft,
    Remedy,
)
from complaints.querysets import ComplaintQuerySet
from complaints.states import ApprovalState

SHOWN = 200  # references on a page; all are handed over
PEOPLE = 100


def held_by(person: User) -> Q:
    """Return the condition of a complaint that somebody holds in any way that another must take."""
    promised = Remedy.objects.filter(complaint=OuterRef("pk"), responsible=person, done_at=None)
    taken = Escalation.objects.filter(complaint=OuterRef("pk"), taken_by=person)
    in_charge = Q(emergency_taken_by=person, emergency=True, is_open=True)
    owned = Q(owner=person, is_open=True)
    return owned | in_charge | Q(Exists(promised)) | Q(Exists(taken), is_open=True)


def owned_by(person: User, actor: User) -> ComplaintQuerySet:
    """Return the open complaints of somebody that exist for the actor."""
    return Complaint.objects.visible_to(actor).filter(owner=person, is_open=True)


def beyond_reach_of(person: User) -> ComplaintQuerySet:
    """Return what somebody owns outside all places where they work on complaints now."""
    theirs = Complaint.objects.filter(owner=person, is_open=True)
    working = roles_with("complaints.assign_self")
    for site_id, team_id in person.memberships.filter(role__in=working).values_list("site", "team"):
        place = Q()
        if site_id is not None:
            place &= Q(site=site_id) | Q(site__isnull=True)
        if team_id is not None:
            place &= Q(team=team_id) | Q(team__isnull=True)
        if not place:
            return theirs.none()
        theirs = theirs.exclude(place)
    return theirs


def people_without_place() -> QuerySet[User]:
    """Return who holds work but is gone, or may no longer work on complaints anywhere."""
    working = Membership.objects.filter(
        user=OuterRef("pk"), role__in=roles_with("complaints.assign_self")
    )
    owns = Complaint.objects.filter(owner=OuterRef("pk"), is_open=True)
    promised = Remedy.objects.filter(responsible=OuterRef("pk"), done_at=None)
    taken = Escalation.objects.filter(taken_by=OuterRef("pk"), complaint__is_open=True)
    in_charge = Complaint.objects.filter(
        emergency_taken_by=OuterRef("pk"), emergency=True, is_open=True
    )
    gone = Q(is_active=False) | ~Q(Exists(working))
    left_behind = Q(Exists(promised)) | Q(Exists(taken)) | Q(Exists(in_charge))
    return User.objects.filter(gone, is_system=False).filter(
        Q(Exists(owns)) | left_behind & Q(is_active=False)
    )


@dataclass(frozen=True)
class Work:
    """How much hangs on a person: complaints they own, and what else others must take."""

    open: int
    drafts: int
    asked: int  # approvals they asked for that still wait
    escalations: int
    remedies: int
    follow_ups: int

    @property
    def any(self) -> bool:
        """Return whether anything hangs on them."""
        return any(vars(self).values())


def work_of(person: User, actor: User) -> Work:
    """Return how much hangs on a person, as far as the actor may know.

    Managers count what exists for them. An administrator, who reads none of it, counts all.
    """
    manages = has(actor, "accounts.manage")
    seen = Complaint.objects.all() if manages else Complaint.objects.visible_to(actor)
    ids = seen.values("pk")
    waiting = Approval.objects.filter(state=ApprovalState.PENDING, by=person, complaint__in=ids)
    taken = Escalation.objects.filter(taken_by=person, complaint__is_open=True, complaint__in=ids)
    return Work(
        open=seen.filter(owner=person, is_open=True).count(),
        drafts=IntakeDraft.objects.filter(user=person).count(),
        asked=waiting.count(),
        escalations=taken.count(),
        remedies=Remedy.objects.filter(responsible=person, done_at=None, complaint__in=ids).count(),
        follow_ups=seen.filter(owner=person, is_open=False, next_due_at__isnull=False).count(),
    )


def references_of(person: User, actor: User) -> list[Complaint]:
    """Return somebody's open complaints, the most urgent first.

    For an administrator these are references only: nothing else of them may be shown.
    """
    if has(actor, "complaints.assign"):
        theirs: QuerySet[Complaint] = owned_by(person, actor)
    else:
        theirs = Complaint.objects.filter(owner=person, is_open=True).only("pk", "reference")
    return list(theirs.order_by("next_due_at", "pk")[:SHOWN])


@dataclass(frozen=True)
class Holder:
    """Somebody with open complaints."""

    person: User
    open: int
    away: bool


def holders(actor: User, at: datetime) -> list[Holder]:
    """Return who holds open complaints: who leaves or is gone first, then who is away."""
    manages = has(actor, "accounts.manage")
    seen = Complaint.objects.all() if manages else Complaint.objects.visible_to(actor)
    counted = (
        seen.filter(is_open=True, owner__isnull=False)
        .values("owner")
        .annotate(count=Count("pk"))
        .order_by()
    )
    counts = {row["owner"]: row["count"] for row in counted}
    people = User.objects.filter(pk__in=counts)
    away = set(absences_at(at).filter(person__in=people).values_list("person", flat=True))
    found = [Holder(one, counts[one.pk], one.pk in away) for one in people]
    return sorted(found, key=_urgency)[:PEOPLE]


def _urgency(holder: Holder) -> tuple[bool, bool, bool, str]:
    person = holder.person
    return (person.is_active, person.leaves_on is None, not holder.away, str(person))
