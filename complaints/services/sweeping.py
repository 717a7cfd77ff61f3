"""What the scheduler does: tell of clocks that run out, remind those who are silent."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from accounts.models import User
from accounts.services import system_user
from complaints import events
from complaints.models import Clock, Complaint, Escalation, HandlingPolicy, Message
from complaints.rules.policy import EscalationStep
from complaints.services.escalation import Rung, climb
from complaints.services.letters import draft_letter
from complaints.services.messages import put_out, reachable_by_mail
from complaints.services.reckoning import WARNINGS, next_event
from complaints.states import MessageChannel, Occasion, State
from journal.errors import Refusal
from journal.origin import origin
from journal.services import Fact
from journal.services.bulk_rows import among, no_search_for_cycles, read_rows

log = structlog.get_logger(__name__)

BATCH = 1_000  # clocks in one transaction: it holds their complaints for some tenths of a second
# What the sweep asks a complaint and a clock: half of its time went into reading all there is.
_OF_COMPLAINT = (
    *("id", "reference", "state", "cycle", "policy_id", "site_id", "team_id", "provider_id"),
    *("owner_id", "recorded_by_id", "subject_person_id", "confidential", "is_test"),
    "escalation_level",
)
_OF_CLOCK = (
    *("id", "complaint_id", "code", "stage", "started_at", "promised_at", "due_at"),
    *("extended_by_id", "paused_at", "stopped_at", "dropped", "told_percent"),
)


@dataclass(frozen=True)
class Swept:
    """How many warnings and breaches a sweep told of."""

    warned: int = 0
    breached: int = 0


def sweep_clocks(*, now: datetime, limit: int = 20) -> Swept:
    """Tell of every clock that has used up a warning's share of its time, or all of it.

    Lateness itself is never decided here: lists compute it from the due date. Works in batches,
    each its own transaction, so that a killed sweep is simply gone on with.
    """
    total = Swept()
    with origin("scheduler"):
        for _round in range(limit):
            done = _sweep_batch(now)
            if done is None:
                break
            total = Swept(total.warned + done.warned, total.breached + done.breached)
    return total


@no_search_for_cycles()
def _sweep_batch(now: datetime) -> Swept | None:
    due = Clock.objects.filter(next_event_at__lte=now).order_by("next_event_at")
    ids = list(due.values_list("complaint_id", flat=True)[:BATCH])
    if not ids:
        return None
    with transaction.atomic():
        # The complaint first, as every verb locks; then what is still due of its clocks.
        locked = Complaint.objects.select_for_update(of=("self",)).filter(among("pk", ids))
        complaints = {
            complaint.pk: complaint
            for complaint in read_rows(locked.order_by("pk"), *_OF_COMPLAINT)
        }
        ladders = _ladders(complaints.values())
        still = Clock.objects.filter(among("complaint", complaints), next_event_at__lte=now)
        clocks = read_rows(still.order_by("pk"), *_OF_CLOCK)
        system = system_user()
        facts: list[Fact] = []
        rungs: dict[tuple[int, int], Rung] = {}
        warned = _warned(complaints)
        for clock in clocks:
            clock.complaint = complaints[clock.complaint_id]
            percent = _percent_used(clock, now)
            for rung in _rungs(clock, percent, ladders[clock.complaint.policy_id]):
                if rung.trigger == "breach" or _mark(rung) not in warned:
                    rungs.setdefault((rung.complaint.pk, rung.step.level), rung)
            facts.append(_told(clock, percent, system, now))
            clock.told_percent = percent
            clock.next_event_at = next_event(clock)
        _keep_told(clocks)
        climb(list(rungs.values()), actor=system, at=now, because=facts)
        _keep_levels([rung.complaint for rung in rungs.values()])
    breached = sum(clock.told_percent >= WARNINGS[-1] for clock in clocks)
    return Swept(len(clocks) - breached, breached)


def _ladders(complaints: Collection[Complaint]) -> dict[int, tuple[EscalationStep, ...]]:
    """Return the ladder of each policy: read once, for it is long, and many have the same."""
    policies = HandlingPolicy.objects.in_bulk({complaint.policy_id for complaint in complaints})
    return {pk: tuple(policy.says.escalation) for pk, policy in policies.items()}


def _keep_told(clocks: Sequence[Clock]) -> None:
    """Save what was told: one statement for all that are over, for they have nothing ahead."""
    over = [clock.pk for clock in clocks if clock.next_event_at is None]
    Clock.objects.filter(among("pk", over)).update(told_percent=WARNINGS[-1], next_event_at=None)
    ahead = [clock for clock in clocks if clock.next_event_at is not None]
    Clock.objects.bulk_update(ahead, ["told_percent", "next_event_at"], batch_size=250)


def _keep_levels(complaints: Iterable[Complaint]) -> None:
    """Save how high complaints have climbed: one statement for each height."""
    heights: dict[int, set[int]] = {}
    for complaint in complaints:
        heights.setdefault(complaint.escalation_level, set()).add(complaint.pk)
    for level, pks in heights.items():
        Complaint.objects.filter(among("pk", pks)).update(escalation_level=level)


def _told(clock: Clock, percent: int, system: User, now: datetime) -> Fact:
    over = percent >= WARNINGS[-1]
    return Fact(
        events.CLOCK_BREACHED if over else events.CLOCK_WARNED,
        clock.complaint,
        system,
        clock.due_at if over else now,
        {"clock": clock.code, "stage": clock.stage, "percent": percent},
    )


def _percent_used(clock: Clock, now: datetime) -> int:
    span = (clock.due_at - clock.counted_from) or timedelta(microseconds=1)
    used = (now - clock.counted_from) / span * 100
    return max((percent for percent in WARNINGS if percent <= used), default=clock.told_percent)


def _rungs(clock: Clock, percent: int, ladder: Sequence[EscalationStep]) -> list[Rung]:
    """Return the rungs that the clock reaches now; each clock reaches each of them once."""
    complaint, before = clock.complaint, clock.told_percent
    over = before < WARNINGS[-1] <= percent
    return [
        Rung(complaint, step, "breach" if over else "warning", clock_code=clock.code)
        for step in ladder
        if (over and step.on_breach)
        or (step.at_percent is not None and before < step.at_percent <= percent)
    ]


_Mark = tuple[int, int, str, int]


def _mark(rung: Rung) -> _Mark:
    return rung.complaint.pk, rung.complaint.cycle, rung.clock_code, rung.step.level


def _warned(complaints: Mapping[int, Complaint]) -> set[_Mark]:
    """Return which rungs were climbed before for the same time limit.

    Where progress reports keep coming, nobody is told before each of them that it falls due.
    """
    climbed = Escalation.objects.filter(among("complaint", complaints)).exclude(clock_code="")
    return set(climbed.order_by().values_list("complaint_id", "cycle", "clock_code", "level"))


def sweep_silence(*, now: datetime) -> int:
    """Remind by e-mail those who have not answered a decision; return how many reminders went out.

    The reminders of the policy are spread evenly from its first day to the end of the silence.
    """
    sent = 0
    waiting = Complaint.objects.filter(
        state=State.RESPONDED,
        answer="",
        unreachable=False,
        no_contact_at__isnull=True,
        decision_sent_at__lt=now - timedelta(days=1),
    ).exclude(complainant__email="")
    with origin("scheduler"):
        for pk in list(waiting.order_by("pk").values_list("pk", flat=True)):
            try:
                with transaction.atomic():
                    sent += _remind(pk, now)
            except Refusal as refusal:
                # One letter that cannot be written must not keep the others from being reminded.
                log.warning("reminder_refused", complaint=pk, code=refusal.code)
    return sent


def _remind(complaint_id: int, now: datetime) -> int:
    complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    silence = complaint.policy.says.silence
    since = complaint.decision_sent_at
    if complaint.state != State.RESPONDED or complaint.answer or since is None:
        return 0
    if complaint.no_contact_at is not None or not reachable_by_mail(complaint):
        return 0
    written = Message.objects.filter(
        complaint=complaint, cycle=complaint.cycle, occasion=Occasion.REMINDER
    ).count()
    step = (silence.days - silence.first_reminder_after_days) / silence.reminders
    due = since + timedelta(days=silence.first_reminder_after_days + written * step)
    if written >= silence.reminders or now < due:
        return 0
    system = system_user()
    subject, text = draft_letter(complaint, Occasion.REMINDER, MessageChannel.EMAIL, actor=None)
    put_out(
        complaint,
        occasion=Occasion.REMINDER,
        channel=MessageChannel.EMAIL,
        subject=subject,
        body=text,
        actor=system,
        at=now,
    )
    return 1
