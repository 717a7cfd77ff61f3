"""What the demo tells of the fast channel: a rota that is kept, a night in which it was needed."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from complaints.models import Complaint
from complaints.services.emergencies import take_emergency
from complaints.services.intake import Intake, Person, receive_complaint
from complaints.services.triage import assign_complaint
from emergencies.models import Emergency, Exercise, Page
from emergencies.selectors.rota import shifts_at
from emergencies.services.addresses import add_address
from emergencies.services.calling import note_end, note_taken, open_emergency, sweep_calls
from emergencies.services.paging import send_page
from emergencies.services.practice import (
    close_drill,
    close_rota_test,
    confirm_test,
    open_due_exercises,
    start_rota_test,
)
from emergencies.services.reports import Verdict, approve_report, decide_report, note_reported
from emergencies.services.reviews import Lessons, finish_review
from emergencies.services.rota import accept_handover, offer_handover, plan_shift, set_duty
from emergencies.services.situation import (
    decide_containment,
    declare_contained,
    note_first_call,
    write_facts,
)
from emergencies.states import Ending, ExerciseKind, Measure, PageState, Reportable

WEEK = timedelta(days=7)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
WEEKS_BACK = 26
LADDER = (
    ("Duty officer", "值班员"),
    ("Manager on duty", "值班主管"),
    ("Top management", "最高管理者"),
)


def tell(*, now: datetime, say: Callable[[str], None]) -> None:
    """Tell of half a year of shifts, two reviewed emergencies, a test, a drill, one bad night."""
    people = _People()
    if not people.complete:
        return
    say("emergencies")
    _keep_rota(people, now)
    _look_back(people, now)
    _practise(people, now)
    _bad_night(people, now)


class _People:
    """Who does what in the story."""

    def __init__(self) -> None:
        """Find them by their roles."""
        self.handlers = self._of("handler")
        self.managers = self._of("manager")
        self.keepers = self._of("quality_manager")
        self.top = self._of("top_management")
        self.agents = self._of("agent")

    @staticmethod
    def _of(role: str) -> list[User]:
        # Whoever works everywhere can be called for every complaint.
        everywhere = {"memberships__site": None, "memberships__team": None}
        found = User.objects.filter(memberships__role=role, is_active=True, is_system=False)
        return list(found.filter(**everywhere).distinct().order_by("pk")) or list(
            found.distinct().order_by("pk")
        )

    @property
    def complete(self) -> bool:
        """Return whether everybody is there whom the story needs."""
        return all((self.handlers, self.managers, self.keepers, self.top, self.agents))


def _keep_rota(people: _People, now: datetime) -> None:
    keeper = people.keepers[0]
    monday = timezone.localdate(now) - timedelta(days=timezone.localdate(now).weekday())
    begin = timezone.make_aware(datetime.combine(monday, time(8))) - WEEKS_BACK * WEEK
    duties = [
        set_duty(level=place, name_en=en, name_zh=zh, actor=keeper, at=begin - DAY)
        for place, (en, zh) in enumerate(LADDER, start=1)
    ]
    teams = (people.handlers, people.managers, people.top)
    for duty, team in zip(duties, teams, strict=True):
        # The next fortnight is planned, but for a night at the end that the page complains about.
        for week in range(WEEKS_BACK + 2):
            start = begin + week * WEEK
            last = week == WEEKS_BACK + 1 and duty.level == 1
            plan_shift(
                duty=duty,
                person=team[week % len(team)],
                deputy=team[(week + 1) % len(team)] if len(team) > 1 else None,
                starts_at=start,
                ends_at=start + WEEK - (timedelta(hours=14) if last else timedelta()),
                actor=keeper,
                at=begin - DAY,
            )
    for person in (*people.handlers[:2], people.managers[0]):
        text = f"dingtalk://demo{person.pk:04d}abcdefghijklmnop@13800000{person.pk:03d}"
        add_address(person=person, text=text, actor=person, at=begin)


def _look_back(people: _People, now: datetime) -> None:
    """The emergencies of the desk's own story, the finished ones with their review."""
    told = Complaint.objects.filter(emergency_declared_at__isnull=False)
    for complaint in told.select_related("policy").order_by("emergency_declared_at"):
        declared = complaint.emergency_declared_at or now
        open_emergency(complaint_id=complaint.pk, declared_by=complaint.recorded_by_id, at=declared)
        _send_all(declared)
        if complaint.closed_at is None:
            continue
        note_end(complaint_id=complaint.pk, how=Ending.AT_ITS_END, at=complaint.closed_at)
        reviewer = next(
            (one for one in people.keepers if one.pk != complaint.owner_id), people.keepers[0]
        )
        lessons = Lessons(
            went_well="十五分钟内有人接手，首次致电及时，停售指令一小时内传达到全部门店。",
            went_badly="夜间仓库联系人电话无人接听，样品封存晚了两小时。",
            actions="仓库值班电话纳入值班安排；样品封存要求写入作业指导书，由质量部两周内完成。",
            false_alarm=False,
        )
        review_at = min(complaint.closed_at + 4 * DAY, now)
        finish_review(complaint_id=complaint.pk, lessons=lessons, actor=reviewer, at=review_at)


