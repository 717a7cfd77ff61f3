"""How many alerts somebody has not opened: asked for on every page, so kept for a while."""

from django.core.cache import cache

from accounts.models import User
from monitoring.models import Alert, AlertNotice
from monitoring.querysets import WORK

UNREAD_CAP = 99
_KEPT = 60  # seconds: pages have no statement to spare for what changes once a night


def unread_count(actor: User) -> int:
    """Return how many alerts wait for the actor, up to one more than the cap.

    They are at work, the actor was told of them, and has not opened them. Who does not work on
    alerts has none.
    """
    if WORK not in actor.permissions:
        return 0
    return int(cache.get_or_set(_key(actor), lambda: _count(actor), _KEPT) or 0)


def forget_unread(actor: User) -> None:
    """Have it counted anew: the actor has opened one."""
    cache.delete(_key(actor))


def _count(actor: User) -> int:
    told = AlertNotice.objects.filter(user=actor.pk, read_at__isnull=True)
    found = Alert.objects.visible_to(actor).at_work().filter(pk__in=told.values("alert"))
    return len(found.order_by().values_list("pk")[: UNREAD_CAP + 1])


def _key(actor: User) -> str:
    return f"unread-alerts:{actor.pk}"
