"""The words for what a proof may find broken."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class FaultKind(TextChoices):
    """The first thing that is wrong with a chain or a seal."""

    ENTRY_CHANGED = "entry_changed", _("An entry was changed")
    ENTRY_MISSING = "entry_missing", _("An entry is missing")
    CHAIN_BROKEN = "chain_broken", _("An entry does not tie in with the one before it")
    END_CHANGED = "end_of_chain_changed", _("The end of a chain was cut off or added to")
    ENTRIES_MISSING = "entries_missing", _("All entries of a chain are missing")
    HEAD_MISSING = "head_missing", _("The record of where a chain ends is missing")
    SEAL_BROKEN = "seal_broken", _("The seal of a day does not fit its entries")
