"""What the call centres' quarters came to in the demo: checked, rated, improved."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from accounts.models import Provider, User
from accounts.selectors import find_by_username
from complaints.demo.lives import DAY
from complaints.demo.partners import CENTRES, CHECKER, KEEPER, WORK, WRONG, Work
from complaints.selectors.scorecard import unchecked
from complaints.services.quality import Verdict, check_quality, rate_quarter
from providers.models import ImprovementPlan
from providers.rules.scorecard import days_of, quarter_before, quarter_of
from providers.services.evaluating import Judgement, evaluate_provider
from providers.services.file import Happened, close_breach, note_breach
from providers.services.scorecards import agree_plan, check_plan, finish_plan
from providers.services.standing import sweep_contracts

CHECKS = 12  # complaints whose quality is checked in each rated quarter


def tell(*, now: datetime, say: Callable[[str], None]) -> None:
    """Check quality, rate the quarters that are over, and let bad ones have their plan."""
    sides = _Sides.known()
    for centre in CENTRES:
        provider = Provider.objects.get(code=centre.code)
        works = WORK[centre.code][1:]
        for quarter, work, rated_at in reversed(list(_rated(now, works))):
            _check(provider, quarter, work, sides.checker, rated_at - 4 * DAY)
            if centre.code == "xinda" and work is works[0]:
                _leak(provider, quarter, sides.keeper)
            rate_quarter(provider=provider, quarter=quarter, at=rated_at)
            _improve(provider, sides, rated_at, now)
        bands = provider.quarters.order_by("quarter").values_list("quarter", "band")
        say(f"{centre.code}: " + ", ".join(f"{name} {band or '-'}" for name, band in bands))
    _evaluate(sides, now)
    sweep_contracts(now=now)


@dataclass(frozen=True)
class _Sides:
    """Who keeps the files and who checks, and who answers for the call centre that does badly."""

    keeper: User
    checker: User
    partner: User

    @classmethod
    def known(cls) -> "_Sides":
        return cls(_one(KEEPER), _one(CHECKER), _one("xinda.demo"))


def _one(username: str) -> User:
    found = find_by_username(username)
    if found is None:
        raise LookupError(username)
    return found


def _rated(now: datetime, works: Sequence[Work]) -> Iterator[tuple[str, Work, datetime]]:
    """Yield the quarters that are over, newest first, with the moment each was rated."""
    quarter = quarter_of(timezone.localdate(now))
    for work in works:
        quarter = quarter_before(quarter)
        _first, after = days_of(quarter)
        rated_at = datetime.combine(after + timedelta(days=6), time(2), UTC)
        yield quarter, work, min(rated_at, now - timedelta(minutes=5))


def _check(provider: Provider, quarter: str, work: Work, actor: User, at: datetime) -> None:
    """Check some of the quarter's complaints; as many are wrong as the quarter's work says."""
    every = work.every.get(WRONG, CHECKS + 1)
    sample = unchecked(provider, quarter, actor=actor, size=CHECKS)
    for number, complaint in enumerate(sample, start=1):
        wrong = number % every == 0
        verdict = Verdict(
            customer_ok=not wrong,
            compliance_ok=not (wrong and number > every),
            remark="未告知预计答复日期，且未核对来电者身份。" if wrong else "",
        )
        check_quality(complaint_id=complaint.pk, verdict=verdict, actor=actor, at=at)


def _leak(provider: Provider, quarter: str, keeper: User) -> None:
    first, _after = days_of(quarter)
    happened = datetime.combine(first + timedelta(days=40), time(3), UTC)
    breach = note_breach(
        provider_id=provider.pk,
        happened=Happened(
            "privacy_breach",
            "一名座席将含 14 位投诉者姓名和电话的清单发到个人邮箱。",
            happened,
            happened + timedelta(hours=30),
        ),
        actor=keeper,
        at=happened + 2 * DAY,
    )
    close_breach(
        breach_id=breach.pk,
        measures="清单已删除并书面确认；座席调离岗位；已逐一告知 14 位投诉者；外发邮箱已封禁。",
        actor=keeper,
        at=happened + 9 * DAY,
    )


def _improve(provider: Provider, sides: _Sides, at: datetime, now: datetime) -> None:
    """Let a plan that was asked for be agreed and, where there was time since, carried out."""
    plan = ImprovementPlan.objects.filter(provider=provider, state="open").first()
    if plan is None:
        return
    first_one = provider.plans.count() == 1
    day = min(at + 5 * DAY, now - timedelta(minutes=4))
    agree_plan(
        plan_id=plan.pk,
        cause="夜班座席新人占六成，未完成上岗考核即独立接线；班长每周只抽听两通录音。"
        if first_one
        else "外发邮箱未受控；对涉及个人信息的操作没有复核。",
        measures="新人跟线两周并通过考核后方可独立接线；班长每日抽听五通；逾期登记当日通报。"
        if first_one
        else "封禁个人邮箱；导出须双人复核；全员重新学习保密要求并考试。",
        due_on=max(plan.due_on, timezone.localdate(day)),
        actor=sides.partner,
        at=day,
    )
    if first_one and at + 60 * DAY < now:
        finish_plan(plan_id=plan.pk, actor=sides.partner, at=at + 35 * DAY)
        check_plan(
            plan_id=plan.pk,
            effective=False,
            finding="登记时效有所改善，但受理告知和记录完整性仍低于要求，且发生一起信息泄露。",
            actor=sides.keeper,
            at=at + 60 * DAY,
        )


def _evaluate(sides: _Sides, now: datetime) -> None:
    said = {
        "yuansheng": (
            {"competence": 5, "capacity": 4, "systems": 5},
            "continue",
            "各季度稳定达标。",
            70,
        ),
        "xinda": (
            {"competence": 2, "capacity": 3, "data_protection": 2},
            "improve",
            "两个季度为 C 级，一个季度为 D 级；改进计划执行期内不增加话务量。",
            -6,
        ),
    }
    for code, (marks, decision, reason, ahead) in said.items():
        at = now - 120 * DAY
        due: date = timezone.localdate(now) + timedelta(days=ahead)
        evaluate_provider(
            provider_id=Provider.objects.get(code=code).pk,
            judgement=Judgement("periodic", marks, decision, reason, due),
            actor=sides.keeper,
            at=at,
        )
