"""Who may: schedule, runs and requests concern everything, so the right to them must, too."""

from accounts.models import User
from accounts.permissions import has, has_at
from complaints.models import Complaint
from retention.errors import NotAllowed


def everywhere(actor: User, permission: str) -> bool:
    """Return whether the actor has a permission without a limit of site or team."""
    return has_at(actor, permission, site_id=None, team_id=None)


def may_hold(actor: User) -> bool:
    """Return whether the actor may lay holds anywhere at all."""
    return has(actor, "retention.hold")


def may_hold_this(actor: User, complaint: Complaint) -> bool:
    """Return whether the actor may lay a hold on a complaint; asks the database."""
    return Complaint.objects.where_may(actor, "retention.hold").filter(pk=complaint.pk).exists()


def demand_everywhere(actor: User, permission: str, refusal: object) -> None:
    """Let the actor through. Raises NotAllowed with these words."""
    if not everywhere(actor, permission):
        raise NotAllowed(refusal)
