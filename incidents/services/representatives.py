"""Who speaks for several complainants: with a mandate, within its limits, with their consent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from complaints.errors import BadInput, MoveRefused
from complaints.models import Attachment, Complaint
from complaints.selectors.policy import policy_in_force
from complaints.services.moves import digest
from complaints.services.notes import add_note
from incidents import events
from incidents.models import (
    Consent,
    Incident,
    Representative,
    RepresentativeDeed,
    Represented,
)
from incidents.selectors.outcomes import linked_complaints
from incidents.services.moves import demand_text, keep, note_down, take
from incidents.states import RepresentativeAct


@dataclass(frozen=True)
class Mandate:
    """Who speaks, on what strength, about what, for whom, and for which acts."""

    name: str
    contact: str
    scope: str
    complaint_ids: Sequence[int]
    text: str = ""
    attachment_id: int | None = None
    allowed: Sequence[str] = ()


@transaction.atomic
def name_representative(
    *,
    incident_id: int,
    mandate: Mandate,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Representative:
    """Note who speaks for linked complainants.

    Raises MoveRefused when as many as the policy allows do already, and BadInput naming `name`,
    `contact`, `scope`, `mandate`, `allowed` or `complaints`.
    """
    incident = take(incident_id, actor=actor, expected_version=expected_version)
    most = policy_in_force(at).says.incidents.representatives
    if incident.representatives.filter(ended_at__isnull=True).count() >= most:
        raise MoveRefused(
            [
                _("The handling policy lets at most %(count)s persons speak for all.")
                % {"count": most}
            ]
        )
    attachment = _check(incident, mandate, actor)
    chosen = linked_complaints(incident).visible_to(actor).filter(pk__in=mandate.complaint_ids)
    ids = list(chosen.values_list("pk", flat=True))
    if not ids:
        raise BadInput(_("Choose whose representative it is."), field="complaints")
    representative = Representative.objects.create(
        incident=incident,
        name=mandate.name.strip(),
        contact=mandate.contact.strip(),
        scope=mandate.scope.strip(),
        mandate_text=mandate.text.strip(),
        mandate_file=attachment,
        allowed=list(mandate.allowed),
        named_by=actor,
        named_at=at,
    )
    Represented.objects.bulk_create(
        Represented(representative=representative, complaint_id=pk) for pk in ids
    )
    keep(incident)
    payload = {
        "representative": representative.pk,
        "complaints": ids,
        "allowed": list(mandate.allowed),
        "attachment": attachment.pk if attachment else None,
        "sha256": digest(mandate.name, mandate.scope, mandate.text),
    }
    note_down(events.REPRESENTATIVE_NAMED, incident, actor=actor, at=at, payload=payload)
    return representative


def _check(incident: Incident, mandate: Mandate, actor: User) -> Attachment | None:
    for name, sentence in (
        ("name", _("Say who it is.")),
        ("contact", _("Say how to reach them.")),
        ("scope", _("Say what the mandate covers.")),
    ):
        demand_text(getattr(mandate, name), sentence, field=name)
    if not set(mandate.allowed) <= set(RepresentativeAct.values):
        raise BadInput(_("Choose from the kinds of act."), field="allowed")
    attachment = (
        Attachment.objects.standing()
        .filter(
            pk=mandate.attachment_id,
            complaint__in=linked_complaints(incident).visible_to(actor).values("pk"),
        )
        .first()
        if mandate.attachment_id
        else None
    )
    if attachment is None and not mandate.text.strip():
        raise BadInput(
            _("Choose the mandate among the attachments, or say in words how it was given."),
            field="mandate",
        )
    return attachment


@transaction.atomic
def end_representation(
    *, representative_id: int, reason: str, actor: User, at: datetime
) -> Representative:
    """Note that somebody no longer speaks for others. Raises BadInput (`reason`), MoveRefused."""
    representative, incident = _take(representative_id, actor)
    reason = demand_text(reason, _("Say why it ends."), field="reason")
    representative.ended_at, representative.end_reason = at, reason
    representative.save(update_fields=["ended_at", "end_reason"])
    payload = {"representative": representative.pk, "sha256": digest(reason)}
    note_down(events.REPRESENTATIVE_ENDED, incident, actor=actor, at=at, payload=payload)
    return representative


def _take(representative_id: int, actor: User) -> tuple[Representative, Incident]:
    incident_id = Representative.objects.values_list("incident_id", flat=True).get(
        pk=representative_id
    )
    incident = take(incident_id, actor=actor)
    representative = Representative.objects.get(pk=representative_id)
    if representative.ended_at is not None:
        raise MoveRefused([_("This person no longer speaks for others.")])
    return representative, incident


@transaction.atomic
def record_consent(
    *,
    representative_id: int,
    complaint_ids: Sequence[int],
    act: str,
    how: str,
    given_at: datetime,
    actor: User,
    at: datetime,
) -> list[Consent]:
    """Note which of those represented agree to a kind of act, and how they said so.

    Raises BadInput naming `act`, `how`, `given_at` or `complaints`, and MoveRefused.
    """
    representative, incident = _take(representative_id, actor)
    if act not in RepresentativeAct.values:
        raise BadInput(_("Choose from the kinds of act."), field="act")
    how = demand_text(how, _("Say how they agreed."), field="how")
    if given_at > at:
        raise BadInput(_("This lies in the future."), field="given_at")
    seen = Complaint.objects.visible_to(actor).filter(pk__in=complaint_ids)
    represented = representative.represented.filter(complaint__in=seen.values("pk"))
    fresh = [row for row in represented if not row.consents.filter(act=act).exists()]
    if not fresh:
        raise BadInput(_("Choose who agrees; what was recorded once stands."), field="complaints")
    consents = Consent.objects.bulk_create(
        Consent(represented=row, act=act, given_at=given_at, how=how, recorded_by=actor)
        for row in fresh
    )
    payload = {
        "representative": representative.pk,
        "act": act,
        "complaints": [row.complaint_id for row in fresh],
        "sha256": digest(how),
    }
    note_down(events.CONSENT_RECORDED, incident, actor=actor, at=at, payload=payload)
    return consents


@transaction.atomic
def record_representative_act(
    *, representative_id: int, act: str, text: str, actor: User, at: datetime
) -> RepresentativeDeed:
    """Note what a representative changed, waived or settled, once all represented have agreed.

    It is noted on each of their complaints. Raises MoveRefused beyond the mandate or without the
    consent of everybody represented, BadInput naming `act` or `text`.
    """
    representative, incident = _take(representative_id, actor)
    if act not in RepresentativeAct.values:
        raise BadInput(_("Choose from the kinds of act."), field="act")
    text = demand_text(text, _("Say what was agreed."), field="text")
    if act not in representative.allowed:
        raise MoveRefused([_("The mandate does not extend to this.")])
    represented = list(representative.represented.select_related("complaint"))
    agreed = set(
        Consent.objects.filter(represented__in=represented, act=act).values_list(
            "represented", flat=True
        )
    )
    missing = [row.complaint.reference for row in represented if row.pk not in agreed]
    if missing:
        raise MoveRefused(
            [_("These have not agreed: %(references)s.") % {"references": ", ".join(missing)}]
        )
    deed = RepresentativeDeed.objects.create(
        representative=representative, act=act, text=text, at=at, recorded_by=actor
    )
    told = _("Agreed by their representative %(name)s: %(text)s") % {
        "name": representative.name,
        "text": text,
    }
    for row in represented:
        add_note(complaint_id=row.complaint_id, text=told, actor=actor, at=at)
    payload = {
        "representative": representative.pk,
        "act": act,
        "deed": deed.pk,
        "sha256": digest(text),
    }
    note_down(events.REPRESENTATIVE_ACTED, incident, actor=actor, at=at, payload=payload)
    return deed
