"""The retention schedule in its versions."""

from functools import cached_property

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.rules.schedule import ScheduleContent
from retention.states import VersionState


class Schedule(models.Model):
    """One version; only a draft changes. Who approves it did not write it."""

    version = models.PositiveIntegerField(_("version"), unique=True)
    state = models.CharField(max_length=10, choices=VersionState, default=VersionState.DRAFT)
    content = models.JSONField()
    change_note = models.TextField(_("what changes, and why"), blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True)

    class Meta:
        """Newest first; one open at a time; approved by somebody else."""

        verbose_name = _("retention schedule")
        verbose_name_plural = _("retention schedules")
        ordering = ["-version"]
        constraints = [
            models.CheckConstraint(
                name="schedule_approved_by_another",
                condition=~models.Q(state=VersionState.APPROVED)
                | (
                    models.Q(approved_by__isnull=False, approved_at__isnull=False)
                    & ~models.Q(approved_by=models.F("author"))
                ),
            ),
        ]

    def __str__(self) -> str:
        """Name the version."""
        return f"v{self.version}"

    @cached_property
    def says(self) -> ScheduleContent:
        """Return the validated content."""
        return ScheduleContent.model_validate(self.content)
