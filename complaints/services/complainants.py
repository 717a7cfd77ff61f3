"""What complainants add themselves, and who must hear it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import BadInput, MoveRefused
from complaints.models import Complaint
from complaints.selectors.people import Circle
from complaints.services.moves import keep, note_down, take, write_down
from complaints.services.notices import tell

LONGEST_WORDS = 20_000


def responsible_for(complaint: Complaint) -> list[User]:
    """Return who must hear what a complainant says: the owner, else those who assign."""
    owner = complaint.owner
    if owner is not None and owner.is_active and owner.pk != complaint.subject_person_id:
        return [owner]
    circle = Circle()
    return circle.of("complaints.assign", complaint) or circle.of("complaints.message", complaint)


def tell_responsible(
    complaint: Complaint, *, kind: str, by: User, at: datetime, also: Iterable[User] = ()
) -> None:
    """Tell who is responsible that the complainant did something. The caller holds it locked."""
    tell([*responsible_for(complaint), *also], complaint, kind=kind, by=by, at=at)


@transaction.atomic
def add_information(*, complaint_id: int, text: str, actor: User, at: datetime) -> Complaint:
    """Add the complainant's own words to an open complaint; who is responsible is told.

    Raises MoveRefused at the complaint's end, BadInput naming `text`.
    """
    complaint = take(complaint_id, actor=actor, permission="complaints.note")
    if not complaint.is_open:
        raise MoveRefused([_("The complaint is at its end.")])
    if not text.strip():
        raise BadInput(_("Write what you would like to add."), field="text")
    if len(text) > LONGEST_WORDS:
        raise BadInput(_("This is too long. Please attach it as a file."), field="text")
    payload = write_down(complaint, text, actor=actor, at=at)
    keep(complaint)
    note_down(events.INFORMATION_ADDED, complaint, actor=actor, at=at, payload=payload)
    tell_responsible(complaint, kind="complainant", by=actor, at=at)
    return complaint
