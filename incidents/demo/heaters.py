"""The demo's incident: a batch of water heaters that leaked, from the first suspicion to the end.

Until the common finding is confirmed case by case it lives beside the complaints of the batch
(complaints/demo), whose handlers wait for it; what followed is told when they have lived.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils import translation

from accounts.models import User
from complaints.models import Category, Complaint, ComplaintQuerySet
from complaints.states import State
from incidents.models import CommonFinding, FindingAnswer, Incident, Suggestion
from incidents.selectors.outcomes import linked_complaints
from incidents.services.customers import add_customers, decide_offer, log_outreach
from incidents.services.findings import (
    Position,
    approve_finding,
    confirm_finding,
    propose_finding,
    reject_finding,
)
from incidents.services.lifecycle import (
    Scope,
    close_incident,
    contain_incident,
    declare_incident,
    open_incident,
    resolve_incident,
)
from incidents.services.linking import link_complaints
from incidents.services.representatives import (
    Mandate,
    name_representative,
    record_consent,
    record_representative_act,
)
from incidents.services.statements import (
    add_fact,
    approve_statement,
    release_statement,
    settle_fact,
    submit_statement,
    write_statement,
)
from incidents.services.suggesting import sweep_suggestions, take_suggestion
from incidents.states import Basis, FactState

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
BEGAN = 150 * DAY  # ago: when the first of the batch leaked (complaints/demo/loading.py)
SATURDAY = 5
CAST = ("zhao.min", "he.qing", "gao.yuan")  # who commands, who approves, who is in charge of all
HEATERS = ("清泉3号热水器", "Aqua 3 water heater")
BATCH = "A3-2606"
_NAMES = "陈建军 林秀兰 黄志远 吴晓梅 徐德胜 孙雨桐 马俊杰 胡春花 郭文博 何佳怡 高明轩 罗玉兰"
_SEEN: tuple[dict[str, str], ...] = (
    {"zh-hans": f"上门核对铭牌，批次号 {BATCH}；接头密封圈可见裂纹，已拍照。"},
    {"zh-hans": f"客户提供的铭牌照片显示批次号 {BATCH}，漏水点在进水接头。"},
    {},
)
_ANOTHER_CAUSE = {
    "zh-hans": "本件已单独查明原因，与该批次密封圈无关。",
    "en": "This one was investigated on its own; its cause is not the seal of that batch.",
}
_CUSTOMERS = "\n".join(
    f"{name}, 139{number:08d}, , {HEATERS[0]}, {BATCH}"
    for number, name in enumerate(_NAMES.split(), start=20260601)
)


def live(now: datetime) -> Iterator[datetime]:
    """Live the incident until each complaint has its answer; yields the time of each next step."""
    began = now - BEGAN
    yield began + 2.2 * DAY
    if len(people := cast()) < len(CAST):
        return
    manager, quality = people["zhao.min"], people["he.qing"]
    incident = _suspect(manager, began)
    yield began + 6.8 * DAY
    _declare(incident, manager, quality, people["gao.yuan"], began + 2.5 * DAY)
    finding = _find_out(incident, manager, quality, began + 6.9 * DAY)
    for at in _working_days(began + 7 * DAY, began + 32 * DAY):
        yield at
        _link_more(incident, manager, began, at)
        _confirm(incident, finding, at + 40 * MINUTE)
    _except_others(incident, finding, at)


def tell_the_rest(*, now: datetime) -> bool:
    """Tell what followed once all had their answers; return whether there was such an incident."""
    incident = Incident.objects.filter(product=HEATERS[0], is_open=True).first()
    if incident is None:
        return False
    manager, began = cast()["zhao.min"], now - BEGAN
    _care_for_the_silent(incident, manager, began + 20 * DAY)
    _represent(incident, manager, began + 21 * DAY)
    _end(incident, manager, now - 60 * DAY)
    return True


def cast() -> dict[str, User]:
    """Return the people of the story, by name."""
    return {person.username: person for person in User.objects.filter(username__in=CAST)}


def _suspect(manager: User, began: datetime) -> Incident:
    """Let the sweep notice the first complaints of the batch, and a manager take it up."""
    at = began + 2.2 * DAY
    category = Category.objects.get(code="product.damage")
    scope = Scope(
        title="清泉3号热水器进水接头漏水",
        severity="critical",
        hypothesis="同一批次的进水接头密封圈开裂，通水后夜间漏水。",
        commander=manager,
        product=HEATERS[0],
        category=category,
        batches=BATCH,
        period_from=began.date(),
        affected_estimate=1200,
    )
    sweep_suggestions(now=at)
    found = Suggestion.objects.filter(basis=Basis.PRODUCT, category=category).first()
    if found is None:
        incident = open_incident(scope=scope, actor=manager, at=at)
    else:
        incident = take_suggestion(
            suggestion_id=found.pk, scope=scope, actor=manager, at=at + 25 * MINUTE
        )
    _link_more(incident, manager, began, at + 30 * MINUTE)
    return incident


def _link_more(incident: Incident, manager: User, began: datetime, at: datetime) -> None:
    """Link what has come in since about the same."""
    rest = Complaint.objects.filter(
        category=incident.category,
        product__in=HEATERS,
        received_at__range=(began - DAY, min(at, began + 18 * DAY)),
        incident_links__isnull=True,
    ).exclude(state__in=["merged", "not_a_complaint"])
    ids = list(rest.values_list("pk", flat=True))
    if ids:
        link_complaints(incident_id=incident.pk, complaint_ids=ids, actor=manager, at=at)


def _working_days(since: datetime, until: datetime) -> Iterator[datetime]:
    """Yield twenty to eleven, by the clock of the demo's company, on each of its working days."""
    day = since.replace(hour=2, minute=40, second=0, microsecond=0)
    while day <= until:
        if day > since and day.weekday() < SATURDAY:
            yield day
        day += DAY


