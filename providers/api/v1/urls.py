"""Addresses of webhooks, below /api/v1/."""

from django.urls import path, register_converter

from providers.api.v1 import webhooks


class WebhookConverter:
    """The id of an endpoint; anything else is no address."""

    regex = r"we_[0-9A-Za-z_-]{1,37}"

    def to_python(self, value: str) -> str:
        """Return it as it is kept."""
        return value

    def to_url(self, value: str) -> str:
        """Return it as it stands in an address."""
        return value


register_converter(WebhookConverter, "webhook")

urlpatterns = [
    path("webhooks/", webhooks.Webhooks.as_view(), name="webhooks"),
    path("webhooks/event-types/", webhooks.EventTypes.as_view(), name="webhook_event_types"),
    path("webhooks/<webhook:webhook>/", webhooks.Webhook.as_view(), name="webhook"),
    path("webhooks/<webhook:webhook>/change/", webhooks.Change.as_view(), name="webhook_change"),
    path("webhooks/<webhook:webhook>/remove/", webhooks.Remove.as_view(), name="webhook_remove"),
    path("webhooks/<webhook:webhook>/secret/", webhooks.Secret.as_view(), name="webhook_secret"),
    path("webhooks/<webhook:webhook>/rotate/", webhooks.Rotate.as_view(), name="webhook_rotate"),
    path("webhooks/<webhook:webhook>/test/", webhooks.Test.as_view(), name="webhook_test"),
    path("webhooks/<webhook:webhook>/replay/", webhooks.Replay.as_view(), name="webhook_replay"),
    path(
        "webhooks/<webhook:webhook>/deliveries/",
        webhooks.Deliveries.as_view(),
        name="webhook_deliveries",
    ),
]