def _send_all(at: datetime) -> None:
    """Hand over what waits, as the outbox would have seconds later; nothing leaves a trial."""
    waiting = Page.objects.filter(state=PageState.QUEUED).select_related("address")
    for page in waiting.order_by("pk"):
        if page.address is None:  # the services of the story do not exist
            send_page(page_id=page.pk, at=at + timedelta(seconds=3))
        else:
            page.state, page.settled_at = PageState.SENT, at + timedelta(seconds=2)
            page.save(update_fields=["state", "settled_at"])
            page.attempts.create(at=page.settled_at, result="sent")


def _practise(people: _People, now: datetime) -> None:
    keeper = people.keepers[0]
    held = now - 70 * DAY
    open_due_exercises(now=held)
    test = Exercise.objects.filter(kind=ExerciseKind.ROTA_TEST, closed_at__isnull=True).first()
    if test is not None:
        start_rota_test(exercise_id=test.pk, actor=keeper, at=held)
        _send_all(held)
        called = [one.person for one in test.confirmations.select_related("person")]
        for number, person in enumerate(called[:-1]):
            at = held + (4 + 7 * number) * MINUTE
            confirm_test(exercise_id=test.pk, actor=person, at=at)
        close_rota_test(
            exercise_id=test.pk,
            findings=f"{called[-1]} 未在一小时内确认：手机号码已更换，呼叫方式已更新。",
            actor=keeper,
            at=held + timedelta(hours=2),
        )
    drill = Exercise.objects.create(
        kind=ExerciseKind.DRILL, opened_at=now - 130 * DAY, due_at=now - 110 * DAY
    )
    close_drill(
        exercise_id=drill.pk,
        scenario="周五 21:00 接到电话：电热水壶漏电致人受伤，媒体同时来电。",
        held_on=timezone.localdate(now - 112 * DAY),
        participants=[people.handlers[0], people.managers[0], people.top[0], people.agents[0]],
        findings="从宣布到停售通知 48 分钟；媒体口径由两人分别给出，须指定唯一发言人。",
        actor=keeper,
        at=now - 112 * DAY,
    )


