"""From one scan to the next: what is new, what goes on, what rises again, what is over."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from monitoring.rules.episodes import KEEPS, QUIET, RISES
from monitoring.rules.levels import Explained, Node, explain, shares_the_rise
from monitoring.rules.series import Floats

SILENCE_DAYS = 7


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
    known = {one.key: one for one in standing}
    after: dict[str, Standing] = {}
    going_on: list[Node] = []
    over: list[str] = []
    risen: list[Node] = []
    held_back: list[str] = []
    for one in standing:
        node = by_key.get(one.key)
        if one.open:
            now = _followed(one, node, period, step)
            if node is not None and node.alarm and node.surprise >= one.peak + RISES:
                risen.append(node)
            elif now.open and now.quiet == 0 and node is not None:
                going_on.append(node)
            if not now.open:
                over.append(one.key)
        else:
            now = one
            if node is not None and node.alarm and _soon(one, period, silence_days):
                if node.surprise >= one.peak + RISES:
                    risen.append(node)
                    now = replace(one, open=True, last=period, peak=node.surprise, quiet=0)
                else:
                    held_back.append(one.key)
        after[one.key] = now
    explaining = [*risen, *going_on]
    fresh = [
        node
        for node in nodes
        if node.alarm
        and (node.key not in known or not (known[node.key].open or node.key in held_back))
        and node.key not in {one.key for one in risen}
        and not any(shares_the_rise(one, node, weights) for one in explaining)
    ]
    raised = explain(fresh, weights)
    for found in raised:
        after[found.node.key] = Standing(found.node.key, step, period, found.node.surprise)
    again = [Explained(node, ()) for node in risen]
    return Outcome(raised, again, going_on, over, held_back, tuple(after.values()))


def _followed(one: Standing, node: Node | None, period: date, step: int) -> Standing:
    surprise = node.surprise if node is not None else 0.0
    if (node is not None and node.alarm) or surprise >= KEEPS:
        return replace(one, last=max(one.last, period), peak=max(one.peak, surprise), quiet=0)
    if step != one.step:
        return one
    quiet = one.quiet + 1
    return replace(one, quiet=quiet, open=quiet < QUIET)


def _soon(one: Standing, period: date, silence_days: int) -> bool:
    return period - one.last <= timedelta(days=silence_days)
