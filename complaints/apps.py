"""The app's place in Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ComplaintsConfig(AppConfig):
    """See docs/house.md for its floor."""

    name = "complaints"
    verbose_name = _("Complaints")

    def ready(self) -> None:
        """Start listening."""
        from complaints import subscribers  # noqa: F401 - importing is subscribing
