"""What people ticked off while they set a new installation up."""

from django.conf import settings
from django.db import models

from complaints.states import SetupStep


class SetupMark(models.Model):
    """A step of the first hour that somebody says is done, or the list put away."""

    step = models.CharField(max_length=20, choices=SetupStep, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """In order of time."""

        ordering = ["at", "id"]

    def __str__(self) -> str:
        """Name the step."""
        return str(self.step)
