"""How high a call has climbed by now, and when it climbs next."""

from datetime import datetime, timedelta


def rounds_due(declared_at: datetime, now: datetime, every: timedelta) -> int:
    """Return how many rounds of calls are due by now: one at once, one more after each pause.

    By the clock, not by counting: after an outage the ladder stands as high as it should.
    """
    return max(0, (now - declared_at) // every) + 1


def next_round_at(declared_at: datetime, now: datetime, every: timedelta) -> datetime:
    """Return when the next round is due."""
    return declared_at + rounds_due(declared_at, now, every) * every
