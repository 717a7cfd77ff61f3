"""The demo's second incident: washing machines, suspected this morning, a joint letter in draft."""

from datetime import datetime, timedelta

from accounts.models import User
from complaints.models import Complaint
from incidents.services.joint import prepare_joint
from incidents.services.lifecycle import Scope, open_incident
from incidents.services.linking import link_complaints
from incidents.services.statements import add_fact

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
WASHERS = ("净浪8洗衣机", "Wave 8 washing machine")
_NEWS = {
    "zh-hans": {
        "subject": "关于您的投诉 {reference}",
        "body": (
            "{name}：\n\n您好。关于您的投诉 {reference}，我们收到了多件同型号洗衣机的类似反映，"
            "正在排查是否出于同一原因。检测结果预计本周得出，届时会逐一告知处理意见。\n\n{organisation}"
        ),
    },
    "en": {
        "subject": "About your complaint {reference}",
        "body": (
            "Dear {name},\n\nSeveral customers have told us of similar trouble with this model, "
            "and we are finding out whether there is one cause. We expect the test this week and "
            "will tell you our decision on {reference} itself.\n\n{organisation}"
        ),
    },
}


def suspect_washers(manager: User, now: datetime) -> None:
    """Write the second one down: suspected, its complaints linked, a joint letter in draft."""
    at = now - timedelta(hours=3)
    lately = Complaint.objects.filter(
        product__in=WASHERS,
        received_at__range=(now - 10 * DAY, at),
        is_open=True,
        incident_links__isnull=True,
    )
    ids = list(lately.order_by("-received_at").values_list("pk", flat=True)[:12])
    if not ids:
        return
    incident = open_incident(
        scope=Scope(
            title="净浪8洗衣机近期集中反映",
            severity="moderate",
            hypothesis="可能是六月以来一批次减震件装配不到位，有待检测。",
            commander=manager,
            product=WASHERS[0],
            period_from=(now - 10 * DAY).date(),
        ),
        actor=manager,
        at=at,
    )
    link_complaints(incident_id=incident.pk, complaint_ids=ids, actor=manager, at=at + 5 * MINUTE)
    add_fact(
        incident_id=incident.pk,
        text=f"近十日内收到 {len(ids)} 件净浪8洗衣机投诉，噪声与反复维修居多。",
        source="投诉记录",
        confirmed=True,
        actor=manager,
        at=at + 10 * MINUTE,
    )
    open_ones = [link.complaint for link in incident.links.select_related("complaint")]
    if any(complaint.state != "responded" for complaint in open_ones):
        prepare_joint(
            incident_id=incident.pk,
            kind="progress",
            texts=_NEWS,
            language="zh-hans",
            actor=manager,
            at=at + 30 * MINUTE,
        )
