"""What series are made of: counts of days kept beside the complaints, exposure, settings, levels.

Counts are derived: `manage.py verify_series` proves that they say what the complaints say. Ids of
places and categories stand in them as plain numbers, so that upkeep is a copy of rows.
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from monitoring.rules.watch_settings import WatchSettings, read_settings
from monitoring.states import ExposureUnit

PERSON = settings.AUTH_USER_MODEL


class SeriesDay(models.Model):
    """How many complaints of one day of receipt were recorded on one day, for one combination.

    The day of recording stands apart, so that a judgement can know what was known then. Merged
    complaints and what was no complaint are left out; `hidden` are the confidential ones.
    """

    day = models.DateField()
    recorded_on = models.DateField()
    category_id = models.BigIntegerField(null=True)
    product = models.CharField(max_length=200, blank=True)  # as rules.names.product_key has it
    site_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=10)
    provider_id = models.BigIntegerField(null=True)
    complaints = models.PositiveIntegerField()
    complainants = models.PositiveIntegerField()  # persons, each once in this row
    repeats = models.PositiveIntegerField()
    hidden = models.PositiveIntegerField()

    class Meta:
        """Read by day; made anew by day."""

        indexes = [models.Index(fields=["day"], name="series_day")]

    def __str__(self) -> str:
        """Name the day and the count."""
        return f"{self.day}: {self.complaints}"


class SeriesPrint(models.Model):
    """By what a day's complaints looked like when they were counted: a changed day is recounted."""

    day = models.DateField(unique=True)
    mark = models.CharField(max_length=120)

    def __str__(self) -> str:
        """Name the day."""
        return str(self.day)


class WarningSettings(models.Model):
    """One version of what is watched and how surprising it must be. The newest is in force."""

    version = models.PositiveIntegerField(_("version"), unique=True)
    content = models.JSONField()
    note = models.TextField(_("what changes, and why"))
    set_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        """Newest first."""

        verbose_name = _("warning settings")
        verbose_name_plural = _("warning settings")
        ordering = ["-version"]

    def __str__(self) -> str:
        """Name the version."""
        return f"v{self.version}"

    @property
    def says(self) -> WatchSettings:
        """Return the validated content."""
        return read_settings(self.content)


class WarningPreview(models.Model):
    """What settings would have alarmed in the past year: asked for, reckoned by the worker, kept.

    `found` holds the alarms as [key, Monday of the week, observed, expected, p].
    """

    content = models.JSONField()
    asked_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    until = models.DateField()  # the last day that is looked at
    weeks_done = models.PositiveSmallIntegerField(default=0)
    weeks = models.PositiveSmallIntegerField()
    found = models.JSONField(default=list)
    finished_at = models.DateTimeField(null=True)
    failed = models.BooleanField(default=False)

    class Meta:
        """Newest first."""

        ordering = ["-id"]

    def __str__(self) -> str:
        """Name it by id."""
        return f"preview {self.pk}"


class Exposure(models.Model):
    """How many customers, orders or units a member of a dimension had in a month."""

    dimension = models.CharField(max_length=10)  # product or site; `all` for the whole
    member = models.CharField(max_length=200, blank=True)  # as in a key: a product, a site's id
    month = models.DateField()  # its first day
    unit = models.CharField(max_length=10, choices=ExposureUnit)
    amount = models.PositiveBigIntegerField()

    class Meta:
        """One amount per member and month."""

        constraints = [
            models.UniqueConstraint(fields=["dimension", "member", "month"], name="exposure_once")
        ]

    def __str__(self) -> str:
        """Name member and month."""
        return f"{self.dimension}:{self.member} {self.month:%Y-%m}"


class NewLevel(models.Model):
    """Somebody said that a series has come to a new level: from then on that is what is usual."""

    key = models.CharField(max_length=400)
    since = models.DateField()
    factor = models.FloatField()
    alert = models.ForeignKey("monitoring.Alert", on_delete=models.CASCADE, related_name="levels")
    reason = models.TextField()
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """The newest of a series counts."""

        ordering = ["id"]
        indexes = [models.Index(fields=["key"], name="level_of_series")]

    def __str__(self) -> str:
        """Name the series and the day."""
        return f"{self.key} since {self.since}"


class ScanRun(models.Model):
    """One scan: what period, by which settings, how much was judged and found, how long it took."""

    step = models.PositiveSmallIntegerField()  # days of a period: 1 or 7
    period = models.DateField()  # the first day of the period judged
    settings = models.ForeignKey(WarningSettings, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    series = models.PositiveIntegerField()
    judged = models.PositiveIntegerField()
    raised = models.PositiveIntegerField()
    milliseconds = models.PositiveIntegerField()

    class Meta:
        """A period is judged once."""

        ordering = ["-period", "-step"]
        constraints = [
            models.UniqueConstraint(fields=["step", "period"], name="period_judged_once")
        ]

    def __str__(self) -> str:
        """Name the period."""
        return f"{self.period} ({self.step})"
