"""How surprising a share is: repeats of complaints, complaints of orders.

A logistic regression with trend and season, widened for overdispersion, judged by the sums of one,
two, four and eight periods. Those sums stand in for the likelihood-ratio chart, which needs a
threshold from simulation for each series; the chart itself is in `drift`.
"""

from typing import Any

import numpy as np

from monitoring.rules.day_kinds import ORDINARY
from monitoring.rules.designs import Span, design, span_for
from monitoring.rules.judging import ALPHA, Judgement
from monitoring.rules.regression import fit_shares
from monitoring.rules.scipy_late import special
from monitoring.rules.series import BadSeriesError, Dates, Floats, SeriesSet, read_counts, read_set
from monitoring.rules.tails import share_bound, share_tail, surprise_of

WINDOWS = (1, 2, 4, 8)
STAKES = (2.0, 2.0, 4.0, 6.0)


def surprise_rate(events: Any, totals: Any, dates: Dates, *, last: int) -> Floats:
    """Return −log10 of the one-sided p-value of each of the last shares, N×last."""
    return surprise_of(judge_rate(events, totals, dates, last=last).p)


def judge_rate(events: Any, totals: Any, dates: Dates, *, last: int) -> Judgement:
    """Judge the last shares of N series, each from its own past only."""
    given = read_set(events, dates, last=last)
    of = read_counts(totals, "totals", given.length)
    if of.shape != given.counts.shape:
        raise BadSeriesError("totals", "must have a row for each row of events")
    if (given.counts > of).any():
        raise BadSeriesError("totals", "must not be smaller than the events among them")
    shape = (len(of), last)
    expected, variance, p = np.zeros(shape), np.zeros(shape), np.ones(shape)
    judged = np.zeros(last, dtype=np.bool_)
    for column, at in enumerate(range(given.length - last, given.length)):
        span = span_for(at, given.step)
        if at - span.gap < span.least:
            continue
        judged[column] = True
        one = _Shares(given, of, at, span)
        best = np.ones(len(of))
        for window, stake in zip(WINDOWS, STAKES, strict=True):
            best = np.minimum(best, stake * one.tail(window))
        p[:, column] = best
        expected[:, column], variance[:, column] = one.moments()
    return Judgement(expected, variance, p, p, judged)


class _Shares:
    """All shares in one period: the fit to their past, and what it says of the present."""

    def __init__(self, given: SeriesSet, of: Floats, at: int, span: Span) -> None:
        """Fit the past that ends `span.gap` periods before."""
        end = at - span.gap
        begin = max(0, end - span.past)
        shown, past = slice(begin, at + 1), slice(begin, end)
        plain = np.full(at + 1 - begin, ORDINARY, dtype=np.int_)
        matrix, precision = design(given.days[shown], span, given.step, plain)
        fit = fit_shares(given.counts[:, past], of[:, past], matrix[: end - begin], precision)
        widest = min(max(WINDOWS), len(matrix))
        odds, self.unknown = fit.forecast(matrix[-widest:])
        self.share: Floats = special().expit(odds)
        self.dispersion = fit.dispersion
        self.seen = given.counts[:, at + 1 - widest : at + 1]
        self.of = of[:, at + 1 - widest : at + 1]

    def tail(self, window: int) -> Floats:
        """Return p of the last periods together."""
        share, spread = self._together(window)
        seen, trials = self.seen[:, -window:].sum(axis=1), self.of[:, -window:].sum(axis=1)
        return share_tail(seen, trials, share, spread)

    def moments(self) -> tuple[Floats, Floats]:
        """Return the expected number in the period itself, and its variance."""
        share, spread = self._together(1)
        mean = self.of[:, -1] * share
        return mean, spread * mean * (1 - share)

    def _together(self, window: int) -> tuple[Floats, Floats]:
        """Return the expected share of the last periods, and its spread with what is unknown."""
        of, share = self.of[:, -window:], self.share[:, -window:]
        mean = (of * share).sum(axis=1)
        together = mean / np.maximum(of.sum(axis=1), 1e-9)
        slope = of * share * (1 - share)
        unknown = self.unknown[:, -window:, -window:]
        doubt = np.einsum("nk,nkl,nl->n", slope, unknown, slope)
        spread: Floats = self.dispersion + doubt / np.maximum(mean * (1 - together), 1e-9)
        return together, spread


def upper_rate(judged: Judgement, totals: Floats, alpha: float = ALPHA) -> Floats:
    """Return the highest number of events among so many that would be no surprise."""
    of = np.maximum(totals, 1e-9)
    share = np.clip(judged.expected / of, 0.0, 1.0)
    plain = np.maximum(judged.expected * (1 - share), 1e-9)
    return share_bound(alpha, totals, share, judged.variance / plain)
