"""The journal's place in Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JournalConfig(AppConfig):
    """Ground floor: imports nobody."""

    name = "journal"
    verbose_name = _("Journal")
