"""Telling partners: each fact about a complaint becomes an event, in the fact's transaction."""

from collections.abc import Sequence

from django.db.models import Model

from complaints.models import Complaint
from complaints.selectors.announcing import event_of
from journal.models import Entry
from providers.services.feed import note_events


def announce(pairs: Sequence[tuple[Model, Entry]]) -> None:
    """Write an event for each entry that is about a complaint."""
    note_events([event_of(thing, entry) for thing, entry in pairs if isinstance(thing, Complaint)])
