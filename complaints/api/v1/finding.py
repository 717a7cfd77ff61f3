"""How a call finds its complaint: through the client's eyes, else it does not exist."""

from django.http import Http404

from accounts.models import User
from complaints.models import Complaint
from complaints.selectors.page import complaint_for


def found(actor: User, reference: str) -> Complaint:
    """Return the complaint of a reference. Raises Http404 when there is none for this client."""
    complaint = complaint_for(actor, reference)
    if complaint is None:
        raise Http404
    return complaint
