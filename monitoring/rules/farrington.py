"""The reference of public health: Farrington flexible (Noufaily et al. 2013), for comparison.

Quasi-Poisson with trend and a ten-level season, the last 26 weeks left out, past outbreaks
down-weighted by Anscombe residuals above 2.58, the bound a quantile of the negative binomial.
"""

from typing import Any

import numpy as np

from monitoring.rules.designs import DAYS_OF_YEAR
from monitoring.rules.regression import by_anscombe, fit_counts
from monitoring.rules.series import WEEK, BadSeriesError, Dates, Days, Floats, read_set
from monitoring.rules.tails import count_tail, surprise_of

YEARS, LEFT_OUT, HALF_WINDOW, ZONES = 5, 26, 3, 10
LEAST = 52


def surprise_farrington(counts: Any, dates: Dates, *, last: int) -> Floats:
    """Return −log10 of p of each of the last weeks, N×last; 0 where a year of past is missing."""
    given = read_set(counts, dates, last=last)
    if given.step != WEEK:
        raise BadSeriesError("dates", "must be a week apart")
    p = np.ones((len(given.counts), last))
    for column, at in enumerate(range(given.length - last, given.length)):
        end = at - LEFT_OUT
        begin = max(0, at - YEARS * 52 - HALF_WINDOW)
        if end - begin < LEAST:
            continue
        design = _design(given.days[begin : at + 1])
        precision = np.full(design.shape[1], 1e-6)
        past = given.counts[:, begin:end]
        fit = fit_counts(past, design[: end - begin], precision, weigh=by_anscombe)
        log, doubt = fit.forecast(design[-1:])
        mean = np.exp(log[:, 0])
        variance = fit.dispersion * mean + mean**2 * np.minimum(doubt[:, 0, 0], 3.0)
        p[:, column] = count_tail(given.counts[:, at], mean, variance)
    return surprise_of(p)


def _design(days: Days) -> Floats:
    """Return level, trend and nine zones of the year beside the seven weeks around the last."""
    age = (days - days[-1]).astype(np.float64) / DAYS_OF_YEAR
    half = (HALF_WINDOW + 0.5) * WEEK / DAYS_OF_YEAR
    place = (age + half) % 1.0
    zone = np.where(
        place < 2 * half, 0, 1 + np.floor((place - 2 * half) / (1 - 2 * half) * (ZONES - 1))
    )
    zones = [(zone == number).astype(np.float64) for number in range(1, ZONES)]
    return np.stack([np.ones(len(days)), age, *zones], axis=1)
