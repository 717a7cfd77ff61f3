"""Rules that need no statistics: repeats, safety, and a source that has fallen silent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from monitoring.rules.series import Floats

REPEATS, REPEAT_DAYS = 3, 30
SAFETY_REPEATS, SAFETY_DAYS = 2, 90
SILENCE = 0.001
MEMORY = 26  # periods


@dataclass(frozen=True)
class Report:
    """One complaint, as far as the repeat rule reads it."""

    received: date
    complainant: str
    safety: bool = False


@dataclass(frozen=True)
class Limits:
    """How many different complainants, in how many days, make the rule speak."""

    repeats: int = REPEATS
    repeat_days: int = REPEAT_DAYS
    safety: int = SAFETY_REPEATS
    safety_days: int = SAFETY_DAYS


def repeats(reports: Iterable[Report], *, today: date, limits: Limits | None = None) -> bool:
    """Return whether the same product and problem came back often enough for a red alert.

    Three different complainants in 30 days, or two with a safety flag in 90, unless `limits` say
    otherwise.
    """
    known = list(reports)
    return comes_back(known, today=today, limits=limits) or endangers(
        known, today=today, limits=limits
    )


def comes_back(reports: Iterable[Report], *, today: date, limits: Limits | None = None) -> bool:
    """Return whether enough different people had the same problem lately."""
    says = limits or Limits()
    return _different(reports, today, says.repeat_days, safety=False) >= says.repeats


def endangers(reports: Iterable[Report], *, today: date, limits: Limits | None = None) -> bool:
    """Return whether enough different people had it with a safety flag."""
    says = limits or Limits()
    return _different(reports, today, says.safety_days, safety=True) >= says.safety


def _different(reports: Iterable[Report], today: date, days: int, *, safety: bool) -> int:
    since = today - timedelta(days=days)
    return len(
        {
            report.complainant
            for report in reports
            if since < report.received <= today and (report.safety or not safety)
        }
    )


def went_silent(counts: Floats, *, memory: int = MEMORY) -> NDArray[np.bool_]:
    """Return which series end in zeros that their own past makes incredible.

    The zeros at the end are compared with the mean and spread of the periods before them: a
    negative binomial with mean m and variance φm is zero with probability φ^(−m/(φ−1)).
    """
    rows, length = counts.shape
    silent = np.zeros(rows, dtype=np.bool_)
    for row in range(rows):
        heard = np.flatnonzero(counts[row])
        zeros = length - 1 - int(heard[-1]) if len(heard) else 0
        past = counts[row, : length - zeros][-memory:]
        if not zeros or len(past) < 2:  # noqa: PLR2004 - a variance needs two
            continue
        mean = float(past.mean())
        spread = max(float(past.var(ddof=1)) / mean, 1 + 1e-6)
        silent[row] = -zeros * mean * np.log(spread) / (spread - 1) < np.log(SILENCE)
    return silent