def _confirm(incident: Incident, finding: CommonFinding, at: datetime) -> None:
    """Let each handler say of their own complaints that the common finding fits."""
    ready = (State.ASSESSED, State.INVESTIGATING)
    for place, complaint in enumerate(_unanswered(incident, finding).filter(state__in=ready)):
        if complaint.investigations.filter(cycle=complaint.cycle).exists():
            continue  # found out already, in another way
        owner = _owner(complaint)
        with translation.override(owner.language):
            confirm_finding(
                finding_id=finding.pk,
                complaint_id=complaint.pk,
                addition=_SEEN[place % len(_SEEN)].get(owner.language, ""),
                actor=owner,
                at=at + place * 6 * MINUTE,
            )


def _except_others(incident: Incident, finding: CommonFinding, at: datetime) -> None:
    """Let handlers who had found another cause say that the common one does not fit."""
    own = _unanswered(incident, finding).filter(investigations__isnull=False).distinct()
    for place, complaint in enumerate(own):
        owner = _owner(complaint)
        with translation.override(owner.language):
            reject_finding(
                finding_id=finding.pk,
                complaint_id=complaint.pk,
                reason=_ANOTHER_CAUSE[owner.language],
                actor=owner,
                at=at + (50 + place * 5) * MINUTE,
            )


def _unanswered(incident: Incident, finding: CommonFinding) -> ComplaintQuerySet:
    answered = FindingAnswer.objects.filter(finding=finding).values("complaint")
    rows = linked_complaints(incident).filter(owner__isnull=False).exclude(pk__in=answered)
    return rows.select_related("owner").order_by("pk")


def _owner(complaint: Complaint) -> User:
    assert complaint.owner is not None  # noqa: S101 - only owned ones are asked for
    return complaint.owner


def _declare(incident: Incident, manager: User, quality: User, boss: User, at: datetime) -> None:
    who: dict[str, Any] = {"incident_id": incident.pk, "actor": manager}
    declare_incident(at=at, **who)
    leaks = add_fact(
        text="清泉3号热水器安装后数日内进水接头漏水，已接到多起同类投诉。",
        source="投诉记录、上门检测单",
        confirmed=True,
        at=at + 5 * MINUTE,
        **who,
    )
    seal = add_fact(
        text=f"漏水出自 {BATCH} 批次密封圈开裂。",
        source="维修工程师电话报告",
        confirmed=False,
        at=at + 8 * MINUTE,
        **who,
    )
    rumour = add_fact(
        text="其他型号也有漏水。",
        source="社交媒体帖文",
        confirmed=False,
        at=at + 12 * MINUTE,
        **who,
    )
    staff = write_statement(
        audience="staff",
        channel="briefing",
        title="客服应答口径",
        text=(
            f"[F{leaks.number}] [F{seal.number}] 请先提示用户关闭进水阀、不要自行拆卸，"
            "并登记批次号；赔付一律由承办人答复。"
        ),
        language="zh-hans",
        at=at + 20 * MINUTE,
        **who,
    )
    _pass(staff.pk, {"quality": quality}, manager, at + 25 * MINUTE)
    contain_incident(
        how=f"停售并封存 {BATCH} 批次库存；各渠道提示用户关闭进水阀；安排上门更换接头。",
        at=at + 5 * 60 * MINUTE,
        **who,
    )
    settle_fact(
        fact_id=seal.pk,
        state=FactState.CONFIRMED,
        source="检测中心报告 QT-0617",
        actor=manager,
        at=at + 3 * DAY,
    )
    settle_fact(
        fact_id=rumour.pk,
        state=FactState.REFUTED,
        source="抽检其余型号四十台，无漏水",
        actor=manager,
        at=at + 4 * DAY,
    )
    chain = {"legal": quality, "quality": quality, "top_management": boss}
    for audience, channel, title, text in (
        (
            *("regulator", "letter", "向监管部门的情况报告"),
            f"[F{leaks.number}] [F{seal.number}] 我们已停售该批次，并启动免费更换。",
        ),
        (
            *("customers", "website", "致清泉3号热水器用户"),
            f"[F{seal.number}] 请核对铭牌批次号；{BATCH} 批次可免费更换接头，损失由我们承担。",
        ),
    ):
        version = write_statement(
            audience=audience,
            channel=channel,
            title=title,
            text=text,
            language="zh-hans",
            at=at + 4.1 * DAY,
            **who,
        )
        _pass(version.pk, chain, manager, at + 4.2 * DAY)


