"""What a higher floor answers about complaints when partners are to be told of them.

This floor knows a complaint by its id only. Whoever keeps complaints says whether a client may
know of one, and what an event may carry about it, at the moment it is sent: rights may have
changed since it was written.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.models import User
    from providers.models import Event

# (event, the client's account, whether personal data may go along) -> what the event is about as
# JSON, or None where the client may not know of it.
Teller = Callable[["Event", "User", bool], Mapping[str, Any] | None]

_tellers: list[tuple[tuple[str, ...], Teller]] = []


def teller(*kinds: str) -> Callable[[Teller], Teller]:
    """Register who tells of complaints, and of which kinds of event. Raises ValueError on a second.

    The kinds are what endpoints can ask for, in this order.
    """

    def register(handler: Teller) -> Teller:
        if _tellers:
            raise ValueError("somebody tells of complaints already")
        _tellers.append((kinds, handler))
        return handler

    return register


def event_types() -> tuple[str, ...]:
    """Return the kinds of event that there are."""
    return _tellers[0][0] if _tellers else ()


def told(event: "Event", client: "User", *, personal: bool) -> Mapping[str, Any] | None:
    """Return what an event may say to a client, or None."""
    return _tellers[0][1](event, client, personal) if _tellers else None
