"""What an incident means for how long its complaints are kept (settings.RETENTION_CLASSES)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.models import Complaint
from incidents.models import (
    Consent,
    Customer,
    FindingAnswer,
    Incident,
    JointItem,
    Link,
    RepresentativeDeed,
    Represented,
)
from incidents.states import RepresentativeAct


def ends_of_incidents(complaint_ids: Sequence[int]) -> Mapping[int, datetime | None]:
    """Return the complaints linked to an incident, each with the end of the last one."""
    rows = Link.objects.filter(complaint__in=complaint_ids, unlinked_at__isnull=True).order_by()
    ended = rows.values("complaint").annotate(last=Max("incident__closed_at"))
    return {row["complaint"]: row["last"] for row in ended}


def open_incidents(complaint_ids: Sequence[int]) -> Mapping[int, Any]:
    """Return the complaints whose incident is still being handled, and that sentence."""
    open_ = Link.objects.filter(
        complaint__in=complaint_ids, unlinked_at__isnull=True, incident__is_open=True
    )
    ids = open_.order_by().values_list("complaint_id", flat=True)
    return dict.fromkeys(ids, gettext_lazy("Its incident is still open."))


def what_is_held(complaint_id: int) -> list[dict[str, Any]]:
    """Return what incidents hold about one complaint's complainant, for a copy of their data.

    Of the incident itself no more than what it is: its facts, statements and findings speak of
    the cause, not of a person. What others said, and who else is affected, stays out.
    """
    return [
        *_links(complaint_id),
        *_answers(complaint_id),
        *_joint_messages(complaint_id),
        *_as_customer(complaint_id),
        *_represented(complaint_id),
    ]


def _links(complaint_id: int) -> list[dict[str, Any]]:
    return [
        {
            "record": _("Linked to an incident"),
            "reference": link.incident.reference,
            "title": link.incident.title,
            "linked_at": link.linked_at,
            "unlinked_at": link.unlinked_at,
            "unlink_reason": link.unlink_reason,
        }
        for link in Link.objects.filter(complaint=complaint_id).select_related("incident")
    ]


def _answers(complaint_id: int) -> list[dict[str, Any]]:
    return [
        {
            "record": _("Whether the common finding fits"),
            "verdict": answer.get_verdict_display(),
            "reason": answer.reason,
            "at": answer.at,
        }
        for answer in FindingAnswer.objects.filter(complaint=complaint_id)
    ]


def _joint_messages(complaint_id: int) -> list[dict[str, Any]]:
    """Return what a joint message said to this complainant otherwise than to the rest."""
    return [
        {
            "record": _("Joint message"),
            "kind": item.run.get_kind_display(),
            "outcome": item.get_outcome_display(),
            "reason": item.reason,
            "subject": item.own_subject,
            "text": item.own_text,
            "at": item.run.created_at,
        }
        for item in JointItem.objects.filter(complaint=complaint_id).select_related("run")
    ]


def _as_customer(complaint_id: int) -> list[dict[str, Any]]:
    rows = Customer.objects.filter(complaint=complaint_id).prefetch_related("outreaches")
    return [
        {
            "record": _("Affected customer"),
            "name": row.name,
            "phone": row.phone,
            "email": row.email,
            "product": row.product,
            "batch": row.batch,
            "result": row.get_result_display(),
            "added_at": row.added_at,
            "outreaches": [
                {
                    "at": outreach.at,
                    "result": outreach.get_result_display(),
                    "note": outreach.note,
                }
                for outreach in row.outreaches.all()
            ],
        }
        for row in rows
    ]


def _represented(complaint_id: int) -> list[dict[str, Any]]:
    """Return that somebody speaks for them, what was agreed for them, and what they consented to.

    Who it is, and the mandate that others gave as well, stays out.
    """
    rows = Represented.objects.filter(complaint=complaint_id).select_related("representative")
    return [
        {
            "record": _("Represented jointly with others"),
            "scope": row.representative.scope,
            "named_at": row.representative.named_at,
            "ended_at": row.representative.ended_at,
            "end_reason": row.representative.end_reason,
            "consents": [_consent(consent) for consent in row.consents.all()],
            "deeds": [_deed(deed) for deed in row.representative.deeds.all()],
        }
        for row in rows.prefetch_related("consents", "representative__deeds")
    ]


def _consent(consent: Consent) -> dict[str, Any]:
    act = RepresentativeAct(consent.act).label
    return {"act": act, "given_at": consent.given_at, "how": consent.how}


def _deed(deed: RepresentativeDeed) -> dict[str, Any]:
    return {"act": RepresentativeAct(deed.act).label, "text": deed.text, "at": deed.at}


def other_people(complaint_id: int) -> set[str]:
    """Return the names of others in the incidents of a complaint: none of them is in its copy."""
    links = Link.objects.filter(complaint=complaint_id)
    incidents = Incident.objects.filter(links__in=links)
    named: list[QuerySet[Any, tuple[str, ...]]] = [
        Complaint.objects.filter(incident_links__incident__in=incidents)
        .exclude(pk=complaint_id)
        .values_list("complainant__name", "complainant__organisation", "representative"),
        Customer.objects.filter(incident__in=incidents)
        .exclude(complaint=complaint_id)
        .values_list("name"),
        Incident.objects.filter(pk__in=incidents).values_list("representatives__name"),
    ]
    return {name for rows in named for row in rows for name in row if name}
