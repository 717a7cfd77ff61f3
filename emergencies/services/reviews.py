"""What is learnt afterwards: owed within the policy's working days, by somebody else (5.3)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import system_user
from complaints.services.moves import digest, note_down
from compliance.rules import ClockSpec, Unit, deadline
from compliance.selectors.calendars import load_calendar
from emergencies import events
from emergencies.errors import BadInput, MoveRefused, NotAllowed
from emergencies.models import Emergency, Review
from emergencies.services.opening import take_row


@dataclass(frozen=True)
class Lessons:
    """What a review says."""

    went_well: str
    went_badly: str
    actions: str
    false_alarm: bool
    reached: str = ""


def open_review(row: Emergency, *, at: datetime) -> Review:
    """Owe the review of an emergency that is contained or over. The caller holds the lock."""
    known = Review.objects.filter(emergency=row).first()
    if known is not None:
        return known
    says = row.complaint.policy.says
    calendar = load_calendar(says.calendar)
    spec = ClockSpec(Unit.WORK_DAY, says.fast_channel.review_work_days)
    review = Review.objects.create(
        emergency=row,
        opened_at=at,
        due_at=deadline(spec, at, calendar).due_at,
        calendar_revision=calendar.revision,
    )
    moments = [moment for moment in (row.next_warning_at, review.due_at) if moment is not None]
    row.next_warning_at = min(moments)
    row.save(update_fields=["next_warning_at"])
    note_down(
        events.REVIEW_DUE,
        row.complaint,
        actor=system_user(),
        at=at,
        payload={"emergency": row.pk, "review": review.pk, "due": review.due_at.isoformat()},
    )
    return review


def handled(row: Emergency) -> set[int]:
    """Return who handled an emergency and so cannot review it."""
    people = {row.taken_by_id, row.contained_by_id, row.complaint.owner_id}
    people |= set(row.containments.values_list("by", flat=True))
    return {pk for pk in people if pk is not None}


@transaction.atomic
def finish_review(*, complaint_id: int, lessons: Lessons, actor: User, at: datetime) -> Review:
    """Write down what was learnt. Never by somebody who handled the emergency.

    Raises NotAllowed, MoveRefused (not owed yet, or done), BadInput naming `went_well`,
    `went_badly` or `actions`.
    """
    row = take_row(complaint_id, actor=actor, permission="emergencies.review")
    review = Review.objects.select_for_update(of=("self",)).filter(emergency=row).first()
    if review is None:
        raise MoveRefused([_("The review comes once the danger is contained or over.")])
    if review.done_at is not None:
        raise MoveRefused([_("This emergency has been reviewed.")])
    if actor.pk in handled(row):
        raise NotAllowed(_("Somebody reviews it who did not handle it."))
    for field in ("went_well", "went_badly", "actions"):
        if not getattr(lessons, field).strip():
            raise BadInput(_("Say it in a sentence, even if it is “nothing”."), field=field)
    review.reached = lessons.reached.strip()
    review.went_well = lessons.went_well.strip()
    review.went_badly = lessons.went_badly.strip()
    review.actions = lessons.actions.strip()
    review.done_at, review.done_by = at, actor
    review.save()
    row.false_alarm = lessons.false_alarm
    row.save(update_fields=["false_alarm"])
    note_down(
        events.REVIEWED,
        row.complaint,
        actor=actor,
        at=at,
        payload={
            "emergency": row.pk,
            "review": review.pk,
            "false_alarm": lessons.false_alarm,
            "sha256": digest(review.reached, review.went_well, review.went_badly, review.actions),
        },
    )
    return review
