"""From alarms to episodes that somebody works on, and to the level that explains them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitoring.rules.series import Floats

QUIET = 2  # so many periods below the lower threshold end an episode
KEEPS = 1.3  # −log10 p: 0.05 keeps an episode open that 0.005 has opened
EXPLAINED = 0.6  # so much of the excess of the whole must lie in one part to blame the part
RISES = 1.0  # −log10 p by which a level must rise to break the silence after an alarm


@dataclass(frozen=True)
class Episode:
    """An alarm that lasts: from when to when, how strong, and whether it is over."""

    first: int
    last: int
    peak: float
    open: bool


def episodes(
    alarms: NDArray[np.bool_], surprises: Floats, *, keeps: float = KEEPS, quiet: int = QUIET
) -> list[Episode]:
    """Return the episodes of one series: opened by an alarm, ended by quiet periods."""
    found: list[Episode] = []
    for at in range(len(alarms)):
        held = bool(found) and found[-1].open
        if held and (alarms[at] or surprises[at] >= keeps):
            peak = max(found[-1].peak, float(surprises[at]))
            found[-1] = Episode(found[-1].first, at, peak, open=True)
        elif held and at - found[-1].last >= quiet:
            found[-1] = Episode(found[-1].first, found[-1].last, found[-1].peak, open=False)
        elif not held and alarms[at]:
            found.append(Episode(at, at, float(surprises[at]), open=True))
    return found


def worth_telling(
    alarms: NDArray[np.bool_], surprises: Floats, *, silence: int, rises: float = RISES
) -> NDArray[np.bool_]:
    """Return the alarms to tell of: none for a while after one, unless it rises."""
    told = np.zeros(len(alarms), dtype=np.bool_)
    since, level = -silence - 1, 0.0
    for at in np.flatnonzero(alarms):
        if at - since > silence or surprises[at] >= level + rises:
            told[at], since, level = True, int(at), float(surprises[at])
    return told


def best_level(
    excess: Mapping[str, float],
    surprises: Mapping[str, float],
    parts: Mapping[str, Sequence[str]],
    root: str,
    *,
    alarmed: frozenset[str],
) -> str:
    """Return the node to raise the alarm at: go down while one part explains the rise.

    `excess` is observed less expected of each node. A part is to blame when it is alarmed itself
    and holds most of the excess of the whole; where several parts rise together, the whole is.
    """
    node = root
    while True:
        below = [part for part in parts.get(node, ()) if part in alarmed]
        if not below:
            return node
        chief = max(below, key=lambda part: (excess[part], surprises[part], part))
        if node in alarmed and excess[chief] < EXPLAINED * excess[node]:
            return node
        node = chief
