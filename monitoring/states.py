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
