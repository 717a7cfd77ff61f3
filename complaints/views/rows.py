"""Rows of lists as plain strings, worked out once: a template tag per cell would cost more.

Who complains and about what is left out where the reader may not know it, or has not yet said why
they need to.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cache
from typing import TypedDict

from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from complaints.permissions import may_know_complainant, needs_reason, withheld_from
from complaints.selectors.access import readable_now
from complaints.selectors.clocks import left_words, status_of
from complaints.selectors.paging import WORDS_SHOWN, Line
from complaints.states import Channel, Priority, Stage, State

_SHOWN = 110
_NAMED = ("name", "organisation", "customer_number")  # what stands for a person, in order


class Row(TypedDict):
    """One row of a list; a dictionary, because templates look those up the quickest."""

    pk: int
    reference: str
    url: str
    received: str
    received_title: str
    who: str
    what: str
    pieces: Sequence[tuple[str, bool]]  # where words were looked for: the text around, hits marked
    about: str  # category and channel
    flags: Sequence[tuple[str, str, str]]  # text, level, tone (components/badge.html)
    state: str
    state_words: str
    clock: str  # on_time, warn, breached, paused, or nothing
    clock_words: str
    clock_stage: str
    due: str  # for the page's own counting on
    due_title: str
    priority: str
    priority_words: str
    owner: str
    css: str  # urgent: an emergency; mine: the reader's own; masked: not to be read yet


def rows_of(lines: Sequence[Line], actor: User, *, now: datetime, words: str = "") -> list[Row]:
    """Return the rows of a page for a reader; where words were looked for, they are marked."""
    if not lines:
        return []
    writer = _Writer(lines, actor, now, words)
    return [writer.row(line) for line in lines]


def link_to(reference: str) -> str:
    """Return the address of a complaint."""
    return reverse("complaints:complaint", args=[reference])


class _Writer:
    """What rows of one page have in common."""

    def __init__(self, lines: Sequence[Line], actor: User, now: datetime, words: str) -> None:
        self.actor = actor
        self.now = now
        self.hit = _hits(words) if words else None
        self.address = link_to("{}").replace("%7B%7D", "{}").format  # asked for once, not per row
        self.chinese = (translation.get_language() or "").startswith("zh")
        secret = [line.pk for line in lines if needs_reason(actor, line)]
        self.closed = set(secret) - readable_now(secret, actor, at=now)
        self.zone = timezone.get_current_timezone()
        self.day = cache(_day)
        self.state = _words(State)
        self.stage = _words(Stage)
        self.priority = _words(Priority)
        self.channel = _words(Channel)
        self.withheld = withheld_from(actor)
        self.persons = actor.persons
        self.known: dict[tuple[object, ...], bool] = {}
        self.unknown = _("Not known")
        self.nobody = _("Nobody yet")

    def row(self, line: Line) -> Row:
        masked = line.pk in self.closed
        received = line.received_at.astimezone(self.zone)
        due = line.next_due_at and line.next_due_at.astimezone(self.zone)
        clock, words = self._clock(line)
        return {
            "pk": line.pk,
            "reference": line.reference,
            "url": self.address(line.reference),
            "received": self.day(received.date()),
            "received_title": f"{received:%Y-%m-%d %H:%M}",
            "who": self._who(line, masked=masked),
            "what": _("You are asked why before you read it.") if masked else _beginning(line),
            "pieces": _around(line.description, self.hit) if self.hit and not masked else (),
            "about": self._about(line),
            "flags": [*self._flags(line)],
            "state": line.state,
            "state_words": self.state(line.state),
            "clock": clock,
            "clock_words": words,
            "clock_stage": self.stage(line.next_due_stage) if due else "",
            "due": due.isoformat() if due else "",
            "due_title": f"{due:%Y-%m-%d %H:%M}" if due else "",
            "priority": line.priority,
            "priority_words": self.priority(line.priority),
            "owner": line.owner_name or line.owner_username or self.nobody,
            "css": (
                f"{'urgent ' if line.emergency and line.is_open else ''}"
                f"{'mine ' if line.owner_id == self.actor.pk else ''}{'masked' if masked else ''}"
            ),
        }

    def _who(self, line: Line, *, masked: bool) -> str:
        if masked:
            return _("Confidential")
        if line.anonymous:
            return _("Anonymous")
        if not self._knows(line):
            return _("Not shown to you")
        named = (line.complainant, line.organisation, line.customer_number)
        shown = (
            who for who, field in zip(named, _NAMED, strict=True) if field not in self.withheld
        )
        return next(filter(None, shown), None) or (
            _("Not shown to you") if any(named) else self.unknown
        )

    def _knows(self, line: Line) -> bool:
        # Rows alike in what the answer depends on need not be asked about one by one. Of people
        # it depends on the reader, and on whom the reader stands in for.
        people = (line.owner_id, line.recorded_by_id, line.subject_person_id)
        near = tuple(person if person in self.persons else None for person in people)
        place = (line.site_id, line.team_id, line.provider_id)
        alike = (*place, line.confidential, line.owner_id is None, *near)
        if alike not in self.known:
            self.known[alike] = may_know_complainant(self.actor, line)
        return self.known[alike]

    def _about(self, line: Line) -> str:
        category = line.category_zh if self.chinese else line.category_en
        return " · ".join(filter(None, (category, self.channel(line.channel))))

    def _clock(self, line: Line) -> tuple[str, str]:
        if line.next_due_at is None:
            return ("paused", _("paused")) if line.paused else ("", "")
        since = line.next_due_since or line.received_at
        return status_of(since, line.next_due_at, self.now), left_words(line.next_due_at, self.now)

    def _flags(self, line: Line) -> Iterable[tuple[str, str, str]]:
        if line.emergency:
            yield _("Emergency"), "", "bad"
        if line.confidential:
            yield _("Confidential"), "confidential", ""
        if line.pending_approval and line.is_open:
            yield _("Approval asked for"), "", "warn"
        if line.escalation_level and line.is_open:
            yield _("Escalated"), "", "warn"
        if line.repeat_of_id:
            yield pgettext("a complaint", "Repeat"), "", "info"
        if line.missing and line.is_open:
            yield _("Incomplete"), "", "calm"


def _words(choices: type[State | Stage | Priority | Channel]) -> Callable[[str], str]:
    labels = dict(choices.choices)
    return cache(lambda value: str(labels.get(value, value)))


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT", use_l10n=True)


def _beginning(line: Line) -> str:
    text = " ".join(line.description.split())
    if len(text) <= _SHOWN and len(line.description) < WORDS_SHOWN:
        return text
    return text[:_SHOWN].rstrip(" ,.;:，。；：、") + "…"


def _hits(words: str) -> re.Pattern[str]:
    """Return what finds the words of a question in a text, the longest first."""
    found = sorted(set(words.split()), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, found)), re.IGNORECASE)


def _around(text: str, hit: re.Pattern[str]) -> Sequence[tuple[str, bool]]:
    """Return the stretch of a text around the first hit in pieces; nothing where there is none."""
    text = " ".join(text.split())
    first = hit.search(text)
    if first is None:
        return ()
    start = max(0, min(first.start() - _SHOWN // 3, len(text) - _SHOWN))
    stretch = text[start : start + _SHOWN]
    pieces: list[tuple[str, bool]] = [("…", False)] if start else []
    end = 0
    for found in hit.finditer(stretch):
        pieces += [(stretch[end : found.start()], False), (found.group(), True)]
        end = found.end()
    tail = "…" if start + _SHOWN < len(text) else ""
    return [*pieces, (stretch[end:] + tail, False)]
