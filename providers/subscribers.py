"""What this floor does when it hears of its own facts: tell people what happened by itself."""

from journal.models import Entry
from journal.registry import subscribe
from providers import events
from providers.services.notices import tell_of_disabled, tell_of_provider


@subscribe(events.ENDPOINT_DISABLED, name="providers.tell_of_disabled", outside=True)
def tell_of_disabled_endpoint(entry: Entry) -> None:
    """Write to who keeps it, unless one of them switched it off."""
    if entry.actor_id is None:
        tell_of_disabled(endpoint_id=entry.subject_id)


@subscribe(events.CONTRACT_ENDING, name="providers.tell_of_contract_ending", outside=True)
@subscribe(events.EVALUATION_DUE, name="providers.tell_of_evaluation_due", outside=True)
@subscribe(events.EVALUATION_LATE, name="providers.tell_of_evaluation_late", outside=True)
@subscribe(events.REQUIREMENTS_WAITING, name="providers.tell_of_requirements", outside=True)
def tell_of_what_waits(entry: Entry) -> None:
    """Write to the people who keep files; the steps at which they are told are the record's."""
    tell_of_provider(provider_id=entry.subject_id, kind=entry.kind, days=int(entry.payload["days"]))
