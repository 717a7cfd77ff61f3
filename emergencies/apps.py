"""The app's place in Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EmergenciesConfig(AppConfig):
    """See docs/house.md for its floor."""

    name = "emergencies"
    verbose_name = _("Emergencies")

    def ready(self) -> None:
        """Listen to the desk, and teach its timeline the words of this floor."""
        import emergencies.subscribers  # noqa: F401
        from complaints.selectors.timeline_words import teach
        from emergencies.selectors.timeline import LABELS, TELLINGS

        teach(TELLINGS, LABELS)
