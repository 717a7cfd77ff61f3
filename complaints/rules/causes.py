"""By whom a time limit was missed: where the complaint lay while the time ran (domain brief, 3.3).

What counts is the time between the clock's start and its due date: what came later missed nothing
any more. Time in which the clock stood still moved the due date; it is shown, and blamed on nobody.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal, TypeVar

Party = Literal["org", "provider", "third_party", "complainant"]
# Of those with the same share the first: the organisation answers for the whole.
PARTIES: tuple[Party, ...] = ("org", "provider", "third_party", "complainant")
_SECONDS = 60
Name = TypeVar("Name", bound=str)


@dataclass(frozen=True)
class Stay:
    """From when on a complaint lay with a party, until the next stay begins."""

    party: Party
    since: datetime


@dataclass(frozen=True)
class Wait:
    """A stretch in which something was waited for; without an end it goes on."""

    reason: str
    party: Party
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Evidence:
    """Where the time of a missed limit went, in whole minutes."""

    lain: Mapping[Party, int]
    stood_still: Mapping[str, int]  # by the reason of the pause

    @property
    def caused_by(self) -> Party:
        """Return with whom the complaint lay longest; the organisation where that says nothing."""
        return max(PARTIES, key=lambda party: (self.lain.get(party, 0), -PARTIES.index(party)))


def evidence_of(
    stays: Sequence[Stay],
    waits: Iterable[Wait],
    *,
    since: datetime,
    until: datetime,
    pauses_allowed: Collection[str],
) -> Evidence:
    """Divide the time from `since` to `until` among those with whom the complaint lay.

    `stays` are in order, the first at or before `since`. A wait goes before a stay; one whose
    reason the clock allows stopped the clock.
    """
    waits = list(waits)
    edges = {since, until}
    edges |= {stay.since for stay in stays}
    edges |= {edge for wait in waits for edge in (wait.since, wait.until) if edge is not None}
    marks = sorted(edge for edge in edges if since <= edge <= until)
    lain: dict[Party, float] = {}
    still: dict[str, float] = {}
    for start, end in pairwise(marks):
        seconds = (end - start).total_seconds()
        wait = _at(waits, start, pauses_allowed)
        if wait is not None and wait.reason in pauses_allowed:
            still[wait.reason] = still.get(wait.reason, 0) + seconds
            continue
        party = wait.party if wait is not None else _with_whom(stays, start)
        lain[party] = lain.get(party, 0) + seconds
    return Evidence(_minutes(lain), _minutes(still))


def _at(waits: Sequence[Wait], at: datetime, allowed: Collection[str]) -> Wait | None:
    found = [one for one in waits if one.since <= at and (one.until is None or at < one.until)]
    return min(found, key=lambda one: one.reason not in allowed, default=None)


def _with_whom(stays: Sequence[Stay], at: datetime) -> Party:
    return next((stay.party for stay in reversed(stays) if stay.since <= at), PARTIES[0])


def _minutes(spans: Mapping[Name, float]) -> dict[Name, int]:
    return {name: int(seconds // _SECONDS) for name, seconds in spans.items()}
