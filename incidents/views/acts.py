"""The doors to every step of an incident: its form in place or as a page, and the step itself."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import User
from complaints.errors import BadInput, Conflict, MoveRefused
from incidents.forms.base import ActForm
from incidents.models import Incident, JointRun
from incidents.permissions import may_manage
from incidents.views.act_kind import Act, Again, title_of
from incidents.views.acts_table import ACTS
from incidents.views.opening import address_of, crumbs, onward, with_incident

# What a verb calls an input, where the form calls it otherwise.
_FIELD_OF = {"mandate": "mandate"}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@with_incident
def act(
    request: HttpRequest, actor: User, incident: Incident, act: str, pk: int | None = None
) -> HttpResponse:
    """Show the form of a step, or take the step."""
    found = ACTS.get(act)
    if found is None or (found.find is None) != (pk is None):
        raise Http404
    thing = found.find(incident, actor, pk) if found.find and pk is not None else None
    if found.find is not None and thing is None:
        raise Http404
    if found.for_managers and not may_manage(actor, incident):
        raise PermissionDenied
    given: dict[str, Any] = {
        "incident": incident,
        "actor": actor,
        "thing": thing,
        "now": timezone.now(),
    }
    if request.method != "POST":
        form = found.form(initial=request.GET.dict(), **given)
        return _open(request, found, form)
    return _attempt(request, found, found.form(request.POST, request.FILES, **given))


def _attempt(request: HttpRequest, act: Act, form: ActForm) -> HttpResponse:
    """Take the step; what stands in the way is said beside the input, which stays."""
    if not form.is_valid():
        return _open(request, act, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        said = act.run(form, {"actor": form.actor, "at": form.now})
    except BadInput as refusal:
        field = _FIELD_OF.get(refusal.field, refusal.field)
        form.add_error(field if field in form.fields else None, str(refusal))
        return _open(request, act, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except Conflict as refusal:
        return _after_conflict(request, act, form, refusal)
    except MoveRefused as refusal:
        for reason in refusal.reasons:
            form.add_error(None, str(reason))
        return _open(request, act, form, status=HTTPStatus.CONFLICT)
    if isinstance(said, Again):
        return _again(request, act, form, said)
    messages.success(request, said if isinstance(said, str) else str(act.done))
    return onward(request, _after(act, form.incident, said))


def _after(act: Act, incident: Incident, said: Any) -> str:
    if isinstance(said, JointRun):
        return address_of(incident, "message", said.pk)
    return address_of(incident, act.tab)


def _after_conflict(
    request: HttpRequest, act: Act, form: ActForm, refusal: Conflict
) -> HttpResponse:
    """Say that somebody was quicker; the next try is against what stands now."""
    data = request.POST.copy()
    fresh = Incident.objects.visible_to(form.actor).get(pk=form.incident.pk)
    data["expected_version"] = str(fresh.version)
    again = act.form(data, incident=fresh, actor=form.actor, thing=form.thing, now=form.now)
    again.full_clean()
    again.add_error(None, str(refusal))
    return _open(request, act, again, status=HTTPStatus.CONFLICT)


def _again(request: HttpRequest, act: Act, form: ActForm, said: Again) -> HttpResponse:
    fresh = act.form(
        incident=form.incident,
        actor=form.actor,
        thing=form.thing,
        now=form.now,
        initial=said.initial,
    )
    return _open(request, act, fresh, said=said.said, faults=said.faults)


def _open(
    request: HttpRequest, act: Act, form: ActForm, *, status: int = HTTPStatus.OK, **more: Any
) -> HttpResponse:
    """Render a step: as a fragment for htmx, else as a page of its own."""
    incident = form.incident
    tab = act.tab if act.tab != "message" else "messages"
    context = {
        "incident": incident,
        "act": act,
        "form": form,
        "title": title_of(act, form.thing),
        "button": act.button or act.title,
        "url": request.path,
        "back": address_of(incident, tab),
        "crumbs": crumbs(incident),
        **more,
    }
    in_place = request.headers.get("HX-Request")
    template = "incidents/_act.html" if in_place else "incidents/act.html"
    return render(request, template, context, status=status)
