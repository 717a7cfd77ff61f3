"""The app's place in Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IncidentsConfig(AppConfig):
    """See docs/house.md for its floor."""

    name = "incidents"
    verbose_name = _("Incidents")
