"""What the desk sees of the complainants' side: doubtful forms, personal links."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of, has
from complaints.models import Complaint
from complaints.selectors.access import may_read_now
from complaints.selectors.links import links_of
from complaints.selectors.page import complaint_for
from complaints.services.links import issue_link, revoke_links, send_link
from complaints.states import LinkPurpose
from portal.models import Submission
from portal.selectors.doubtful import desk_view, doubtful_for
from portal.services.intake import mark_genuine


@login_required
@require_safe
def doubtful(request: HttpRequest) -> HttpResponse:
    """List the public forms that look as if a program had filled them in."""
    actor = actor_of(request.user)
    if not has(actor, "complaints.view"):
        raise PermissionDenied
    after = request.GET.get("after", "")
    context = {"waiting": doubtful_for(actor, after=int(after) if after.isdecimal() else 0)}
    return render(request, "portal/doubtful.html", context)


@login_required
@require_safe
def panel(request: HttpRequest, reference: str) -> HttpResponse:
    """Show, within a complaint's page, whether its form is doubtful and which links are out."""
    actor, complaint = _theirs(request, reference)
    now = timezone.now()
    context = {
        "complaint": complaint,
        "view": desk_view(complaint, actor),
        "links": links_of(complaint),
        "now": now,
    }
    return render(request, "portal/panel.html", context)


def _theirs(request: HttpRequest, reference: str) -> tuple[User, Complaint]:
    """Return a complaint that the reader may read now. Raises Http404 otherwise."""
    actor = actor_of(request.user)
    complaint = complaint_for(actor, reference)
    if complaint is None or not may_read_now(complaint, actor, at=timezone.now()):
        raise Http404
    return actor, complaint


@login_required
@require_POST
def link_issue(request: HttpRequest, reference: str) -> HttpResponse:
    """Hand out a link and a code, shown this once, to be read out or written down."""
    actor, complaint = _theirs(request, reference)
    issued = issue_link(
        complaint_id=complaint.pk, purpose=LinkPurpose.DESK, actor=actor, at=timezone.now()
    )
    response = render(request, "portal/issued.html", {"complaint": complaint, "issued": issued})
    response.headers["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def link_send(request: HttpRequest, reference: str) -> HttpResponse:
    """Send a fresh link to the e-mail address of record."""
    actor, complaint = _theirs(request, reference)
    if send_link(complaint_id=complaint.pk, actor=actor, at=timezone.now()) is None:
        messages.warning(
            request, _("Not sent: there is no e-mail address, or enough links went out today.")
        )
    else:
        messages.success(request, _("A fresh link is on its way."))
    return redirect("complaints:complaint", complaint.reference)


@login_required
@require_POST
def links_revoke(request: HttpRequest, reference: str) -> HttpResponse:
    """Let no link and no code of this complaint work any more."""
    actor, complaint = _theirs(request, reference)
    revoke_links(complaint_id=complaint.pk, actor=actor, at=timezone.now())
    messages.success(request, _("No personal link to this complaint works any more."))
    return redirect("complaints:complaint", complaint.reference)


@login_required
@require_POST
def genuine(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a doubtful form is a person's complaint."""
    actor = actor_of(request.user)
    try:
        submission = mark_genuine(submission_id=pk, actor=actor, at=timezone.now())
    except Submission.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Marked as a person's complaint."))
    return redirect("complaints:complaint", submission.complaint.reference)
