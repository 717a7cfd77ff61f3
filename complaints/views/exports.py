"""The door of exports: the present list as a file."""

from urllib.parse import parse_qs

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import actor_of, demand
from complaints.errors import BadInput
from complaints.models import Complaint
from complaints.selectors.register import Filters, Known
from complaints.selectors.search import narrow
from complaints.services.exporting import FORMATS, PERMISSION, export


@login_required
@require_POST
def export_list(request: HttpRequest) -> StreamingHttpResponse:
    """Stream the list that the address describes. By POST, because an export is recorded."""
    actor = actor_of(request.user)
    demand(actor, PERMISSION)
    fmt = request.POST.get("format", "csv")
    if fmt not in FORMATS:
        raise BadInput(_("Choose CSV or XLSX."), field="format")
    now = timezone.now()
    filters = Filters.parse(request.GET, Known(actor))
    complaints = filters.apply(Complaint.objects.visible_to(actor), actor=actor, now=now)
    if filters.q:
        complaints = narrow(complaints, filters.q, actor=actor, at=now)
    pieces = export(
        complaints=complaints,
        fmt=fmt,
        language=get_language() or "en",
        filters=parse_qs(filters.without("q").as_query()),
        words=filters.q,
        actor=actor,
        at=now,
    )
    response = StreamingHttpResponse(pieces, content_type=FORMATS[fmt])
    name = f"complaints-{timezone.localtime(now):%Y-%m-%d}.{fmt}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # a proxy that gathers it first would make people wait
    return response
