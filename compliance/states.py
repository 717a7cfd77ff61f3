"""The closed lists of this app."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DaySource(TextChoices):
    """Where the entry of a day comes from."""

    PUBLISHED = "published", _("published list")
    HAND = "hand", _("entered by hand")
