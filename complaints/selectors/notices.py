"""What colleagues have been told, and what waits for them to decide."""

import itertools
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple

from django.db import connection

from accounts.models import User
from complaints.models import Approval, Complaint, Notice
from complaints.permissions import may
from complaints.selectors.prepared import Prepared
from complaints.states import ApprovalState

PAGE = 50
UNREAD_CAP = 99
EMERGENCIES_SHOWN, EMERGENCIES_JUDGED = 5, 500
APPROVALS_SHOWN = 20


def unread_count(actor: User) -> int:
    """Return how many notices somebody has not read, up to one more than UNREAD_CAP."""
    # As text, because every page asks: to put it together would take longer than to ask it.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM (SELECT 1 FROM complaints_notice"
            " WHERE user_id = %s AND read_at IS NULL LIMIT %s) AS unread",
            [actor.pk, UNREAD_CAP + 1],
        )
        return int(cursor.fetchone()[0])


class Untaken(NamedTuple):
    """An emergency that waits for somebody."""

    pk: int
    reference: str
    trigger: str
    since: datetime | None
    owner_id: int | None
    recorded_by_id: int
    subject_person_id: int | None
    confidential: bool
    site_id: int | None
    team_id: int | None
    provider_id: int | None


def untaken_emergencies(actor: User) -> list[Untaken]:
    """Return the emergencies that wait for somebody and that the actor could take, oldest first.

    Asked for on every page, when there are hardly ever any: so all are read, and judged one by one.
    """
    if "complaints.take_emergency" not in actor.permissions:
        return []
    theirs = [
        one
        for one in itertools.starmap(Untaken, _untaken().ask())
        if may(actor, "complaints.take_emergency", one)
    ]
    return theirs[:EMERGENCIES_SHOWN]


@cache
def _untaken() -> Prepared:
    waiting = Complaint.everything.filter(
        is_test=False, emergency=True, is_open=True, emergency_taken_at__isnull=True
    ).order_by("emergency_declared_at", "pk")
    return Prepared(
        waiting.values_list(
            "pk",
            "reference",
            "emergency_trigger",
            "emergency_declared_at",
            "owner",
            "recorded_by",
            "subject_person",
            "confidential",
            "site",
            "team",
            "provider",
        )[:EMERGENCIES_JUDGED]
    )


@dataclass(frozen=True)
class NoticePage:
    """Some notices, newest first, with what may be seen of them, and where the next page begins."""

    notices: list[Notice]
    visible: set[int]  # of their complaints; rights may have changed since
    next_before: int | None


def notices_of(actor: User, *, unread: bool = False, before: int | None = None) -> NoticePage:
    """Return a page of what somebody was told."""
    told = Notice.objects.filter(user=actor.pk)
    if unread:
        told = told.filter(read_at__isnull=True)
    if before is not None:
        told = told.filter(pk__lt=before)
    found = list(
        told.select_related("complaint", "escalation", "instead_of").order_by("-pk")[: PAGE + 1]
    )
    shown = found[:PAGE]
    seen = Complaint.objects.visible_to(actor).filter(pk__in={n.complaint_id for n in shown})
    visible = set(seen.values_list("pk", flat=True))
    return NoticePage(shown, visible, shown[-1].pk if len(found) > PAGE else None)


@dataclass(frozen=True)
class ApprovalPage:
    """Requests for approval, oldest first, and behind which the next page begins."""

    approvals: list[Approval]
    next_after: int | None


def approvals_waiting_for(actor: User, *, after: int | None = None) -> ApprovalPage:
    """Return the requests that the actor may answer; the same rules as permissions.may_approve."""
    others = Complaint.objects.where_may(actor, "complaints.approve").exclude(
        owner__in=actor.persons
    )
    waiting = (
        Approval.objects.filter(state=ApprovalState.PENDING, complaint__in=others.values("pk"))
        .exclude(by__in=actor.persons)
        .exclude(asked_for__in=actor.persons)
        .select_related("by", "asked_for", "response", "complaint__owner", "complaint__complainant")
        .order_by("pk")
    )
    if after is not None:
        waiting = waiting.filter(pk__gt=after)
    found = list(waiting[: APPROVALS_SHOWN + 1])
    shown = found[:APPROVALS_SHOWN]
    return ApprovalPage(shown, shown[-1].pk if len(found) > APPROVALS_SHOWN else None)


def approvals_asked_by(actor: User) -> list[Approval]:
    """Return what waits for somebody else: requests the actor made, or on complaints they own."""
    seen = Complaint.objects.visible_to(actor)
    waiting = Approval.objects.filter(state=ApprovalState.PENDING)
    asked = waiting.filter(by=actor.pk) | waiting.filter(complaint__owner__in=actor.persons)
    return list(
        asked.filter(complaint__in=seen.values("pk"))
        .select_related("by", "asked_for", "response", "complaint")
        .order_by("pk")[:APPROVALS_SHOWN]
    )
