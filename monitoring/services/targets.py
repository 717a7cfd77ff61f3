"""What figures are meant to reach: set and withdrawn by quality management, on the record."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import demand
from complaints.errors import BadInput, Conflict
from journal.services import record
from monitoring import events
from monitoring.kpis import BY_CODE
from monitoring.models import Target
from monitoring.permissions import SET_TARGETS
from monitoring.rules.kpi import Unit
from monitoring.states import Direction

_HUNDRED = Decimal(100)


@transaction.atomic
def set_target(
    *,
    kpi: str,
    direction: str,
    value: Decimal,
    first: date,
    last: date | None = None,
    actor: User,
    at: datetime,
) -> Target:
    """Bind a figure of the whole organisation to a target.

    Raises PermissionDenied, and BadInput naming `kpi`, `direction`, `value` or `last`.
    """
    demand(actor, SET_TARGETS)
    if kpi not in BY_CODE:
        raise BadInput(_("There is no such figure."), field="kpi")
    if direction not in Direction.values:
        raise BadInput(_("Choose at least or at most."), field="direction")
    if value < 0 or (BY_CODE[kpi].unit == Unit.PERCENT and kpi != "K10" and value > _HUNDRED):
        raise BadInput(_("This figure cannot have such a value."), field="value")
    if last is not None and last < first:
        raise BadInput(_("A target ends after it begins."), field="last")
    target = Target.objects.create(
        kpi=kpi,
        direction=direction,
        value=value,
        first=first,
        last=last,
        set_by=actor,
        set_at=at,
    )
    record(
        kind=events.TARGET_SET,
        subject=target,
        actor=actor,
        occurred_at=at,
        payload={
            "kpi": kpi,
            "direction": direction,
            "value": str(value),
            "first": first.isoformat(),
            "last": last.isoformat() if last else None,
        },
    )
    return target


@transaction.atomic
def end_target(*, target_id: int, actor: User, at: datetime) -> Target:
    """Withdraw a target; it stays on the list as it was. Raises Target.DoesNotExist, Conflict."""
    demand(actor, SET_TARGETS)
    target = Target.objects.select_for_update().get(pk=target_id)
    if target.ended_at is not None:
        raise Conflict(_("This target was withdrawn before."))
    target.ended_at = at
    target.save(update_fields=["ended_at"])
    record(
        kind=events.TARGET_ENDED,
        subject=target,
        actor=actor,
        occurred_at=at,
        payload={"kpi": target.kpi},
    )
    return target
