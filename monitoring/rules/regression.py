"""Log-linear and logistic regression of many series at once, deaf to past outbreaks.

Iteratively reweighted least squares on all series together: the design is the same for all, so that
a pass is two matrix products and a batch of small systems. A normal prior on each slope (its
precision is handed in) keeps short histories from inventing seasons, and its uncertainty reaches
the forecast. The variance is the dispersion times the mean, as in Noufaily et al., Statistics in
Medicine 2013;32:1206; so is the idea to count past outbreaks for less, here by the tail probability
of the count itself, since normal residuals mislead where counts are small.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from monitoring.rules.scipy_late import special
from monitoring.rules.series import Floats
from monitoring.rules.tails import count_tail

PASSES, STEPS = 2, 3
LONGEST_STEP = 2.0
OUTBREAK, POWER = 2.6, 6  # standard deviations from which a past period counts for less
ANSCOMBE = 2.58  # the threshold of Noufaily et al.
_SUSPECT = 1.6
_ETA = (-20.0, 25.0)

Weigh = Callable[[Floats, Floats, Floats], Floats]


@dataclass(frozen=True)
class Fit:
    """What was learnt of each series: slopes, their covariance, and the dispersion."""

    slopes: Floats
    covariance: Floats
    dispersion: Floats

    def forecast(self, rows: Floats) -> tuple[Floats, Floats]:
        """Return the linear predictor for so many rows, N×K, and its covariance, N×K×K."""
        spread: Floats = np.einsum("kp,npq,lq->nkl", rows, self.covariance, rows, optimize=True)
        return np.clip(self.slopes @ rows.T, *_ETA), spread


def by_tail(counts: Floats, means: Floats, dispersion: Floats) -> Floats:
    """Count a past outbreak for less, by how improbable its count was."""
    weights = np.ones_like(counts)
    row, column = np.nonzero(_anscombe(counts, means, dispersion) > _SUSPECT)
    seen, mean = counts[row, column], means[row, column]
    variance = mean * dispersion[row]
    middle = count_tail(seen, mean, variance) + count_tail(seen + 1, mean, variance)
    score = -special().ndtri(np.maximum(middle / 2, 1e-300))
    weights[row, column] = np.minimum(1.0, (OUTBREAK / np.maximum(score, 1e-9)) ** POWER)
    return np.where(np.isfinite(weights), weights, 1.0)


def by_anscombe(counts: Floats, means: Floats, dispersion: Floats) -> Floats:
    """Count a past outbreak for less, by its Anscombe residual (as published)."""
    residual = np.maximum(_anscombe(counts, means, dispersion), ANSCOMBE)
    return (ANSCOMBE / residual) ** 2


def _anscombe(counts: Floats, means: Floats, dispersion: Floats) -> Floats:
    gap = 1.5 * (np.cbrt(counts) ** 2 - np.cbrt(means) ** 2)
    result: Floats = gap / (means ** (1 / 6) * np.sqrt(dispersion)[:, None])
    return result


def fit_counts(counts: Floats, design: Floats, precision: Floats, *, weigh: Weigh = by_tail) -> Fit:
    """Fit N series over n past periods; half a complaint is added: nothing is impossible."""
    periods, width = design.shape
    padded = counts + 0.5 / periods
    system = _System(design, precision)
    slopes = np.zeros((len(counts), width))
    slopes[:, 0] = np.log(padded.mean(axis=1))
    dispersion = np.clip(padded.var(axis=1) / padded.mean(axis=1), 1.0, 5.0)
    weights = np.ones_like(padded)
    for left in range(PASSES, -1, -1):
        for _ in range(STEPS):
            means = np.exp(np.clip(slopes @ design.T, *_ETA))
            matrix = system.matrix(weights * means, dispersion)
            slope = (weights * (padded - means)) @ design - dispersion[:, None] * precision * slopes
            slopes = slopes + _step(matrix, slope)
        means = np.exp(np.clip(slopes @ design.T, *_ETA))
        excess = (weights * (padded - means) ** 2 / means).sum(axis=1)
        dispersion = np.maximum(excess / np.maximum(weights.sum(axis=1) - width, 1.0), 1.0)
        if left:
            weights = weigh(padded, means, dispersion)
    inverse = np.linalg.inv(system.matrix(weights * means, dispersion))
    return Fit(slopes, inverse * dispersion[:, None, None], dispersion)


def fit_shares(events: Floats, totals: Floats, design: Floats, precision: Floats) -> Fit:
    """Fit the log odds of N series; half an event and half a miss are added."""
    periods, width = design.shape
    share_of_half = 0.5 / periods
    hits, of = events + share_of_half, totals + 2 * share_of_half
    system = _System(design, precision)
    slopes = np.zeros((len(events), width))
    slopes[:, 0] = special().logit(hits.sum(axis=1) / of.sum(axis=1))
    dispersion = np.ones(len(events))
    weights = np.ones_like(hits)
    for left in range(PASSES, -1, -1):
        for _ in range(STEPS):
            share = special().expit(np.clip(slopes @ design.T, -30.0, 30.0))
            matrix = system.matrix(weights * of * share * (1 - share), dispersion)
            slope = (weights * (hits - of * share)) @ design
            slopes = slopes + _step(matrix, slope - dispersion[:, None] * precision * slopes)
        share = special().expit(np.clip(slopes @ design.T, -30.0, 30.0))
        plain = np.maximum(of * share * (1 - share), 1e-9)
        residual = (hits - of * share) / np.sqrt(plain)
        excess = (weights * residual**2).sum(axis=1)
        dispersion = np.maximum(excess / np.maximum(weights.sum(axis=1) - width, 1.0), 1.0)
        if left:
            score = np.maximum(residual / np.sqrt(dispersion)[:, None], OUTBREAK)
            weights = (OUTBREAK / score) ** POWER
    inverse = np.linalg.inv(system.matrix(weights * plain, dispersion))
    return Fit(slopes, inverse * dispersion[:, None, None], dispersion)


class _System:
    """The normal equations of all series, from one product with the squares of the design."""

    def __init__(self, design: Floats, precision: Floats) -> None:
        """Multiply each pair of columns once."""
        self.width = design.shape[1]
        self.first, self.second = np.triu_indices(self.width)
        self.pairs = design[:, self.first] * design[:, self.second]
        self.precision = np.diag(precision)

    def matrix(self, weights: Floats, dispersion: Floats) -> Floats:
        """Return N matrices: weighted squares and the prior."""
        values = weights @ self.pairs
        matrix = np.empty((len(weights), self.width, self.width))
        matrix[:, self.first, self.second] = values
        matrix[:, self.second, self.first] = values
        result: Floats = matrix + dispersion[:, None, None] * self.precision
        return result


def _step(matrix: Floats, slope: Floats) -> Floats:
    """Return Newton's step, shortened where it would leap."""
    step = np.asarray(np.linalg.solve(matrix, slope[..., None])[..., 0], dtype=np.float64)
    shorter: Floats = step / np.maximum(1.0, abs(step).max(axis=1, keepdims=True) / LONGEST_STEP)
    return shorter
