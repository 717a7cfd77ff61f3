"""Percentiles, of values and of counts in buckets. Nearest rank: ceil(p·n), as the reports say."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil, log

EXACT = 64  # up to here a bucket holds one value; above, some 5 %
_STEP = log(1.05)


def bucket_of(value: int) -> int:
    """Return the bucket of a value from 0 on."""
    return value if value < EXACT else EXACT + int(log(value / EXACT) / _STEP)


def value_of(bucket: int) -> int:
    """Return the smallest value of a bucket; from `EXACT` on the true one is up to 5 % larger."""
    if bucket < EXACT:
        return bucket
    guess = int(EXACT * 1.05 ** (bucket - EXACT))
    while bucket_of(guess) < bucket:
        guess += 1
    return guess


def percentile(values: Sequence[int], share: Fraction) -> int | None:
    """Return the nearest-rank percentile of values; None of none."""
    return of_counts({value: values.count(value) for value in set(values)}, share)


def of_counts(counts: Mapping[int, int], share: Fraction) -> int | None:
    """Return the nearest-rank percentile of what was counted by value; None of none."""
    return _at_rank(counts, ceil(share * sum(counts.values())))


def median(counts: Mapping[int, int]) -> Fraction | None:
    """Return the median of what was counted by value: between the middle two where n is even."""
    total = sum(counts.values())
    low, high = _at_rank(counts, (total + 1) // 2), _at_rank(counts, total // 2 + 1)
    return None if low is None or high is None else Fraction(low + high, 2)


def _at_rank(counts: Mapping[int, int], rank: int) -> int | None:
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if 0 < seen >= rank:
            return value
    return None
