"""The app's place in Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProvidersConfig(AppConfig):
    """See docs/house.md for its floor."""

    name = "providers"
    verbose_name = _("Providers")

    def ready(self) -> None:
        """Start listening."""
        from providers import subscribers  # noqa: F401 - importing is subscribing
