"""The arithmetic of telling partners: how long to wait, which answers mean what. Pure."""

from datetime import timedelta
from http import HTTPStatus

# After each failed attempt of one event: some three days in all, then it is given up.
WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        5,
        5 * 60,
        30 * 60,
        2 * 3600,
        5 * 3600,
        10 * 3600,
        14 * 3600,
        20 * 3600,
        24 * 3600,
    )
)
# While an endpoint does not answer at all, one event after the other would fail: it is left alone.
_HOLDS = (5, 30, 120, 300)  # seconds
LONGEST_HOLD = timedelta(hours=1)  # an endpoint may ask for more patience, but not for ever
DOWN = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


def next_wait(attempts: int) -> timedelta | None:
    """Return how long to wait after this many failed attempts (1-based); None: give up."""
    return WAITS[attempts - 1] if attempts <= len(WAITS) else None


def hold_after(failures: int, *, asked: int | None) -> timedelta:
    """Return how long an endpoint is left alone after failing so often in a row (1-based)."""
    own = timedelta(seconds=_HOLDS[min(failures, len(_HOLDS)) - 1])
    wished = min(timedelta(seconds=asked), LONGEST_HOLD) if asked else timedelta()
    return max(own, wished)


def is_down(status: int | None) -> bool:
    """Return whether an answer, or none, says that no other event would get through either."""
    return status is None or status in DOWN


def seconds_asked(retry_after: str | None) -> int | None:
    """Return the seconds of a Retry-After header; a date in it is not read."""
    text = (retry_after or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None  # noqa: PLR2004
