"""Notes for colleagues, and leave to read what is confidential."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import BadInput
from complaints.models import ConfidentialAccess, Note
from complaints.services.moves import digest, note_down, take

LEAVE = timedelta(hours=8)


@transaction.atomic
def add_note(*, complaint_id: int, text: str, actor: User, at: datetime) -> Note:
    """Write a remark for colleagues. Raises BadInput naming `text`."""
    complaint = take(complaint_id, actor=actor, permission="complaints.note")
    if not text.strip():
        raise BadInput(_("The note is empty."), field="text")
    note = Note.objects.create(
        complaint=complaint, cycle=complaint.cycle, by=actor, at=at, text=text.strip()
    )
    note_down(
        events.NOTE_ADDED,
        complaint,
        actor=actor,
        at=at,
        payload={"note": note.pk, "sha256": digest(note.text)},
    )
    return note


@transaction.atomic
def grant_confidential_access(
    *, complaint_id: int, reason: str, actor: User, at: datetime
) -> ConfidentialAccess:
    """Let a person with the right read a confidential complaint for a while, with a reason.

    Raises BadInput naming `reason`.
    """
    complaint = take(complaint_id, actor=actor, permission="complaints.view", even_disposed=True)
    if len(reason.strip()) < 5:  # noqa: PLR2004 - shorter is no reason
        raise BadInput(_("Say why you need to read this confidential complaint."), field="reason")
    access = ConfidentialAccess.objects.create(
        complaint=complaint, user=actor, reason=reason.strip(), granted_at=at, until=at + LEAVE
    )
    note_down(
        events.CONFIDENTIAL_READ,
        complaint,
        actor=actor,
        at=at,
        payload={"access": access.pk, "sha256": digest(access.reason)},
    )
    return access
