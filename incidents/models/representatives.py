"""Persons who speak for several complainants: with a mandate, and within its limits."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from complaints.models import Attachment, Complaint
from incidents.models.incident import Incident
from incidents.states import RepresentativeAct


class Representative(models.Model):
    """Who speaks, on the strength of which mandate, about what, and for which acts."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="representatives")
    name = models.CharField(_("name"), max_length=200)
    contact = models.CharField(_("how to reach them"), max_length=300)
    scope = models.TextField(_("what the mandate covers"))
    mandate_text = models.TextField(_("mandate in words"), blank=True)
    mandate_file = models.ForeignKey(
        Attachment, null=True, on_delete=models.PROTECT, related_name="+"
    )
    allowed = models.JSONField(default=list)  # RepresentativeAct values the mandate extends to
    named_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    named_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(blank=True)

    class Meta:
        """In the order they were named."""

        verbose_name = _("representative")
        verbose_name_plural = _("representatives")
        ordering = ["id"]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Represented(models.Model):
    """A complaint that a representative speaks for."""

    representative = models.ForeignKey(
        Representative, on_delete=models.CASCADE, related_name="represented"
    )
    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="+")

    class Meta:
        """Each complaint once."""

        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["representative", "complaint"], name="represented_once")
        ]

    def __str__(self) -> str:
        """Name both by id."""
        return f"{self.complaint_id} by {self.representative_id}"


class Consent(models.Model):
    """The agreement of one represented person to one kind of act, and how it was given."""

    represented = models.ForeignKey(Represented, on_delete=models.CASCADE, related_name="consents")
    act = models.CharField(max_length=10, choices=RepresentativeAct)
    given_at = models.DateTimeField()
    how = models.CharField(_("how it was given"), max_length=300)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Once per person and kind of act."""

        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["represented", "act"], name="consent_once")]

    def __str__(self) -> str:
        """Name complaint and act."""
        return f"{self.represented_id}: {self.act}"


class RepresentativeDeed(models.Model):
    """What a representative changed, waived or settled for those represented."""

    representative = models.ForeignKey(
        Representative, on_delete=models.CASCADE, related_name="deeds"
    )
    act = models.CharField(max_length=10, choices=RepresentativeAct)
    text = models.TextField(_("what was agreed"))
    at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """In the order they were done."""

        ordering = ["id"]

    def __str__(self) -> str:
        """Name who and what."""
        return f"{self.representative_id}: {self.act}"
