"""Addresses of version 1, as spec/api.md fixes them."""

from django.urls import include, path, register_converter

from complaints.api.v1 import (
    bulk,
    changes,
    conversation,
    figures,
    master_data,
    reading,
    receiving,
    scorecards,
    steps,
)
from providers.api.description import description, pages


class ReferenceConverter:
    """The reference of a complaint; anything else is no address."""

    regex = r"C[0-9]{2}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}"

    def to_python(self, value: str) -> str:
        """Return it as it is kept."""
        return value.upper()

    def to_url(self, value: str) -> str:
        """Return it as it stands in an address."""
        return value


class IdConverter:
    """An id that this API has told."""

    regex = r"[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        """Return the number."""
        return int(value)

    def to_url(self, value: int) -> str:
        """Return its text."""
        return str(value)


register_converter(ReferenceConverter, "reference")
register_converter(IdConverter, "opaque")

app_name = "api"
_ONE = "complaints/<reference:reference>/"
urlpatterns = [
    path("openapi.json", description, name="openapi"),
    path("docs/", pages, name="docs"),
    path("", include("providers.api.v1.urls")),
    path("changes/", changes.Changes.as_view(), name="changes"),
    path("complaints/", receiving.Complaints.as_view(), name="complaints"),
    path("complaints/bulk/", bulk.Bulk.as_view(), name="bulk"),
    path("complaints/reconcile/", master_data.Reconcile.as_view(), name="reconcile"),
    path(_ONE, reading.OneComplaint.as_view(), name="complaint"),
    path(f"{_ONE}timeline/", reading.Timeline.as_view(), name="timeline"),
    path(f"{_ONE}notes/", conversation.Notes.as_view(), name="notes"),
    path(f"{_ONE}messages/", conversation.Messages.as_view(), name="messages"),
    path(f"{_ONE}attachments/", conversation.Attachments.as_view(), name="attachments"),
    path(
        f"{_ONE}attachments/<opaque:attachment>/",
        conversation.OneAttachment.as_view(),
        name="attachment",
    ),
    path(
        f"{_ONE}read-confidential/",
        steps.ReadConfidential.as_view(),
        name="read_confidential",
    ),
    *(
        path(f"{_ONE}{action.name}/", steps.door_of(action).as_view(), name=action.name)
        for action in steps.ACTIONS
    ),
    path("categories/", master_data.Categories.as_view(), name="categories"),
    path("handling-policy/", master_data.Policy.as_view(), name="handling_policy"),
    path("kpis/", figures.Figures.as_view(), name="kpis"),
    path(
        "providers/<slug:provider>/scorecard/",
        scorecards.ScorecardOfProvider.as_view(),
        name="provider_scorecard",
    ),
    path("alerts/", figures.Alerts.as_view(), name="alerts"),
]
