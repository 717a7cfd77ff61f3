"""The record of a complaint as a timeline, narrowed by a filter, and the proof that it is whole."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.models import User
from complaints.models import Complaint
from complaints.permissions import may
from complaints.selectors.timeline import Material, lines_of, material_of
from complaints.views.opening import address_of, with_complaint
from journal.services import verify_subject

SHOWS = {
    "all": _("All"),
    "messages": _("Messages"),
    "notes": _("Notes and files"),
    "moves": _("Steps"),
    "system": _("System"),
}


@login_required
@require_safe
@with_complaint
def timeline(request: HttpRequest, actor: User, complaint: Complaint) -> HttpResponse:
    """Show the timeline as a fragment."""
    if not request.headers.get("HX-Request"):
        return redirect(f"{address_of(complaint)}?{request.GET.urlencode()}#record")
    context = timeline_context(request, complaint, material_of(complaint, actor))
    context["may_write"] = may(actor, "complaints.message", complaint)
    return render(request, "complaints/timeline/timeline.html", context)


def timeline_context(
    request: HttpRequest, complaint: Complaint, material: Material
) -> dict[str, Any]:
    """Return what the timeline's template needs, narrowed as the address says."""
    wanted = request.GET.get("show", "")
    shown = wanted if wanted in SHOWS else "all"
    language = translation.get_language() or ""
    return {
        "complaint": complaint,
        "lines": lines_of(material, complaint.policy.says, language=language, show=shown),
        "shown": shown,
        "shows": SHOWS.items(),
    }


@login_required
@require_safe
@with_complaint
def verify(request: HttpRequest, _actor: User, complaint: Complaint) -> HttpResponse:
    """Prove anew that the record of this complaint is whole, as a fragment."""
    if not request.headers.get("HX-Request"):
        return redirect(f"{address_of(complaint)}#proof-title")
    context = {"proof": verify_subject(complaint), "complaint": complaint}
    return render(request, "complaints/timeline/proof.html", context)
