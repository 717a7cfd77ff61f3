"""Who may read a confidential complaint at this moment."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from complaints.models import Complaint, ConfidentialAccess
from complaints.permissions import needs_reason
from complaints.querysets import ComplaintQuerySet
from complaints.selectors.links import tidy_reference


def may_read_now(complaint: Complaint, actor: User, *, at: datetime) -> bool:
    """Return whether the actor may read without giving a reason (again)."""
    return not needs_reason(actor, complaint) or has_leave(complaint, actor, at=at)


def has_leave(complaint: Complaint, actor: User, *, at: datetime) -> bool:
    """Return whether a reading of the actor was recorded so lately that it still holds."""
    return complaint.accesses.filter(user=actor, until__gt=at).exists()


def readable_now(complaint_ids: Sequence[int], actor: User, *, at: datetime) -> set[int]:
    """Return which of these complaints the actor has lately given a reason to read."""
    if not complaint_ids:
        return set()
    given = ConfidentialAccess.objects.filter(user=actor, complaint__in=complaint_ids, until__gt=at)
    return set(given.values_list("complaint", flat=True))


def within_words(
    complaints: ComplaintQuerySet, text: str, actor: User, *, at: datetime
) -> ComplaintQuerySet:
    """Narrow complaints to those that these words may find for the actor.

    What a list shows masked is found by its whole reference only, which the list shows: a row, or
    a count, that comes and goes with a word would tell what it hides. As `may_read_now` says it.
    """
    if actor.is_system:
        return complaints
    leave = ConfidentialAccess.objects.filter(complaint=OuterRef("pk"), user=actor, until__gt=at)
    named = {text.strip().upper(), tidy_reference(text)}
    return complaints.filter(
        Q(confidential=False) | Q(owner=actor) | Q(reference__in=named) | Exists(leave)
    )
