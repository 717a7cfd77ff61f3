"""How long it takes when some are not finished yet (Kaplan and Meier, JASA 53, 1958)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Step:
    """The share not yet finished from a time on, and how many were watched until then."""

    time: int
    share: Fraction
    watched: int


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
            steps.append(Step(time, share, watched))
        watched -= gone[time]
    return steps


def reached(steps: Iterable[Step], share: Fraction) -> int | None:
    """Return the first time at which no more than `share` are unfinished; None if it never is.

    `Fraction(1, 2)` gives the median, `Fraction(1, 10)` the 90th percentile.
    """
    return next((step.time for step in steps if step.share <= share), None)
