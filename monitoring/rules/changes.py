"""Since when: the moment from which a count series fits another level, by exact segmentation."""

import numpy as np

from monitoring.rules.series import Floats

LEAST_GAIN = 3.0  # of the log-likelihood, below which the present level is no older than a period


def since_when(counts: Floats, expected: Floats, *, most: int = 26) -> int:
    """Return the index from which the counts run at another multiple of what was expected.

    One change is looked for, the last segment reaching to the end: of all places in the last `most`
    periods the one with the greatest Poisson likelihood (exact, since every place is tried). Where
    no place gains enough, it is the last period.
    """
    length = len(counts)
    begin = max(0, length - most)
    seen, usual = counts[begin:], np.maximum(expected[begin:], 1e-6)
    after_seen = np.cumsum(seen[::-1])[::-1]
    after_usual = np.cumsum(usual[::-1])[::-1]
    before_seen = after_seen[0] - after_seen
    before_usual = after_usual[0] - after_usual
    gains = _best(after_seen, after_usual) + _best(before_seen, before_usual)
    gains = gains - _best(after_seen[:1], after_usual[:1])
    rises = after_seen / after_usual > np.where(
        before_usual > 0, before_seen / np.maximum(before_usual, 1e-6), 1.0
    )
    gains = np.where(rises, gains, -np.inf)
    gains[0] = -np.inf
    if not length or gains.max() < LEAST_GAIN:
        return length - 1
    return begin + int(np.argmax(gains))


def _best(seen: Floats, usual: Floats) -> Floats:
    """Return the greatest log-likelihood of a level, up to what is the same for all places."""
    result: Floats = np.where(
        seen > 0, seen * np.log(np.maximum(seen, 1e-9) / np.maximum(usual, 1e-9)), 0.0
    )
    return result
