"""Cases outside in the demo: each kind, in each state, lived through the verbs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import User
from complaints.models import Complaint
from complaints.services.outside import Order
from complaints.states import Answer, RemedyKind, State
from referrals.models import OutsideCase
from referrals.selectors.cases import reviewers_for
from referrals.services.cases import (
    Opening,
    answer_outside_case,
    close_outside_case,
    decide_outside_case,
    open_outside_case,
)
from referrals.services.dates import NewDate, Reckoned, set_outside_date
from referrals.services.effects import decide_effect
from referrals.services.questions import (
    Wish,
    answer_question,
    ask_outsider,
    sweep_outside_questions,
)
from referrals.states import Effect, Result

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Plot:
    """One case: where, since when, what was said, which dates, how it ended, what followed."""

    kind: str
    body: str
    ago: int  # days since it was opened
    reference: str = ""
    route: str = ""
    opened_by: str = "complainant"
    demand: str = ""
    answered: str = ""
    mediation: bool = False  # the regulator's sixty days run
    dates: tuple[tuple[str, str, int, str], ...] = ()  # kind, name, days from now, place
    result: Result | None = None
    decision: str = ""
    effect: Effect | None = None
    reason: str = ""
    amount: str = ""


PLOTS = (
    Plot(
        "regulator",
        "徐汇区市场监督管理局",
        24,
        "沪徐市监诉〔2026〕1187号",
        "regulator_12315",
        demand="要求退还货款并赔偿往返交通费。",
        answered="已提交书面说明、检测报告和购买凭证。",
        mediation=True,
        dates=(("hearing", "调解会", 2, "徐汇区消保委 302 室"),),
    ),
    Plot(
        "regulator",
        "浦东新区市场监督管理局",
        13,
        "沪浦市监诉〔2026〕0932号",
        "regulator_12315",
        "authority",
        demand="要求说明三包期内拒绝维修的理由。",
        dates=(("deadline", "提交书面答复", -1, ""),),
    ),
    Plot(
        "court",
        "上海市徐汇区人民法院",
        58,
        "（2026）沪0104民初10417号",
        "court",
        demand="请求判令退一赔三，并承担诉讼费用。",
        answered="已委托律师提交答辩状和证据目录。",
        dates=(("deadline", "举证期限届满", 6, ""), ("hearing", "开庭", 12, "第十一法庭")),
    ),
    Plot(
        "mediation",
        "徐汇区消费者权益保护委员会",
        31,
        "",
        "consumer_association",
        demand="要求更换同型号新机。",
        answered="同意参加调解。",
        result=Result.SETTLED,
        decision="双方达成和解：我方更换同型号新机，消费者退回原机，互不再追究。",
    ),
    Plot(
        "arbitration",
        "上海仲裁委员会",
        120,
        "（2026）沪仲案字第0653号",
        "arbitration",
        answered="已提交答辩书。",
        result=Result.UPHELD,
        decision="The tribunal finds the repair was done as agreed and dismisses the claim.",
    ),
    Plot(
        "regulator",
        "静安区市场监督管理局",
        66,
        "沪静市监诉〔2026〕0771号",
        "regulator_12315",
        answered="已提交说明和照片。",
        result=Result.OVERTURNED,
        decision="经检测，压缩机存在制造缺陷，应按三包规定处理。",
        effect=Effect.REOPENED,
        reason="检测结论推翻了我方“使用不当”的认定，须重新调查并答复。",
    ),
    Plot(
        "court",
        "上海市闵行区人民法院",
        150,
        "（2026）沪0112民初3390号",
        "court",
        answered="已提交答辩状。",
        result=Result.PARTLY,
        decision="判令返还安装费 380 元，驳回其他诉讼请求。",
        effect=Effect.REMEDY,
        reason="按生效判决履行。",
        amount="380.00",
    ),
    Plot(
        "internal",
        "投诉管理代表复核",
        9,
        "",
        "internal_review",
        demand="认为处理人没有听取其对安装过程的说明。",
        dates=(("deadline", "复核答复", 5, ""),),
    ),
)


def tell(*, now: datetime, say: Callable[[str], None]) -> None:
    """Take some refused complaints outside, at moments after their end."""
    told = 0
    for plot, complaint in _pairs(now):
        _live(plot, complaint, now)
        told += 1
    say(f"cases outside: {told}, questions to outsiders: {_ask(now)}")


@dataclass(frozen=True)
class Asking:
    """One question to somebody outside: how many days ago, and the answer, if one came."""

    to_kind: str
    to_name: str
    question: str
    quoted: str
    ago: int
    answer: str = ""


ASKINGS = (
    Asking(
        "lawyer",
        "申律师 Shen & Partners",
        "延长保修条款中“人为损坏除外”能否适用于自行拆装滤芯的情形？",
        "用户自行更换滤芯后漏水；购买时签署了延长保修协议，第 4 条约定人为损坏除外。",
        12,
        "不能直接适用。更换滤芯属说明书允许的用户操作，除非能证明操作方式违反说明书。",
    ),
    Asking(
        "laboratory",
        "华东电器检测中心",
        "所附照片中的裂纹更符合材料疲劳还是外力撞击？",
        "内胆裂纹位于下部焊缝旁，使用 14 个月。",
        10,
    ),
    Asking(
        "investigator",
        "Li & Partners",
        "Please say whether the installer's account fits the photos.",
        "The installer says the hose was tight when he left at 16:20.",
        2,
    ),
)


def _ask(now: datetime) -> int:
    """Ask three outsiders about open complaints: one has answered, one kept silent, one may yet."""
    waiting = Complaint.objects.filter(
        is_open=True, state="investigating", confidential=False, owner__isnull=False
    ).select_related("owner")
    told = 0
    for plot, complaint in zip(ASKINGS, waiting.order_by("-pk"), strict=False):
        at = max(now - plot.ago * DAY, complaint.recorded_at)
        if complaint.owner is None:
            continue
        asked = ask_outsider(
            complaint_id=complaint.pk,
            wish=Wish(
                plot.to_kind,
                plot.to_name,
                plot.question,
                at + 7 * DAY,
                plot.quoted,
                language="zh-hans" if plot.to_kind != "investigator" else "en",
            ),
            actor=complaint.owner,
            at=at,
        )
        if plot.answer:
            answer_question(secret=asked.secret, answer=plot.answer, at=at + min(3 * DAY, now - at))
        told += 1
    sweep_outside_questions(now=now)
    return told


def _pairs(now: datetime) -> Iterator[tuple[Plot, Complaint]]:
    """Yield each plot with a refused complaint that had ended before the case was opened."""
    refused = list(
        Complaint.objects.filter(
            answer=Answer.REFUSED,
            state__in=[State.CLOSED, State.FOLLOWED_UP],
            owner__isnull=False,
            confidential=False,
            reopenrequests__isnull=True,
        )
        .select_related("policy", "owner")
        .order_by("-closed_at", "-pk")
    )
    for plot in PLOTS:
        opened_at = now - plot.ago * DAY
        fits = (row for row in refused if (row.followed_up_at or row.closed_at or now) < opened_at)
        found = next((row for row in fits if plot.kind != "internal" or reviewers_for(row)), None)
        if found is not None:
            refused.remove(found)
            yield plot, found


def _live(plot: Plot, complaint: Complaint, now: datetime) -> None:
    handler, others = complaint.owner, reviewers_for(complaint)
    if handler is None or not others:
        return
    at = now - plot.ago * DAY
    case = open_outside_case(
        complaint_id=complaint.pk,
        opening=Opening(
            plot.kind,
            plot.body,
            plot.opened_by,
            at,
            route=plot.route,
            reference_there=plot.reference,
            demand=plot.demand,
        ),
        reviewer=others[0] if plot.kind == "internal" else None,
        actor=handler,
        at=at,
    )
    if plot.answered:
        day = at + min(4, plot.ago // 2) * DAY
        answer_outside_case(
            case_id=case.pk, text=plot.answered, answered_at=day, actor=handler, at=day
        )
    _set_dates(plot, case, handler, at, now)
    if plot.result is not None:
        _end(plot, case, handler, others[0], now)


def _set_dates(plot: Plot, case: OutsideCase, handler: User, at: datetime, now: datetime) -> None:
    dates: list[NewDate | Reckoned] = [
        NewDate(kind, name, now + days * DAY, place) for kind, name, days, place in plot.dates
    ]
    if plot.mediation:
        dates.append(Reckoned("CN-12315-MEDIATION", "mediation", at + 5 * DAY))
    for date in dates:
        set_outside_date(case_id=case.pk, date=date, actor=handler, at=at + DAY / 2)


def _end(plot: Plot, case: OutsideCase, handler: User, decider: User, now: datetime) -> None:
    day = now - min(plot.ago // 3, 10) * DAY
    if plot.result is None:
        return
    decide_outside_case(
        case_id=case.pk,
        result=plot.result,
        decision=plot.decision,
        decided_at=day,
        actor=handler,
        at=day,
    )
    if plot.effect is not None:
        decide_effect(
            case_id=case.pk,
            effect=plot.effect,
            reason=plot.reason,
            order=_order(plot, day),
            actor=decider,
            at=day + DAY,
        )
    elif plot.result == Result.UPHELD:
        close_outside_case(case_id=case.pk, actor=handler, at=day + DAY)


def _order(plot: Plot, day: datetime) -> Order | None:
    if not plot.amount:
        return None
    return Order(
        kind=RemedyKind.REFUND,
        amount=Decimal(plot.amount),
        detail=plot.reason,
        due_at=day + 15 * DAY,
    )
