"""What the incidents' floor tells of the months that the desk has lived."""

from collections.abc import Callable
from datetime import datetime

from complaints.models import Notice
from complaints.services.notices import read_notice
from incidents.demo import heaters
from incidents.demo.washers import suspect_washers
from incidents.services.suggesting import sweep_suggestions


def tell(*, now: datetime, say: Callable[[str], None]) -> None:
    """End the incident of the water heaters, and begin the one of the washing machines."""
    ended = heaters.tell_the_rest(now=now)
    suspect_washers(heaters.cast()["zhao.min"], now)
    for notice in Notice.objects.filter(kind__in=["incident", "statement"], created_at__lt=now):
        read_notice(
            notice_id=notice.pk,
            actor=notice.user,
            at=notice.created_at + 20 * heaters.MINUTE,
        )
    sweep_suggestions(now=now)
    say(f"incidents: {int(ended)} closed, 1 suspected")
