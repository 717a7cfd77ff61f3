"""Complainants: the only place, with messages and notes, where personal data lives."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from complaints.models.indexes import kept

KEYS = ("phone_key", "email_key", "customer_key")  # what people are compared by


class Complainant(models.Model):
    """A person, an organisation or their agent who complains (CM-3). Keys are what is compared."""

    name = models.CharField(_("name"), max_length=200, blank=True)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    customer_number = models.CharField(_("customer number"), max_length=80, blank=True)
    address = models.CharField(_("address"), max_length=400, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    needs = models.CharField(_("needs to be considered"), max_length=300, blank=True)
    phone_key = models.CharField(max_length=60, blank=True, editable=False)
    email_key = models.CharField(max_length=254, blank=True, editable=False)
    customer_key = models.CharField(max_length=80, blank=True, editable=False)
    created_at = models.DateTimeField()

    # Which fields a copy in memory veils, because a contract does not show them (selectors.veil).
    withheld: frozenset[str] = frozenset()
    hidden: tuple[str, ...] = ()  # what stands there in truth

    class Meta:
        """Found by any of the three keys, and by the address of who has none."""

        verbose_name = _("complainant")
        verbose_name_plural = _("complainants")
        indexes = [
            models.Index(fields=[field], name=f"complainant_{field}", condition=kept(field))
            for field in (*KEYS, "address")
        ]

    def __str__(self) -> str:
        """Return the name, or what stands for it."""
        return self.name or self.organisation or self.customer_number or "—"