def _bad_night(people: _People, now: datetime) -> None:
    """Yesterday late: called twice, taken by the manager, contained, half decided."""
    yesterday = timezone.localdate(now) - DAY
    at = timezone.make_aware(datetime.combine(yesterday, time(22, 41)))
    complaint = receive_complaint(
        intake=Intake(
            channel="phone",
            description=(
                "晚上用电热水壶烧水，壶底突然冒烟起火，火苗烧到了窗帘，孩子手上烫出水泡，"
                "已经送去医院急诊。这种东西怎么还敢卖？"
            ),
            received_at=at,
            person=Person(name="周倩", phone="13912345678"),
            product="电热水壶 K2",
            emergency_trigger="personal_safety",
            emergency_facts="电热水壶起火，儿童烫伤送医。",
        ),
        actor=people.agents[0],
        at=at,
    )
    open_emergency(complaint_id=complaint.pk, declared_by=people.agents[0].pk, at=at)
    _send_all(at)
    sweep_calls(now=at + 15 * MINUTE)
    _send_all(at + 15 * MINUTE)
    manager, top = people.managers[0], people.top[0]
    take_emergency(complaint_id=complaint.pk, actor=manager, at=at + 18 * MINUTE)
    note_taken(complaint_id=complaint.pk, actor_id=manager.pk, at=at + 18 * MINUTE)
    _handle(complaint, manager, top, at)
    owner = people.handlers[0]
    assign_complaint(
        complaint_id=complaint.pk, owner=owner, actor=manager, at=at + timedelta(hours=9)
    )
    _change_shift(people, now)


def _handle(complaint: Complaint, manager: User, top: User, at: datetime) -> None:
    given: dict[str, Any] = {"complaint_id": complaint.pk, "actor": manager}
    note_first_call(
        reached=True,
        note="孩子已在医院处理，二度烫伤面积很小。已请家属保留水壶，明早派人取样。",
        called_at=at + 27 * MINUTE,
        at=at + 33 * MINUTE,
        **given,
    )
    decide_containment(
        measure=Measure.STOP_SALE,
        details="全部门店和线上停售 K2 批次 2611；库存贴红色标签封存，由各店店长执行。",
        at=at + 44 * MINUTE,
        **given,
    )
    write_facts(
        confirmed="22:30 左右起火，儿童手部烫伤（急诊病历照片）。型号 K2，批次 2611（壶底照片）。",
        unconfirmed="家属称水未烧干。是否另有同类情况，正在查询。",
        expected_version=0,
        at=at + 70 * MINUTE,
        **given,
    )
    write_facts(
        confirmed=(
            "22:30 左右起火，儿童手部烫伤（急诊病历照片）。型号 K2，批次 2611（壶底照片）。\n"
            "同批次售出 312 台，近 90 天另有 1 起冒烟投诉（维修记录）。"
        ),
        unconfirmed="家属称水未烧干。温控器供应商 9 月曾变更工艺，待核实。",
        expected_version=1,
        at=at + timedelta(hours=8),
        **given,
    )
    verdict = Verdict(
        preset="CN-RECALL-REPORT",
        reportable=Reportable.YES,
        reason="消费品已造成人身伤害，且同批次可能存在同一缺陷。",
        clock="report",
        counts_from=at,
    )
    decision = decide_report(verdict=verdict, at=at + timedelta(hours=9), **given)
    approve_report(report_id=decision.pk, actor=top, at=at + timedelta(hours=9, minutes=20))
    note_reported(
        report_id=decision.pk,
        reported_at=at + timedelta(hours=9, minutes=50),
        reference="浙市监缺陷〔2026〕0417",
        actor=manager,
        at=at + timedelta(hours=9, minutes=55),
    )
    declare_contained(at=at + timedelta(hours=10), **given)


def _change_shift(people: _People, now: datetime) -> None:
    """A shift handed over this morning, with a note."""
    row = Emergency.objects.order_by("-declared_at").first()
    today = timezone.localdate(now)
    at = timezone.make_aware(datetime.combine(today, time(8, 30)))
    if row is None or at > now or len(people.handlers) < 3:
        return
    shift = shifts_at(at).filter(duty__level=1).first()
    if shift is None:
        return
    taker = next(one for one in people.handlers if one.pk not in {shift.person_id, shift.deputy_id})
    note = f"{row.complaint.reference} 已控制，等待取样结果；家属上午会来电。"
    offer = offer_handover(shift_id=shift.pk, to_person=taker, note=note, actor=shift.person, at=at)
    accept_handover(handover_id=offer.pk, actor=taker, at=at + 6 * MINUTE)
