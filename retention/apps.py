"""The app's place in Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RetentionConfig(AppConfig):
    """See docs/house.md for its floor."""

    name = "retention"
    verbose_name = _("Retention")
