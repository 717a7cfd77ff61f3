"""What the public side holds beside a complaint itself, for a copy of somebody's data."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from complaints.models import Complaint
from portal.models import HeldFile, Submission

FORM_KEY = "public:"  # how the idempotency key of a form's complaint begins


def held_for(complaint_id: int) -> list[HeldFile]:
    """Return the files that the form of a complaint still holds."""
    sent = Complaint.objects.values_list("idempotency_key", flat=True).get(pk=complaint_id) or ""
    if not sent.startswith(FORM_KEY):
        return []
    return list(HeldFile.objects.filter(key=UUID(sent.removeprefix(FORM_KEY))))


def what_is_held(complaint_id: int) -> list[dict[str, Any]]:
    """Return when the public form came and how it was looked at, and what it still holds."""
    forms = Submission.objects.filter(complaint=complaint_id)
    return [
        *(
            {
                "record": _("Public form"),
                "at": form.at,
                "suspected": form.suspected,
                "checked_at": form.checked_at,
            }
            for form in forms
        ),
        *(
            {"record": _("File of an unfinished form"), "name": held.name, "at": held.at}
            for held in held_for(complaint_id)
        ),
    ]
