"""The tables of this floor, by noun."""

from providers.models.clients import AccessToken, ApiClient, ClientSecret, IdempotentAnswer
from providers.models.contracts import Contract, Suspension
from providers.models.file import BreachNote, Evaluation, Requirements
from providers.models.scorecards import ImprovementPlan, QuarterResult
from providers.models.webhooks import Attempt, Delivery, Endpoint, Event, FeedHead

__all__ = [
    "AccessToken",
    "ApiClient",
    "Attempt",
    "BreachNote",
    "ClientSecret",
    "Contract",
    "Delivery",
    "Endpoint",
    "Evaluation",
    "Event",
    "FeedHead",
    "IdempotentAnswer",
    "ImprovementPlan",
    "QuarterResult",
    "Requirements",
    "Suspension",
]
