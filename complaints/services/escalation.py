"""Upward: escalate, climb the ladder, take what was escalated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint, Escalation
from complaints.permissions import may_take_escalation
from complaints.rules.policy import EscalationStep
from complaints.selectors.people import Circle
from complaints.services.moves import acting, digest, keep, note_down, take
from complaints.services.notices import News, tell_many
from journal.services import Fact, record_many
from journal.services.bulk_rows import insert_rows, made


@transaction.atomic
def escalate_complaint(
    *,
    complaint_id: int,
    reason: str,
    level: int | None = None,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Escalation:
    """Climb the ladder: the people of the next level (or the given one) are told and must take it.

    Raises MoveRefused at the top of the ladder or at the complaint's end, BadInput naming `reason`
    or `level`.
    """
    complaint = take(
        complaint_id,
        actor=actor,
        permission="complaints.escalate",
        expected_version=expected_version,
    )
    if not complaint.is_open:
        raise MoveRefused([_("The complaint is at its end.")])
    if not reason.strip():
        raise BadInput(_("Say what is to be decided, and why."), field="reason")
    ladder = complaint.policy.says.escalation
    target = level or complaint.escalation_level + 1
    if target > len(ladder):
        raise MoveRefused([_("The top of the escalation ladder has been reached.")])
    if target <= complaint.escalation_level:
        raise BadInput(_("This level has been told already."), field="level")
    rung = Rung(complaint, ladder[target - 1], "person", reason)
    escalation = climb([rung], actor=actor, at=at)[0]
    keep(complaint, "escalation_level")
    return escalation


@dataclass(frozen=True)
class Rung:
    """A rung of the ladder to be climbed by one complaint, and what made it climb."""

    complaint: Complaint
    step: EscalationStep
    trigger: str  # person | warning | breach | emergency
    reason: str = ""
    clock_code: str = ""


def climb(
    rungs: Sequence[Rung], *, actor: User, at: datetime, because: Sequence[Fact] = ()
) -> list[Escalation]:
    """Tell the people of each rung, with what to decide. The caller holds and saves the complaints.

    A few statements, however many rungs there are. `because` are facts that led here: recorded
    first, but together with what follows from them, for a chain costs more to find than to tie.
    """
    escalations = [
        made(
            Escalation,
            complaint_id=rung.complaint.pk,
            cycle=rung.complaint.cycle,
            by_id=actor.pk,
            at=at,
            level=rung.step.level,
            reason=rung.reason,
            trigger=rung.trigger,
            clock_code=rung.clock_code,
        )
        for rung in rungs
    ]
    insert_rows(escalations)
    circle = Circle()
    news: list[News] = []
    facts = [*because]
    for rung, escalation in zip(rungs, escalations, strict=True):
        complaint = rung.complaint
        complaint.escalation_level = max(complaint.escalation_level, rung.step.level)
        people = circle.of(rung.step.permission, complaint)
        kind = "emergency" if rung.trigger == "emergency" else "escalation"
        news += [News(person, complaint, kind, escalation) for person in people]
        facts.append(_climbed(rung, escalation, people, actor, at))
    record_many(facts)
    tell_many(news, by=actor, at=at)
    return escalations


def _climbed(
    rung: Rung, escalation: Escalation, people: Sequence[User], actor: User, at: datetime
) -> Fact:
    return Fact(
        events.ESCALATED,
        rung.complaint,
        actor,
        at,
        {
            "state": str(rung.complaint.state),
            "cycle": rung.complaint.cycle,
            "escalation": escalation.pk,
            "level": rung.step.level,
            "trigger": rung.trigger,
            "clock": rung.clock_code,
            "told": [person.pk for person in people],
            **acting(rung.complaint, actor),
            "sha256": digest(rung.reason) if rung.reason else None,
        },
    )


@transaction.atomic
def take_escalation(*, escalation_id: int, actor: User, at: datetime) -> Escalation:
    """Accept an escalation: from now on somebody has it.

    Raises NotAllowed for whoever is not asked at its level, MoveRefused when taken already.
    """
    complaint_id = Escalation.objects.values_list("complaint_id", flat=True).get(pk=escalation_id)
    complaint = take(complaint_id, actor=actor, permission="complaints.view")
    escalation = Escalation.objects.select_for_update(of=("self",)).get(pk=escalation_id)
    if escalation.taken_at is not None:
        raise MoveRefused([_("Somebody has taken this escalation already.")])
    if not may_take_escalation(actor, complaint, level=escalation.level):
        raise NotAllowed(_("This level of the ladder asks other people."))
    # Whoever takes a level takes all that still waits there, whichever time limit it came from.
    waiting = complaint.escalations.filter(level=escalation.level, taken_at__isnull=True)
    waiting.update(taken_by=actor, taken_at=at)
    escalation.refresh_from_db()
    keep(complaint)
    note_down(
        events.ESCALATION_TAKEN,
        complaint,
        actor=actor,
        at=at,
        payload={"escalation": escalation.pk, "level": escalation.level},
    )
    return escalation
