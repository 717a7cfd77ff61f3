"""Where a rota has holes."""

from collections.abc import Iterable
from datetime import datetime

Span = tuple[datetime, datetime]


def uncovered(spans: Iterable[Span], since: datetime, until: datetime) -> list[Span]:
    """Return the stretches between two moments that no span covers, in order."""
    holes: list[Span] = []
    at = since
    for start, end in sorted(spans):
        if start >= until:
            break
        if start > at:
            holes.append((at, start))
        at = max(at, end)
    if at < until:
        holes.append((at, until))
    return holes


def without(span: Span, away: Iterable[Span]) -> list[Span]:
    """Return what is left of a span when somebody is away."""
    start, end = span
    return uncovered(
        ((max(a, start), min(b, end)) for a, b in away if a < end and b > start), *span
    )
