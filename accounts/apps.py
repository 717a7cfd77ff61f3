"""The accounts' place in Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Stands on the journal: a change of rights is recorded."""

    name = "accounts"
    verbose_name = _("People and rights")
