"""The app's place in Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MailroomConfig(AppConfig):
    """See docs/house.md for its floor."""

    name = "mailroom"
    verbose_name = _("Mailroom")

    def ready(self) -> None:
        """Start listening."""
        from mailroom import subscribers  # noqa: F401 - importing is subscribing
