"""What of a period is recorded late: how much of it is known so many days after its end."""

import numpy as np

from monitoring.rules.cells import TAKEN_OVER, Ints
from monitoring.rules.series import Floats

LONGEST = 60  # days; what comes later is history


def known_after(days: Ints, recorded: Ints, counts: Floats, *, today: int) -> Floats:
    """Return the share of complaints recorded within 0, 1, 2 … LONGEST days of receipt.

    Learnt from days that are at least LONGEST days old, so that nothing of them is still to come.
    Without any, all ones: nothing is known of a delay.
    """
    late = recorded - days
    old = (days <= today - LONGEST) & (late <= TAKEN_OVER)
    total = float(counts[old].sum())
    if not total:
        return np.ones(LONGEST + 1)
    sums = np.bincount(
        np.clip(late[old], 0, LONGEST), weights=counts[old], minlength=LONGEST + 1
    ).cumsum()
    result: Floats = np.maximum(sums / total, 0.05)
    return result


def still_to_come(seen: Floats, days: Ints, shares: Floats, *, today: int) -> float:
    """Return how many complaints of these days are probably not recorded yet."""
    age = np.clip(today - days, 0, LONGEST)
    return float((seen / shares[age] - seen).sum())
