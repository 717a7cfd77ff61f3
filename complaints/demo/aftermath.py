"""What comes after the end, in the demo: calls, a wish to reopen, somebody who wants peace."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from accounts.models import User
from accounts.services import system_user
from complaints.models import Complaint
from complaints.selectors.involved import involved_in
from complaints.selectors.people import people_with
from complaints.services.contact import stop_contact
from complaints.services.follow_ups import FollowUp, record_follow_up
from complaints.services.reopening import request_reopening
from complaints.states import FollowUpOutcome, ReopenSource, State

_WISHES = (
    "维修后才用了三天又开始漏水，上次说的“已更换密封圈”根本没有解决问题，请你们重新检查。",
    "The refund covers the kettle but not the damaged worktop, although I sent the photos.",
)


def tell(*, now: datetime, say: Callable[[str], None]) -> None:
    """Let the last weeks' closings have their calls, and two complainants ask to reopen."""
    _ask_those_of_long_ago(now)
    waiting = list(_to_be_asked(now))
    plans = (
        (FollowUpOutcome.UNREACHABLE, 20, 26, "无人接听。"),
        (FollowUpOutcome.CALL_BACK, 5, 18, "在开会，请明天下午再打。"),
        (FollowUpOutcome.WRONG_NUMBER, 28, None, "接电话的人说打错了。"),
        (FollowUpOutcome.UNREACHABLE, 44, None, "The line was engaged."),
    )
    for (complaint, caller), (outcome, ago, ahead, comment) in zip(waiting, plans, strict=False):
        record_follow_up(
            complaint_id=complaint.pk,
            follow_up=FollowUp(
                "phone",
                outcome,
                comment=comment,
                next_at=now + timedelta(hours=ahead) if ahead else None,
            ),
            actor=caller,
            at=max(now - timedelta(hours=ago), _ended(complaint)),
        )
    for (complaint, caller), _number in zip(waiting[len(plans) :], range(1), strict=False):
        stop_contact(
            complaint_id=complaint.pk,
            reason="来电表示事情已了结，请不要再打电话。",
            channel="phone",
            actor=caller,
            at=max(now - timedelta(hours=30), _ended(complaint)),
        )
    told = 0
    for words, complaint in zip(_WISHES, _unhappy(), strict=False):
        request_reopening(
            complaint_id=complaint.pk,
            reason=words,
            source=ReopenSource.COMPLAINANT,
            actor=system_user(),
            at=max(now - timedelta(hours=20 + 30 * told), _ended(complaint)),
        )
        told += 1
    say(f"follow-ups due: {len(waiting)}, wishes to reopen: {told}")


def _ask_those_of_long_ago(now: datetime) -> None:
    """Let nobody have waited for months: an organisation at work has asked them."""
    long_ago = Complaint.objects.filter(
        state=State.CLOSED, closed_at__lt=now - timedelta(days=20), next_due_at__isnull=False
    )
    for complaint in long_ago.select_related("policy").order_by("pk"):
        caller = _caller_for(complaint)
        if caller is None:
            continue
        record_follow_up(
            complaint_id=complaint.pk,
            follow_up=FollowUp(
                "phone",
                FollowUpOutcome.ANSWERED,
                handling_score=6 + complaint.pk % 5,
                outcome_score=5 + complaint.pk % 6,
            ),
            actor=caller,
            at=_ended(complaint) + timedelta(days=4, hours=3),
        )


def _caller_for(complaint: Complaint) -> User | None:
    """Return somebody who may ask: nobody rates what they worked on."""
    involved = involved_in(complaint)
    callers = people_with("complaints.follow_up", complaint)
    return next((who for who in callers if who.pk not in involved), None)


def _ended(complaint: Complaint) -> datetime:
    return complaint.followed_up_at or complaint.closed_at or complaint.received_at


def _to_be_asked(now: datetime) -> Iterator[tuple[Complaint, User]]:
    """Yield what is due with somebody who may call."""
    due = Complaint.objects.filter(
        state=State.CLOSED,
        closed_at__lt=now - timedelta(hours=6),
        next_due_at__isnull=False,
        no_contact_at__isnull=True,
        complainant__isnull=False,
    ).exclude(complainant__phone="")
    for complaint in due.select_related("policy").order_by("next_due_at", "pk")[:12]:
        caller = _caller_for(complaint)
        if caller is not None:
            yield complaint, caller


def _unhappy() -> list[Complaint]:
    low = Complaint.objects.filter(
        state=State.FOLLOWED_UP, followupattempts__outcome_score__lte=4
    ).select_related("policy")
    return list(low.order_by("-followed_up_at", "-pk").distinct()[: len(_WISHES)])
