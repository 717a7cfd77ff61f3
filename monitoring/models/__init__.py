"""What monitoring keeps."""

from monitoring.models.alerts import Alert, AlertMember, AlertNotice, Digest, DigestChoice
from monitoring.models.analyses import Analysis
from monitoring.models.figures import Cell, Fact, Fold, Payment, Stretch, Target
from monitoring.models.reports import Report, ReportFile
from monitoring.models.series import (
    Exposure,
    NewLevel,
    ScanRun,
    SeriesDay,
    SeriesPrint,
    WarningPreview,
    WarningSettings,
)

__all__ = [
    "Alert",
    "AlertMember",
    "AlertNotice",
    "Analysis",
    "Cell",
    "Digest",
    "DigestChoice",
    "Exposure",
    "Fact",
    "Fold",
    "NewLevel",
    "Payment",
    "Report",
    "ReportFile",
    "ScanRun",
    "SeriesDay",
    "SeriesPrint",
    "Stretch",
    "Target",
    "WarningPreview",
    "WarningSettings",
]
