"""How long it takes when some are not finished yet (Kaplan and Meier, JASA 53, 1958).

How sure that is: Greenwood's variance of the curve, by its complementary logarithm, which keeps the
limits between nothing and all; and the times at which they cross (Brookmeyer and Crowley, 1982).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import exp, log, sqrt

from monitoring.rules.intervals import Z95


@dataclass(frozen=True)
class Step:
    """The share not yet finished from a time on; how many were watched until then, and ended."""

    time: int
    share: Fraction
    watched: int
    ended: int


def curve(observations: Iterable[tuple[int, int, bool]]) -> list[Step]:
    """Return the Kaplan–Meier curve of (time, how many, finished then?) as its downward steps.

    What is not finished was watched until its time and left. At equal times those who finish come
    first, as the estimator has it.
    """
    ends: Counter[int] = Counter()
    gone: Counter[int] = Counter()
    for time, count, finished in observations:
        gone[time] += count
        if finished:
            ends[time] += count
    watched, share, steps = sum(gone.values()), Fraction(1), []
    for time in sorted(gone):
        if ends[time]:
            share *= Fraction(watched - ends[time], watched)
            steps.append(Step(time, share, watched, ends[time]))
        watched -= gone[time]
    return steps


def reached(steps: Iterable[Step], share: Fraction) -> int | None:
    """Return the first time at which no more than `share` are unfinished; None if it never is.

    `Fraction(1, 2)` gives the median, `Fraction(1, 10)` the 90th percentile.
    """
    return next((step.time for step in steps if step.share <= share), None)


def reached_between(steps: Iterable[Step], share: Fraction) -> tuple[int | None, int | None]:
    """Return the 95 % interval of `reached`; an end that the curve does not tell is None."""
    low = high = None
    spread = 0.0
    for step in steps:
        if step.share:
            spread += step.ended / (step.watched * (step.watched - step.ended))
            reach = Z95 * sqrt(spread) / log(step.share)
            least, most = step.share ** exp(-reach), step.share ** exp(reach)
        else:
            least = most = 0.0
        low = step.time if low is None and least <= share else low
        high = step.time if high is None and most <= share else high
    return low, high
