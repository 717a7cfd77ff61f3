"""Quality checks: whether what a provider did on a complaint was right."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from complaints.models.handling import Act


class QualityCheck(Act):
    """One complaint of a provider, looked at by somebody of the organisation (CM-8.7 c)."""

    customer_ok = models.BooleanField(_("no mistake that harms the complainant"))
    compliance_ok = models.BooleanField(_("no breach of law or policy"))
    remark = models.TextField(_("remark"), blank=True)

    class Meta(Act.Meta):
        """Each complaint is checked once."""

        constraints = [
            models.UniqueConstraint(fields=["complaint"], name="quality_checked_once"),
        ]
