"""The app's place in Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ComplianceConfig(AppConfig):
    """See docs/house.md for its floor."""

    name = "compliance"
    verbose_name = _("Compliance")
