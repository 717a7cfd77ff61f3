"""The page of one complaint, and why its clocks end when they do."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from complaints.models import Clock, Complaint
from complaints.permissions import may
from complaints.selectors.causes import PARTY_WORDS, evidence_lines, miss_of
from complaints.selectors.clocks import standings
from complaints.selectors.page import Page, extendable, page_of
from complaints.selectors.steps import option
from complaints.services.reckoning import calendar_for, spans
from complaints.views.opening import address_of, with_complaint
from complaints.views.timeline import timeline_context
from compliance.rules import ClockSpec
from compliance.selectors import explain, spec_text
from journal.services import verify_subject


@login_required
@require_safe
@with_complaint
def complaint(request: HttpRequest, actor: User, complaint: Complaint) -> HttpResponse:
    """Show the page of a complaint."""
    return show(request, page_for(actor, complaint))


def page_for(actor: User, complaint: Complaint) -> Page:
    """Return the page of a complaint in the reader's language, as of now."""
    language = translation.get_language() or ""
    return page_of(complaint, actor, language=language, now=timezone.now())


def show(
    request: HttpRequest, page: Page, *, opened: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """Render the page of a complaint, with a step open in place where one is given."""
    context = {
        "page": page,
        "complaint": page.complaint,
        "proof": verify_subject(page.complaint),
        "attachments": [
            file for file in page.material.of("attachment").values() if file.withdrawn_at is None
        ],
        "may_attach": page.here.may("complaints.attach"),
        "may_write": page.here.may("complaints.message"),
        "note": option("note", page.here),
        "opened": opened,
        **timeline_context(request, page.complaint, page.material),
    }
    return render(request, "complaints/complaint.html", context, status=status)


@login_required
@require_safe
@with_complaint
def clock(request: HttpRequest, actor: User, complaint: Complaint, pk: int) -> HttpResponse:
    """Explain a due date step by step, as a fragment or as a page."""
    found = get_object_or_404(complaint.clocks.select_related("extended_by"), pk=pk)
    now, language = timezone.now(), translation.get_language() or ""
    says = complaint.policy.says
    spec = ClockSpec.from_dict(found.spec)
    pauses = complaint.pauses.all()
    explained = explain(
        spec,
        found.started_at,
        calendar_for(found.calendar, found.calendar_revision or None),
        spans(pauses, found.pause_reasons, until=found.stopped_at),
        now,
    )
    context = {
        "complaint": complaint,
        "clock": found,
        "standing": next(iter(standings([found], says, language=language, now=now)), None),
        "explained": explained,
        "length": spec_text(spec),
        "definition": next((item for item in says.clocks if item.code == found.code), None),
        "may_extend": extendable(found, complaint, now)
        and may(actor, "complaints.approve", complaint),
        "crumbs": [(_("Complaints"), "/"), (complaint.reference, address_of(complaint))],
        **_blame(found, now),
    }
    in_place = request.headers.get("HX-Request")
    template = "complaints/_complaint_clock.html" if in_place else "complaints/complaint_clock.html"
    return render(request, template, context)


def _blame(clock: Clock, now: datetime) -> dict[str, Any]:
    miss = miss_of(clock, now=now)
    if miss is None:
        return {}
    return {"caused_by": PARTY_WORDS[miss.caused_by], "evidence": evidence_lines(miss.evidence)}
