"""Third parties in a complaint's correspondence: only those a person has added, with a reason.

Letters go to the complainant of record, whoever wrote last. Adding somebody else gives personal
data away, so it takes a reason and a word that the complainant agrees.
"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import BadInput, MoveRefused
from complaints.models import Correspondent
from complaints.rules.intake import email_key
from complaints.rules.letters import one_line
from complaints.services.messages import address_of
from complaints.services.moves import digest, keep, note_down, take


@transaction.atomic
def add_correspondent(
    *,
    complaint_id: int,
    address: str,
    name: str,
    reason: str,
    agreed: bool,
    copied: bool,
    actor: User,
    at: datetime,
) -> Correspondent:
    """Let a third party take part; `copied` says that they get copies of our letters as well.

    Raises BadInput naming `address`, `name`, `reason` or `agreed` (the complainant must have
    agreed), MoveRefused when the address takes part already.
    """
    complaint = take(complaint_id, actor=actor, permission="complaints.message")
    address = email_key(address)
    _check(address, name, reason, agreed=agreed)
    if address == email_key(address_of(complaint)):
        raise BadInput(
            _("This is the complainant's own address: all letters go there anyway."),
            field="address",
        )
    if complaint.correspondents.filter(address=address, removed_at__isnull=True).exists():
        raise MoveRefused([_("This address takes part in the correspondence already.")])
    row = Correspondent.objects.create(
        complaint=complaint,
        address=address,
        name=one_line(name),
        reason=one_line(reason),
        copied=copied,
        added_by=actor,
        added_at=at,
    )
    keep(complaint)
    note_down(
        events.CORRESPONDENT_ADDED,
        complaint,
        actor=actor,
        at=at,
        payload={"correspondent": row.pk, "copied": copied, "sha256": digest(row.reason)},
    )
    return row


def _check(address: str, name: str, reason: str, *, agreed: bool) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise BadInput(_("This is not an e-mail address."), field="address") from None
    if not name.strip():
        raise BadInput(_("Say who this is."), field="name")
    if not reason.strip():
        raise BadInput(_("Say why this person takes part."), field="reason")
    if not agreed:
        raise BadInput(
            _("Without the complainant's agreement their data must not be given to others."),
            field="agreed",
        )


@transaction.atomic
def remove_correspondent(*, correspondent_id: int, actor: User, at: datetime) -> Correspondent:
    """Take a third party out again. Raises MoveRefused when that was done already."""
    complaint_id = Correspondent.objects.values_list("complaint_id", flat=True).get(
        pk=correspondent_id
    )
    complaint = take(complaint_id, actor=actor, permission="complaints.message")
    row = Correspondent.objects.select_for_update(of=("self",)).get(pk=correspondent_id)
    if row.removed_at is not None:
        raise MoveRefused([_("This person takes part no longer.")])
    row.removed_at = at
    row.save(update_fields=["removed_at"])
    keep(complaint)
    note_down(
        events.CORRESPONDENT_REMOVED,
        complaint,
        actor=actor,
        at=at,
        payload={"correspondent": row.pk},
    )
    return row
