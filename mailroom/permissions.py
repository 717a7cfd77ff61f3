"""Who may decide about mail. The same rules as querysets.visible_to, on one object."""

from datetime import datetime

from accounts.models import User
from accounts.permissions import has
from complaints.models import Complaint
from complaints.permissions import needs_reason
from mailroom.models import Mail

VIEW, TRIAGE = "mailroom.view", "mailroom.triage"


def may_triage(actor: User) -> bool:
    """Return whether the actor decides about mail that waits: whoever takes complaints down."""
    return has(actor, TRIAGE) and has(actor, "complaints.receive")


def secret_of(mail: Mail) -> Complaint | None:
    """Return the confidential complaint that a mail belongs to, or may belong to."""
    complaint = mail.complaint or mail.suggestion
    return complaint if complaint is not None and complaint.confidential else None


def asks_for_reason(mail: Mail, actor: User, *, at: datetime) -> bool:
    """Return whether the actor must say why before reading this mail."""
    complaint = secret_of(mail)
    if complaint is None or not needs_reason(actor, complaint):
        return False
    return not complaint.accesses.filter(user=actor, until__gt=at).exists()
