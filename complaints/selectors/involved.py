"""Who took part in deciding a complaint: they neither ask how it went nor judge it anew."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from django.db.models import Exists, OuterRef

from accounts.models import User
from complaints.models import Approval, Assessment, Complaint, Investigation, Response
from complaints.querysets import ComplaintQuerySet

_WORK = (Assessment, Investigation, Response)


def handlers_of(complaint: Complaint) -> frozenset[int]:
    """Return the ids of whoever owns the complaint or has assessed, investigated, answered it."""
    return _with_owner(complaint, _acted([complaint.pk])[complaint.pk])


def involved_in(complaint: Complaint) -> frozenset[int]:
    """Return the ids of its handlers and of whoever decided on their requests."""
    return involved_in_each([complaint])[complaint.pk]


def involved_in_each(complaints: Collection[Complaint]) -> Mapping[int, frozenset[int]]:
    """Return the same for many complaints by their id, in two statements."""
    ids = [complaint.pk for complaint in complaints]
    acted = _acted(ids)
    decided = Approval.objects.filter(complaint__in=ids, decided_by__isnull=False)
    for pk, person in decided.order_by().values_list("complaint_id", "decided_by_id"):
        acted[pk].add(int(person or 0))
    return {complaint.pk: _with_owner(complaint, acted[complaint.pk]) for complaint in complaints}


def _acted(ids: Collection[int]) -> defaultdict[int, set[int]]:
    first, *others = (
        model.objects.filter(complaint__in=ids).order_by().values_list("complaint_id", "by_id")
        for model in _WORK
    )
    found: defaultdict[int, set[int]] = defaultdict(set)
    for pk, person in first.union(*others):
        found[pk].add(person)
    return found


def _with_owner(complaint: Complaint, people: Iterable[int]) -> frozenset[int]:
    owner = [] if complaint.owner_id is None else [complaint.owner_id]
    return frozenset([*people, *owner])


def not_handled_by(complaints: ComplaintQuerySet, actor: User) -> ComplaintQuerySet:
    """Leave out what the actor handled; the same people as `handlers_of`."""
    complaints = complaints.exclude(owner=actor.pk)
    for model in _WORK:
        worked = model.objects.filter(complaint=OuterRef("pk"), by=actor.pk).order_by()
        complaints = complaints.filter(~Exists(worked))
    return complaints


def not_involving(complaints: ComplaintQuerySet, actor: User) -> ComplaintQuerySet:
    """Leave out what the actor handled or decided about; the same people as `involved_in`."""
    decided = Approval.objects.filter(complaint=OuterRef("pk"), decided_by=actor.pk).order_by()
    return not_handled_by(complaints, actor).filter(~Exists(decided))
