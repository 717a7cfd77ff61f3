"""Practising: a test of the rota each quarter, a drill each year; both fall due by themselves."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import system_user
from complaints.selectors.policy import policy_in_force
from compliance.rules import ClockSpec, Unit, WorkCalendar, deadline
from compliance.selectors.calendars import load_calendar
from emergencies import events
from emergencies.errors import BadInput, MoveRefused, NotAllowed
from emergencies.models import Confirmation, Exercise, Page, Shift
from emergencies.permissions import may_keep_rota
from emergencies.selectors.rota import addresses_of, everybody_on_the_rota
from emergencies.services.calling import ways_to
from emergencies.states import ExerciseKind
from journal.origin import origin
from journal.services import Fact, record, record_many

LEAD = timedelta(days=14)  # so long before its day an exercise is put on the list


def open_due_exercises(*, now: datetime) -> int:
    """Put the next test and the next drill on the list in time; return how many.

    Counted from the last one of its kind, the first from the beginning of the rota.
    """
    first = Shift.objects.order_by("planned_at").values_list("planned_at", flat=True).first()
    if first is None:
        return 0
    says = policy_in_force(now).says
    months = {
        ExerciseKind.ROTA_TEST: says.fast_channel.test_every_months,
        ExerciseKind.DRILL: says.fast_channel.drill_every_months,
    }
    made = 0
    with origin("scheduler"):
        for kind, every in months.items():
            made += _open(kind, every, load_calendar(says.calendar), first, now)
    return made


@transaction.atomic
def _open(
    kind: ExerciseKind, every: int, calendar: WorkCalendar, first: datetime, now: datetime
) -> int:
    known = Exercise.objects.filter(kind=kind)
    if known.filter(closed_at__isnull=True).exists():
        return 0
    last = known.order_by("-closed_at").values_list("closed_at", flat=True).first() or first
    due = deadline(ClockSpec(Unit.MONTH, every), last, calendar).due_at
    if now < due - LEAD:
        return 0
    exercise, made = Exercise.objects.get_or_create(
        kind=kind, closed_at=None, defaults={"opened_at": now, "due_at": due}
    )
    if made:
        record(
            kind=events.EXERCISE_DUE,
            subject=exercise,
            actor=system_user(),
            occurred_at=now,
            payload={"kind": str(kind), "due": due.isoformat()},
        )
    return int(made)


def _take(exercise_id: int, kind: ExerciseKind, actor: User) -> Exercise:
    if not may_keep_rota(actor):
        raise NotAllowed(_("Managers and quality management hold tests and drills."))
    exercise = Exercise.objects.select_for_update(of=("self",)).get(pk=exercise_id, kind=kind)
    if exercise.closed_at is not None:
        raise MoveRefused([_("This exercise is closed.")])
    return exercise


@transaction.atomic
def start_rota_test(*, exercise_id: int, actor: User, at: datetime) -> Exercise:
    """Call everybody on the rota, as a test, in every way they have.

    Raises NotAllowed, MoveRefused when it runs already or nobody is on the rota.
    """
    exercise = _take(exercise_id, ExerciseKind.ROTA_TEST, actor)
    if exercise.started_at is not None:
        raise MoveRefused([_("This test has been started.")])
    people = everybody_on_the_rota(at)
    if not people:
        raise MoveRefused([_("Nobody is on the rota: plan shifts first.")])
    exercise.started_at, exercise.started_by = at, actor
    exercise.held_on = timezone.localtime(at).date()
    exercise.save(update_fields=["started_at", "started_by", "held_on"])
    Confirmation.objects.bulk_create(
        Confirmation(exercise=exercise, person=person) for person in people
    )
    known = addresses_of(person.pk for person in people)
    pages = Page.objects.bulk_create(
        Page(exercise=exercise, person=person, address=address, queued_at=at)
        for person in people
        for address in ways_to(person, known.get(person.pk, ()))
    )
    told = [person.pk for person in people]
    record(
        kind=events.EXERCISE_STARTED,
        subject=exercise,
        actor=actor,
        occurred_at=at,
        payload={"told": told},
    )
    record_many(
        [Fact(events.TEST_PAGE_QUEUED, exercise, actor, at, {"page": page.pk}) for page in pages]
    )
    return exercise


@transaction.atomic
def confirm_test(*, exercise_id: int, actor: User, at: datetime) -> Confirmation:
    """Confirm that a test has reached one. Raises NotAllowed for others, MoveRefused when over."""
    exercise = Exercise.objects.select_for_update(of=("self",)).get(pk=exercise_id)
    mine = exercise.confirmations.filter(person=actor.pk).first()
    if mine is None:
        raise NotAllowed(_("This test did not call you."))
    if exercise.closed_at is not None:
        raise MoveRefused([_("This exercise is closed.")])
    if mine.confirmed_at is None:
        mine.confirmed_at = at
        mine.save(update_fields=["confirmed_at"])
        record(
            kind=events.TEST_CONFIRMED,
            subject=exercise,
            actor=actor,
            occurred_at=at,
            payload={"person": actor.pk},
        )
    return mine


@transaction.atomic
def close_rota_test(*, exercise_id: int, findings: str, actor: User, at: datetime) -> Exercise:
    """Close a test with what it showed. Raises MoveRefused before it ran, BadInput `findings`."""
    exercise = _take(exercise_id, ExerciseKind.ROTA_TEST, actor)
    if exercise.started_at is None:
        raise MoveRefused([_("Start the test first.")])
    return _close(exercise, findings, actor, at)


@transaction.atomic
def close_drill(
    *,
    exercise_id: int,
    scenario: str,
    held_on: date,
    participants: Sequence[User],
    findings: str,
    actor: User,
    at: datetime,
) -> Exercise:
    """Write down a drill that was held.

    Raises BadInput naming `scenario`, `held_on`, `participants` or `findings`.
    """
    exercise = _take(exercise_id, ExerciseKind.DRILL, actor)
    if not scenario.strip():
        raise BadInput(_("Say what was practised."), field="scenario")
    if held_on > timezone.localtime(at).date():
        raise BadInput(_("This lies in the future."), field="held_on")
    if not participants:
        raise BadInput(_("Say who took part."), field="participants")
    exercise.scenario, exercise.held_on = scenario.strip(), held_on
    exercise.participants.set(participants)
    return _close(exercise, findings, actor, at)


def _close(exercise: Exercise, findings: str, actor: User, at: datetime) -> Exercise:
    if not findings.strip():
        raise BadInput(_("Say what it showed, even if it is “nothing”."), field="findings")
    exercise.findings = findings.strip()
    exercise.closed_at, exercise.closed_by = at, actor
    exercise.save()
    missing = exercise.confirmations.filter(confirmed_at__isnull=True)
    record(
        kind=events.EXERCISE_CLOSED,
        subject=exercise,
        actor=actor,
        occurred_at=at,
        payload={
            "kind": exercise.kind,
            "participants": list(exercise.participants.values_list("pk", flat=True)),
            "unconfirmed": list(missing.values_list("person", flat=True)),
        },
    )
    return exercise
