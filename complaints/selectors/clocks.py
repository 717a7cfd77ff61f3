"""How the clocks stand, also in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from complaints.models import Clock
from complaints.rules.policy import PolicyContent

_NEARLY_OVER = 0.75  # of a clock's time: from here on it warns


def oldest_unswept(*, now: datetime) -> datetime | None:
    """Return since when a warning or breach has waited to be told, or None."""
    return (
        Clock.objects.filter(next_event_at__lte=now)
        .order_by("next_event_at")
        .values_list("next_event_at", flat=True)
        .first()
    )


@dataclass(frozen=True)
class Standing:
    """How one clock stands at a moment; the fields are those of components/clock_chip.html."""

    clock: Clock
    name: str
    status: str  # on_time, warn, breached, met, missed or paused
    text: str
    due_at: datetime
    live: bool  # the page may count on by itself

    @property
    def hard(self) -> bool:
        """Return whether a law or contract sets this limit."""
        return self.clock.hard


def standings(
    clocks: Sequence[Clock], says: PolicyContent, *, language: str, now: datetime
) -> list[Standing]:
    """Return how clocks stand: those that run first, the one that ends first in front."""
    names = {item.code: item.names.of(language) for item in says.clocks}
    found = [
        standing(clock, names.get(clock.code) or str(clock.get_stage_display()), now=now)
        for clock in clocks
        if not clock.dropped
    ]
    return sorted(
        found, key=lambda item: (not item.clock.running, item.due_at, not item.hard, item.clock.pk)
    )


def standing(clock: Clock, name: str, *, now: datetime) -> Standing:
    """Return how one clock stands."""
    if clock.stopped_at is not None:
        if clock.met:
            return Standing(clock, name, "met", _("met"), clock.due_at, live=False)
        late = time_words(clock.stopped_at - clock.due_at)
        text = _("missed by {time}").format(time=late)
        return Standing(clock, name, "missed", text, clock.due_at, live=False)
    if clock.paused_at is not None:
        return Standing(clock, name, "paused", _("paused"), clock.due_at, live=False)
    return Standing(
        clock,
        name,
        status_of(clock.started_at, clock.due_at, now),
        left_words(clock.due_at, now),
        clock.due_at,
        live=True,
    )


def status_of(started_at: datetime, due_at: datetime, now: datetime) -> str:
    """Return on_time, warn (three quarters of the time are used) or breached."""
    if now >= due_at:
        return "breached"
    return "warn" if now - started_at >= (due_at - started_at) * _NEARLY_OVER else "on_time"


def left_words(due_at: datetime, now: datetime) -> str:
    """Return how much time is left, or how late it is; static/js/clocks.js says the same."""
    if now < due_at:
        return _("{time} left").format(time=time_words(due_at - now))
    return _("{time} late").format(time=time_words(now - due_at))


def time_words(span: timedelta) -> str:
    """Return an amount of time in its two largest units: 3 d 4 h."""
    minutes = max(0, int(span.total_seconds() // 60))
    counts = (minutes // 1440, minutes // 60 % 24, minutes % 60)
    first = next((place for place, count in enumerate(counts) if count), 2)
    words = _UNITS[first](counts[first])
    if first == len(counts) - 1 or not counts[first + 1]:
        return words
    join = pgettext("between two amounts of time", " ")
    return f"{words}{join}{_UNITS[first + 1](counts[first + 1])}"


# Asked for each row of a list: only the words that are shown are looked up.
_UNITS: tuple[Callable[[int], str], ...] = (
    lambda count: _("{n} d").format(n=count),
    lambda count: _("{n} h").format(n=count),
    lambda count: _("{n} min").format(n=count),
)
