"""Keeping the rota: duties, shifts, hand-over."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from emergencies import events
from emergencies.errors import BadInput, MoveRefused, NotAllowed
from emergencies.models import Duty, Handover, Shift
from emergencies.permissions import can_be_called, may_keep_rota
from journal.services import record

HIGHEST = 9
LONGEST = timedelta(days=31)


def _demand_keeper(actor: User) -> None:
    if not may_keep_rota(actor):
        raise NotAllowed(_("Managers and quality management keep the rota."))


@transaction.atomic
def set_duty(*, level: int, name_en: str, name_zh: str, actor: User, at: datetime) -> Duty:
    """Name a level of the call ladder. Raises BadInput (`level`, `name_en`, `name_zh`)."""
    _demand_keeper(actor)
    if not 1 <= level <= HIGHEST:
        raise BadInput(_("Levels run from 1 to 9."), field="level")
    for field, name in (("name_en", name_en), ("name_zh", name_zh)):
        if not name.strip():
            raise BadInput(_("Name it in both languages."), field=field)
    duty, _made = Duty.objects.update_or_create(
        level=level, defaults={"name_en": name_en.strip(), "name_zh": name_zh.strip()}
    )
    record(kind=events.DUTY_SET, subject=duty, actor=actor, occurred_at=at, payload={"rung": level})
    return duty


@transaction.atomic
def plan_shift(
    *,
    duty: Duty,
    person: User,
    deputy: User | None,
    starts_at: datetime,
    ends_at: datetime,
    actor: User,
    at: datetime,
) -> Shift:
    """Put somebody on call between two moments.

    Raises NotAllowed, BadInput naming `person`, `deputy`, `starts_at` (another shift of this duty
    runs then) or `ends_at`.
    """
    _demand_keeper(actor)
    for field, who in (("person", person), ("deputy", deputy)):
        if who is not None and not can_be_called(who):
            raise BadInput(_("This person's role cannot take an emergency."), field=field)
    if deputy is not None and deputy.pk == person.pk:
        raise BadInput(_("The deputy must be somebody else."), field="deputy")
    if ends_at <= starts_at or ends_at <= at:
        raise BadInput(_("A shift ends after it begins, and not in the past."), field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise BadInput(_("A shift lasts 31 days at most."), field="ends_at")
    # The duty is the lock: two people planning the same hours wait for each other.
    Duty.objects.select_for_update().get(pk=duty.pk)
    clash = Shift.objects.filter(
        duty=duty, cancelled_at__isnull=True, starts_at__lt=ends_at, ends_at__gt=starts_at
    ).first()
    if clash is not None:
        raise BadInput(
            _("%(person)s is on call for this duty at that time.") % {"person": clash.person},
            field="starts_at",
        )
    shift = Shift.objects.create(
        duty=duty,
        person=person,
        deputy=deputy,
        starts_at=starts_at,
        ends_at=ends_at,
        planned_by=actor,
        planned_at=at,
    )
    record(
        kind=events.SHIFT_PLANNED,
        subject=shift,
        actor=actor,
        occurred_at=at,
        payload={
            "duty": duty.pk,
            "person": person.pk,
            "deputy": deputy.pk if deputy else None,
            "from": starts_at.isoformat(),
            "until": ends_at.isoformat(),
        },
    )
    return shift


@transaction.atomic
def cancel_shift(*, shift_id: int, actor: User, at: datetime) -> Shift:
    """Take a shift out of the plan, or end one that runs. Raises MoveRefused when it is over."""
    _demand_keeper(actor)
    shift = Shift.objects.select_for_update(of=("self",)).get(pk=shift_id)
    if shift.cancelled_at is not None or shift.ends_at <= at:
        raise MoveRefused([_("This shift is over.")])
    if shift.starts_at < at:
        shift.ends_at = at  # what was served stays on record
        shift.save(update_fields=["ends_at"])
    else:
        shift.cancelled_at = at
        shift.save(update_fields=["cancelled_at"])
    record(kind=events.SHIFT_CANCELLED, subject=shift, actor=actor, occurred_at=at)
    return shift


# --- hand-over ---------------------------------------------------------------------------------


@transaction.atomic
def offer_handover(
    *, shift_id: int, to_person: User, note: str, actor: User, at: datetime
) -> Handover:
    """Ask somebody to take over the rest of a shift; until they accept nothing changes.

    Whoever has the shift, or keeps the rota, may offer it. Raises NotAllowed, MoveRefused, BadInput
    naming `to_person`.
    """
    shift = Shift.objects.select_for_update(of=("self",)).get(pk=shift_id)
    if actor.pk != shift.person_id:
        _demand_keeper(actor)
    if shift.cancelled_at is not None or shift.ends_at <= at:
        raise MoveRefused([_("This shift is over.")])
    if to_person.pk == shift.person_id or not can_be_called(to_person):
        raise BadInput(_("Choose somebody else who can take emergencies."), field="to_person")
    if shift.handovers.filter(accepted_at__isnull=True, declined_at__isnull=True).exists():
        raise MoveRefused([_("This shift has been offered already: wait for the answer.")])
    handover = Handover.objects.create(
        shift=shift,
        from_person_id=shift.person_id,
        to_person=to_person,
        note=note.strip(),
        offered_at=at,
    )
    _note_handover(events.HANDOVER_OFFERED, handover, actor, at)
    return handover


@transaction.atomic
def accept_handover(*, handover_id: int, actor: User, at: datetime) -> Handover:
    """Take a shift over: from now on the calls come here. Raises NotAllowed, MoveRefused."""
    handover = _answerable(handover_id, actor)
    shift = Shift.objects.select_for_update(of=("self",)).get(pk=handover.shift_id)
    if shift.ends_at <= at or shift.cancelled_at is not None:
        raise MoveRefused([_("This shift is over.")])
    shift.person_id = handover.to_person_id
    if shift.deputy_id == shift.person_id:
        shift.deputy_id = handover.from_person_id
    shift.save(update_fields=["person", "deputy"])
    handover.accepted_at = at
    handover.save(update_fields=["accepted_at"])
    _note_handover(events.HANDOVER_ACCEPTED, handover, actor, at)
    return handover


@transaction.atomic
def decline_handover(*, handover_id: int, actor: User, at: datetime) -> Handover:
    """Say no, or take an offer back. Raises NotAllowed, MoveRefused."""
    handover = _answerable(handover_id, actor, also_giver=True)
    handover.declined_at = at
    handover.save(update_fields=["declined_at"])
    _note_handover(events.HANDOVER_DECLINED, handover, actor, at)
    return handover


def _answerable(handover_id: int, actor: User, *, also_giver: bool = False) -> Handover:
    handover = Handover.objects.select_for_update(of=("self",)).get(pk=handover_id)
    asked = {handover.to_person_id} | ({handover.from_person_id} if also_giver else set())
    if actor.pk not in asked:
        raise NotAllowed(_("This shift was offered to somebody else."))
    if handover.accepted_at is not None or handover.declined_at is not None:
        raise MoveRefused([_("This offer has been answered already.")])
    return handover


def _note_handover(kind: str, handover: Handover, actor: User, at: datetime) -> None:
    record(
        kind=kind,
        subject=handover,
        actor=actor,
        occurred_at=at,
        payload={
            "shift": handover.shift_id,
            "from": handover.from_person_id,
            "to": handover.to_person_id,
        },
    )
