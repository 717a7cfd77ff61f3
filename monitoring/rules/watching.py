"""From one scan to the next: what is new, what goes on, what rises again, what is over."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from monitoring.rules.episodes import KEEPS, QUIET, RISES
from monitoring.rules.levels import Explained, Node, explain, shares_the_rise
from monitoring.rules.series import Floats

SILENCE_DAYS = 7
RISEN, GOES_ON, QUIET_NOW, OVER, HELD_BACK, PAST = range(6)


@dataclass(frozen=True)
class Standing:
    """An episode: the alarm that opened it, how strong it has been, since when it is quiet.

    `step` is that of the periods it was found in; only those can end it.
    """

    key: str
    step: int
    last: date
    peak: float
    quiet: int = 0
    open: bool = True


@dataclass(frozen=True)
class Outcome:
    """What a scan changes: new alarms, episodes that go on, those that rose, those that are over.

    `standing` is what the next scan begins with.
    """

    raised: Sequence[Explained] = ()
    risen: Sequence[Explained] = ()
    going_on: Sequence[Node] = ()
    over: Sequence[str] = ()
    held_back: Sequence[str] = ()
    standing: Sequence[Standing] = field(default=())


def settle(
    nodes: Sequence[Node],
    standing: Sequence[Standing],
    weights: Floats,
    *,
    period: date,
    step: int,
    silence_days: int = SILENCE_DAYS,
) -> Outcome:
    """Compare the nodes of one period with the episodes so far.

    An alarm in an open episode is part of it unless the level has risen tenfold in p; an alarm
    soon after the end of one is held back likewise; one that an episode explains is part of that.
    """
    by_key = {node.key: node for node in nodes}
    changes = [_change(one, by_key.get(one.key), period, step, silence_days) for one in standing]
    risen = [change.node for change in changes if change.node and change.what == RISEN]
    going_on = [change.node for change in changes if change.node and change.what == GOES_ON]
    held_back = [change.node for change in changes if change.node and change.what == HELD_BACK]
    explaining = [*risen, *going_on, *held_back]
    spoken_for = {change.after.key for change in changes if change.what != PAST}
    fresh = [
        node
        for node in nodes
        if node.alarm
        and node.key not in spoken_for
        and not any(shares_the_rise(one, node, weights) for one in explaining)
    ]
    raised = explain(fresh, weights)
    after = {change.after.key: change.after for change in changes}
    for found in raised:
        after[found.node.key] = Standing(found.node.key, step, period, found.node.surprise)
    return Outcome(
        raised,
        [Explained(node, ()) for node in risen],
        going_on,
        [change.after.key for change in changes if change.what == OVER],
        [change.after.key for change in changes if change.what == HELD_BACK],
        tuple(after.values()),
    )


@dataclass(frozen=True)
class _Change:
    what: int
    after: Standing
    node: Node | None


def _change(
    one: Standing, node: Node | None, period: date, step: int, silence_days: int
) -> _Change:
    """Return what a period means for one episode."""
    alarmed = node is not None and node.alarm
    higher = node is not None and alarmed and node.surprise >= one.peak + RISES
    if one.open:
        after = _followed(one, node, period, step)
        if not after.open:
            return _Change(OVER, after, node)
        what = RISEN if higher else GOES_ON if _high(node) else QUIET_NOW
        return _Change(what, after, node)
    if not (alarmed and period - one.last <= timedelta(days=silence_days)):
        return _Change(PAST, one, node)
    if node is None or not higher:
        return _Change(HELD_BACK, one, node)
    return _Change(RISEN, replace(one, open=True, last=period, peak=node.surprise, quiet=0), node)


def _followed(one: Standing, node: Node | None, period: date, step: int) -> Standing:
    if node is not None and _high(node):
        peak = max(one.peak, node.surprise)
        return replace(one, last=max(one.last, period), peak=peak, quiet=0)
    if step != one.step:
        return one
    quiet = one.quiet + 1
    return replace(one, quiet=quiet, open=quiet < QUIET)


def _high(node: Node | None) -> bool:
    return node is not None and (node.alarm or node.surprise >= KEEPS)
