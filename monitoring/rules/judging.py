"""How surprising each of the last periods is, given nothing but what came before it.

Harmonic negative-binomial regression (trend and two harmonics, the last weeks left out, past
outbreaks counting for less), judged by the sums of this period and of a few together and, for
weeks, by a chart of slow drift; beside it the level of the last half year, which sees what a fallen
level hides from five years.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitoring.rules.day_kinds import ORDINARY, believed_since, chinese_kinds, read_kinds
from monitoring.rules.designs import Span, design, span_for
from monitoring.rules.drift import drift_tail
from monitoring.rules.regression import Fit, fit_counts
from monitoring.rules.series import DAY, Dates, Floats, Kinds, SeriesSet, read_set
from monitoring.rules.tails import count_bound, count_tail, surprise_of

ALPHA = 0.005
RISING = 0.2  # p of the period itself, up to which sums with earlier ones count
LOCAL_STAKES = {1: 2.0, 2: 1.5}
LOCAL_DOUBT = 1.2  # half a year tells less of the dispersion than five
LOCAL_STAKE = 20.0  # the local level may cause one false alarm in twenty
MODEL_VERSION = "harmonic-nb-2"


@dataclass(frozen=True)
class Judgement:
    """N×last: what was expected, with which variance; p against the past and the recent past.

    `judged` says for each period whether its past sufficed to say anything; `p` is 1 where not.
    `p_local` compares with the level of the last half year (for days: of four weeks) alone: it is
    small only while a rise is new. `drifted` says where the chart of slow drift gave p.
    """

    expected: Floats
    variance: Floats
    p: Floats
    p_local: Floats
    judged: NDArray[np.bool_]
    drifted: NDArray[np.bool_] | None = None

    def upper(self, alpha: float = ALPHA) -> Floats:
        """Return the bound above which a count of one period alone is a surprise."""
        return count_bound(alpha, self.expected, self.variance)


def surprise(counts: Any, dates: Dates, *, last: int, kinds: Any = None) -> Floats:
    """Return −log10 of the one-sided p-value of each of the last periods, N×last."""
    return surprise_of(judge(counts, dates, last=last, kinds=kinds).p)


def judge(
    counts: Any, dates: Dates, *, last: int, kinds: Any = None, drift: bool = True
) -> Judgement:
    """Judge the last periods of N series, each from its own past only.

    `kinds` says for daily series which days are off (1) or worked to make up for it (2); without
    it, the calendar of mainland China is used as soon as the past shows that it is kept. Without
    `drift` no chart is drawn.
    """
    given = read_set(counts, dates, last=last)
    known, since = _kinds(given, kinds)
    shape = (len(given.counts), last)
    expected, variance = np.zeros(shape), np.zeros(shape)
    p, p_local = np.ones(shape), np.ones(shape)
    judged = np.zeros(last, dtype=np.bool_)
    drifted = np.zeros(shape, dtype=np.bool_)
    for column, at in enumerate(range(given.length - last, given.length)):
        here = known if at >= since else np.full_like(known, ORDINARY)
        span = span_for(at, given.step)
        if at - span.gap < span.least:
            expected[:, column] = given.counts[:, :at].mean(axis=1) if at else 0.0
            variance[:, column] = expected[:, column]
            continue
        judged[column] = True
        one = _Period(given, at, span, here)
        expected[:, column], variance[:, column] = one.expected[:, -1], one.variance(1)
        p_local[:, column] = one.against_local()
        sums = np.minimum(one.against_past(), LOCAL_STAKE * p_local[:, column])
        chart = one.by_chart() if drift and span.chart else np.ones(len(sums))
        drifted[:, column] = chart < np.minimum(sums, 1.0)
        p[:, column] = np.minimum(np.minimum(sums, chart), 1.0)
    return Judgement(expected, variance, p, p_local, judged, drifted)


def _kinds(given: SeriesSet, kinds: Any) -> tuple[Kinds, int]:
    if kinds is not None:
        return read_kinds(kinds, given.days), 0
    if given.step != DAY:
        return np.full(given.length, ORDINARY, dtype=np.int_), 0
    known = chinese_kinds(given.days)
    return known, believed_since(given.counts, given.days, known)


class _Period:
    """All series in one period: the fit to its past, and what it says of the present."""

    def __init__(self, given: SeriesSet, at: int, span: Span, kinds: Kinds) -> None:
        """Fit the past that ends `span.gap` periods before."""
        end = at - span.gap
        begin = max(0, end - span.past)
        shown = slice(begin, at + 1)
        matrix, precision = design(given.days[shown], span, given.step, kinds[shown])
        self.span = span
        self.seen = given.counts[:, shown]
        self.fit: Fit = fit_counts(given.counts[:, begin:end], matrix[: end - begin], precision)
        recent = min(len(matrix), max(*span.windows, span.local + span.local_gap + 1))
        self.rows = matrix[-recent:]
        widest = max(span.windows)
        _, self.covariance = self.fit.forecast(self.rows[-widest:])
        self.expected: Floats = np.exp(np.clip(self.fit.slopes @ self.rows.T, -20.0, 25.0))

    def variance(self, window: int) -> Floats:
        """Return the variance of the sum of the last periods, what we do not know included."""
        means = self.expected[:, -window:]
        total = means.sum(axis=1)
        unknown = np.einsum(
            "nk,nkl,nl->n", means, self.covariance[:, -window:, -window:], means, optimize=True
        )
        result: Floats = self.fit.dispersion * total + np.minimum(unknown, 3 * total**2)
        return result

    def against_past(self) -> Floats:
        """Return p of the sums over the windows, each with its stake."""
        usual = np.ones((len(self.seen), 1))
        staked = zip(self.span.windows, self.span.stakes, strict=True)
        return self._best(dict(staked), usual, self.variance)

    def by_chart(self) -> Floats:
        """Return p of the slow-drift chart over the periods left out and this one, with its stake.

        Like a sum, it counts only where this period itself is above the usual.
        """
        length = self.span.gap + 1
        odds, unknown = self.fit.forecast(self.rows[-length:])
        tail = drift_tail(self.seen[:, -length:], np.exp(odds), self.fit.dispersion, unknown)
        rising = count_tail(self.seen[:, -1], self.expected[:, -1], self.variance(1)) <= RISING
        return np.where(rising, self.span.chart * tail, 1.0)

    def against_local(self) -> Floats:
        """Return p of this period and of the last two against the level of the recent past."""
        recent = slice(-1 - self.span.local_gap - self.span.local, -1 - self.span.local_gap)
        usual = self.expected[:, recent].sum(axis=1)
        pull = 2.0 * self.fit.dispersion  # a prior worth about two complaints
        level = (self.seen[:, recent].sum(axis=1) + pull) / (usual + pull)
        there = self.expected[:, recent] * level[:, None]
        local = ((self.seen[:, recent] - there) ** 2 / there).mean(axis=1)
        dispersion = np.maximum(np.minimum(self.fit.dispersion, LOCAL_DOUBT * local), 1.0)

        def variance(window: int) -> Floats:
            total = self.expected[:, -window:].sum(axis=1) * level
            result: Floats = dispersion * (total + total**2 / (level * (usual + pull)))
            return result

        return self._best(LOCAL_STAKES, level[:, None], variance)

    def _best(
        self, stakes: dict[int, float], level: Floats, variance: Callable[[int], Floats]
    ) -> Floats:
        """Return the least p of the windows, where this period itself is above the usual.

        Without that condition the week after a great week would be an alarm, however quiet.
        """
        best = np.ones(len(self.seen))
        rising = np.ones(len(self.seen), dtype=np.bool_)
        for window, stake in stakes.items():
            total = (self.expected[:, -window:] * level).sum(axis=1)
            tail = count_tail(self.seen[:, -window:].sum(axis=1), total, variance(window))
            if window == 1:
                rising = tail <= RISING
            best = np.minimum(best, np.where(rising, stake * tail, 1.0))
        return np.minimum(best, 1.0)
