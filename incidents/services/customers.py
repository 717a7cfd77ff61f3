"""Affected customers who have not complained: listed, offered a remedy or not, reached or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from complaints.errors import BadInput
from complaints.models import Complaint
from complaints.services.moves import digest
from complaints.states import MessageChannel
from incidents import events
from incidents.models import Customer, Incident, Outreach
from incidents.rules.customers import BadRow, Row, read_customers
from incidents.services.moves import demand_text, keep, note_down, take
from incidents.states import OutreachResult

YES, NO = "yes", "no"
_ANSWERED = frozenset(set(OutreachResult.values) - {OutreachResult.NOT_REACHED})


@dataclass(frozen=True)
class Added:
    """What came of a list: how many are new, how many were on it, and what could not be taken."""

    new: int
    known: int
    bad: Sequence[BadRow]


@transaction.atomic
def add_customers(*, incident_id: int, text: str, actor: User, at: datetime) -> Added:
    """Take in a list of customers; good rows are taken, bad ones returned with their reason.

    The same list twice is safe. Raises BadInput naming `text` where it holds nothing at all.
    """
    incident = take(incident_id, actor=actor)
    reading = read_customers(text)
    if not (reading.rows or reading.bad):
        raise BadInput(_("There is no customer in this list."), field="text")
    known = {
        Row(*row[:3], "", row[3])
        for row in incident.customers.values_list("name", "phone", "email", "batch")
    }
    fresh: dict[Row, Row] = {}
    for row in reading.rows:
        same = Row(row.name, row.phone, row.email, "", row.batch)
        if same not in known:
            fresh.setdefault(same, row)
    Customer.objects.bulk_create(
        [
            Customer(
                incident=incident,
                name=row.name,
                phone=row.phone,
                email=row.email,
                product=row.product,
                batch=row.batch,
                added_at=at,
            )
            for row in fresh.values()
        ],
        batch_size=500,
    )
    if fresh:
        payload = {"new": len(fresh), "bad": len(reading.bad)}
        note_down(events.CUSTOMERS_ADDED, incident, actor=actor, at=at, payload=payload)
    return Added(len(fresh), len(reading.rows) - len(fresh), reading.bad)


@transaction.atomic
def decide_offer(
    *,
    incident_id: int,
    offer: str,
    detail: str,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Incident:
    """Decide whether those who did not complain are offered a remedy: which, or why none.

    Raises BadInput naming `offer` or `detail`.
    """
    incident = take(incident_id, actor=actor, expected_version=expected_version)
    if offer not in {YES, NO}:
        raise BadInput(_("Decide whether a remedy is offered."), field="offer")
    detail = demand_text(detail, _("Say what is offered, or why nothing is."), field="detail")
    incident.offer, incident.offer_detail = offer, detail
    keep(incident, "offer", "offer_detail")
    payload = {"offer": offer, "sha256": digest(detail)}
    note_down(events.OFFER_DECIDED, incident, actor=actor, at=at, payload=payload)
    return incident


@transaction.atomic
def log_outreach(
    *,
    customer_id: int,
    channel: str,
    result: str,
    note: str = "",
    reference: str = "",
    reached_at: datetime,
    actor: User,
    at: datetime,
) -> Outreach:
    """Note a try to reach an affected customer, and what came of it.

    Where it became a complaint, `reference` names that. Raises BadInput naming `channel`,
    `result`, `reference` or `reached_at`.
    """
    incident_id = Customer.objects.values_list("incident_id", flat=True).get(pk=customer_id)
    incident = take(incident_id, actor=actor)
    customer = Customer.objects.select_for_update(of=("self",)).get(pk=customer_id)
    if channel not in MessageChannel.values:
        raise BadInput(_("Say how it was tried."), field="channel")
    if result not in OutreachResult.values:
        raise BadInput(_("Say what came of it."), field="result")
    if reached_at > at:
        raise BadInput(_("This lies in the future."), field="reached_at")
    complaint = _complaint(result, reference, actor)
    outreach = Outreach.objects.create(
        customer=customer,
        at=reached_at,
        channel=channel,
        result=result,
        note=note.strip(),
        by=actor,
    )
    customer.result = result
    customer.reached = customer.reached or result in _ANSWERED
    customer.complaint = complaint or customer.complaint
    customer.save(update_fields=["result", "reached", "complaint"])
    payload = {
        "customer": customer.pk,
        "outreach": outreach.pk,
        "channel": channel,
        "result": result,
        "complaint": complaint.pk if complaint else None,
    }
    note_down(events.OUTREACH_LOGGED, incident, actor=actor, at=at, payload=payload)
    return outreach


def _complaint(result: str, reference: str, actor: User) -> Complaint | None:
    if result != OutreachResult.COMPLAINED:
        return None
    wanted = reference.strip().upper()
    found = Complaint.objects.visible_to(actor).filter(reference=wanted).first()
    if found is None:
        raise BadInput(
            _("Take the complaint down first, then give its reference here."), field="reference"
        )
    return found
