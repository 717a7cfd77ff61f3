"""The verbs of the schedule: begin a version, write it, hand it in, approve it or give it back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from journal.services import record
from retention import events
from retention.errors import BadInput, Conflict, NotAllowed
from retention.models import Schedule
from retention.permissions import demand_everywhere
from retention.rules.schedule import faults_of
from retention.selectors.schedule import content_digest, content_in_force, open_version
from retention.states import VersionState

_FAULTS: Mapping[str, Any] = {
    "too_short": _("A period must be at least one."),
    "too_long": _("This period is too long."),
    "greater_than_equal": _("Give a whole number that is not negative."),
    "int_parsing": _("Give a whole number that is not negative."),
    "string_too_short": _("Say why, in both languages."),
    "string_too_long": _("This is too long."),
    "classes": _("Each class stands there once, and none of those that must be there is missing."),
}
_EDITS = _("Your role does not change the retention schedule.")


@transaction.atomic
def draft_schedule(*, actor: User, at: datetime) -> Schedule:
    """Begin a version from what holds now. Raises NotAllowed; Conflict while another is open."""
    demand_everywhere(actor, "retention.edit", _EDITS)
    if open_version() is not None:
        raise Conflict(_("A version is being written or waits for approval already."))
    newest = Schedule.objects.select_for_update().aggregate(newest=Max("version"))["newest"] or 0
    schedule = Schedule.objects.create(
        version=newest + 1,
        content=content_in_force().model_dump(mode="json"),
        author=actor,
        created_at=at,
    )
    _note(events.SCHEDULE_DRAFTED, schedule, actor, at)
    return schedule


@transaction.atomic
def change_schedule(
    *, schedule_id: int, content: Mapping[str, Any], note: str, actor: User, at: datetime
) -> Schedule:
    """Write a draft. Raises NotAllowed, Conflict, BadInput naming `rules.<n>.<field>`."""
    demand_everywhere(actor, "retention.edit", _EDITS)
    schedule = _locked(schedule_id, VersionState.DRAFT)
    faults = faults_of(content)
    if faults:
        raise BadInput(_FAULTS.get(faults[0].code, faults[0].code), field=faults[0].path)
    schedule.content, schedule.change_note = dict(content), note.strip()
    schedule.author = actor  # whoever wrote last cannot approve
    schedule.save(update_fields=["content", "change_note", "author"])
    _note(events.SCHEDULE_CHANGED, schedule, actor, at)
    return schedule


@transaction.atomic
def submit_schedule(*, schedule_id: int, actor: User, at: datetime) -> Schedule:
    """Hand a draft in for approval. Raises NotAllowed, Conflict, BadInput naming `note`."""
    demand_everywhere(actor, "retention.edit", _EDITS)
    schedule = _locked(schedule_id, VersionState.DRAFT)
    if not schedule.change_note:
        raise BadInput(_("Say what changes, and why."), field="note")
    schedule.state, schedule.author = VersionState.SUBMITTED, actor
    schedule.save(update_fields=["state", "author"])
    _note(events.SCHEDULE_SUBMITTED, schedule, actor, at)
    return schedule


@transaction.atomic
def approve_schedule(*, schedule_id: int, note: str = "", actor: User, at: datetime) -> Schedule:
    """Put a version in force at once. Raises NotAllowed (also for its author), Conflict."""
    schedule = _decided(schedule_id, actor)
    schedule.state, schedule.decision_note = VersionState.APPROVED, note.strip()
    schedule.approved_by, schedule.approved_at = actor, at
    schedule.save(update_fields=["state", "decision_note", "approved_by", "approved_at"])
    _note(events.SCHEDULE_APPROVED, schedule, actor, at)
    return schedule


@transaction.atomic
def return_schedule(*, schedule_id: int, note: str, actor: User, at: datetime) -> Schedule:
    """Give a version back to be written on. Raises NotAllowed, Conflict, BadInput on `note`."""
    schedule = _decided(schedule_id, actor)
    if not note.strip():
        raise BadInput(_("Say what should be changed."), field="note")
    schedule.state, schedule.decision_note = VersionState.DRAFT, note.strip()
    schedule.save(update_fields=["state", "decision_note"])
    _note(events.SCHEDULE_RETURNED, schedule, actor, at)
    return schedule


@transaction.atomic
def discard_schedule(*, schedule_id: int, actor: User, at: datetime) -> None:
    """Throw a draft away; its number is not used again. Raises NotAllowed, Conflict."""
    demand_everywhere(actor, "retention.edit", _EDITS)
    schedule = _locked(schedule_id, VersionState.DRAFT)
    schedule.state = VersionState.DISCARDED
    schedule.save(update_fields=["state"])
    _note(events.SCHEDULE_DISCARDED, schedule, actor, at)


def _decided(schedule_id: int, actor: User) -> Schedule:
    demand_everywhere(
        actor, "retention.approve", _("Your role does not approve the retention schedule.")
    )
    schedule = _locked(schedule_id, VersionState.SUBMITTED)
    if schedule.author_id == actor.pk:
        raise NotAllowed(_("Whoever wrote a version does not approve it."))
    return schedule


def _locked(schedule_id: int, state: str) -> Schedule:
    schedule = Schedule.objects.select_for_update(of=("self",)).get(pk=schedule_id)
    if schedule.state != state:
        raise Conflict(_("This version is no longer where you saw it. Look at it again."))
    return schedule


def _note(kind: str, schedule: Schedule, actor: User, at: datetime) -> None:
    payload = {"version": schedule.version, "sha256": content_digest(schedule.content)}
    record(kind=kind, subject=schedule, actor=actor, occurred_at=at, payload=payload)
