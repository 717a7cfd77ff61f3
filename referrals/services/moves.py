"""What every verb of a case outside shares: fetch and lock through the actor's eyes, record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.errors import Conflict, MoveRefused
from complaints.models import Complaint
from complaints.services.moves import note_down, take
from referrals.models import OutsideCase
from referrals.workflow import reasons_against


def take_case(
    case_id: int, *, actor: User, permission: str, expected_version: int | None = None
) -> tuple[Complaint, OutsideCase]:
    """Lock a case and its complaint for a change.

    Raises OutsideCase.DoesNotExist when it does not exist for the actor, NotAllowed, Conflict.
    """
    complaint_id = OutsideCase.objects.values_list("complaint_id", flat=True).get(pk=case_id)
    try:
        complaint = take(complaint_id, actor=actor, permission=permission)
    except Complaint.DoesNotExist:
        raise OutsideCase.DoesNotExist from None
    case = OutsideCase.objects.select_for_update(of=("self",)).get(pk=case_id)
    if expected_version is not None and case.version != expected_version:
        raise Conflict(
            _("Somebody else changed this case in the meantime. Look at it again first.")
        )
    case.complaint = complaint
    return complaint, case


def make(move: str, case: OutsideCase, **given: Any) -> None:
    """Make a move in memory. Raises MoveRefused with every reason."""
    if reasons := reasons_against(case, move):
        raise MoveRefused(reasons)
    getattr(case, move)(**given)


def keep(case: OutsideCase, *fields: str) -> None:
    """Save what a verb changed, by name, and count the version up."""
    case.version += 1
    case.save(update_fields=["state", "version", *fields])


def tell_chain(
    kind: str,
    case: OutsideCase,
    *,
    actor: User | None,
    at: datetime,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Record a fact about a case on its complaint's chain."""
    own = {"case": case.pk, "outside_kind": case.kind, "outside_state": str(case.state)}
    note_down(kind, case.complaint, actor=actor, at=at, payload={**own, **(payload or {})})
