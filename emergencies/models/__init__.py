"""The tables of the fast channel."""

from emergencies.models.emergency import (
    Attempt,
    Containment,
    Emergency,
    FactSheet,
    FirstCall,
    Page,
    ReportDecision,
    Review,
)
from emergencies.models.exercises import Confirmation, Exercise
from emergencies.models.rota import Address, Duty, Handover, Shift

__all__ = [
    "Address",
    "Attempt",
    "Confirmation",
    "Containment",
    "Duty",
    "Emergency",
    "Exercise",
    "FactSheet",
    "FirstCall",
    "Handover",
    "Page",
    "ReportDecision",
    "Review",
    "Shift",
]
