"""Customers who are affected and have not complained. Their personal data stays in this table."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint
from incidents.models.incident import Incident
from incidents.states import OutreachResult


class Customer(models.Model):
    """Somebody who has the product or was served, and may not know that something is wrong."""

    incident = models.ForeignKey(
        Incident, on_delete=models.CASCADE, related_name="customers", db_index=False
    )
    name = models.CharField(_("name"), max_length=200)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    product = models.CharField(_("product"), max_length=200, blank=True)
    batch = models.CharField(_("batch or order"), max_length=120, blank=True)
    result = models.CharField(max_length=12, choices=OutreachResult, blank=True)
    reached = models.BooleanField(default=False)
    complaint = models.ForeignKey(Complaint, null=True, on_delete=models.SET_NULL, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        """In the order of the list; the same customer once."""

        verbose_name = _("affected customer")
        verbose_name_plural = _("affected customers")
        ordering = ["id"]
        indexes = [models.Index(fields=["incident", "reached", "id"], name="customer_of_incident")]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "name", "phone", "email", "batch"], name="customer_once"
            )
        ]

    def __str__(self) -> str:
        """Name the row, not the person."""
        return f"customer {self.pk}"


class Outreach(models.Model):
    """One try to reach an affected customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="outreaches")
    at = models.DateTimeField()
    channel = models.CharField(_("channel"), max_length=10)
    result = models.CharField(_("result"), max_length=12, choices=OutreachResult)
    note = models.CharField(_("remark"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Oldest first."""

        ordering = ["id"]

    def __str__(self) -> str:
        """Name customer and result."""
        return f"{self.customer_id}: {self.result}"
