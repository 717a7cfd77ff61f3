"""Files of a complaint: taken in one by one with a result each, and served under control."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of
from complaints.errors import BadInput
from complaints.models import Attachment, Complaint
from complaints.permissions import may
from complaints.rules.files import INLINE_TYPES
from complaints.services.attachments import attach_file, file_of, open_attachment
from complaints.views.opening import address_of, existing, with_complaint

# A file is never a page of ours: no scripts, no forms, nothing loaded from anywhere.
_SANDBOX = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
# The browser's own reader for PDF does not work inside a sandbox.
_READER = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'"
_NOBODY_FRAMES = "; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Result:
    """What became of one file."""

    name: str
    attachment: Attachment | None = None
    refusal: BadInput | None = None


@login_required
@require_POST
def attach(request: HttpRequest, reference: str) -> HttpResponse:
    """Attach the files that were sent; one that is refused does not stop the others."""
    actor = actor_of(request.user)
    complaint = existing(actor, reference)
    files = request.FILES.getlist("files")
    if not files:
        raise BadInput(_("Choose at least one file."), field="files")
    results = []
    for file in files:
        name = file.name or ""
        try:
            attachment = attach_file(
                complaint_id=complaint.pk,
                file=file.chunks(),
                name=name,
                internal="internal" in request.POST,
                actor=actor,
                at=timezone.now(),
            )
        except BadInput as refusal:
            results.append(Result(name, refusal=refusal))
        else:
            results.append(Result(attachment.name, attachment=attachment))
    if request.headers.get("HX-Request"):
        context = {
            "complaint": complaint,
            "attachments": complaint.attachments.standing().select_related("by"),
            "may_attach": may(actor, "complaints.attach", complaint),
            "results": results,
        }
        return render(request, "complaints/_attachments.html", context)
    for result in results:
        if result.refusal is None:
            messages.success(request, _("Attached: %(name)s") % {"name": result.name})
        else:
            messages.error(request, f"{result.name}: {result.refusal}")
    return redirect(f"{address_of(complaint)}#attachments")


@login_required
@require_safe
@with_complaint
def attachment(
    request: HttpRequest, actor: User, complaint: Complaint, pk: int
) -> HttpResponseBase:
    """Serve a file to somebody who may read it; images and PDF inside the browser on request."""
    wanted = get_object_or_404(complaint.attachments.standing(), pk=pk)
    found = open_attachment(attachment_id=wanted.pk, actor=actor, at=timezone.now())
    try:
        content = file_of(found).open("rb")
    except FileNotFoundError:
        raise Http404 from None
    inline = "inline" in request.GET and found.content_type in INLINE_TYPES
    response = FileResponse(
        content, as_attachment=not inline, filename=found.name, content_type=found.content_type
    )
    policy = _READER if inline and found.content_type == "application/pdf" else _SANDBOX
    response.headers["Content-Security-Policy"] = policy + _NOBODY_FRAMES
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, no-store"
    return response
