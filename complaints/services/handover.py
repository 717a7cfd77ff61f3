"""Handing work over: to chosen people while there is time, back to the teams when there is none.

Nothing stays with somebody who has left, or who may no longer work on complaints.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Team, User
from accounts.permissions import demand, has
from accounts.services import system_user
from complaints import events
from complaints.errors import BadInput, NotAllowed
from complaints.models import Complaint, Escalation, IntakeDraft, Remedy
from complaints.selectors.handover import (
    beyond_reach_of,
    held_by,
    owned_by,
    people_without_place,
)
from complaints.selectors.people import Circle
from complaints.services.moves import keep, note_down
from complaints.services.notices import News, tell_many
from complaints.services.triage import assign_complaint
from journal.errors import Refusal
from journal.origin import origin

MOST = 500  # handed over at once


@dataclass(frozen=True)
class HandedOver:
    """What was handed over, and what was not, each with its reference and why."""

    done: int
    refused: tuple[tuple[str, str], ...]


@transaction.atomic
def hand_over(
    *,
    person: User,
    owner: User | None,
    team: Team | None,
    note: str,
    complaint_ids: Sequence[int] | None = None,
    actor: User,
    at: datetime,
) -> HandedOver:
    """Hand somebody's open complaints over, all or the chosen ones, as assign_complaint allows.

    To a person, or to a team's queue. Drafts of intake go along to a person when everything does.
    Each complaint by itself: one that is refused is named and keeps its owner. Raises NotAllowed,
    and BadInput naming `owner`.
    """
    _check_receiver(person, owner, team, actor)
    theirs = owned_by(person, actor)
    if complaint_ids is not None:
        theirs = theirs.filter(pk__in=complaint_ids)
    done, refused = 0, []
    news: list[News] = []
    for pk, reference in list(theirs.values_list("pk", "reference").order_by("pk")[:MOST]):
        try:
            with transaction.atomic():
                given = assign_complaint(
                    complaint_id=pk,
                    owner=owner,
                    team=team,
                    note=note,
                    quietly=True,
                    actor=actor,
                    at=at,
                )
        except Refusal as refusal:
            refused.append((reference, str(refusal)))
            continue
        done += 1
        news += [News(owner, given, "assigned")] if owner and owner != actor else []
    tell_many(news, by=actor, at=at)
    if complaint_ids is None:
        _pass_on_drafts(person, owner)
    return HandedOver(done, tuple(refused))


def _check_receiver(person: User, owner: User | None, team: Team | None, actor: User) -> None:
    if not (has(actor, "complaints.assign") or actor.pk == person.pk):
        raise NotAllowed(_("Only a manager hands over the work of others."))
    if owner is None and team is None:
        raise BadInput(_("Choose a person, a team, or both."), field="owner")
    if owner is not None and owner.pk == person.pk:
        raise BadInput(_("Choose somebody else."), field="owner")


def _pass_on_drafts(person: User, owner: User | None) -> None:
    if owner is not None and has(owner, "complaints.receive"):
        IntakeDraft.objects.filter(user=person).update(user=owner)


@transaction.atomic
def return_open_work(*, person: User, actor: User, at: datetime) -> int:
    """Give everything somebody holds back to its team, and tell the managers; return how much.

    Open complaints lose their owner, escalations and emergencies they took wait again, remedies
    they promised to see to wait for somebody. An administrator may order it without reading any of
    it. Raises PermissionDenied.
    """
    demand(actor, "accounts.manage")
    return _return(Complaint.objects.filter(held_by(person)), person, actor=actor, at=at)


@transaction.atomic
def return_what_is_out_of_reach(*, person: User, actor: User, at: datetime) -> int:
    """Give back what somebody owns outside the places they work in since they moved."""
    demand(actor, "accounts.manage")
    return _return(beyond_reach_of(person), person, actor=actor, at=at)


def sweep_stranded_work(*, now: datetime) -> int:
    """Give back what is still held by people without an account or a place; return how much.

    What a departure gives back at once is found here when it slipped through: a complaint that was
    assigned, imported or reopened in the same moment.
    """
    returned = 0
    with origin("scheduler"):
        for person in people_without_place():
            returned += return_open_work(person=person, actor=system_user(), at=now)
    return returned


@transaction.atomic
def tell_of_leaving(*, person: User, actor: User | None, at: datetime) -> int:
    """Tell managers which open complaints are to be handed over before somebody leaves."""
    theirs = Complaint.objects.filter(owner=person, is_open=True).order_by("pk")
    return _tell_managers(theirs, "leaving", but=person, by=actor or system_user(), at=at)


def _return(complaints: Iterable[Complaint], person: User, *, actor: User, at: datetime) -> int:
    ids = sorted({complaint.pk for complaint in complaints})
    held = list(Complaint.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    for complaint in held:
        _give_back(complaint, person, actor, at)
    _tell_managers(held, "handed_back", but=person, by=actor, at=at)
    return len(held)


def _give_back(complaint: Complaint, person: User, actor: User, at: datetime) -> None:
    taken = Escalation.objects.filter(complaint=complaint, taken_by=person)
    promised = Remedy.objects.filter(complaint=complaint, responsible=person, done_at=None)
    what = {
        "owner": complaint.is_open and complaint.owner_id == person.pk,
        "escalations": list(taken.values_list("pk", flat=True)) if complaint.is_open else [],
        "remedies": list(promised.values_list("pk", flat=True)),
        "emergency": complaint.emergency
        and complaint.is_open
        and complaint.emergency_taken_by_id == person.pk,
    }
    if what["emergency"]:  # it waits again, as on the day it was declared
        complaint.emergency_taken_at = complaint.emergency_taken_by = None
    if what["owner"]:
        complaint.owner = None
    if what["escalations"]:
        taken.update(taken_by=None, taken_at=None)
    promised.update(responsible=None)
    keep(complaint, "owner", "emergency_taken_at", "emergency_taken_by")
    note_down(
        events.HANDED_BACK, complaint, actor=actor, at=at, payload={"from": person.pk, **what}
    )


def _tell_managers(
    complaints: Iterable[Complaint], kind: str, *, but: User, by: User, at: datetime
) -> int:
    circle = Circle()
    news = [
        News(manager, complaint, kind)
        for complaint in complaints
        for manager in circle.of("complaints.assign", complaint)
        if manager.pk != but.pk
    ]
    tell_many(news, by=by, at=at)
    return len(news)
