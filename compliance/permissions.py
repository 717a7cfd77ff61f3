"""Who may read the calendars and presets, and who may change a calendar."""

from accounts.models import User
from accounts.permissions import has


def may_view_calendars(actor: User) -> bool:
    """Return whether the actor may read calendars and presets: whoever may read the policy."""
    return has(actor, "policy.view")


def may_edit_calendars(actor: User) -> bool:
    """Return whether the actor may change calendars."""
    return has(actor, "calendar.edit")
