"""What the page of a complaint shows of incidents: to which it belongs, what is proposed, links."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import has
from complaints.models import Complaint
from complaints.permissions import may
from complaints.selectors.access import may_read_now
from complaints.selectors.page import complaint_for
from incidents.models import CommonFinding, Incident
from incidents.permissions import may_link, may_manage
from incidents.querysets import MANAGE
from incidents.selectors.lists import linkable_incidents
from incidents.selectors.page import membership_of
from incidents.selectors.suggestions import suggestion_about
from incidents.services.findings import INVESTIGATE, confirm_finding, reject_finding
from incidents.services.linking import link_complaints, unlink_complaint
from incidents.services.suggesting import report_joint_complaint
from incidents.views.opening import onward, reader

LONGEST = 7  # digits of a number of persons


def _complaint(request: HttpRequest, reference: str) -> tuple[User, Complaint]:
    """Return who looks, and the complaint, as far as they may read it now. Raises Http404."""
    actor = reader(request)
    complaint = complaint_for(actor, reference)
    if complaint is None or not may_read_now(complaint, actor, at=timezone.now()):
        raise Http404
    return actor, complaint


@login_required
@require_safe
def panel(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the panel as a fragment."""
    actor, complaint = _complaint(request, reference)
    shown = membership_of(complaint, actor)
    bound = shown.link is not None and shown.link.binds
    links = may_link(actor, complaint)
    context: dict[str, Any] = {
        "complaint": complaint,
        "link": shown.link,
        "bound": bound,
        "finding": shown.finding if bound else None,
        "answer": shown.answer,
        "may_answer": may(actor, INVESTIGATE, complaint),
        "may_unlink": bound
        and (links or (shown.link is not None and may_manage(actor, shown.link.incident))),
        "may_link": links,
        "incidents": linkable_incidents(actor) if links and not bound else [],
        "suggestion": None if bound else suggestion_about(complaint, actor),
        "manages": has(actor, MANAGE),
        "persons": complaint.policy.says.incidents.persons,
    }
    if request.headers.get("HX-Request"):
        return render(request, "incidents/panel.html", context)
    address = reverse("complaints:complaint", args=[complaint.reference])
    return render(
        request,
        "incidents/panel_page.html",
        {**context, "crumbs": [(complaint.reference, address)]},
    )


def _back(request: HttpRequest, complaint: Complaint) -> HttpResponse:
    return onward(request, reverse("complaints:complaint", args=[complaint.reference]))


@login_required
@require_POST
def panel_link(request: HttpRequest, reference: str) -> HttpResponse:
    """Link the complaint to an incident."""
    actor, complaint = _complaint(request, reference)
    incident = (
        Incident.objects.visible_to(actor)
        .filter(reference=request.POST.get("incident", "").strip().upper())
        .first()
    )
    if incident is None:
        raise Http404
    result = link_complaints(
        incident_id=incident.pk, complaint_ids=[complaint.pk], actor=actor, at=timezone.now()
    )
    for _refused, reason in result.refused:
        messages.warning(request, str(reason))
    if result.linked:
        named = {"reference": incident.reference}
        messages.success(request, _("Linked to incident %(reference)s.") % named)
    return _back(request, complaint)


@login_required
@require_POST
def panel_unlink(request: HttpRequest, reference: str) -> HttpResponse:
    """Take the complaint out of its incident, with a reason."""
    actor, complaint = _complaint(request, reference)
    link = membership_of(complaint, actor).link
    if link is None:
        raise Http404
    unlink_complaint(
        incident_id=link.incident_id,
        complaint_id=complaint.pk,
        reason=request.POST.get("reason", ""),
        actor=actor,
        at=timezone.now(),
    )
    messages.success(request, _("Taken out. The complaint goes on by itself."))
    return _back(request, complaint)


@login_required
@require_POST
def panel_jointly(request: HttpRequest, reference: str) -> HttpResponse:
    """Say that many persons bring the complaint jointly."""
    actor, complaint = _complaint(request, reference)
    persons = request.POST.get("persons", "")
    report_joint_complaint(
        complaint_id=complaint.pk,
        persons=int(persons) if persons.isdecimal() and len(persons) < LONGEST else 0,
        actor=actor,
        at=timezone.now(),
    )
    messages.success(request, _("The managers were told: this may be an incident."))
    return _back(request, complaint)


def _proposed(complaint: Complaint, actor: User, request: HttpRequest) -> CommonFinding:
    finding = membership_of(complaint, actor).finding
    asked = request.POST.get("finding", "")
    if finding is None or str(finding.pk) != asked:
        raise Http404
    return finding


@login_required
@require_POST
def panel_confirm(request: HttpRequest, reference: str) -> HttpResponse:
    """Say that the common finding fits this complaint."""
    actor, complaint = _complaint(request, reference)
    confirm_finding(
        finding_id=_proposed(complaint, actor, request).pk,
        complaint_id=complaint.pk,
        addition=request.POST.get("addition", ""),
        actor=actor,
        at=timezone.now(),
    )
    messages.success(request, _("Confirmed: it stands in the investigation of this complaint."))
    return _back(request, complaint)


@login_required
@require_POST
def panel_reject(request: HttpRequest, reference: str) -> HttpResponse:
    """Say that the common finding does not fit this complaint."""
    actor, complaint = _complaint(request, reference)
    reject_finding(
        finding_id=_proposed(complaint, actor, request).pk,
        complaint_id=complaint.pk,
        reason=request.POST.get("reason", ""),
        actor=actor,
        at=timezone.now(),
    )
    messages.success(request, _("Noted. If it does not belong to the incident, take it out."))
    return _back(request, complaint)
