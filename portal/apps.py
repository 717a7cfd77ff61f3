"""The app's place in Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    """See docs/house.md for its floor."""

    name = "portal"
    verbose_name = _("Complainant pages")
