"""The questions about endpoints: who keeps them, what was sent, what hangs."""

from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet

from accounts.models import User
from accounts.permissions import has_at
from providers.models import ApiClient, Delivery, Endpoint, Event, FeedHead
from providers.permissions import may_keep_webhooks
from providers.querysets import KEEP_WEBHOOKS
from providers.states import DeliveryState

PAGE = 50


def keepers_of(endpoint: Endpoint) -> list[User]:
    """Return the people who keep an endpoint and can be written to, by id."""
    people = User.objects.filter(is_active=True, is_system=False, is_client=False).exclude(email="")
    with_grants = people.prefetch_related("memberships__provider").order_by("pk")
    return [
        person
        for person in with_grants
        if has_at(
            person,
            KEEP_WEBHOOKS,
            site_id=None,
            team_id=None,
            provider_id=endpoint.client.provider_id,
        )
    ]


def clients_kept_by(actor: User) -> list[ApiClient]:
    """Return the software whose endpoints the actor keeps."""
    live = ApiClient.objects.filter(ended_at__isnull=True).select_related("provider")
    return [client for client in live if may_keep_webhooks(actor, client)]


def endpoints_for(actor: User) -> "QuerySet[Endpoint]":
    """Return the endpoints that exist for the actor, each with how it stands."""
    waiting = Q(deliveries__state=DeliveryState.WAITING)
    return (
        Endpoint.objects.visible_to(actor)
        .select_related("client__provider")
        .annotate(
            waiting=Count("deliveries", filter=waiting),
            failed=Count("deliveries", filter=Q(deliveries__state=DeliveryState.FAILED)),
            last_told=Max(
                "deliveries__settled_at", filter=Q(deliveries__state=DeliveryState.DELIVERED)
            ),
        )
        .order_by("client__name", "id")
    )


def deliveries_of(endpoint: Endpoint, *, state: str = "") -> "QuerySet[Delivery]":
    """Return what was sent to an endpoint or is to be, newest first, with every attempt."""
    rows = endpoint.deliveries.select_related("event").prefetch_related("tries").order_by("-id")
    return rows.filter(state=state) if state in DeliveryState.values else rows


@dataclass(frozen=True)
class LogPage:
    """Some deliveries, newest first, and where the next page begins (None at the end)."""

    deliveries: list[Delivery]
    next_before: int | None


def log_page(endpoint: Endpoint, *, state: str = "", before: int = 0, size: int = PAGE) -> LogPage:
    """Return a page of an endpoint's log."""
    rows = deliveries_of(endpoint, state=state)
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: size + 1])
    shown = found[:size]
    return LogPage(shown, shown[-1].pk if len(found) > size else None)


@dataclass(frozen=True)
class Reach:
    """Which numbers of the feed can be read: after `first`, up to `last`."""

    first: int
    last: int


def feed_reach() -> Reach:
    """Return how far the feed reaches back, and up to where it is complete."""
    head = FeedHead.objects.filter(pk=1).values_list("cleared_to", "last").first()
    return Reach(*head) if head else Reach(0, 0)


def numbered(*, after: int, up_to: int, provider_id: int | None) -> "QuerySet[Event]":
    """Return the events of the feed between two numbers, in order; of one provider, or all."""
    rows = Event.objects.filter(number__gt=after, number__lte=up_to).order_by("number")
    return rows if provider_id is None else rows.filter(provider=provider_id)
