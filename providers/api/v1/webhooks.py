"""webhooks/: endpoints of the calling client, their secrets, their log; try and send again."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.http import Http404
from django.utils.translation import gettext_lazy as _

from providers.api.operations import Answer, Call, operation
from providers.api.pages import PAGE, BadCursor, page_answer, page_of, place_of
from providers.api.v1 import shapes
from providers.api.views import ApiView, etag, expected_version
from providers.errors import Invalid
from providers.models import Delivery, Endpoint
from providers.registry import event_types
from providers.selectors.webhooks import log_page
from providers.services import endpoints
from providers.states import DeliveryState, Scope

KEEP = Scope.WEBHOOKS
TAG = "webhooks"


class Webhooks(ApiView):
    """Add, and list."""

    @operation(
        "webhook_add",
        "Add an endpoint",
        scope=KEEP,
        takes=shapes.EndpointGiven,
        gives={201: shapes.EndpointShape},
        refuses=(409,),
        opens={"webhook": "$response.body#/id"},
        tag=TAG,
    )
    def post(self, call: Call) -> Answer:
        """Its secret is read from `secret/`, so that no answer that is kept holds it."""
        endpoint = endpoints.add_endpoint(
            client=call.client,
            url=call.given["url"],
            types=call.given["event_types"],
            note=call.given["note"],
            actor=call.actor,
            at=call.at,
        )
        where = {"Location": f"{call.address}{endpoint.public_id}/"}
        return Answer(told(endpoint), HTTPStatus.CREATED, {**etag(endpoint.version), **where})

    @operation(
        "webhook_list",
        "List endpoints",
        scope=KEEP,
        gives={200: page_of(shapes.EndpointShape)},
        tag=TAG,
    )
    def get(self, call: Call) -> Answer:
        """There are ten at most, so they come on one page."""
        return page_answer(call, [told(one) for one in Endpoint.objects.visible_to(call.actor)])


class EventTypes(ApiView):
    """What an endpoint can ask for."""

    @operation(
        "webhook_event_types",
        "List the events that there are",
        scope=KEEP,
        gives={200: shapes.TypesShape},
        tag=TAG,
    )
    def get(self, call: Call) -> Answer:  # noqa: ARG002 - the same for all
        """New ones may be added: take what you do not know without an error."""
        return Answer({"results": list(event_types())})


class Webhook(ApiView):
    """Read one."""

    @operation(
        "webhook_read",
        "Read an endpoint",
        scope=KEEP,
        gives={200: shapes.EndpointShape},
        tag=TAG,
    )
    def get(self, call: Call, webhook: str) -> Answer:
        """With how it stands."""
        endpoint = found(call, webhook)
        return Answer(told(endpoint), headers=etag(endpoint.version))


class Change(ApiView):
    """Change one."""

    @operation(
        "webhook_change",
        "Change an endpoint, switch it off or on",
        scope=KEEP,
        takes=shapes.EndpointChanged,
        gives={200: shapes.EndpointShape},
        versioned=True,
        tag=TAG,
    )
    def post(self, call: Call, webhook: str) -> Answer:
        """Switched on again, it is sent what happens from then on; `replay/` sends the rest."""
        endpoint = found(call, webhook)
        endpoint = endpoints.change_endpoint(
            endpoint_id=endpoint.pk,
            values=call.given,
            actor=call.actor,
            at=call.at,
            expected_version=expected_version(call, endpoint.version),
        )
        return Answer(told(endpoint), headers=etag(endpoint.version))


class Remove(ApiView):
    """Remove one."""

    @operation(
        "webhook_remove",
        "Remove an endpoint with its secrets and its log",
        scope=KEEP,
        gives={204: None},
        versioned=True,
        tag=TAG,
    )
    def post(self, call: Call, webhook: str) -> Answer:
        """What was on its way is not sent any more."""
        endpoint = found(call, webhook)
        endpoints.remove_endpoint(
            endpoint_id=endpoint.pk,
            actor=call.actor,
            at=call.at,
            expected_version=expected_version(call, endpoint.version),
        )
        return Answer(status=HTTPStatus.NO_CONTENT)


class Secret(ApiView):
    """Read the secret."""

    @operation(
        "webhook_secret",
        "Read the secret",
        scope=KEEP,
        gives={200: shapes.SecretShape},
        refuses=(409,),
        tag=TAG,
    )
    def get(self, call: Call, webhook: str) -> Answer:
        """That it was read is recorded."""
        endpoint = found(call, webhook)
        secret = endpoints.read_secret(endpoint_id=endpoint.pk, actor=call.actor, at=call.at)
        return Answer({"secret": secret, "former_secret_until": endpoint.former_until})


class Rotate(ApiView):
    """Change the secret."""

    @operation(
        "webhook_rotate",
        "Give an endpoint a new secret",
        scope=KEEP,
        takes=shapes.RotationGiven,
        gives={200: shapes.EndpointShape},
        names={"overlap": "overlap_hours"},
        versioned=True,
        tag=TAG,
    )
    def post(self, call: Call, webhook: str) -> Answer:
        """Until `former_secret_until`, deliveries carry the signatures of both."""
        endpoint = found(call, webhook)
        endpoint = endpoints.rotate_endpoint_secret(
            endpoint_id=endpoint.pk,
            overlap=timedelta(hours=call.given["overlap_hours"]),
            actor=call.actor,
            at=call.at,
            expected_version=expected_version(call, endpoint.version),
        )
        return Answer(told(endpoint), headers=etag(endpoint.version))


class Test(ApiView):
    """Try one."""

    @operation(
        "webhook_test",
        "Send a test event",
        scope=KEEP,
        gives={202: shapes.TestShape},
        refuses=(409,),
        tag=TAG,
    )
    def post(self, call: Call, webhook: str) -> Answer:
        """It is of type `webhook.test` and about no complaint."""
        endpoint = found(call, webhook)
        delivery = endpoints.send_test_event(endpoint_id=endpoint.pk, actor=call.actor, at=call.at)
        return Answer({"event_id": delivery.event.public_id}, HTTPStatus.ACCEPTED)


class Replay(ApiView):
    """Send again."""

    @operation(
        "webhook_replay",
        "Send events again",
        scope=KEEP,
        takes=shapes.ReplayGiven,
        gives={202: shapes.ReplayShape},
        refuses=(409,),
        tag=TAG,
    )
    def post(self, call: Call, webhook: str) -> Answer:
        """One by `event_id`, or all of a time by `since` and `until`, never told ones too."""
        endpoint, given = found(call, webhook), call.given
        who: dict[str, Any] = {"endpoint_id": endpoint.pk, "actor": call.actor, "at": call.at}
        if set(given) == {"event_id"}:
            count = endpoints.replay_event(event_id=given["event_id"], **who)
        elif set(given) == {"since", "until"}:
            count = endpoints.replay_events(since=given["since"], until=given["until"], **who)
        else:
            raise Invalid([("", "required", _("Name an event, or both ends of a time."))])
        return Answer({"events": count}, HTTPStatus.ACCEPTED)


class Deliveries(ApiView):
    """Read the log."""

    @operation(
        "webhook_deliveries",
        "Read the delivery log",
        scope=KEEP,
        asks=shapes.LogQuery,
        gives={200: page_of(shapes.DeliveryShape)},
        tag=TAG,
    )
    def get(self, call: Call, webhook: str) -> Answer:
        """Newest first, with every attempt."""
        place = place_of(call)
        if place.before or (place.after and not place.after.isdecimal()):
            raise BadCursor
        page = log_page(
            found(call, webhook),
            state=call.asked.get("state", ""),
            before=int(place.after[:18] or 0),
            size=call.asked.get("page_size", PAGE),
        )
        rows = [_delivery(one) for one in page.deliveries]
        return page_answer(call, rows, after=str(page.next_before or ""))


def found(call: Call, webhook: str) -> Endpoint:
    """Return the endpoint of an id. Raises Http404 when there is none for this client."""
    endpoint = Endpoint.objects.visible_to(call.actor).filter(public_id=webhook).first()
    if endpoint is None:
        raise Http404
    return endpoint


def told(endpoint: Endpoint) -> dict[str, Any]:
    """Return an endpoint as partners are told of it."""
    return {
        "id": endpoint.public_id,
        "url": endpoint.url,
        "event_types": endpoint.event_types,
        "note": endpoint.note,
        "active": endpoint.active,
        "disabled_at": endpoint.disabled_at,
        "disabled_because": endpoint.disabled_because or None,
        "failing_since": endpoint.failing_since,
        "former_secret_until": endpoint.former_until,
        "created_at": endpoint.made_at,
        "version": endpoint.version,
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    waits = delivery.state == DeliveryState.WAITING
    return {
        "event_id": delivery.event.public_id,
        "type": delivery.event.kind,
        "sequence": delivery.event.number,
        "state": delivery.state,
        "attempts": [
            {
                "at": one.at,
                "status": one.status,
                "fault": one.fault or None,
                "milliseconds": one.milliseconds,
            }
            for one in delivery.tries.all()
        ],
        "next_attempt_at": delivery.next_at if waits else None,
        "settled_at": delivery.settled_at,
    }
