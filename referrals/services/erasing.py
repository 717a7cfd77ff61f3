"""Erasing what cases outside say of people, as the retention of their complaint ends."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.errors import NotAllowed
from complaints.models import Complaint
from complaints.services.disposing import NOTHING_LEFT
from complaints.services.moves import note_down
from referrals import events
from referrals.models import OutsideCase, OutsideDate, OutsideQuestion


@transaction.atomic
def erase_cases(*, complaint_id: int, actor: User, at: datetime) -> int:
    """Erase what a complaint's cases, dates and questions outside say; return how many there were.

    What is counted stays: kinds, dates, results. Files belong to the complaint and go with it.
    Only the system does so, for a disposal run that was approved. Raises NotAllowed.
    """
    if not actor.is_system:
        raise NotAllowed(_("Only an approved disposal run does this."))
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    cases = OutsideCase.objects.filter(complaint=complaint)
    erased = cases.update(
        body=NOTHING_LEFT,
        reference_there="",
        contact="",
        demand="",
        decision="",
        effect_note="",
    )
    OutsideDate.objects.filter(case__complaint=complaint).update(
        name=NOTHING_LEFT, place="", done_note=""
    )
    questions = OutsideQuestion.objects.filter(complaint=complaint)
    erased += questions.update(to_name=NOTHING_LEFT, question=NOTHING_LEFT, quoted="", answer="")
    questions.filter(answered_at__isnull=True, silent_at__isnull=True).update(revoked_at=at)
    if erased:
        note_down(events.ERASED, complaint, actor=actor, at=at, payload={"rows": erased})
    return erased
