"""How often an address may do something on the pages without an account."""

import hashlib
import time

import structlog
from django.core.cache import cache

from journal.origin import current_origin

log = structlog.get_logger(__name__)
HOUR = 3600


def too_often(what: str, most: int, *, of: str | None = None) -> bool:
    """Count one more try of this hour, and return whether it is more than so many.

    Counted by the address of whoever asks, or by `of`: only its digest lies in the cache. Of an
    address nobody knows, nothing is counted.
    """
    whose = of if of is not None else current_origin().address
    if not whose:
        return False
    digest = hashlib.sha256(whose.encode()).hexdigest()[:32]
    key = f"public:{what}:{int(time.time()) // HOUR}:{digest}"
    count = 1
    if not cache.add(key, 1, timeout=HOUR):
        try:
            count = cache.incr(key)
        except ValueError:  # gone between the two: a new hour
            cache.set(key, 1, timeout=HOUR)
        else:
            cache.touch(key, HOUR)
    if count > most:
        log.warning("public_limit", what=what)
    return count > most
