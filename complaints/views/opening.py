"""Opening a complaint: through the reader's eyes, and a confidential one only for a reason."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import User
from accounts.permissions import actor_of
from complaints.errors import BadInput
from complaints.models import Complaint
from complaints.permissions import needs_reason
from complaints.selectors.access import has_leave, may_read_now
from complaints.selectors.page import complaint_for
from complaints.services.notes import grant_confidential_access

View = Callable[..., HttpResponseBase]  # (request, actor, complaint, whatever the address holds)


def with_complaint(view: View) -> View:
    """Hand a view the actor and a complaint that exists for them and that they may read now.

    Answers 404 when it does not exist for them, and asks for a reason before showing anything of a
    confidential one that is not their own work.
    """

    @wraps(view)
    def inner(request: HttpRequest, reference: str, **parts: Any) -> HttpResponseBase:
        actor = actor_of(request.user)
        complaint = existing(actor, reference)
        now = timezone.now()
        if not may_read_now(complaint, actor, at=now):
            return _ask_for_reason(request, complaint)
        _note_own_reading(complaint, actor, now)
        return view(request, actor, complaint, **parts)

    return inner


def existing(actor: User, reference: str) -> Complaint:
    """Return a complaint that exists for the actor. Raises Http404 otherwise."""
    complaint = complaint_for(actor, reference)
    if complaint is None:
        raise Http404
    return complaint


def address_of(complaint: Complaint) -> str:
    """Return the address of a complaint's page."""
    return reverse("complaints:complaint", args=[complaint.reference])


def _ask_for_reason(request: HttpRequest, complaint: Complaint) -> HttpResponse:
    came_for_a_page = request.method in {"GET", "HEAD"} and not request.headers.get("HX-Request")
    onward = request.get_full_path() if came_for_a_page else address_of(complaint)
    address = reverse("complaints:confidential", args=[complaint.reference])
    address = f"{address}?{urlencode({'next': onward})}"
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(address)
    return redirect(address)


def _note_own_reading(complaint: Complaint, actor: User, now: datetime) -> None:
    """Record that the owner reads a confidential complaint, once per leave."""
    owner_reads = complaint.confidential and not needs_reason(actor, complaint)
    if owner_reads and not has_leave(complaint, actor, at=now):
        reason = _("Handles this complaint.")
        grant_confidential_access(complaint_id=complaint.pk, reason=reason, actor=actor, at=now)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confidential(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask why somebody reads a confidential complaint, and let them in for a while."""
    actor = actor_of(request.user)
    complaint = existing(actor, reference)
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    onward = wanted if ours else address_of(complaint)
    if may_read_now(complaint, actor, at=timezone.now()):
        return redirect(onward)
    error = ""
    if request.method == "POST":
        try:
            grant_confidential_access(
                complaint_id=complaint.pk,
                reason=request.POST.get("reason", ""),
                actor=actor,
                at=timezone.now(),
            )
        except BadInput as refusal:
            error = str(refusal)
        else:
            return redirect(onward)
    context = {"reference": complaint.reference, "next": onward, "error": error}
    status = 422 if error else 200
    return render(request, "complaints/complaint_reason.html", context, status=status)
