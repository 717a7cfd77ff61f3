"""Who listens to what. Subscriptions are named: the name is stored with each delivery."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db import models

    from journal.models import Entry

Handler = Callable[["Entry"], None]
# Each entry with the thing it is about, as the verb that recorded it holds it.
Witness = Callable[[Sequence[tuple["models.Model", "Entry"]]], None]


@dataclass(frozen=True)
class Subscription:
    """A handler of one kind of entry.

    `outside` says that the handler acts on the world (mail, HTTP) and keeps its own transactions;
    all others run inside the transaction that ticks the delivery off, so they happen once.
    """

    kind: str
    name: str
    handler: Handler
    outside: bool = False


_by_name: dict[str, Subscription] = {}
_by_kind: dict[str, list[Subscription]] = {}
_witnesses: dict[str, Witness] = {}


def subscribe(kind: str, *, name: str, outside: bool = False) -> Callable[[Handler], Handler]:
    """Register a handler under a name that must never change. Raises ValueError on a second use."""

    def register(handler: Handler) -> Handler:
        if name in _by_name:
            raise ValueError(f"subscription {name!r} is taken")
        subscription = Subscription(kind, name, handler, outside)
        _by_name[name] = subscription
        _by_kind.setdefault(kind, []).append(subscription)
        return handler

    return register


def subscriptions_to(kind: str) -> list[Subscription]:
    """Return the subscriptions to this kind, in order of registration."""
    return _by_kind.get(kind, [])


def subscription(name: str) -> Subscription | None:
    """Return the subscription of this name, or None when its app has been removed."""
    return _by_name.get(name)


def witness(*kinds: str) -> Callable[[Witness], Witness]:
    """Register who notes facts down in the very transaction that records them.

    A subscriber hears later and one by one; a witness must be quick and may not fail, for the fact
    would fail with it. One for each kind. Raises ValueError on a second.
    """

    def register(handler: Witness) -> Witness:
        taken = sorted(set(kinds) & set(_witnesses))
        if taken:
            raise ValueError(f"there is a witness to {taken} already")
        _witnesses.update(dict.fromkeys(kinds, handler))
        return handler

    return register


def witness_of(kind: str) -> Witness | None:
    """Return who notes down facts of this kind, if anybody does."""
    return _witnesses.get(kind)
