"""The app's place in Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MonitoringConfig(AppConfig):
    """See docs/house.md for its floor."""

    name = "monitoring"
    verbose_name = _("Monitoring")

    def ready(self) -> None:
        """Subscribe."""
        from monitoring import subscribers  # noqa: F401 - importing is subscribing
