"""Charts for young series: a recent mean with a negative-binomial tail, and EARS C1 to C3.

EARS after Hutwagner et al., Journal of Urban Health 2003;80(Suppl 1):i89-i96: seven periods, a
gap of none or two, three standard deviations. Quick, with many false alarms: a second opinion only.
"""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from monitoring.rules.series import Dates, Floats, read_set
from monitoring.rules.tails import count_tail, surprise_of

BASELINE, GAP = 26, 2
EARS_BASELINE, EARS_GAP = 7, 2
_NO_DEVIATION = 0.2  # where a baseline does not vary at all


def surprise_recent(
    counts: Any, dates: Dates, *, last: int, baseline: int = BASELINE, gap: int = GAP
) -> Floats:
    """Return −log10 of p against the mean of the recent past; 0 where that past is missing."""
    given = read_set(counts, dates, last=last)
    mean, variance = _moments(given.counts, baseline, gap, last)
    spread = np.maximum(variance / np.maximum(mean, 0.5 / baseline), 1.0)
    mean = np.maximum(mean, 0.5 / baseline)
    tail = count_tail(given.counts[:, -last:], mean, mean * spread * (1 + 1 / baseline))
    return surprise_of(np.where(np.isnan(tail), 1.0, tail))


def ears(counts: Any, dates: Dates, *, last: int) -> tuple[Floats, Floats, Floats]:
    """Return the statistics C1, C2 and C3; C1 and C2 above 3, C3 above 2 are signals."""
    given = read_set(counts, dates, last=last)
    reach = min(last + 2, given.length)
    c1 = _standardised(given.counts, 0, reach)
    c2 = _standardised(given.counts, EARS_GAP, reach)
    above = np.maximum(0.0, c2 - 1)
    padded = np.concatenate([np.zeros((len(above), 2)), above], axis=1)
    c3 = padded[:, 2:] + padded[:, 1:-1] + padded[:, :-2]
    return c1[:, -last:], c2[:, -last:], c3[:, -last:]


def _standardised(counts: Floats, gap: int, last: int) -> Floats:
    mean, variance = _moments(counts, EARS_BASELINE, gap, last)
    deviation = np.maximum(np.sqrt(variance), _NO_DEVIATION)
    return np.nan_to_num((counts[:, -last:] - mean) / deviation, nan=0.0)


def _moments(counts: Floats, baseline: int, gap: int, last: int) -> tuple[Floats, Floats]:
    """Return mean and variance of the periods before each of the last ones; NaN if too few."""
    before = np.full((len(counts), baseline + gap + last), np.nan)
    kept = counts[:, -before.shape[1] :]
    before[:, before.shape[1] - kept.shape[1] :] = kept
    windows = sliding_window_view(before, baseline, axis=1)[:, :last]
    return windows.mean(axis=2), windows.var(axis=2, ddof=1)
