"""The row of an emergency: made when it is declared, found by what is done in it."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.models import Complaint
from complaints.services.moves import take
from emergencies.errors import BadInput, MoveRefused
from emergencies.models import Emergency


def row_of(complaint: Complaint, *, declared_by_id: int | None = None) -> Emergency:
    """Return the row of the latest declaration; made by whoever comes first.

    The caller holds the complaint's lock. Raises MoveRefused when it was never an emergency.
    """
    if complaint.emergency_declared_at is None:
        raise MoveRefused([_("This complaint was never an emergency.")])
    hours = complaint.policy.says.fast_channel.decide_reports_hours
    declared = complaint.emergency_declared_at
    due = declared + timedelta(hours=hours)
    row, _made = Emergency.objects.get_or_create(
        complaint=complaint,
        declared_at=declared,
        defaults={
            "trigger": complaint.emergency_trigger,
            "declared_by_id": declared_by_id,
            "taken_at": complaint.emergency_taken_at,
            "taken_by": complaint.emergency_taken_by,
            "next_call_at": declared if complaint.emergency_taken_at is None else None,
            "reports_due_at": due,
            "next_warning_at": declared + (due - declared) * 0.75,
        },
    )
    return row


def take_row(
    complaint_id: int, *, actor: User, permission: str = "complaints.take_emergency"
) -> Emergency:
    """Lock a complaint for something done in its emergency, and the emergency with it.

    Raises Complaint.DoesNotExist, NotAllowed or MoveRefused as the desk's `take` does.
    """
    complaint = take(complaint_id, actor=actor, permission=permission)
    pk = row_of(complaint).pk
    row = Emergency.objects.select_for_update(of=("self",)).get(pk=pk)
    row.complaint = complaint
    return row


def since_declared(row: Emergency, told: datetime, at: datetime, *, field: str) -> datetime:
    """Return when something was done that lies between the declaration and now.

    The minute of the declaration means the declaration: nobody types seconds, and a form says the
    minute in which it was opened. Raises BadInput naming the field.
    """
    if row.declared_at.replace(second=0, microsecond=0) <= told < row.declared_at:
        return row.declared_at
    if not row.declared_at <= told <= at:
        raise BadInput(_("This must lie between the declaration and now."), field=field)
    return told


def latest_before(complaint_id: int, at: datetime) -> Emergency | None:
    """Return the emergency of a complaint that was declared last before a moment."""
    rows = Emergency.objects.filter(complaint=complaint_id, declared_at__lte=at)
    return rows.order_by("-declared_at").first()
