"""Charts for slow drift, on residuals that somebody has standardised, and for shares."""

import numpy as np

from monitoring.rules.series import Floats

SMOOTHING, LIMIT = 0.2, 2.7  # sigma; domain rule 3.4.4
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
