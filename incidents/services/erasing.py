"""Erasing what incidents hold about people: with each complaint its own, with the last all."""

from datetime import datetime

from django.db import transaction
from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.errors import NotAllowed
from complaints.services.disposing import NOTHING_LEFT
from incidents import events
from incidents.models import (
    Consent,
    Customer,
    FindingAnswer,
    Incident,
    JointItem,
    Link,
    Outreach,
    Representative,
    RepresentativeDeed,
)
from incidents.services.moves import note_down
from incidents.states import Verdict


@transaction.atomic
def erase_complaint(*, complaint_id: int, actor: User, at: datetime) -> int:
    """Erase what incidents say of one complaint; return how many rows.

    Customers who were asked and representatives belong to the incident: they go with the last of
    its complaints, once it is at its end. Only the system does so, for a disposal run that was
    approved. Raises NotAllowed.
    """
    if not actor.is_system:
        raise NotAllowed(_("Only an approved disposal run does this."))
    mine = Q(links__complaint=complaint_id) | Q(customers__complaint=complaint_id)
    mine |= Q(runs__items__complaint=complaint_id) | Q(findings__answers__complaint=complaint_id)
    mine |= Q(representatives__represented__complaint=complaint_id)
    found = Incident.objects.filter(mine).values("pk")
    incidents = Incident.objects.select_for_update(of=("self",)).filter(pk__in=found)
    erased = 0
    for incident in incidents.order_by("pk"):
        rows = _erase_own(incident, complaint_id)
        payload = {"complaint": complaint_id, "rows": rows}
        note_down(events.ERASED, incident, actor=actor, at=at, payload=payload)
        erased += rows + _erase_people(incident, complaint_id, actor, at)
    return erased


def _erase_own(incident: Incident, complaint_id: int) -> int:
    links = Link.objects.filter(incident=incident, complaint=complaint_id)
    answers = FindingAnswer.objects.filter(finding__incident=incident, complaint=complaint_id)
    items = JointItem.objects.filter(run__incident=incident, complaint=complaint_id)
    consents = Consent.objects.filter(
        represented__representative__incident=incident, represented__complaint=complaint_id
    )
    customers = Customer.objects.filter(incident=incident, complaint=complaint_id)
    return (
        # What was undone or rejected must have a reason: this says that none is left.
        links.exclude(unlink_reason="").update(unlink_reason=NOTHING_LEFT)
        + answers.exclude(verdict=Verdict.CONFIRMED).update(reason=NOTHING_LEFT)
        + items.update(reason="", own_subject="", own_text="")
        + consents.update(how=NOTHING_LEFT)
        + _erase_customers(customers)
    )


def _erase_customers(customers: QuerySet[Customer]) -> int:
    Outreach.objects.filter(customer__in=customers.order_by()).update(note="")
    # Nobody is listed twice under one name: the number keeps them apart.
    nameless = Concat(Value("#"), Cast(F("pk"), CharField()))
    return customers.update(name=nameless, phone="", email="", batch="")


def _erase_people(incident: Incident, complaint_id: int, actor: User, at: datetime) -> int:
    """Erase customers and representatives with the last complaint of an incident at its end."""
    left = incident.links.filter(unlinked_at__isnull=True, complaint__anonymised_at__isnull=True)
    if incident.is_open or left.exclude(complaint=complaint_id).exists():
        return 0
    customers = _erase_customers(incident.customers.all())
    people = Representative.objects.filter(incident=incident)
    RepresentativeDeed.objects.filter(representative__in=people).update(text=NOTHING_LEFT)
    erased = people.update(
        name=NOTHING_LEFT,
        contact=NOTHING_LEFT,
        scope=NOTHING_LEFT,
        mandate_text="",
        end_reason="",
    )
    if customers or erased:
        payload = {"customers": customers, "representatives": erased}
        note_down(events.PEOPLE_ERASED, incident, actor=actor, at=at, payload=payload)
    return customers + erased
