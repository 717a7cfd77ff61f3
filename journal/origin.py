"""Where the present work comes from: set at the door (page, import …), read by record()."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """The door (web, api, import, scheduler, command, relay) and, if any, the address.

    `sandbox` marks the work of a partner who tries things out: it is recorded, and nobody is told.
    """

    door: str = "command"
    address: str = ""
    sandbox: bool = False


_current: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 - frozen


def current_origin() -> Origin:
    """Return where the present work comes from."""
    return _current.get()


@contextmanager
def origin(door: str, address: str = "", *, sandbox: bool | None = None) -> Iterator[None]:
    """Mark all work inside the block as coming from this door; in the sandbox, if it was before."""
    tried = _current.get().sandbox if sandbox is None else sandbox
    token = _current.set(Origin(door, address, tried))
    try:
        yield
    finally:
        _current.reset(token)
