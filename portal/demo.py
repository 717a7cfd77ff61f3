"""What complainants did themselves in the last days of the demo: wrote, asked, answered."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from accounts.services import system_user
from complaints.models import Complaint
from complaints.selectors.reopening import may_ask_reopening
from complaints.services.complainants import add_information
from complaints.services.intake import Intake, Person
from complaints.states import Channel, State
from journal.origin import origin
from portal.services.answers import answer_decision, ask_for_quiet, ask_reopening
from portal.services.intake import Sent, take_complaint

_AGAIN = {
    "zh-hans": "你们说已经解决，可是这个星期又出现了同样的问题。希望再派人检查一次。",
    "en": "You told me it was settled, but the same thing happened again this week.",
}
_MORE = (
    "补充一下：购买时的小票已经找到，日期是上个月十二号，在门店购买。",
    "昨晚又出现了同样的情况，这次我录了视频，需要的话可以提供。",
)
_NEW = (
    (
        "门店的退货柜台只接受现场排队，我带着老人等了两个小时。希望可以预约。",
        Person(name="周敏", phone="13611223344", language="zh-hans"),
    ),
    (
        "送货员把快递放在门口就走了，没有打电话，第二天就不见了。我不想留姓名。",
        Person(language="zh-hans"),
    ),
)
_PROGRAM = "Best prices for watches!!! Visit our shop today, best quality, free delivery."


def tell(*, now: datetime, say: Callable[[str], None]) -> None:
    """Let complainants use their own side of the counter during the last days."""
    with origin("complainant"):
        _ask_again(now)
        _add(now)
        _answer(now)
        _want_quiet(now)
    _complain(now)
    say("complainants: requests, additions, answers and forms on their own pages")


def _newest(state: State, many: int, *, now: datetime) -> list[Complaint]:
    """Return complaints of the last weeks in a state, of people and not confidential."""
    found = Complaint.objects.filter(
        state=state, confidential=False, anonymous=False, received_at__lt=now - timedelta(days=2)
    )
    return list(found.order_by("-received_at", "-pk")[:many])


def _ask_again(now: datetime) -> None:
    fresh = [case for case in _newest(State.CLOSED, 12, now=now) if _lately(case.closed_at, now)]
    for number, case in enumerate(fresh[:2]):
        reason = _AGAIN.get(case.language, _AGAIN["zh-hans"])
        at = max(now - timedelta(hours=20 + 9 * number), case.closed_at or now)
        if may_ask_reopening(case, at=at):
            ask_reopening(complaint_id=case.pk, reason=reason, at=at)


def _lately(closed_at: datetime | None, now: datetime) -> bool:
    return closed_at is not None and now - timedelta(days=120) < closed_at < now


def _add(now: datetime) -> None:
    for number, (case, text) in enumerate(
        zip(_newest(State.INVESTIGATING, 2, now=now), _MORE, strict=False)
    ):
        at = now - timedelta(hours=3 + 5 * number)
        add_information(complaint_id=case.pk, text=text, actor=system_user(), at=at)


def _answer(now: datetime) -> None:
    waiting = [
        case
        for case in _newest(State.RESPONDED, 20, now=now)
        if not case.answer and case.decision_sent_at and case.decision_sent_at < now
    ]
    for case in waiting[:1]:
        answer_decision(
            complaint_id=case.pk,
            accepted=False,
            reason="我不同意这个结论。客服当时在电话里的答复和现在说的不一样。",
            at=now - timedelta(hours=2),
        )


def _want_quiet(now: datetime) -> None:
    for case in _newest(State.RESPONDED, 4, now=now)[-1:]:
        ask_for_quiet(complaint_id=case.pk, at=now - timedelta(hours=6))


def _complain(now: datetime) -> None:
    for number, (words, person) in enumerate(_NEW):
        at = now - timedelta(hours=4 + 7 * number)
        _send(words, person, at=at, number=number)
    _send(_PROGRAM, Person(email="shop@example.com"), at=now - timedelta(hours=1), number=9)


def _send(words: str, person: Person, *, at: datetime, number: int) -> None:
    take_complaint(
        sent=Sent(
            key=UUID(int=19012_0000 + number),
            suspected=words == _PROGRAM,
            intake=Intake(
                channel=Channel.WEB,
                description=words,
                received_at=at,
                person=person,
                anonymous=not person.reachable,
                language=person.language or "en",
            ),
        ),
        at=at,
    )
