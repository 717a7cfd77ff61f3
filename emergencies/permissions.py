"""Who may keep the rota, handle an emergency, approve what is told to authorities, review."""

from accounts.models import User
from accounts.permissions import has
from complaints.models import Complaint
from complaints.permissions import may


def may_view(actor: User) -> bool:
    """Return whether the actor may look at rota, exercises and reviews."""
    return has(actor, "emergencies.view")


def may_keep_rota(actor: User) -> bool:
    """Return whether the actor plans shifts, tests the rota and holds drills."""
    return has(actor, "emergencies.keep_rota")


def may_set_any_service(actor: User) -> bool:
    """Return whether the actor may enter addresses whose host is free to choose.

    The server itself would call such an address: only administrators decide what it may reach.
    """
    return has(actor, "accounts.manage")


def can_be_called(person: User, complaint: Complaint | None = None) -> bool:
    """Return whether somebody can answer a call: at work, and allowed to take this emergency.

    Never whom the complaint is about, nor anybody who may not see it.
    """
    if not person.is_active or person.is_system:
        return False
    if complaint is None:
        return has(person, "complaints.take_emergency")
    return may(person, "complaints.take_emergency", complaint)
