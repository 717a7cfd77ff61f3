"""The app's place in Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReferralsConfig(AppConfig):
    """See docs/house.md for its floor."""

    name = "referrals"
    verbose_name = _("Outside routes")

    def ready(self) -> None:
        """Teach the desk's timeline the words of this floor."""
        from complaints.selectors.timeline_words import teach
        from referrals.selectors.timeline import LABELS, TELLINGS

        teach(TELLINGS, LABELS)