def _pass(version_id: int, chain: dict[str, User], author: User, at: datetime) -> None:
    """Let a statement pass its chain, each within their minutes, and go out."""
    version = submit_statement(version_id=version_id, actor=author, at=at)
    for step in version.steps.all():
        at += 18 * MINUTE
        approve_statement(step_id=step.pk, actor=chain.get(step.code, chain["quality"]), at=at)
    at += 6 * MINUTE
    release_statement(version_id=version_id, released_at=at, actor=author, at=at)


def _find_out(incident: Incident, manager: User, quality: User, at: datetime) -> CommonFinding:
    position = Position(
        findings=f"供应商更换了进水接头密封圈材料，{BATCH} 批次在水压下开裂，导致漏水。",
        cause="供应商变更材料未重新报批，进货检验未作压力试验。",
        cause_code="supplier",
        evidence="检测中心报告 QT-0617；供应商变更记录。",
        finding="upheld",
        reasons="您购买的热水器进水接头密封圈存在质量问题，漏水由此引起，责任在我们。",
        remedy_kind="replacement",
        remedy_detail="免费更换接头或整机，并按票据赔偿漏水造成的损失。",
        remedy_days=10,
    )
    finding = propose_finding(incident_id=incident.pk, position=position, actor=manager, at=at)
    return approve_finding(
        finding_id=finding.pk,
        note="与检测报告核对一致。",
        actor=quality,
        at=at + 90 * MINUTE,
    )


def _care_for_the_silent(incident: Incident, manager: User, at: datetime) -> None:
    add_customers(incident_id=incident.pk, text=_CUSTOMERS, actor=manager, at=at)
    decide_offer(
        incident_id=incident.pk,
        offer="yes",
        detail="同批次用户无论是否投诉，一律免费上门更换接头。",
        actor=manager,
        at=at + 30 * MINUTE,
    )
    results = ("accepted", "accepted", "reached", "not_reached", "accepted", "declined")
    for place, customer in enumerate(incident.customers.all()):
        log_outreach(
            customer_id=customer.pk,
            channel="phone",
            result=results[place % len(results)],
            note="已约上门时间" if results[place % len(results)] == "accepted" else "",
            reached_at=at + DAY + place * 7 * MINUTE,
            actor=manager,
            at=at + DAY + place * 7 * MINUTE,
        )


def _represent(incident: Incident, manager: User, at: datetime) -> None:
    links = incident.links.filter(unlinked_at__isnull=True).order_by("pk")
    ids = list(links.values_list("complaint", flat=True)[:4])
    who: dict[str, Any] = {"actor": manager, "at": at}
    speaker = name_representative(
        incident_id=incident.pk,
        mandate=Mandate(
            name="周丽华",
            contact="13900138000",
            scope="就漏水造成的装修损失与公司协商。",
            text="四户联名签字的推选书，原件存档。",
            allowed=["settle"],
            complaint_ids=ids,
        ),
        **who,
    )
    record_consent(
        representative_id=speaker.pk,
        complaint_ids=ids,
        act="settle",
        how="逐户电话确认，录音存档",
        given_at=at,
        **who,
    )
    record_representative_act(
        representative_id=speaker.pk,
        act="settle",
        text="装修损失按票据据实赔偿，十日内付清。",
        actor=manager,
        at=at + 3 * DAY,
    )


def _end(incident: Incident, manager: User, at: datetime) -> None:
    who: dict[str, Any] = {"incident_id": incident.pk, "actor": manager}
    resolve_incident(
        how=f"{BATCH} 批次全部更换；供应商恢复原材料，进货检验增加压力试验。", at=at, **who
    )
    close_incident(
        lessons="关键密封件变更须重新报批；同类投诉满五件即启动排查，不等月度分析。",
        at=at + 2 * DAY,
        **who,
    )
