"""Opening an incident: through the reader's eyes, with the head that all its pages share."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import User
from accounts.permissions import actor_of, demand
from incidents.models import Incident
from incidents.permissions import may_oversee
from incidents.querysets import VIEW
from incidents.selectors.lists import incident_for
from incidents.selectors.page import IncidentPage, page_of

View = Callable[..., HttpResponseBase]  # (request, actor, incident, whatever the address holds)


def reader(request: HttpRequest) -> User:
    """Return who looks. Raises PermissionDenied for those who see no incidents at all."""
    actor = actor_of(request.user)
    demand(actor, VIEW)
    return actor


def with_incident(view: View) -> View:
    """Hand a view the actor and an incident that exists for them; 404 otherwise."""

    @wraps(view)
    def inner(request: HttpRequest, reference: str, **parts: Any) -> HttpResponseBase:
        actor = reader(request)
        incident = incident_for(actor, reference)
        if incident is None:
            raise Http404
        return view(request, actor, incident, **parts)

    return inner


def crumbs(incident: Incident | None = None) -> list[tuple[str, str]]:
    """Return the way to a page below the list, or below an incident."""
    way = [(_("Incidents"), reverse("incidents:list"))]
    if incident is not None:
        way.append((f"{incident.reference} · {incident.title}", address_of(incident)))
    return way


def address_of(incident: Incident, tab: str = "incident", *parts: Any) -> str:
    """Return the address of a page of an incident."""
    return reverse(f"incidents:{tab}", args=[incident.reference, *parts])


def _tabs(page: IncidentPage, current: str) -> list[dict[str, Any]]:
    shown = [
        ("incident", _("Overview"), None),
        ("complaints", _("Complaints"), page.numbers.linked),
        ("messages", pgettext("incident tab", "Messages"), None),
        ("finding", pgettext("incident tab", "Finding"), None),
        ("statements", _("Communication"), None),
        (
            "customers",
            pgettext("incident tab", "Affected"),
            page.reach.listed if page.reach else None,
        ),
        ("representatives", _("Representatives"), None),
        ("record", _("Record"), None),
    ]
    for_all = {"incident", "complaints", "finding", "record"}
    return [
        {
            "label": label,
            "url": address_of(page.incident, name),
            "current": name == current,
            "count": count,
        }
        for name, label, count in shown
        if page.oversees or name in for_all
    ]


def show(
    request: HttpRequest,
    actor: User,
    incident: Incident,
    tab: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """Render a page of an incident below its head."""
    page = page_of(incident, actor, now=timezone.now())
    whole = {
        "incident": incident,
        "page": page,
        "tabs": _tabs(page, tab),
        "crumbs": crumbs(),
        **context,
    }
    return render(request, f"incidents/{tab}.html", whole, status=status)


def onward(request: HttpRequest, address: str) -> HttpResponse:
    """Go on to an address, also where a fragment was asked for."""
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(address)
    return redirect(address)


def overseen(actor: User, incident: Incident) -> None:
    """Let those through who see an incident for its own sake. Raises Http404 for others."""
    if not may_oversee(actor, incident):
        raise Http404
