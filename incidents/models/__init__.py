"""The tables of incidents."""

from incidents.models.customers import Customer, Outreach
from incidents.models.findings import CommonFinding, FindingAnswer
from incidents.models.incident import Incident, Link
from incidents.models.joint import JointItem, JointRun
from incidents.models.representatives import (
    Consent,
    Representative,
    RepresentativeDeed,
    Represented,
)
from incidents.models.statements import ApprovalStep, Fact, Statement, StatementVersion
from incidents.models.suggestions import Suggestion, SuggestionMember

__all__ = [
    "ApprovalStep",
    "CommonFinding",
    "Consent",
    "Customer",
    "Fact",
    "FindingAnswer",
    "Incident",
    "JointItem",
    "JointRun",
    "Link",
    "Outreach",
    "Representative",
    "RepresentativeDeed",
    "Represented",
    "Statement",
    "StatementVersion",
    "Suggestion",
    "SuggestionMember",
]
