"""The targets that hold."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from django.db.models import Q

from monitoring.models import Target
from monitoring.states import Direction


def targets_on(day: date) -> Mapping[str, Target]:
    """Return the target of each figure that holds on a day; of several the one begun last."""
    holding = Target.objects.filter(
        Q(last__isnull=True) | Q(last__gte=day), first__lte=day, ended_at__isnull=True
    ).order_by("first", "id")
    return {target.kpi: target for target in holding}


def reached(target: Target, value: Fraction | None) -> bool | None:
    """Return whether a figure is on the right side of its target; None where it has no value."""
    if value is None:
        return None
    if target.direction == Direction.AT_LEAST:
        return value >= Fraction(target.value)
    return value <= Fraction(target.value)
