"""The filters of the register as people see them: fields, and the words for what is set."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from complaints.selectors.register import (
    CLOSED,
    FLAGS,
    ME,
    NONE,
    OPEN,
    OVERDUE,
    TODAY,
    WEEK,
    Filters,
    Known,
    Name,
)
from complaints.states import Channel, Priority, State

NAMES: Mapping[str, Any] = {
    "q": gettext_lazy("Words"),
    "standing": gettext_lazy("Open or closed"),
    "state": gettext_lazy("State"),
    "due": gettext_lazy("Time left"),
    "owner": gettext_lazy("Owner"),
    "team": gettext_lazy("Team"),
    "site": gettext_lazy("Site"),
    "provider": gettext_lazy("Provider"),
    "category": gettext_lazy("Category"),
    "priority": gettext_lazy("Priority"),
    "channel": gettext_lazy("Channel"),
    "received_after": gettext_lazy("Received from"),
    "received_before": gettext_lazy("Received until"),
    "emergency": gettext_lazy("Emergency"),
    "paused": gettext_lazy("Clock paused"),
    "confidential": gettext_lazy("Confidential"),
    "repeat": gettext_lazy("Repeat of an earlier one"),
    "incomplete": gettext_lazy("Incomplete"),
    "approval": gettext_lazy("Waiting for approval"),
    "sort": gettext_lazy("Order"),
}
STANDING_WORDS: Mapping[str, Any] = {
    OPEN: pgettext_lazy("filter", "Open"),
    CLOSED: pgettext_lazy("filter", "At their end"),
}
DUE_WORDS: Mapping[str, Any] = {
    OVERDUE: pgettext_lazy("filter", "Late"),
    TODAY: pgettext_lazy("filter", "Due today"),
    WEEK: pgettext_lazy("filter", "Due within a week"),
}
_WORDS_OF: Mapping[str, Mapping[str, Any]] = {
    "standing": STANDING_WORDS,
    "due": DUE_WORDS,
    "state": dict(State.choices),
    "priority": dict(Priority.choices),
    "channel": dict(Channel.choices),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter that is set, with the address of the list without it."""

    text: str
    url: str


# What is folded away until somebody opens it.
_MORE = (
    "team",
    "category",
    "site",
    "provider",
    "received_after",
    "received_before",
    "state",
    "channel",
    "priority",
    *FLAGS,
)


def panel_of(filters: Filters, known: Known, *, opened: bool = False) -> dict[str, Any]:
    """Return the fields of the panel; those folded away only where somebody has opened them."""
    people = known.people if opened or filters.owner.isdecimal() else ()
    panel = {
        "filters": filters,
        "standings": _options(STANDING_WORDS.items(), filters.standing),
        "dues": _options(DUE_WORDS.items(), filters.due),
        "people": _options(((person.code, person) for person in people), filters.owner),
        "opened": opened,
        "folded": filters.pairs(*_MORE),  # kept in the form while nobody opens them
    }
    return panel | more_of(filters, known) if opened else panel


def more_of(filters: Filters, known: Known) -> dict[str, Any]:
    """Return the fields that are folded away."""
    return {
        "filters": filters,
        "people": _options(((person.code, person) for person in known.people), filters.owner),
        "categories": _options(_tree(known.categories), filters.category),
        "sites": _options(((site.code, site) for site in known.sites), filters.site),
        "providers": _options(((one.code, one) for one in known.providers), filters.provider),
        "teams": _options(((team.code, team) for team in known.teams), filters.team),
        "states": _ticks("state", filters.state),
        "priorities": _ticks("priority", filters.priority),
        "channels": _ticks("channel", filters.channel),
        "flags": [(name, NAMES[name], getattr(filters, name)) for name in FLAGS],
    }


def chips_of(filters: Filters, known: Known) -> list[Chip]:
    """Return the filters that are set, in words, each to be taken off."""
    base = reverse("complaints:list")
    found = []
    for name, value, words in _set(filters, known):
        query = filters.without(name, value).as_query()
        found.append(Chip(words, f"{base}?{query}" if query else base))
    return found


def ignored_words(filters: Filters) -> list[str]:
    """Return a sentence for each value of the address that meant nothing."""
    return [
        _("“%(value)s” is no value of the filter “%(name)s”: it was left out.")
        % {"value": item.value, "name": NAMES[item.name]}
        for item in filters.ignored
    ]


def _set(filters: Filters, known: Known) -> Iterable[tuple[str, str, str]]:
    """Yield the name, one value and the words of each filter that is set."""
    if filters.q:
        yield "q", "", _("Words: %(words)s") % {"words": filters.q}
    for name, words in _WORDS_OF.items():
        value = getattr(filters, name)
        for one in value if isinstance(value, tuple) else filter(None, [value]):
            yield name, one, str(words[one])
    yield from _places(filters, known)
    for name in ("received_after", "received_before"):
        day = getattr(filters, name)
        if day is not None:
            text = date_format(day, "SHORT_DATE_FORMAT", use_l10n=True)
            yield name, "", f"{NAMES[name]} {text}"
    yield from ((name, "", str(NAMES[name])) for name in FLAGS if getattr(filters, name))


def _places(filters: Filters, known: Known) -> Iterable[tuple[str, str, str]]:
    if filters.owner:
        yield "owner", "", _owner_words(filters.owner, known)
    for name, places in (("team", "teams"), ("site", "sites"), ("provider", "providers")):
        code = getattr(filters, name)
        if code:
            rows: list[Name] = getattr(known, places)
            found = next((str(row) for row in rows if row.code == code), _("none"))
            yield name, "", f"{NAMES[name]}: {found}"
    if filters.category:
        yield "category", "", next(str(c) for c in known.categories if c.code == filters.category)


def _owner_words(owner: str, known: Known) -> str:
    if owner == ME:
        return _("Mine")
    if owner == NONE:
        return _("Nobody's")
    name = next((str(person) for person in known.people if person.code == owner), "?")
    return _("Owner: %(name)s") % {"name": name}


def _options(choices: Iterable[tuple[str, Any]], chosen: str) -> SafeString:
    """Return the options of a select. There are hundreds: a template would take its time."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        (
            (value, mark_safe(" selected") if value == chosen else "", label)
            for value, label in choices
        ),
    )


def _ticks(name: str, chosen: Sequence[str]) -> list[tuple[str, Any, bool]]:
    return [(value, label, value in chosen) for value, label in _WORDS_OF[name].items()]


def _tree(categories: Sequence[Name]) -> Iterable[tuple[str, str]]:
    """Yield code and name, those of sub-classes set in by their depth."""
    depth: dict[int | None, int] = {None: -1}
    for category in categories:
        depth[category.pk] = depth[category.parent_id] + 1
        yield category.code, "\u2003" * depth[category.pk] + str(category)
