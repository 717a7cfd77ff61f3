"""What every page of the desk shows beside its own content: emergencies and unread notices."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from complaints.selectors.notices import UNREAD_CAP, unread_count, untaken_emergencies
from complaints.selectors.policy import policy_in_force, trigger_words


@dataclass(frozen=True)
class Emergency:
    """An emergency as the banner shows it (components/emergency_banner.html)."""

    reference: str
    title: str
    url: str
    take_url: str
    since: datetime | None


def desk(request: HttpRequest) -> dict[str, Any]:
    """Return emergencies and the number of unread notices, asked for only where they are shown."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {
        "emergencies": SimpleLazyObject(lambda: _emergencies(user)),
        "unread_notices": SimpleLazyObject(lambda: _unread(user)),
    }


def _unread(user: User) -> str:
    """Return the number as it is shown: nothing for none, "99+" for many."""
    count = unread_count(user)
    return f"{UNREAD_CAP}+" if count > UNREAD_CAP else str(count or "")


def _emergencies(user: User) -> list[Emergency]:
    untaken = untaken_emergencies(user)
    words = trigger_words(policy_in_force(timezone.now()).says) if untaken else {}
    return [
        Emergency(
            reference=emergency.reference,
            title=words.get(emergency.trigger, emergency.trigger),
            url=reverse("complaints:complaint", args=[emergency.reference]),
            take_url=reverse("complaints:take_emergency", args=[emergency.reference]),
            since=emergency.since,
        )
        for emergency in untaken
    ]
