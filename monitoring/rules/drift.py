"""Charts for slow drift, on residuals that somebody has standardised, and for shares."""

import numpy as np

from monitoring.rules.scipy_late import special
from monitoring.rules.series import Floats

SMOOTHING, LIMIT = 0.2, 2.7  # sigma; domain rule 3.4.4
CAP = 2.5  # sigma of one period
SLACK, HEIGHT = 0.5, 5.0
ODDS, CHART_HEIGHT = 2.0, 4.5


def ewma(scores: Floats, *, smoothing: float = SMOOTHING) -> Floats:
    """Return the exponentially weighted mean in its own standard deviations (Roberts 1959)."""
    level = np.zeros(len(scores))
    chart = np.zeros_like(scores, dtype=np.float64)
    for at in range(scores.shape[1]):
        level = (1 - smoothing) * level + smoothing * scores[:, at]
        share = 1 - (1 - smoothing) ** (2 * (at + 1))
        chart[:, at] = level / np.sqrt(smoothing / (2 - smoothing) * share)
    return chart


def drift_tail(seen: Floats, means: Floats, dispersion: Floats, unknown: Floats) -> Floats:
    """Return p of a chart of the last periods, N×K, each against what was expected of it.

    What the model does not know (`unknown`, the covariance of its log means) widens the chart as
    well. A great period counts for no more than `CAP`: it is a spike, and no drift.
    """
    spread = np.sqrt(dispersion[:, None] * means)
    scores = np.minimum((seen - means) / spread, CAP)
    age = np.arange(scores.shape[1] - 1, -1, -1)
    weights = SMOOTHING * (1 - SMOOTHING) ** age
    slopes = weights * means / spread
    doubt = np.einsum("nk,nkl,nl->n", slopes, unknown, slopes, optimize=True)
    plain = float((weights**2).sum())
    tail: Floats = special().ndtr(-ewma(scores)[:, -1] * np.sqrt(plain / (plain + doubt)))
    return tail


def cusum(scores: Floats, *, slack: float = SLACK) -> Floats:
    """Return the upper cumulative sum (Page 1954); a signal where it exceeds HEIGHT."""
    return _climb(scores - slack)


def binomial_cusum(
    events: Floats, totals: Floats, share: Floats, *, odds: float = ODDS, spread: float = 1.0
) -> Floats:
    """Return the log-likelihood-ratio chart for odds `odds` times as high (Steiner et al. 2000).

    A spread above one, from overdispersion, makes every step smaller.
    """
    raised = odds * share / (1 + (odds - 1) * share)
    hit, miss = np.log(raised / share), np.log((1 - raised) / (1 - share))
    return _climb((events * hit + (totals - events) * miss) / spread)


def _climb(steps: Floats) -> Floats:
    chart = np.zeros_like(steps, dtype=np.float64)
    level = np.zeros(len(steps))
    for at in range(steps.shape[1]):
        level = np.maximum(0.0, level + steps[:, at])
        chart[:, at] = level
    return chart
