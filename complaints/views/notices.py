"""What the reader has been told: read it, tick it off."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from complaints.models import Notice
from complaints.selectors.notices import notices_of
from complaints.services.notices import NOTICE_WORDS, read_all_notices, read_notice
from complaints.views.listing import viewer
from complaints.views.rows import link_to

ICONS = {
    "escalation": "up",
    "approval": "approve",
    "returned": "undo",
    "assigned": "user-plus",
    "emergency": "emergency",
    "leaving": "people",
    "handed_back": "undo",
    "emergency_report": "scale",
    "emergency_review": "search",
    "message_failed": "mail",
    "reopening": "refresh",
    "outside_review": "scale",
    "outside_decided": "scale",
    "outside_date": "calendar",
    "follow_up": "phone",
    "incident": "branch",
    "statement": "message",
    "message_in": "mail",
    "message_after_end": "mail",
    "complainant": "user",
    "danger_words": "emergency",
}
TONES = {
    "emergency": "bad",
    "escalation": "warn",
    "message_failed": "warn",
    "handed_back": "warn",
    "leaving": "warn",
    "message_after_end": "warn",
    "returned": "warn",
    "emergency_report": "bad",
    "danger_words": "bad",
    "reopening": "warn",
}


@login_required
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """List one's notices, all or the unread ones."""
    actor = viewer(request)
    unread, before = request.GET.get("unread") == "1", request.GET.get("before", "")
    page = notices_of(actor, unread=unread, before=int(before) if before.isdecimal() else None)
    shown = [
        {
            "notice": notice,
            "words": NOTICE_WORDS.get(notice.kind, notice.kind),
            "icon": ICONS.get(notice.kind, "bell"),
            "tone": TONES.get(notice.kind, "info"),
            "visible": notice.complaint_id in page.visible,
            "url": link_to(notice.complaint.reference),
            "instead_of": notice.instead_of,
            "open": notice.escalation is not None and notice.escalation.taken_at is None,
        }
        for notice in page.notices
    ]
    kept = "unread=1&" if unread else ""
    context = {
        "notices": shown,
        "unread": unread,
        "newest": page.notices[0].pk if page.notices else 0,
        "any_unread": any(notice.read_at is None for notice in page.notices),
        "next_url": f"{request.path}?{kept}before={page.next_before}" if page.next_before else "",
    }
    return render(request, "complaints/notices.html", context)


@login_required
@require_POST
def notice_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Tick one notice off; with `open` go on to what it is about."""
    actor = viewer(request)
    try:
        notice = read_notice(notice_id=pk, actor=actor, at=timezone.now())
    except Notice.DoesNotExist:
        raise Http404 from None
    if request.POST.get("open"):
        return redirect(link_to(notice.complaint.reference))
    return redirect("complaints:notices")


@login_required
@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    """Tick off everything up to the newest notice that the page showed."""
    actor = viewer(request)
    newest = request.POST.get("newest", "")
    count = read_all_notices(
        up_to=int(newest) if newest.isdecimal() and len(newest) < len(str(2**63)) else 0,
        actor=actor,
        at=timezone.now(),
    )
    if count:
        messages.success(request, _("All notices are marked as read."))
    return redirect("complaints:notices")
