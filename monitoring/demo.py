"""What the demo organisation has counted, and what it means to reach."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from monitoring.services.folding import fold_all
from monitoring.services.targets import set_target
from monitoring.states import Direction

_AIMS = (
    ("K03", Direction.AT_LEAST, 95),
    ("K06", Direction.AT_LEAST, 90),
    ("K08c", Direction.AT_MOST, 10),
    ("K10", Direction.AT_LEAST, 95),
    ("K12", Direction.AT_MOST, 5),
    ("K29", Direction.AT_LEAST, 80),
)


def tell(*, now: datetime, say: Callable[[str], None]) -> None:
    """Fold the months that were told into figures, and set what they are to reach."""
    quality = User.objects.get(username="he.qing")
    first = timezone.localdate(now) - timedelta(days=300)
    for kpi, direction, value in _AIMS:
        set_target(
            kpi=kpi,
            direction=direction,
            value=Decimal(value),
            first=first,
            actor=quality,
            at=now - timedelta(days=300),
        )
    fold_all(at=now)
    say("figures")
