"""Erasing what people wrote on alerts, as the retention of the complaints behind them ends."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.errors import NotAllowed
from complaints.services.disposing import NOTHING_LEFT
from journal.services import record
from monitoring import events
from monitoring.models import Alert, AlertMember, NewLevel

# What a person typed. What was observed and judged is counts, and stays.
_TEXTS = ("cause", "action", "result", "dismissal_note", "effect_note")


@transaction.atomic
def erase_alerts(*, complaint_id: int, actor: User, at: datetime) -> int:
    """Erase the words of alerts of which this is the last complaint that is still told of.

    That a complaint was behind an alert stays, as every count does. Returns how many alerts had
    words. Only the system does so, for a disposal run that was approved. Raises NotAllowed.
    """
    if not actor.is_system:
        raise NotAllowed(_("Only an approved disposal run does this."))
    told_of = AlertMember.objects.filter(
        alert=OuterRef("pk"), complaint__anonymised_at__isnull=True
    ).exclude(complaint=complaint_id)
    mine = Q(about=complaint_id) | Q(members__complaint=complaint_id)
    written = ~Q(**dict.fromkeys(_TEXTS, "")) | Q(levels__isnull=False)
    found = (
        Alert.objects.filter(mine)
        .filter(written)
        .exclude(Exists(told_of))
        .order_by("pk")
        .values("pk")
    )
    erased = Alert.objects.select_for_update(of=("self",)).filter(pk__in=found).order_by("pk")
    for alert in erased:
        for name in _TEXTS:
            if getattr(alert, name):
                setattr(alert, name, NOTHING_LEFT)
        alert.save(update_fields=_TEXTS)
        NewLevel.objects.filter(alert=alert).update(reason=NOTHING_LEFT)
        record(
            kind=events.ALERT_ERASED,
            subject=alert,
            actor=actor,
            occurred_at=at,
            payload={"complaint": complaint_id},
        )
    return len(erased)
