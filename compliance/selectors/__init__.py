"""The questions about calendars, presets and due dates; other apps ask here."""

from compliance.selectors.calendars import calendar_warnings, load_calendar
from compliance.selectors.explanations import (
    ExplainedStep,
    Explanation,
    as_dict,
    explain,
    spec_text,
    step_text,
)
from compliance.selectors.presets import preset_spec, presets, spoken

__all__ = [
    "ExplainedStep",
    "Explanation",
    "as_dict",
    "calendar_warnings",
    "explain",
    "load_calendar",
    "preset_spec",
    "presets",
    "spec_text",
    "spoken",
    "step_text",
]
