"""Who may read a confidential complaint at this moment."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import cache

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from complaints.models import Complaint, ConfidentialAccess
from complaints.permissions import needs_reason
from complaints.querysets import ComplaintQuerySet, Words
from complaints.selectors.links import tidy_reference
from complaints.selectors.prepared import PreparedCondition


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
    return complaints.filter(_found_by(actor.pk, _names(text), at))


def in_words_within(
    complaints: ComplaintQuerySet, text: str, actor: User, *, at: datetime
) -> Words | None:
    """Return what `within_words` asks the database for, as ComplaintQuerySet.in_words does."""
    among = complaints.in_words
    if among is None or actor.is_system:
        return among
    until = connection.ops.adapt_datetimefield_value(at)
    found = _prepared().of(actor.pk, *_names(text), until)
    return Words(f"{among.sql} AND {found.sql}", [*among.params, *found.params])


def _names(text: str) -> tuple[str, str]:
    """Return the references that a text may be."""
    return text.strip().upper(), tidy_reference(text)


def _found_by(actor: int, names: Collection[str], at: datetime) -> Q:
    leave = ConfidentialAccess.objects.filter(complaint=OuterRef("pk"), user=actor, until__gt=at)
    return Q(confidential=False) | Q(owner=actor) | Q(reference__in=names) | Q(Exists(leave))


@cache
def _prepared() -> PreparedCondition:
    """Return the condition put together once: most searches find nothing, and ask it all the same.

    What stands for a person, two references and a moment is like nothing else in it.
    """
    person, names, moment = -1, ("this", "that"), datetime(1970, 1, 1, tzinfo=UTC)
    until = connection.ops.adapt_datetimefield_value(moment)
    condition = Complaint.everything.filter(_found_by(person, names, moment))
    return PreparedCondition(condition, (person, *names, until))
