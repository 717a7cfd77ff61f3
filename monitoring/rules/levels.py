"""One alarm for one rise: at the level that explains it best, not at each at which it shows.

A rise in one product at one site also lifts the product, the site and the whole. Which nodes share
complaints is known from the complaints themselves, so the dimensions need no common tree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from monitoring.rules.cells import Mask
from monitoring.rules.episodes import EXPLAINED
from monitoring.rules.series import Floats


@dataclass(frozen=True)
class Node:
    """A series in the period judged: what was seen of what was expected, and in which cells."""

    key: str
    observed: float
    expected: float
    upper: float
    p: float
    p_local: float
    surprise: float
    alarm: bool
    within: Mask  # the cells of the period that belong to it
    depth: int  # how many dimensions it names

    @property
    def excess(self) -> float:
        """Return how much more was seen than expected."""
        return self.observed - self.expected


@dataclass(frozen=True)
class Explained:
    """A node that deserves an alarm, and those whose rise it explains."""

    node: Node
    also: tuple[str, ...]


def shares_the_rise(one: Node, other: Node, weights: Floats) -> bool:
    """Return whether `one` explains why `other` rises.

    Everything of `other` lies within it, or most of the excess of `other` lies in what both share.
    """
    both = float(weights[one.within & other.within].sum())
    if not both:
        return False
    inside = float(weights[other.within].sum())
    if both >= inside:
        return True
    whole = float(weights[one.within].sum())
    return both * max(one.excess, 0.0) / whole >= EXPLAINED * max(other.excess, 1e-9)


def explain(nodes: Sequence[Node], weights: Floats) -> list[Explained]:
    """Choose among alarmed nodes those that explain the others, the most surprising first.

    From the most surprising one goes down while an alarmed part of it holds most of its excess; of
    two with the same complaints the one that says less is named.
    """
    left = sorted(nodes, key=lambda node: (-round(node.surprise, 3), node.depth, node.key))
    found = []
    while left:
        chief = _down(left[0], left, weights)
        others = [node for node in left if node is not chief]
        also = tuple(node.key for node in others if shares_the_rise(chief, node, weights))
        found.append(Explained(chief, also))
        left = [node for node in others if node.key not in also]
    return found


def _down(node: Node, nodes: Sequence[Node], weights: Floats) -> Node:
    while True:
        parts = [
            part
            for part in nodes
            if part.depth > node.depth
            and weights[part.within].sum() < weights[node.within].sum()
            and not (part.within & ~node.within & (weights > 0)).any()
            and part.excess >= EXPLAINED * node.excess
        ]
        if not parts:
            return node
        node = max(parts, key=lambda part: (part.excess, part.surprise, part.key))
