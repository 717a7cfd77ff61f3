"""How many calls a client may make each minute, counted across all processes.

RateLimit-Limit, -Remaining and -Reset tell it with every answer (draft-ietf-httpapi-ratelimit-
headers, 03), and Retry-After once it is over.
"""

import fcntl
import hashlib
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.filebased import FileBasedCache

from providers.errors import TooManyCalls
from providers.models import ApiClient

MINUTE = 60


def calls_a_minute(client: ApiClient) -> int:
    """Return how many calls a client may make each minute; 0 is any number."""
    agreed = client.calls_per_minute
    return int(settings.API_CALLS_A_MINUTE if agreed is None else agreed)


def count_call(whose: str, most: int) -> dict[str, str]:
    """Count a call of this minute and return the headers that tell how many are left.

    `most` 0 is no limit. Raises TooManyCalls.
    """
    if not most:
        return {}
    minute, gone = divmod(int(time.time()), MINUTE)
    wait = MINUTE - gone
    count = _count(whose, minute)
    if count > most:
        refusal = TooManyCalls(wait)
        refusal.headers = _headers(most, 0, wait)
        raise refusal
    return _headers(most, most - count, wait)


def _headers(most: int, left: int, wait: int) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(most),
        "RateLimit-Remaining": str(left),
        "RateLimit-Reset": str(wait),
    }


def _count(whose: str, minute: int) -> int:
    cache = caches["default"]
    if isinstance(cache, FileBasedCache):
        folder: Any = cache  # the library types do not know where its files lie
        return count_in_file(Path(folder._dir), whose, minute)  # noqa: SLF001
    key = f"calls:{whose}:{minute}"
    if cache.add(key, 1, timeout=2 * MINUTE):
        return 1
    try:
        return int(cache.incr(key))
    except ValueError:  # gone between the two: a new minute
        cache.set(key, 1, timeout=2 * MINUTE)
        return 1


def count_in_file(folder: Path, whose: str, minute: int) -> int:
    """Count under a lock: a cache of files reads and writes in two steps, and would lose calls."""
    folder = folder / "calls"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = hashlib.sha256(whose.encode()).hexdigest()[:32]
    with (folder / name).open("a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        then, _space, number = file.read().partition(" ")
        count = int(number) + 1 if then == str(minute) and number.isdecimal() else 1
        file.seek(0)
        file.truncate()
        file.write(f"{minute} {count}")
    return count
