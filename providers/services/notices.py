"""Telling the people who keep an endpoint that it was switched off by itself."""

from providers.models import Endpoint
from providers.selectors.webhooks import keepers_of
from providers.transports import tell_person


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
