"""Who may do what with a case outside: its complaint's rules, and independence for reviews."""

from collections.abc import Collection

from accounts.models import User
from complaints.models import Complaint
from complaints.permissions import may

RECORD, DECIDE = "referrals.record", "referrals.decide"


def may_record(actor: User, complaint: Complaint) -> bool:
    """Return whether the actor may write down what happens outside."""
    return may(actor, RECORD, complaint)


def may_review(actor: User, complaint: Complaint, *, involved: Collection[int]) -> bool:
    """Return whether the actor may review the decision: nobody who took part in it before."""
    return actor.pk not in involved and may(actor, DECIDE, complaint)


def may_say_effect(actor: User, complaint: Complaint, *, handlers: Collection[int]) -> bool:
    """Return whether the actor may say what a result means: never whoever handled it."""
    return actor.pk not in handlers and may(actor, DECIDE, complaint)
