"""What is done in an emergency: contain the danger, keep the facts, talk to the complainant."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.services.emergencies import note_first_action
from complaints.services.moves import digest, note_down
from emergencies import events
from emergencies.errors import BadInput, Conflict, MoveRefused
from emergencies.models import Containment, Emergency, FactSheet, FirstCall
from emergencies.services.opening import since_declared, take_row
from emergencies.services.reviews import open_review
from emergencies.states import Measure


def _note(kind: str, row: Emergency, *, actor: User, at: datetime, payload: dict[str, Any]) -> None:
    note_down(kind, row.complaint, actor=actor, at=at, payload={"emergency": row.pk, **payload})


def _running(complaint_id: int, actor: User) -> Emergency:
    row = take_row(complaint_id, actor=actor)
    if row.ended_at is not None or not row.complaint.emergency:
        raise MoveRefused([_("This emergency is over.")])
    return row


@transaction.atomic
def decide_containment(
    *, complaint_id: int, measure: Measure, details: str, actor: User, at: datetime
) -> Containment:
    """Decide what contains the danger; the first decision meets the clock of the first action.

    Raises MoveRefused when the emergency is over, BadInput naming `measure` or `details`.
    """
    row = _running(complaint_id, actor)
    if measure not in Measure.values:
        raise BadInput(_("Choose what is decided."), field="measure")
    if not details.strip():
        raise BadInput(_("Say what exactly, where, and who carries it out."), field="details")
    decided = Containment.objects.create(
        emergency=row, measure=measure, details=details.strip(), by=actor, at=at
    )
    row.complaint = note_first_action(complaint_id=complaint_id, actor=actor, at=at)
    if row.first_action_at is None:
        row.first_action_at = at
        row.save(update_fields=["first_action_at"])
    _note(
        events.CONTAINMENT_DECIDED,
        row,
        actor=actor,
        at=at,
        payload={"measure": str(measure), "sha256": digest(decided.details)},
    )
    return decided


@transaction.atomic
def declare_contained(*, complaint_id: int, actor: User, at: datetime) -> Emergency:
    """Say that the danger is contained; the review is owed from now on.

    Raises MoveRefused where nothing was decided yet, or it is contained already.
    """
    row = _running(complaint_id, actor)
    if row.first_action_at is None:
        raise MoveRefused([_("Decide first what contains the danger.")])
    if row.contained_at is not None:
        raise MoveRefused([_("The danger is contained already.")])
    row.contained_at, row.contained_by = at, actor
    row.save(update_fields=["contained_at", "contained_by"])
    _note(events.CONTAINED, row, actor=actor, at=at, payload={})
    open_review(row, at=at)
    return row


@transaction.atomic
def write_facts(
    *,
    complaint_id: int,
    confirmed: str,
    unconfirmed: str,
    expected_version: int,
    actor: User,
    at: datetime,
) -> FactSheet:
    """Write the next version of the facts: what is confirmed, and what is not.

    `expected_version` is the one the writer saw (0: none). Raises Conflict when there is a newer
    one, BadInput naming `confirmed` when nothing is said, MoveRefused when the emergency is over.
    """
    row = _running(complaint_id, actor)
    newest = row.fact_sheets.first()
    if (newest.version if newest else 0) != expected_version:
        raise Conflict(_("Somebody has written a newer version: look at it, then add yours."))
    if not (confirmed.strip() or unconfirmed.strip()):
        raise BadInput(
            _("Say what is known, or what is said but not confirmed."), field="confirmed"
        )
    sheet = FactSheet.objects.create(
        emergency=row,
        version=expected_version + 1,
        confirmed=confirmed.strip(),
        unconfirmed=unconfirmed.strip(),
        by=actor,
        at=at,
    )
    _note(
        events.FACTS_WRITTEN,
        row,
        actor=actor,
        at=at,
        payload={
            "version": sheet.version,
            "sha256": digest(sheet.confirmed, sheet.unconfirmed),
        },
    )
    return sheet


@transaction.atomic
def note_first_call(
    *, complaint_id: int, reached: bool, note: str, called_at: datetime, actor: User, at: datetime
) -> FirstCall:
    """Note that the complainant was called, and whether they were reached.

    Raises BadInput naming `called_at` when it lies in the future or before the declaration.
    """
    row = _running(complaint_id, actor)
    called_at = since_declared(row, called_at, at, field="called_at")
    call = FirstCall.objects.create(
        emergency=row, at=called_at, reached=reached, note=note.strip(), by=actor
    )
    _note(
        events.COMPLAINANT_CALLED,
        row,
        actor=actor,
        at=at,
        payload={"reached": reached, "sha256": digest(call.note) if call.note else None},
    )
    return call
