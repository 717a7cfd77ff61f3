"""Invitations to say how it went: sent when the policy says, reminded once, else people call."""

from collections.abc import Mapping
from datetime import datetime

import structlog
from django.db import transaction

from accounts.models import User
from accounts.services import system_user
from complaints import events
from complaints.models import Complaint, FollowUpAttempt, Notice
from complaints.permissions import may
from complaints.rules.follow_ups import Plan, due_plan_of
from complaints.selectors.follow_ups import CLOSED, EARLY, cases_of
from complaints.selectors.involved import involved_in_each
from complaints.selectors.people import Circle
from complaints.services.follow_ups import end_follow_up
from complaints.services.letters import draft_letter
from complaints.services.messages import put_out
from complaints.services.moves import note_down, stamp
from complaints.services.notices import News, tell_many
from complaints.states import FollowUpOutcome, MessageChannel, Occasion
from journal.errors import Refusal
from journal.origin import origin

log = structlog.get_logger(__name__)

BATCH = 500
_OCCASION_OF = {"invite": Occasion.FOLLOW_UP, "remind": Occasion.FOLLOW_UP_REMINDER}


def sweep_follow_ups(*, now: datetime) -> int:
    """Invite, remind once, or give up where letters stay without answer; return how many letters.

    Each complaint has its own transaction. Where everybody who could call has worked on the
    complaint, those above are told, once.
    """
    sent = 0
    with origin("scheduler"):
        for which in (CLOSED, EARLY):
            ids = Complaint.objects.filter(which).order_by("pk").values_list("pk", flat=True)
            waiting = list(ids)
            for start in range(0, len(waiting), BATCH):
                sent += _sweep_batch(waiting[start : start + BATCH], now)
    return sent


def _sweep_batch(ids: list[int], now: datetime) -> int:
    complaints = list(Complaint.objects.filter(pk__in=ids).select_related("policy", "complainant"))
    plans = _plans(complaints, now)
    sent = 0
    for complaint in complaints:
        if not _acts_now(plans[complaint.pk], now):
            continue
        try:
            with transaction.atomic():
                sent += _act(complaint.pk, now)
        except Refusal as refusal:
            # One letter that cannot be written must not keep the others from being sent.
            log.warning("invitation_refused", complaint=complaint.pk, code=refusal.code)
    _look_for_callers([c for c in complaints if plans[c.pk].what in {"call", "write"}], now)
    return sent


def _plans(complaints: list[Complaint], now: datetime) -> Mapping[int, Plan]:
    cases, _attempts = cases_of(complaints)
    return {
        item.pk: due_plan_of(cases[item.pk], item.policy.says.follow_up, now) for item in complaints
    }


def _acts_now(plan: Plan, now: datetime) -> bool:
    goes_out = plan.what in _OCCASION_OF and plan.at is not None and plan.at <= now
    return goes_out or plan.what == "give_up"


def _act(complaint_id: int, now: datetime) -> int:
    """Do what is due, as it stands under the lock; return how many letters that made."""
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    found = Complaint.objects.filter(CLOSED | EARLY, pk=complaint_id)
    plan = _plans([complaint], now)[complaint_id]
    if not (found.exists() and _acts_now(plan, now)):
        return 0
    system = system_user()
    if plan.what == "give_up":
        _give_up(complaint, system, now)
        return 0
    occasion = _OCCASION_OF[plan.what]
    subject, text = draft_letter(complaint, occasion, MessageChannel.EMAIL, actor=None, at=now)
    put_out(
        complaint,
        occasion=occasion,
        channel=MessageChannel.EMAIL,
        subject=subject,
        body=text,
        actor=system,
        at=now,
    )
    return 1


def _give_up(complaint: Complaint, system: User, now: datetime) -> None:
    attempt = FollowUpAttempt.objects.create(
        complaint=complaint,
        cycle=complaint.cycle,
        by=system,
        at=now,
        channel=MessageChannel.EMAIL,
        outcome=FollowUpOutcome.UNREACHABLE,
    )
    end_follow_up(complaint, at=now)
    stamp(complaint, "followed_up_at")
    note_down(
        events.FOLLOWED_UP,
        complaint,
        actor=None,
        at=now,
        payload={"attempt": attempt.pk, "outcome": str(attempt.outcome)},
    )


def _look_for_callers(complaints: list[Complaint], now: datetime) -> None:
    """Tell those above where nobody in the team may call: each of them worked on the complaint."""
    told = Notice.objects.filter(kind="follow_up", complaint__in=complaints)
    known = set(told.values_list("complaint_id", flat=True))
    new = [complaint for complaint in complaints if complaint.pk not in known]
    if not new:
        return
    involved, circle = involved_in_each(new), Circle()
    news: list[News] = []
    for complaint in new:
        able = circle.of("complaints.follow_up", complaint)
        free = [who for who in able if who.pk not in involved[complaint.pk]]
        if any(not may(who, "complaints.assign", complaint) for who in free):
            continue
        above = free or circle.of("complaints.decide_reopening", complaint)
        news += [News(person, complaint, "follow_up") for person in above]
    if news:
        with transaction.atomic():
            tell_many(news, by=system_user(), at=now)
