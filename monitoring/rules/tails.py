"""Tail probabilities of counts and shares that vary more than chance alone would have it."""

import numpy as np
from numpy.typing import NDArray

from monitoring.rules.scipy_late import special, stats
from monitoring.rules.series import Floats

_NEARLY_POISSON = 1 + 1e-6
_TINY = 1e-300


def count_tail(seen: Floats, mean: Floats, variance: Floats) -> Floats:
    """Return P(Y ≥ seen) of the negative binomial with this mean and variance."""
    mean = np.maximum(mean, 1e-12)
    spread = np.maximum(variance / mean, _NEARLY_POISSON)
    tail = special().betainc(np.maximum(seen, 1.0), mean / (spread - 1), 1 - 1 / spread)
    return np.where(seen <= 0, 1.0, np.clip(tail, _TINY, 1.0))


def count_bound(alpha: float, mean: Floats, variance: Floats) -> Floats:
    """Return the highest count that is no surprise yet: P(Y > bound) ≤ alpha."""
    mean = np.maximum(mean, 1e-12)
    spread = np.maximum(variance / mean, _NEARLY_POISSON)
    bound: Floats = stats().nbinom.isf(alpha, mean / (spread - 1), 1 / spread)
    return bound


def share_tail(seen: Floats, of: Floats, share: Floats, spread: Floats) -> Floats:
    """Return P(X ≥ seen) of a binomial whose variance is `spread` times the plain one.

    The binomial tail is an incomplete beta function, and that takes broken numbers: a spread of
    two leaves half as many trials.
    """
    spread = np.maximum(spread, 1.0)
    hits = (seen - 0.5) / spread + 0.5
    misses = (of - seen + 0.5) / spread + 0.5
    tail = special().betainc(np.maximum(hits, 1e-9), np.maximum(misses, 1e-9), share)
    return np.where((seen <= 0) | (of <= 0), 1.0, np.clip(tail, _TINY, 1.0))


def share_bound(alpha: float, of: Floats, share: Floats, spread: Floats) -> Floats:
    """Return the highest number of events among so many that is no surprise yet."""
    low, high = np.zeros_like(of), of.copy()
    for _ in range(_halvings(of)):
        middle = np.floor((low + high) / 2)
        enough = share_tail(middle + 1, of, share, spread) <= alpha
        low, high = (
            np.where(enough, low, np.minimum(middle + 1, high)),
            np.where(enough, middle, high),
        )
    return high


def _halvings(of: NDArray[np.float64]) -> int:
    return int(np.ceil(np.log2(of.max(initial=1.0) + 1))) + 2


def surprise_of(p: Floats) -> Floats:
    """Return −log10 of p, never below zero."""
    return np.maximum(-np.log10(np.clip(p, _TINY, 1.0)), 0.0)
