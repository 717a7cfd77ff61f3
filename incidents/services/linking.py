"""Complaints are linked to an incident, never merged into it: each keeps everything of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint
from complaints.services.moves import digest
from complaints.services.notes import add_note
from complaints.states import State
from incidents import events
from incidents.models import Incident, JointItem, Link
from incidents.permissions import may_link, may_manage
from incidents.services.moves import demand_text, note_down, see
from incidents.states import ItemOutcome

MOST_LINKED = 500  # at once: each is locked and gets its note in one transaction


@dataclass(frozen=True)
class Linked:
    """What came of linking several complaints."""

    linked: Sequence[Complaint]
    refused: Sequence[tuple[Complaint, Any]]  # each with the reason


@transaction.atomic
def link_complaints(
    *, incident_id: int, complaint_ids: Sequence[int], actor: User, at: datetime
) -> Linked:
    """Link complaints to an open incident; what may not be linked is returned with the reason.

    What the actor may not see is left out. Raises Incident.DoesNotExist, MoveRefused when the
    incident is at its end, BadInput naming `complaints` for none or more than MOST_LINKED.
    """
    incident = see(incident_id, actor=actor)
    if not incident.is_open:
        raise MoveRefused([_("The incident is at its end.")])
    if len(complaint_ids) > MOST_LINKED:
        raise BadInput(
            _("That is too much at once: choose at most %(most)s.") % {"most": MOST_LINKED},
            field="complaints",
        )
    chosen = _locked(complaint_ids, actor)
    if not chosen:
        raise BadInput(_("No complaint is chosen."), field="complaints")
    bound = dict(
        Link.objects.filter(complaint__in=chosen, binds=True).values_list(
            "complaint", "incident__reference"
        )
    )
    linked: list[Complaint] = []
    refused: list[tuple[Complaint, Any]] = []
    for complaint in chosen:
        reason = _against(complaint, incident, bound, actor)
        if reason:
            refused.append((complaint, reason))
            continue
        Link.objects.create(incident=incident, complaint=complaint, linked_by=actor, linked_at=at)
        told = _("Linked to incident %(reference)s.") % {"reference": incident.reference}
        add_note(complaint_id=complaint.pk, text=told, actor=actor, at=at)
        linked.append(complaint)
    if linked:
        payload = {"complaints": [complaint.pk for complaint in linked]}
        note_down(events.LINKED, incident, actor=actor, at=at, payload=payload)
    return Linked(linked, refused)


def _locked(complaint_ids: Sequence[int], actor: User) -> list[Complaint]:
    seen = Complaint.objects.visible_to(actor).filter(pk__in=complaint_ids)
    ids = list(seen.values_list("pk", flat=True))
    return list(Complaint.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))


def _against(
    complaint: Complaint, incident: Incident, bound: dict[int, str], actor: User
) -> str | None:
    if not may_link(actor, complaint):
        return _("Your role does not allow this for this complaint.")
    if complaint.state in {State.MERGED, State.NOT_A_COMPLAINT}:
        return _("It was merged into another, or is no complaint.")
    other = bound.get(complaint.pk)
    if other == incident.reference:
        return _("It is linked already.")
    if other:
        return _("It belongs to another open incident: unlink it there first.")
    return None


@transaction.atomic
def unlink_complaint(
    *, incident_id: int, complaint_id: int, reason: str, actor: User, at: datetime
) -> Link:
    """Say that a complaint does not belong to an incident; it goes on by itself.

    Raises Incident.DoesNotExist, Link.DoesNotExist, NotAllowed, MoveRefused when the incident is
    at its end, BadInput naming `reason`.
    """
    incident = see(incident_id, actor=actor)
    if not incident.is_open:
        raise MoveRefused([_("The incident is at its end.")])
    seen = Complaint.objects.visible_to(actor).filter(pk=complaint_id)
    link = incident.links.select_related("complaint").get(
        complaint__in=seen.values("pk"), unlinked_at__isnull=True
    )
    if not (may_manage(actor, incident) or may_link(actor, link.complaint)):
        raise NotAllowed(_("Your role does not allow this for this complaint."))
    reason = demand_text(reason, _("Say why it does not belong there."), field="reason")
    link.unlinked_by, link.unlinked_at, link.unlink_reason = actor, at, reason
    link.binds = False
    link.save(update_fields=["unlinked_by", "unlinked_at", "unlink_reason", "binds"])
    # What is being prepared for all no longer speaks of this one.
    JointItem.objects.filter(
        run__incident=incident,
        run__started_at__isnull=True,
        complaint=complaint_id,
        outcome=ItemOutcome.WAITING,
    ).update(outcome=ItemOutcome.LEFT_OUT)
    told = _("Taken out of incident %(reference)s: %(reason)s") % {
        "reference": incident.reference,
        "reason": reason,
    }
    add_note(complaint_id=complaint_id, text=told, actor=actor, at=at)
    payload = {"complaint": complaint_id, "link": link.pk, "sha256": digest(reason)}
    note_down(events.UNLINKED, incident, actor=actor, at=at, payload=payload)
    return link
