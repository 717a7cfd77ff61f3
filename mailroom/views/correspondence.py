"""A complaint's correspondence as its page shows it, and who takes part in it."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of, has
from complaints.errors import BadInput
from complaints.models import Complaint
from complaints.permissions import may, may_know_complainant
from complaints.selectors.access import may_read_now
from complaints.selectors.page import complaint_for
from complaints.services.correspondents import add_correspondent, remove_correspondent
from mailroom.forms import ThirdPartyForm
from mailroom.selectors.correspondence import correspondence_of
from mailroom.selectors.health import mailroom_state


def _readable(request: HttpRequest, reference: str) -> tuple[User, Complaint]:
    """Return a complaint whose letters the actor may read now. Raises Http404, PermissionDenied."""
    actor = actor_of(request.user)
    complaint = complaint_for(actor, reference)
    if complaint is None:
        raise Http404
    known = may_know_complainant(actor, complaint)
    if not known or not may_read_now(complaint, actor, at=timezone.now()):
        raise PermissionDenied
    return actor, complaint


@login_required
@require_safe
def correspondence(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what went out and came in: as a part of the complaint's page, or as a page."""
    actor, complaint = _readable(request, reference)
    return _show(request, actor, complaint)


def _show(
    request: HttpRequest,
    actor: User,
    complaint: Complaint,
    form: Form | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    in_place = request.headers.get("HX-Request")
    context = {
        "complaint": complaint,
        "found": correspondence_of(complaint),
        "may_write": may(actor, "complaints.message", complaint),
        "may_reopen": may(actor, "complaints.reopen", complaint),
        "form": form or ThirdPartyForm(auto_id="third_%s"),
        "whole": not in_place,
        "crumbs": [
            (
                complaint.reference,
                reverse("complaints:complaint", args=[complaint.reference]),
            )
        ],
    }
    template = "mailroom/_correspondence.html" if in_place else "mailroom/correspondence.html"
    return render(request, template, context, status=status)


@login_required
@require_POST
def third_party_add(request: HttpRequest, reference: str) -> HttpResponse:
    """Let a third party take part."""
    actor, complaint = _readable(request, reference)
    form = ThirdPartyForm(request.POST, auto_id="third_%s")
    if form.is_valid():
        try:
            add_correspondent(
                complaint_id=complaint.pk, actor=actor, at=timezone.now(), **form.cleaned_data
            )
        except BadInput as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("This person takes part in the correspondence now."))
            return redirect("mailroom:correspondence", complaint.reference)
    return _show(request, actor, complaint, form, HTTPStatus.UNPROCESSABLE_ENTITY)


@login_required
@require_POST
def third_party_remove(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Take a third party out again."""
    actor, complaint = _readable(request, reference)
    row = get_object_or_404(complaint.correspondents, pk=pk)
    remove_correspondent(correspondent_id=row.pk, actor=actor, at=timezone.now())
    messages.success(request, _("This person takes part no longer."))
    return redirect("mailroom:correspondence", complaint.reference)


@login_required
@require_safe
def state(request: HttpRequest) -> HttpResponse:
    """Show how the mailroom stands, as a part of the operator's page."""
    if not has(actor_of(request.user), "journal.operate"):
        raise PermissionDenied
    return render(request, "mailroom/_state.html", {"state": mailroom_state()})
