"""What happens to the people of the demo: one is away and a colleague stands in; one will leave."""

from collections.abc import Callable
from datetime import datetime, timedelta

from accounts.models import User
from accounts.selectors import find_by_username, standing_in
from accounts.services import plan_leaving, set_absence
from complaints.models import Complaint
from complaints.services.notes import add_note

AWAY, DEPUTY, LEAVING = "tom.baker", "zhang.wei", "chen.jie"
REMARKS = (
    "顾客来电询问进度，已告知同事休假期间由我处理。",
    "已向配件库确认：备件明日到货。",
)


def tell(*, now: datetime, say: Callable[[str], None]) -> None:
    """Let a handler go on leave, a colleague act for them, and another give notice."""
    away, deputy, leaving = (_person(name) for name in (AWAY, DEPUTY, LEAVING))
    since = now - timedelta(days=1)
    set_absence(
        person=away,
        deputy=deputy,
        starts_at=since,
        ends_at=now + timedelta(days=6),
        note="年假",
        actor=away,
        at=since,
    )
    standing_in(deputy, now)
    theirs = Complaint.objects.visible_to(deputy).filter(owner=away, is_open=True)
    for complaint, remark in zip(theirs.order_by("pk"), REMARKS, strict=False):
        at = now - timedelta(hours=3)
        add_note(complaint_id=complaint.pk, text=remark, actor=deputy, at=at)
    day = (now + timedelta(days=12)).date()
    plan_leaving(user=leaving, leaves_on=day, actor=_person("admin"), at=now)
    say(f"{away}: {deputy} stands in; {leaving} leaves on {day}")


def _person(username: str) -> User:
    found = find_by_username(username)
    if found is None:
        raise LookupError(username)
    return found
