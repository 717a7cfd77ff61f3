"""A level that has come to stay: the past is told in its measure, so that it alarms no more."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from monitoring.rules.series import Floats

LEAST_FACTOR, MOST_FACTOR = 0.1, 20.0


@dataclass(frozen=True)
class Lift:
    """From a day on, a series runs at `factor` times its former level."""

    since: date
    factor: float


def factor_of(counts: Floats, expected: Floats) -> float:
    """Return how many times as much is seen as was expected, within reason."""
    usual = max(float(expected.sum()), 1.0)
    return float(np.clip(float(counts.sum()) / usual, LEAST_FACTOR, MOST_FACTOR))


def lifted(counts: Floats, dates: list[date], lift: Lift) -> Floats:
    """Return the counts with what lies before the day multiplied, in whole complaints.

    The season of the past stays, the level is the new one.
    """
    before = np.array([day < lift.since for day in dates])
    return np.where(before, np.rint(counts * lift.factor), counts)
