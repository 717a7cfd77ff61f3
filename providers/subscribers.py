"""What this floor does when it hears of its own facts: tell people of an endpoint that is off."""

from journal.models import Entry
from journal.registry import subscribe
from providers import events
from providers.services.notices import tell_of_disabled


@subscribe(events.ENDPOINT_DISABLED, name="providers.tell_of_disabled", outside=True)
def tell_of_disabled_endpoint(entry: Entry) -> None:
    """Write to who keeps it, unless one of them switched it off."""
    if entry.actor_id is None:
        tell_of_disabled(endpoint_id=entry.subject_id)
