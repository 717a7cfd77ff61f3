"""The tables of the desk, by noun."""

from complaints.models.attachments import Attachment
from complaints.models.clocks import Clock, Pause
from complaints.models.complaint import Complaint, ConfidentialAccess
from complaints.models.exchange import ImportJob, ImportProblem, IntakeDraft
from complaints.models.handling import (
    Approval,
    Assessment,
    Escalation,
    FollowUpAttempt,
    Investigation,
    Note,
    Notice,
    Remedy,
    ReopenRequest,
    Response,
)
from complaints.models.incoming import Correspondent, IncomingMessage
from complaints.models.links import PersonalLink
from complaints.models.lists import BulkItem, BulkRun, SavedFilter
from complaints.models.messages import Message, MessageTemplate
from complaints.models.people import Complainant
from complaints.models.policy import Category, HandlingPolicy
from complaints.models.quality import QualityCheck
from complaints.models.setup import SetupMark
from complaints.querysets import ComplaintQuerySet

__all__ = [
    "Approval",
    "Assessment",
    "Attachment",
    "BulkItem",
    "BulkRun",
    "Category",
    "Clock",
    "Complainant",
    "Complaint",
    "ComplaintQuerySet",
    "ConfidentialAccess",
    "Correspondent",
    "Escalation",
    "FollowUpAttempt",
    "HandlingPolicy",
    "ImportJob",
    "ImportProblem",
    "IncomingMessage",
    "IntakeDraft",
    "Investigation",
    "Message",
    "MessageTemplate",
    "Note",
    "Notice",
    "Pause",
    "PersonalLink",
    "QualityCheck",
    "Remedy",
    "ReopenRequest",
    "Response",
    "SavedFilter",
    "SetupMark",
]
