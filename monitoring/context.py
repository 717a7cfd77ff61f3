"""What every page shows of alerts: to those who work on them, how many they have not opened."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from monitoring.selectors.unread import UNREAD_CAP, unread_count


def warnings(request: HttpRequest) -> dict[str, Any]:
    """Return the number of unread alerts, asked for only where it is shown."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {"unread_alerts": SimpleLazyObject(lambda: _unread(user))}


def _unread(user: User) -> str:
    """Return the number as it is shown: nothing for none, "99+" for many."""
    count = unread_count(user)
    return f"{UNREAD_CAP}+" if count > UNREAD_CAP else str(count or "")
