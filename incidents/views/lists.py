"""The list of incidents, what is suggested, and a new one."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import demand, has
from complaints.errors import BadInput
from complaints.models import Complaint
from complaints.selectors.page import complaint_for
from complaints.selectors.register import Known
from complaints.states import Severity
from incidents.forms.lifecycle import OpenForm
from incidents.models import Suggestion
from incidents.querysets import MANAGE
from incidents.selectors.lists import MINE, OPEN, IncidentFilters, incident_page
from incidents.selectors.suggestions import (
    suggested,
    suggestion_of,
    suggestions_for,
    waiting_count,
)
from incidents.services.lifecycle import open_incident
from incidents.services.linking import link_complaints
from incidents.services.suggesting import dismiss_suggestion, take_suggestion
from incidents.states import Basis, IncidentState
from incidents.views.opening import address_of, crumbs, reader

FORM_METHODS = ["GET", "HEAD", "POST"]


@login_required
@require_safe
def incidents(request: HttpRequest) -> HttpResponse:
    """List the incidents one may see, narrowed as the address says."""
    actor = reader(request)
    filters = IncidentFilters.parse(request.GET.dict())
    before = request.GET.get("before", "")
    page = incident_page(filters, actor, before=int(before) if before.isdecimal() else None)
    query = filters.as_query()
    following = f"{query}&before={page.next_before}".lstrip("&") if page.next_before else ""
    context = {
        "rows": page.rows,
        "filters": filters,
        "filtered": bool(query),
        "next_url": f"{request.path}?{following}" if following else "",
        "states": [(OPEN, pgettext("standing", "Open")), *IncidentState.choices],
        "severities": Severity.choices,
        "sites": Known().sites,
        "mine": MINE,
        "manages": has(actor, MANAGE),
        "waiting": waiting_count(actor),
        "tabs": _tabs(actor, "list"),
    }
    return render(request, "incidents/list.html", context)


def _tabs(actor: User, current: str) -> list[dict[str, Any]]:
    tabs: list[tuple[str, str, int | None]] = [(_("Incidents"), "list", None)]
    if has(actor, MANAGE):
        tabs.append((_("Suggested"), "suggestions", waiting_count(actor)))
    return [
        {
            "label": label,
            "url": reverse(f"incidents:{name}"),
            "current": name == current,
            "count": count,
        }
        for label, name, count in tabs
    ]


@login_required
@require_http_methods(FORM_METHODS)
def new(request: HttpRequest) -> HttpResponse:
    """Write a suspected incident down, also with a first complaint linked (`?complaint=`)."""
    actor = reader(request)
    demand(actor, MANAGE)
    asked = request.POST.get("complaint") or request.GET.get("complaint", "")
    complaint = complaint_for(actor, asked) if asked else None
    if request.method != "POST":
        return _form(request, OpenForm(initial=_first(complaint, actor)), complaint)
    form = OpenForm(request.POST)
    now = timezone.now()
    if form.is_valid():
        try:
            incident = open_incident(scope=form.scope, actor=actor, at=now)
        except BadInput as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            if complaint is not None:
                ids = [complaint.pk]
                link_complaints(incident_id=incident.pk, complaint_ids=ids, actor=actor, at=now)
            messages.success(request, _("Written down as suspected. Link the complaints now."))
            return redirect(address_of(incident))
    return _form(request, form, complaint, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _first(complaint: Complaint | None, actor: User) -> dict[str, Any]:
    if complaint is None:
        return {"commander": actor.pk, "severity": Severity.MODERATE}
    return {
        "commander": actor.pk,
        "severity": Severity.MODERATE,
        "product": complaint.product,
        "category": complaint.category_id,
        "site": complaint.site_id or "",
    }


def _form(
    request: HttpRequest, form: OpenForm, complaint: Complaint | None, *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "complaint": complaint, "crumbs": crumbs()}
    return render(request, "incidents/new.html", context, status=status)


# --- what is suggested -----------------------------------------------------------------------


@login_required
@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """List what waits for a decision."""
    actor = reader(request)
    demand(actor, MANAGE)
    context = {"suggestions": suggestions_for(actor), "tabs": _tabs(actor, "suggestions")}
    return render(request, "incidents/suggestions.html", context)


@login_required
@require_http_methods(FORM_METHODS)
def suggestion(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a suggestion with the complaints behind it, and make an incident of it."""
    actor = reader(request)
    demand(actor, MANAGE)
    found = suggestion_of(actor, pk)
    if found is None:
        raise Http404
    if request.method != "POST":
        return _suggestion(request, actor, found, OpenForm(initial=_proposed(found, actor)))
    form = OpenForm(request.POST)
    if form.is_valid():
        try:
            incident = take_suggestion(
                suggestion_id=pk, scope=form.scope, actor=actor, at=timezone.now()
            )
        except BadInput as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Written down as suspected, with its complaints linked."))
            return redirect(address_of(incident))
    return _suggestion(request, actor, found, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _proposed(found: Suggestion, actor: User) -> dict[str, Any]:
    what = found.product or (str(found.site) if found.site else "")
    title = " · ".join(filter(None, (str(found.category or ""), what)))
    return {
        "title": title[:200],
        "commander": actor.pk,
        "severity": Severity.HIGH if found.basis == Basis.JOINTLY else Severity.MODERATE,
        "product": found.product,
        "category": found.category_id,
        "site": found.site_id or "",
        "period_from": timezone.localdate(suggested(found, actor).since or found.first_at),
    }


def _suggestion(
    request: HttpRequest,
    actor: User,
    found: Suggestion,
    form: OpenForm,
    *,
    status: int = 200,
    reason_error: str = "",
) -> HttpResponse:
    seen = Complaint.objects.visible_to(actor).filter(pk__in=found.members.values("complaint"))
    context = {
        "suggestion": found,
        "shown": suggested(found, actor),
        "complaints": seen.select_related("category", "site").order_by("-received_at")[:50],
        "form": form,
        "reason_error": reason_error,
        "crumbs": [*crumbs(), (_("Suggested"), reverse("incidents:suggestions"))],
    }
    return render(request, "incidents/suggestion.html", context, status=status)


@login_required
@require_POST
def suggestion_dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that there is no incident behind it."""
    actor = reader(request)
    demand(actor, MANAGE)
    found = suggestion_of(actor, pk)
    if found is None:
        raise Http404
    try:
        dismiss_suggestion(
            suggestion_id=pk,
            reason=request.POST.get("reason", ""),
            actor=actor,
            at=timezone.now(),
        )
    except BadInput as refusal:
        form = OpenForm(initial=_proposed(found, actor))
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _suggestion(request, actor, found, form, status=status, reason_error=str(refusal))
    messages.success(request, _("Dismissed. It comes back when enough new complaints have come."))
    return redirect("incidents:suggestions")
