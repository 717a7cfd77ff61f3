"""What a case outside means for the complaint: milestones, and a remedy that was ordered there."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import BadInput
from complaints.models import Complaint, Remedy
from complaints.services.clocks import refresh_next_due
from complaints.services.moves import digest, keep, note_down, take
from complaints.services.response import owe
from complaints.states import RemedyKind


def referred_outside(complaint: Complaint, *, at: datetime) -> None:
    """Keep when the complaint first went outside. The caller holds it."""
    if complaint.referred_outside_at is None or at < complaint.referred_outside_at:
        complaint.referred_outside_at = at
        keep(complaint, "referred_outside_at")


def decided_outside(complaint: Complaint, *, at: datetime) -> None:
    """Keep when somebody outside last decided about it. The caller holds it."""
    if complaint.external_decided_at is None or at > complaint.external_decided_at:
        complaint.external_decided_at = at
        keep(complaint, "external_decided_at")


@dataclass(frozen=True)
class Order:
    """What is owed to the complainant by a decision, a settlement or a review, and by when."""

    kind: str
    due_at: datetime
    detail: str = ""
    amount: Decimal = Decimal(0)


@transaction.atomic
def order_remedy(
    *, complaint_id: int, order: Order, responsible: User, actor: User, at: datetime
) -> Remedy:
    """Write down a remedy that is owed whatever the complaint's state; its clock runs.

    What was ordered knows no limit of ours. Raises NotAllowed, BadInput naming `remedy_kind`,
    `amount` or `due_at`.
    """
    complaint = take(complaint_id, actor=actor, permission="complaints.decide_reopening")
    if order.kind not in RemedyKind.values or order.kind == RemedyKind.NONE:
        raise BadInput(_("Choose what is owed."), field="remedy_kind")
    if order.amount < 0:
        raise BadInput(_("An amount cannot be negative."), field="amount")
    if order.due_at <= at:
        raise BadInput(_("This lies in the past."), field="due_at")
    remedy = Remedy.objects.create(
        complaint=complaint,
        cycle=complaint.cycle,
        by=actor,
        at=at,
        kind=order.kind,
        detail=order.detail,
        amount=order.amount,
        currency=complaint.policy.says.redress.currency,
        responsible=responsible,
        due_at=order.due_at,
    )
    owe(complaint, order.due_at, at=at)
    refresh_next_due(complaint)
    keep(complaint, "remedy_due_at", "remedy_done_at", "remedy_settled")
    note_down(
        events.REMEDY_ORDERED,
        complaint,
        actor=actor,
        at=at,
        payload={"remedy": remedy.pk, "sha256": digest(order.detail)},
    )
    return remedy
