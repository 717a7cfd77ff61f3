"""Ticking off the first hour of a new installation."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import NotAllowed
from complaints.models import SetupMark
from complaints.permissions import may_set_up
from complaints.states import SetupStep
from journal.services import record


@transaction.atomic
def mark_setup_step(*, step: SetupStep, actor: User, at: datetime) -> SetupMark:
    """Say that a step is done, or put the list away. Saying it twice changes nothing.

    Raises NotAllowed for everybody but those who set the installation up.
    """
    if not may_set_up(actor):
        raise NotAllowed(_("Your role does not set this installation up."))
    mark, new = SetupMark.objects.get_or_create(step=step, defaults={"by": actor, "at": at})
    if new:
        record(
            kind=events.SETUP_MARKED,
            subject=mark,
            actor=actor,
            occurred_at=at,
            payload={"step": str(step)},
        )
    return mark
