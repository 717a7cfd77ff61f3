"""Shapes of the calls about webhooks: what they take, and what they are answered."""

from typing import Any

from rest_framework import serializers as s

from providers.api.fields import Choice, Flag, Items, Moment, Strict, Text, Whole
from providers.api.pages import PageQuery
from providers.states import DeliveryState, DisabledBecause, Fault

Shape = s.Serializer[Any]
_URL = "https, in the public network, without name, password and fragment."
_TYPES = "As `type` of events; none are all of them."


class EndpointGiven(Strict):
    """A new endpoint."""

    url = Text(longest=500, help_text=_URL)
    event_types = Items(
        child=Text(longest=64), required=False, default=list, max_length=100, help_text=_TYPES
    )
    note = Text(longest=120, required=False, default="")


class EndpointChanged(Strict):
    """What is to be changed; what is left out stays."""

    url = Text(longest=500, required=False, allow_blank=False, help_text=_URL)
    event_types = Items(child=Text(longest=64), required=False, max_length=100, help_text=_TYPES)
    note = Text(longest=120, required=False)
    active = Flag(required=False)


class RotationGiven(Strict):
    """A new secret."""

    overlap_hours = Whole(
        least=0,
        most=168,
        required=False,
        default=24,
        help_text="For so long the former secret signs, too.",
    )


class ReplayGiven(Strict):
    """What is to be sent again: one event, or all that were recorded in a time."""

    event_id = Text(longest=40, required=False)
    since = Moment(required=False)
    until = Moment(required=False)


class LogQuery(PageQuery):
    """Which deliveries are asked for."""

    state = Choice(DeliveryState.choices, required=False)


class EndpointShape(Shape):
    """An address to which events are posted."""

    id = s.CharField()
    url = s.CharField()
    event_types = s.ListField(child=s.CharField())
    note = s.CharField()
    active = s.BooleanField()
    disabled_at = s.DateTimeField(allow_null=True)
    disabled_because = s.ChoiceField(DisabledBecause.choices, allow_null=True)
    failing_since = s.DateTimeField(allow_null=True)
    former_secret_until = s.DateTimeField(allow_null=True)
    created_at = s.DateTimeField()
    version = s.IntegerField()


class SecretShape(Shape):
    """What proves that a delivery comes from here."""

    secret = s.CharField()
    former_secret_until = s.DateTimeField(allow_null=True)


class AttemptShape(Shape):
    """One try."""

    at = s.DateTimeField()
    status = s.IntegerField(allow_null=True, help_text="Of your answer; null where none came.")
    fault = s.ChoiceField(Fault.choices, allow_null=True)
    milliseconds = s.IntegerField()


class DeliveryShape(Shape):
    """An event that was sent, or is to be."""

    event_id = s.CharField(help_text="The webhook-id header.")
    type = s.CharField()
    sequence = s.IntegerField(allow_null=True)
    state = s.ChoiceField(DeliveryState.choices)
    attempts = AttemptShape(many=True)
    next_attempt_at = s.DateTimeField(allow_null=True)
    settled_at = s.DateTimeField(allow_null=True)


class TypesShape(Shape):
    """The events that there are."""

    results = s.ListField(child=s.CharField())


class TestShape(Shape):
    """A test event that is on its way."""

    event_id = s.CharField()


class ReplayShape(Shape):
    """How much is sent again."""

    events = s.IntegerField()
