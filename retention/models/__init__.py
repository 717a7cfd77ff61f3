"""The tables of retention, by noun."""

from retention.models.disposal import DisposalItem, DisposalRun
from retention.models.holds import HeldComplaint, Hold
from retention.models.rights import SubjectExport, SubjectRequest
from retention.models.schedule import Schedule

__all__ = [
    "DisposalItem",
    "DisposalRun",
    "HeldComplaint",
    "Hold",
    "Schedule",
    "SubjectExport",
    "SubjectRequest",
]
