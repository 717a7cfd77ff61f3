"""Telling the people who keep an endpoint, or the file of a provider, what happened by itself."""

from accounts.models import Provider
from providers.models import Endpoint
from providers.selectors.file import file_keepers
from providers.selectors.webhooks import keepers_of
from providers.selectors.words import ENTRY_WORDS
from providers.transports import tell_of_file, tell_person


def tell_of_disabled(*, endpoint_id: int) -> int:
    """Write to each of the partner's and the organisation's people; return to how many.

    Nothing is said of what has been removed or switched on again meanwhile.
    """
    endpoint = (
        Endpoint.objects.select_related("client__provider")
        .filter(pk=endpoint_id, active=False)
        .first()
    )
    if endpoint is None:
        return 0
    return sum(tell_person(person, endpoint) for person in keepers_of(endpoint))


def tell_of_provider(*, provider_id: int, kind: str, days: int) -> int:
    """Write to each of the people who keep files what waits with a provider; return to how many.

    `days` is how far ahead it lies, or since when it waits: the kind says which.
    """
    provider = Provider.objects.get(pk=provider_id)
    words = ENTRY_WORDS[kind]
    return sum(tell_of_file(person, provider, words, days) for person in file_keepers())
