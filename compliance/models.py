"""Working calendars, their days, and every edition they have had."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from compliance.states import DaySource


class Calendar(models.Model):
    """A working calendar as it is now: zone, weekly hours, and the edition it has reached."""

    code = models.SlugField(_("code"), unique=True)
    name_en = models.CharField(_("name (English)"), max_length=120)
    name_zh = models.CharField(_("name (Chinese)"), max_length=120)
    tz = models.CharField(
        _("time zone"),
        max_length=40,
        blank=True,
        help_text=_("Empty: the time zone of the organisation."),
    )
    windows = models.JSONField(_("working hours"))
    revision = models.PositiveIntegerField(_("edition"), default=1)
    yearly_list = models.BooleanField(
        _("has a list of days published each year"),
        default=False,
        help_text=_("A warning is shown while a year's list is missing."),
    )
    confirmed_years = models.JSONField(_("years confirmed complete"), default=list, blank=True)

    class Meta:
        """By code."""

        verbose_name = _("working calendar")
        verbose_name_plural = _("working calendars")
        ordering = ["code"]

    def __str__(self) -> str:
        """Return the name in the present language."""
        return self.name_zh if _chinese() else self.name_en


class CalendarRevision(models.Model):
    """One edition of a calendar: when and why it was made. Rows are never changed.

    The token tells two editions of the same number apart when the first was rolled back, so that a
    process never answers from an edition that does not exist.
    """

    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    token = models.CharField(max_length=32)
    tz = models.CharField(max_length=40, blank=True)
    windows = models.JSONField()
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """One row per number."""

        verbose_name = _("edition of a calendar")
        verbose_name_plural = _("editions of a calendar")
        ordering = ["calendar", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "number"], name="calendar_edition_once")
        ]

    def __str__(self) -> str:
        """Name the calendar and the number."""
        return f"{self.calendar_id}#{self.number}"


class CalendarDay(models.Model):
    """A day that differs from its weekday, in the editions `since` up to but not `until`."""

    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="days")
    date = models.DateField(_("date"))
    is_workday = models.BooleanField(_("working day"))
    statutory = models.BooleanField(_("holiday by law"), default=False)
    note_en = models.CharField(_("note (English)"), max_length=200, blank=True)
    note_zh = models.CharField(_("note (Chinese)"), max_length=200, blank=True)
    source = models.CharField(_("source"), max_length=20, choices=DaySource)
    since = models.PositiveIntegerField()
    until = models.PositiveIntegerField(null=True)

    class Meta:
        """A date stands once in each edition."""

        verbose_name = _("day of a calendar")
        verbose_name_plural = _("days of a calendar")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "date"],
                condition=models.Q(until__isnull=True),
                name="calendar_day_once",
            ),
            models.CheckConstraint(
                condition=models.Q(is_workday=False) | models.Q(statutory=False),
                name="no_work_on_a_holiday_by_law",
            ),
            models.CheckConstraint(
                condition=models.Q(until__isnull=True) | models.Q(until__gt=models.F("since")),
                name="calendar_day_editions_in_order",
            ),
        ]

    def __str__(self) -> str:
        """Name the day."""
        return f"{self.calendar_id} {self.date}"

    @property
    def note(self) -> str:
        """Return the note in the present language."""
        return self.note_zh if _chinese() else self.note_en

    def same_as(self, fields: dict[str, Any]) -> bool:
        """Return whether the row already says this."""
        return all(getattr(self, name) == value for name, value in fields.items())


def _chinese() -> bool:
    return (translation.get_language() or "").startswith("zh")
