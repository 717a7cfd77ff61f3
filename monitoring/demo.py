"""What the demo organisation has counted, means to reach, and was warned of."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import Site, User
from accounts.services import system_user
from complaints.models import Category, Complaint
from complaints.services.intake import Intake, Person, receive_complaint
from monitoring.models import Alert, AlertNotice
from monitoring.querysets import WORK
from monitoring.selectors.reports import freezes_at, months_to_freeze
from monitoring.selectors.watching import people_at
from monitoring.services.alerts import (
    acknowledge_alert,
    act_on_alert,
    close_alert,
    dismiss_alert,
    investigate_alert,
    record_effect,
)
from monitoring.services.folding import fold_all
from monitoring.services.reports import freeze_month
from monitoring.services.returning import raise_emergency
from monitoring.services.scanning import look_through
from monitoring.services.targets import set_target
from monitoring.states import AlertKind, Direction

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WATCHED = 200  # days back: the spike of the leaking batch is among them
_AIMS = (
    ("K03", Direction.AT_LEAST, 95),
    ("K06", Direction.AT_LEAST, 90),
    ("K08c", Direction.AT_MOST, 10),
    ("K10", Direction.AT_LEAST, 95),
    ("K12", Direction.AT_MOST, 5),
    ("K29", Direction.AT_LEAST, 80),
)


def tell(*, now: datetime, say: Callable[[str], None]) -> None:
    """Fold the months that were told into figures, and set what they are to reach."""
    quality = User.objects.get(username="he.qing")
    first = timezone.localdate(now) - timedelta(days=300)
    for kpi, direction, value in _AIMS:
        set_target(
            kpi=kpi,
            direction=direction,
            value=Decimal(value),
            first=first,
            actor=quality,
            at=now - timedelta(days=300),
        )
    fold_all(at=now)
    say("figures")


def tell_reports(*, now: datetime, say: Callable[[str], None]) -> None:
    """Freeze the months that were told, each on the morning after its tenth working day.

    They are printed by the worker, or when somebody first asks for one.
    """
    months = months_to_freeze(now=now)
    for month in months:
        at = min(freezes_at(month, now=now) + HOUR, now)
        freeze_month(month=month, actor=system_user(), at=at)
    if months:
        _find_late(months[-1], now)
    say(f"monthly reports: {len(months)}")


def _find_late(month: date, now: datetime) -> None:
    """A letter of a frozen month turns up: the report stays, what it would say today does not."""
    came = timezone.make_aware(datetime.combine(month.replace(day=23), time(10, 30)))
    receive_complaint(
        intake=Intake(
            channel="letter",
            description="顾客寄到门店的信，整理柜台时才发现：净水器滤芯更换后仍有异味，"
            "要求上门检查。A letter to the store, found when the counter was cleared.",
            received_at=came,
            person=Person(name="孙桂兰", phone="13800004321", language="zh-hans"),
            product="晨露净水器",
            site=Site.objects.get(code="guangzhou"),
            category=Category.objects.get(code="product.defective"),
            language="zh-hans",
        ),
        actor=User.objects.get(username="emma.clark"),
        at=now,
    )
    fold_all(at=now)


def tell_warnings(*, now: datetime, say: Callable[[str], None]) -> None:
    """Look through the last months week by week, and work on what comes of it."""
    for pk in Complaint.objects.filter(emergency=True).values_list("pk", flat=True):
        complaint = Complaint.objects.get(pk=pk)
        raise_emergency(complaint_id=pk, at=complaint.emergency_declared_at or now)
    yesterday = timezone.localdate(now) - DAY
    look_through(
        since=yesterday - WATCHED * DAY, as_of=yesterday, now=now, by_week=True, put_away=False
    )
    people = people_at(WORK, None)
    if people:
        _work(people, now)
    AlertNotice.objects.filter(alert__is_open=False).update(read_at=now)
    say(f"early warning: {Alert.objects.count()} alerts")


def _work(people: list[User], now: datetime) -> None:
    """Bring old alerts to their end, leave the newest for whoever looks at the demo."""
    found = list(Alert.objects.order_by("raised_at", "pk"))
    recent = [alert for alert in found if now - alert.raised_at < 21 * DAY]
    for number, alert in enumerate(found):
        who = people[number % len(people)]
        if alert in recent:
            _begin(alert, who, len(recent) - recent.index(alert), now)
        elif alert.kind in {AlertKind.EMERGENCY, AlertKind.COMPLAINTS} and alert.level == "red":
            _end(alert, who, now)
        else:
            _dismiss(alert, who, now)


def _begin(alert: Alert, who: User, place: int, now: datetime) -> None:
    """The newest stays open; the one before is taken, those before are looked into."""
    at = min(alert.raised_at + 7 * HOUR, now)
    if place > 1:
        acknowledge_alert(alert_id=alert.pk, actor=who, at=at)
    if place > 2:
        investigate_alert(alert_id=alert.pk, actor=who, at=min(at + DAY, now))


def _end(alert: Alert, who: User, now: datetime) -> None:
    at = alert.raised_at + 6 * HOUR
    given = {"alert_id": alert.pk, "actor": who}
    acknowledge_alert(**given, at=at)  # type: ignore[arg-type]
    investigate_alert(**given, at=at + 2 * HOUR)  # type: ignore[arg-type]
    act_on_alert(
        alert_id=alert.pk,
        cause="同一批次密封件硬度不足，装配检验未覆盖该项。A batch of seals was too soft.",
        action="停用该批次，出厂检验增加密封件硬度抽检，已售产品主动通知更换。"
        "The batch is withdrawn, hardness is sampled, customers are offered an exchange.",
        by=who,
        due=timezone.localdate(at + 14 * DAY),
        actor=who,
        at=min(at + 2 * DAY, now),
    )
    if at + 16 * DAY > now:
        return
    close_alert(
        alert_id=alert.pk,
        result="批次已全部下架，抽检记录自次周起齐全。Withdrawn everywhere; sampling is on record.",
        actor=who,
        at=at + 16 * DAY,
    )
    if at + 60 * DAY < now:
        record_effect(
            alert_id=alert.pk,
            effect="effective",
            note="连续六周低于预期上限。Six weeks below the bound.",
            actor=who,
            at=at + 59 * DAY,
        )


def _dismiss(alert: Alert, who: User, now: datetime) -> None:
    dismiss_alert(
        alert_id=alert.pk,
        why="expected" if alert.kind != AlertKind.REPEATS else "chance",
        note="逐件核对，无共同原因；与促销季来件增加一致。Looked at one by one: the sale season.",
        actor=who,
        at=min(alert.raised_at + 9 * HOUR, now),
    )
