"""What is handed in to a body, or comes from it: files of the complaint."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.errors import BadInput, MoveRefused
from complaints.models import Attachment
from referrals import events
from referrals.models import HandedIn
from referrals.permissions import RECORD
from referrals.services.moves import take_case, tell_chain


@transaction.atomic
def hand_in(
    *,
    case_id: int,
    attachment_id: int,
    received: bool = False,
    handed_at: datetime,
    actor: User,
    at: datetime,
) -> HandedIn:
    """Note that a file of the complaint was given to the body, or came from it.

    Raises MoveRefused when that is noted already, BadInput naming `attachment` or `handed_at`.
    """
    complaint, case = take_case(case_id, actor=actor, permission=RECORD)
    attachment = Attachment.objects.standing().filter(pk=attachment_id, complaint=complaint).first()
    if attachment is None:
        raise BadInput(_("Choose a file of this complaint."), field="attachment")
    if handed_at > at:
        raise BadInput(_("This lies in the future."), field="handed_at")
    if case.documents.filter(attachment=attachment, received=received).exists():
        raise MoveRefused([_("This file is noted already.")])
    row = HandedIn.objects.create(
        case=case, attachment=attachment, received=received, handed_at=handed_at, by=actor
    )
    tell_chain(
        events.HANDED_IN,
        case,
        actor=actor,
        at=at,
        payload={
            "attachment": attachment.pk,
            "received": received,
            "sha256": attachment.sha256,
        },
    )
    return row
