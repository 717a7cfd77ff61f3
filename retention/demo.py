"""What the demo organisation has kept, held and disposed of: told by the real verbs."""

from collections.abc import Callable
from datetime import datetime, timedelta

from accounts.models import User
from complaints.models import Complaint
from retention.models import SubjectRequest
from retention.services.disposal import carry_out_disposal, propose_disposal, review_disposal
from retention.services.holds import Wish, place_hold
from retention.services.packages import ask_for_package, prepare_packages
from retention.services.rights import (
    Asked,
    Reply,
    answer_request,
    take_request,
    verify_identity,
)
from retention.services.schedule import (
    approve_schedule,
    change_schedule,
    draft_schedule,
    submit_schedule,
)
from retention.states import Answer, Ground, Proof, RequestKind

# The demo is a year and a half old: with six years for everything there would be nothing to see.
SHORT = {"not_a_complaint": 6, "withdrawn": 9, "messages": 6, "attachments": 6}
NOTE = (
    "非投诉事项保存六个月，撤回的投诉保存九个月，其余按建议执行。"
    "Six months for what was no complaint, nine for what was withdrawn; else as proposed."
)


def tell(*, now: datetime, say: Callable[[str], None]) -> None:
    """Approve a schedule, dispose of a list, leave another waiting, hold one, answer people."""
    people = {user.username: user for user in User.objects.filter(is_system=False)}
    quality, top, manager = people["he.qing"], people["gao.yuan"], people["zhao.min"]
    _schedule(quality, top, now - timedelta(days=330))
    _hold(manager, now - timedelta(days=48))
    _disposed(quality, top, now - timedelta(days=27))
    propose_disposal(actor=None, at=now - timedelta(days=2))
    _answered(quality, now - timedelta(days=16))
    _waiting(quality, now - timedelta(days=3))
    say("retention")


def _schedule(quality: User, top: User, at: datetime) -> None:
    draft = draft_schedule(actor=quality, at=at)
    content = dict(draft.content)
    for rule in content["rules"]:
        if rule["code"] in SHORT:
            rule["count"], rule["unit"] = SHORT[rule["code"]], "months"
    change_schedule(schedule_id=draft.pk, content=content, note=NOTE, actor=quality, at=at)
    submit_schedule(schedule_id=draft.pk, actor=quality, at=at)
    approve_schedule(schedule_id=draft.pk, actor=top, at=at + timedelta(days=2))


def _hold(manager: User, at: datetime) -> None:
    grave = Complaint.objects.filter(
        emergency_declared_at__isnull=False, is_open=False, received_at__lt=at
    ).first()
    if grave is not None:
        place_hold(
            wish=Wish(
                reason="顾客已就伤害提起诉讼，法院要求保留全部材料。The injury is in court.",
                authority="上海市浦东新区人民法院（2026）沪0115民初字第0000号",
                review_on=(at + timedelta(days=180)).date(),
                complaint_id=grave.pk,
            ),
            actor=manager,
            at=at,
        )


def _disposed(quality: User, top: User, at: datetime) -> None:
    run = propose_disposal(actor=None, at=at)
    if run is None:
        return
    review_disposal(run_id=run.pk, actor=quality, at=at + timedelta(hours=20))
    review_disposal(run_id=run.pk, actor=top, at=at + timedelta(hours=47))
    carry_out_disposal(now=at + timedelta(hours=47, minutes=1), limit=1_000)


def _somebody(skip: int) -> Complaint | None:
    known = Complaint.objects.filter(
        state="closed", complainant__isnull=False, confidential=False, anonymised_at=None, holds=0
    ).exclude(complainant__phone="")
    return known.order_by("-closed_at", "-pk")[skip : skip + 1].first()


def _asked(kind: str, text: str, complaint: Complaint, quality: User, at: datetime) -> int:
    person = complaint.complainant
    assert person is not None  # noqa: S101 - chosen so
    asked = Asked(kind, person.name, person.phone, at - timedelta(hours=3), text)
    return take_request(asked=asked, actor=quality, at=at).pk


def _answered(quality: User, at: datetime) -> None:
    complaint = _somebody(2)
    if complaint is None or complaint.complainant_id is None:
        return
    pk = _asked(RequestKind.ERASURE, "请删除我的投诉和个人信息。", complaint, quality, at)
    verify_identity(
        request_id=pk,
        people=[complaint.complainant_id],
        proof=Proof.CALL_BACK,
        actor=quality,
        at=at + timedelta(days=1),
    )
    reasons = (
        "您的投诉已于近期办结。为配合认证机构追溯查阅，投诉记录须自办结之日起保存六年；"
        "期满后我们将清除其中的个人信息。"
    )
    answer_request(
        request_id=pk,
        reply=Reply(Answer.REFUSED, Ground.DUTY, reasons),
        actor=quality,
        at=at + timedelta(days=4),
    )


def _waiting(quality: User, at: datetime) -> None:
    complaint = _somebody(5)
    if complaint is None or complaint.complainant_id is None:
        return
    pk = _asked(RequestKind.ACCESS, "我想要一份你们保存的全部资料。", complaint, quality, at)
    verify_identity(
        request_id=pk,
        people=[complaint.complainant_id],
        proof=Proof.MAIL_BACK,
        actor=quality,
        at=at + timedelta(hours=5),
    )
    ask_for_package(
        request_id=pk,
        language=SubjectRequest.objects.get(pk=pk).people.all()[0].language or "zh-hans",
        with_internal_files=False,
        actor=quality,
        at=at + timedelta(hours=6),
    )
    prepare_packages(now=at + timedelta(hours=6, minutes=1))
