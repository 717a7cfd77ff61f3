"""Erasing what was written down in an emergency, as the retention of its complaint ends."""

from collections.abc import Mapping
from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.models import Complaint
from complaints.services.disposing import NOTHING_LEFT
from complaints.services.moves import note_down
from emergencies import events
from emergencies.errors import NotAllowed
from emergencies.models import Containment, FactSheet, FirstCall, ReportDecision, Review

# What a person typed, table by table. Calls hold nobody's words: a code of how each try ended.
TEXTS: Mapping[type[models.Model], tuple[str, ...]] = {
    Containment: ("details",),
    FactSheet: ("confirmed", "unconfirmed"),
    FirstCall: ("note",),
    ReportDecision: ("reason", "returned_why", "reference"),
    Review: ("reached", "went_well", "went_badly", "actions"),
}


@transaction.atomic
def erase_emergencies(*, complaint_id: int, actor: User, at: datetime) -> int:
    """Erase the words of a complaint's emergencies; return how many rows had any.

    What is counted stays: moments, measures, decisions, who was called when. Only the system does
    so, for a disposal run that was approved. Raises NotAllowed.
    """
    if not actor.is_system:
        raise NotAllowed(_("Only an approved disposal run does this."))
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    erased = 0
    for model, names in TEXTS.items():
        rows = model._default_manager.filter(emergency__complaint=complaint)
        erased += rows.update(**dict.fromkeys(names, NOTHING_LEFT))
    if erased:
        note_down(events.ERASED, complaint, actor=actor, at=at, payload={"rows": erased})
    return erased
