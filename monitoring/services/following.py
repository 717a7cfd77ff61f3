"""What waits for time to pass: alerts nobody takes, actions whose effect is to be looked at."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.services import system_user
from journal.origin import origin
from journal.services import record
from monitoring import events
from monitoring.models import Alert
from monitoring.permissions import OVERSEE, SET_WARNINGS
from monitoring.selectors.watching import people_at, settings_in_force
from monitoring.services.raising import TELL_FOR, in_charge, tell_of, working_days_after
from monitoring.states import AlertState, Telling

LADDER = {2: SET_WARNINGS, 3: OVERSEE}  # whom to tell when those before have not taken it


def sweep_alerts(*, now: datetime) -> int:
    """Tell the next on the ladder of alerts that nobody took in time, and owners of effects due.

    Each alert is a transaction of its own. Returns how many were told of.
    """
    open_ones = Alert.objects.filter(
        state=AlertState.OPEN,
        due_at__lt=now,
        told_level__lt=max(LADDER),
        raised_at__gte=now - 6 * TELL_FOR,
    )
    unlooked = Alert.objects.filter(
        state=AlertState.CLOSED,
        effect="",
        effect_told_at__isnull=True,
        effect_due__lte=timezone.localdate(now),
    )
    with origin("scheduler"):
        told = sum(_escalate(pk, now) for pk in list(open_ones.values_list("pk", flat=True)))
        told += sum(_look(pk, now) for pk in list(unlooked.values_list("pk", flat=True)))
    return told


@transaction.atomic
def _escalate(alert_id: int, now: datetime) -> bool:
    alert = Alert.objects.select_for_update(of=("self",)).get(pk=alert_id)
    if alert.state != AlertState.OPEN or alert.due_at >= now:
        return False
    says = settings_in_force().says
    alert.told_level += 1
    alert.due_at = working_days_after(now, says.due_days, says.calendar)
    alert.save(update_fields=["told_level", "due_at"])
    payload = {"level": alert.told_level}
    record(
        kind=events.ALERT_ESCALATED,
        subject=alert,
        actor=system_user(),
        occurred_at=now,
        payload=payload,
    )
    people = people_at(LADDER[alert.told_level], alert.site_id)
    tell_of(alert, people, Telling.UNATTENDED, at=now)
    return True


@transaction.atomic
def _look(alert_id: int, now: datetime) -> bool:
    alert = Alert.objects.select_for_update(of=("self",)).get(pk=alert_id)
    if alert.state != AlertState.CLOSED or alert.effect_told_at is not None:
        return False
    alert.effect_told_at = now
    alert.save(update_fields=["effect_told_at"])
    record(kind=events.ALERT_EFFECT_DUE, subject=alert, actor=system_user(), occurred_at=now)
    tell_of(alert, in_charge(alert), Telling.EFFECT, at=now)
    return True
