"""What the demo organisation has counted, and what it means to reach."""

from collections.abc import Callable
from datetime import datetime

from monitoring.services.folding import fold_all


def tell(*, now: datetime, say: Callable[[str], None]) -> None:
    """Fold the months that were told into figures."""
    fold_all(at=now)
    say("figures")
