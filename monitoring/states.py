"""The words of monitoring."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy


class Ending(TextChoices):
    """How a complaint, or a time in which it was open, came to its end."""

    OPEN = "", pgettext_lazy("ending", "Open")
    CLOSED = "closed", pgettext_lazy("ending", "Closed")
    WITHDRAWN = "withdrawn", pgettext_lazy("ending", "Withdrawn")
    DISMISSED = "dismissed", pgettext_lazy("ending", "Not a complaint")
    MERGED = "merged", pgettext_lazy("ending", "Merged")


class Direction(TextChoices):
    """On which side of its target a figure is meant to be."""

    AT_LEAST = "at_least", pgettext_lazy("target", "at least")
    AT_MOST = "at_most", pgettext_lazy("target", "at most")


class ExposureUnit(TextChoices):
    """What complaints are set against."""

    CUSTOMERS = "customers", pgettext_lazy("exposure", "Customers")
    ORDERS = "orders", pgettext_lazy("exposure", "Orders")
    UNITS = "units", pgettext_lazy("exposure", "Units")


class AlertState(TextChoices):
    """Where the work on an alert stands (CM-8.4)."""

    OPEN = "open", pgettext_lazy("alert", "Open")
    ACKNOWLEDGED = "acknowledged", pgettext_lazy("alert", "Acknowledged")
    INVESTIGATING = "investigating", pgettext_lazy("alert", "Investigating")
    ACTION = "action", pgettext_lazy("alert", "Action under way")
    CLOSED = "closed", pgettext_lazy("alert", "Closed")
    DISMISSED = "dismissed", pgettext_lazy("alert", "Dismissed")


AT_WORK = (
    AlertState.OPEN,
    AlertState.ACKNOWLEDGED,
    AlertState.INVESTIGATING,
    AlertState.ACTION,
)


class AlertKind(TextChoices):
    """By which rule an alert was raised."""

    COMPLAINTS = "complaints", pgettext_lazy("alert kind", "More complaints than expected")
    DRIFT = "drift", pgettext_lazy("alert kind", "Creeping up for weeks")
    REPEATS = "repeats", pgettext_lazy("alert kind", "More repeats than expected")
    RATE = "rate", pgettext_lazy("alert kind", "More complaints for what was sold")
    REPEAT_RULE = "repeat_rule", pgettext_lazy("alert kind", "The same problem comes back")
    SAFETY = "safety", pgettext_lazy("alert kind", "Several complaints about safety")
    SILENCE = "silence", pgettext_lazy("alert kind", "Fallen silent")
    EMERGENCY = "emergency", pgettext_lazy("alert kind", "Emergency")


# Those that rest on the number of complaints in a period, however it was judged.
COUNTED_KINDS = (AlertKind.COMPLAINTS, AlertKind.DRIFT)


class AlertLevel(TextChoices):
    """How serious an alert is."""

    AMBER = "amber", pgettext_lazy("alert level", "Amber")
    RED = "red", pgettext_lazy("alert level", "Red")


class Dismissal(TextChoices):
    """Why an alert was none."""

    CAMPAIGN = "campaign", pgettext_lazy("dismissal", "A campaign or mass mailing")
    BULK = "bulk", pgettext_lazy("dismissal", "Entered or imported in bulk")
    EXPECTED = "expected", pgettext_lazy("dismissal", "Expected: a known event or season")
    CHANCE = "chance", pgettext_lazy("dismissal", "Looked into: nothing in common, chance")
    DATA = "data", pgettext_lazy("dismissal", "An error in the data")
    NEW_LEVEL = "new_level", pgettext_lazy("dismissal", "A new usual level")
    HISTORY = "history", pgettext_lazy("dismissal", "Long over when history was looked through")


class Effect(TextChoices):
    """What came of the action on an alert, looked at some weeks later."""

    NOT_LOOKED_AT = "", pgettext_lazy("effect", "Not looked at yet")
    EFFECTIVE = "effective", pgettext_lazy("effect", "Effective")
    NOT_EFFECTIVE = "not_effective", pgettext_lazy("effect", "Not effective")
    UNCLEAR = "unclear", pgettext_lazy("effect", "Cannot be told")


class Telling(TextChoices):
    """What somebody is told of an alert."""

    RAISED = "raised", pgettext_lazy("alert notice", "A new alert")
    RISEN = "risen", pgettext_lazy("alert notice", "It has risen further")
    UNATTENDED = "unattended", pgettext_lazy("alert notice", "Nobody has taken it in time")
    CALM = "calm", pgettext_lazy("alert notice", "All clear: back to the usual level")
    EFFECT = "effect", pgettext_lazy("alert notice", "See whether the action worked")
    GIVEN = "given", pgettext_lazy("alert notice", "An action is yours")


class DigestRhythm(TextChoices):
    """How often somebody wants a summary of alerts."""

    DAILY = "daily", pgettext_lazy("digest", "Daily")
    WEEKLY = "weekly", pgettext_lazy("digest", "Weekly, on Monday")
    NEVER = "never", pgettext_lazy("digest", "Never")


class AnalysisKind(TextChoices):
    """What an analysis asks."""

    TABLE = "table", pgettext_lazy("analysis", "Table of counts")
    WORDS = "words", pgettext_lazy("analysis", "What is new in words")
