"""From p-values to alarms: how many false ones are borne, and what is too little to speak of."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitoring.rules.judging import Judgement, judge
from monitoring.rules.rates import judge_rate
from monitoring.rules.series import Dates, Floats, read_counts, read_days

Flags = NDArray[np.bool_]

AMBER = 0.01  # domain brief 3.4.2; beside it the share of false alarms is held
RATE_ALPHA = 0.01
FALSE_SHARE = 0.10  # of the alarms of a period, over all series of a set
LEAST, LEAST_PERIODS = 5, 4  # so many complaints in so many periods
STILL_NEW = 0.02  # p against the recent past, above which a rise has become the usual level


def flag(counts: Any, dates: Dates, *, last: int, kinds: Any = None) -> Flags:
    """Return N×last: which of the last periods of this set of series deserve an alarm."""
    judged = judge(counts, dates, last=last, kinds=kinds)
    numbers = read_counts(counts, "counts", len(read_days(dates)))
    return alarms(judged, numbers, last=last)


def flag_rate(events: Any, totals: Any, dates: Dates, *, last: int) -> Flags:
    """Return N×last: which of the last shares of this set of series deserve an alarm."""
    judged = judge_rate(events, totals, dates, last=last)
    numbers = read_counts(events, "events", len(read_days(dates)))
    return alarms(judged, numbers, last=last, alpha=RATE_ALPHA)


def alarms(
    judged: Judgement,
    counts: Floats,
    *,
    last: int,
    alpha: float = AMBER,
    least: int = LEAST,
    share: float = FALSE_SHARE,
) -> Flags:
    """Decide by p, by the share of false alarms over the set, and by the least number."""
    enough = enough_complaints(counts, last=last, least=least)
    found = (judged.p <= alpha) & (judged.p_local <= STILL_NEW) & enough
    columns = [discoveries(judged.p[:, at], enough[:, at], share) for at in range(last)]
    return found & np.stack(columns, axis=1)


def enough_complaints(counts: Floats, *, last: int, least: int = LEAST) -> Flags:
    """Return where the last four periods together hold at least so many complaints."""
    before = np.concatenate([np.zeros((len(counts), LEAST_PERIODS)), counts], axis=1)
    sums = np.cumsum(before, axis=1)
    together = sums[:, LEAST_PERIODS:] - sums[:, :-LEAST_PERIODS]
    result: Flags = together[:, -last:] >= least
    return result


def discoveries(p: Floats, tested: Flags, share: float = FALSE_SHARE) -> Flags:
    """Return which are discoveries by Benjamini and Hochberg (1995), among those tested."""
    found = np.zeros(len(p), dtype=np.bool_)
    chosen = np.flatnonzero(tested)
    if not len(chosen):
        return found
    ordered = np.sort(p[chosen])
    below = np.flatnonzero(ordered <= share * np.arange(1, len(chosen) + 1) / len(chosen))
    if len(below):
        found[chosen] = p[chosen] <= ordered[below[-1]]
    return found
