"""What waits for a second person: read it, approve it, or send it back."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of, demand
from complaints.models import Approval, Complaint
from complaints.permissions import may_know_complainant, needs_reason
from complaints.selectors.access import readable_now
from complaints.selectors.approvals import asked_by, why_asked
from complaints.selectors.notices import approvals_asked_by, approvals_waiting_for
from complaints.services.response import grant_approval, return_approval
from complaints.states import Finding, MessageChannel, RemedyKind
from complaints.views.rows import link_to


@login_required
@require_safe
def approvals(request: HttpRequest) -> HttpResponse:
    """List the requests that the reader may answer, and those that wait for somebody else."""
    actor = _approver(request)
    after = request.GET.get("after", "")
    page = approvals_waiting_for(actor, after=int(after) if after.isdecimal() else None)
    context = {
        "requests": _requests(page.approvals, actor),
        "next_url": f"{request.path}?after={page.next_after}" if page.next_after else "",
        "asked": _requests(approvals_asked_by(actor), actor),
    }
    return render(request, "complaints/approvals.html", context)


@login_required
@require_POST
def approval_grant(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve; what was asked for happens at once."""
    actor = _approver(request)
    try:
        complaint = grant_approval(
            approval_id=pk,
            note=request.POST.get("note", ""),
            actor=actor,
            at=timezone.now(),
        )
    except (Approval.DoesNotExist, Complaint.DoesNotExist):
        raise Http404 from None
    words = _("Approved: %(reference)s goes on.") % {"reference": complaint.reference}
    return _answered(request, words)


@login_required
@require_POST
def approval_return(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a request back with a reason."""
    actor = _approver(request)
    try:
        complaint = return_approval(
            approval_id=pk,
            note=request.POST.get("note", ""),
            actor=actor,
            at=timezone.now(),
        )
    except (Approval.DoesNotExist, Complaint.DoesNotExist):
        raise Http404 from None
    words = _("Sent back: %(reference)s.") % {"reference": complaint.reference}
    return _answered(request, words)


def _approver(request: HttpRequest) -> User:
    actor = actor_of(request.user)
    demand(actor, "complaints.approve")
    return actor


def _answered(request: HttpRequest, words: str) -> HttpResponse:
    """Say what happened: in the place of the card, or on the page again."""
    if request.headers.get("HX-Request"):
        return render(request, "complaints/_approval_answered.html", {"words": words})
    messages.success(request, words)
    return redirect("complaints:approvals")


def _requests(found: list[Approval], actor: User) -> list[dict[str, Any]]:
    secret = [item.complaint_id for item in found if needs_reason(actor, item.complaint)]
    closed = set(secret) - readable_now(secret, actor, at=timezone.now())
    return [_request(item, actor, masked=item.complaint_id in closed) for item in found]


def _request(item: Approval, actor: User, *, masked: bool) -> dict[str, Any]:
    """Return what is shown of a request; a confidential one is read on its own page."""
    complaint, response = item.complaint, item.response
    shown = {
        "pk": item.pk,
        "kind": item.get_kind_display(),
        "reference": complaint.reference,
        "url": link_to(complaint.reference),
        "asked_by": asked_by(item),
        "at": item.at,
        "masked": masked,
    }
    if masked:
        return shown
    shown |= {"reason": why_asked(item), "description": complaint.description}
    if complaint.complainant is not None and may_know_complainant(actor, complaint):
        shown["complainant"] = str(complaint.complainant)
    if response is not None:
        shown |= {
            "finding": Finding(response.finding).label,
            "reasons": response.reasons,
            "remedy": RemedyKind(response.remedy_kind).label,
            "remedy_detail": response.remedy_detail,
            "amount": number_format(response.amount, 2, force_grouping=True)
            if response.amount
            else "",
            "currency": response.currency,
            "remedy_due_at": response.remedy_due_at,
            "channel": MessageChannel(response.channel).label,
            "subject": response.subject_line,
            "text": response.text,
        }
    return shown
