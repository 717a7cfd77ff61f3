"""Pages of endpoints: for administrators all, for a provider's people their own."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of
from providers.errors import BadInput, Conflict, NotAllowed
from providers.forms import tell
from providers.forms.webhooks import EndpointForm, NewEndpointForm, ReplayForm, RotateForm
from providers.models import Endpoint, Event
from providers.permissions import may_look_after_webhooks
from providers.selectors.webhooks import clients_kept_by, endpoints_for, log_page
from providers.services import endpoints as verbs
from providers.states import DeliveryState

PAGE = 50


@login_required
@require_safe
def webhooks(request: HttpRequest) -> HttpResponse:
    """Show the endpoints that the person keeps, and how they stand."""
    actor = _keeper(request)
    context = {"endpoints": endpoints_for(actor), "may_add": bool(clients_kept_by(actor))}
    return render(request, "providers/webhooks.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_new(request: HttpRequest) -> HttpResponse:
    """Add an endpoint."""
    actor = _keeper(request)
    form = NewEndpointForm(request.POST or None, clients=clients_kept_by(actor))
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            given = form.cleaned_data
            try:
                made = verbs.add_endpoint(
                    client=given["client"],
                    url=given["url"],
                    types=given["event_types"],
                    note=given["note"],
                    actor=actor,
                    at=timezone.now(),
                )
            except (BadInput, Conflict, NotAllowed) as refusal:
                status = HTTPStatus(refusal.status)
                tell(form, refusal)
            else:
                messages.success(request, _("Added. Now give the other side its secret."))
                return redirect("providers:webhook", made.pk)
    return render(request, "providers/webhook_new.html", {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an endpoint with its log; change where and what is sent."""
    actor = _keeper(request)
    endpoint = _existing(actor, pk)
    if request.method != "POST":
        return _page(request, endpoint)
    form = EndpointForm(request.POST)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            verbs.change_endpoint(
                endpoint_id=endpoint.pk, values=form.cleaned_data, actor=actor, at=timezone.now()
            )
        except BadInput as refusal:
            tell(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("providers:webhook", pk)
    return _page(request, endpoint, status=status, form=form)


@login_required
@require_POST
def webhook_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Switch it, read or change its secret, try it, send again, or remove it."""
    actor = _keeper(request)
    endpoint = _existing(actor, pk)
    if act not in _ACTS:
        raise Http404
    return _ACTS[act](request, actor, endpoint)


def _switch(request: HttpRequest, actor: User, endpoint: Endpoint) -> HttpResponse:
    on = not endpoint.active
    verbs.change_endpoint(
        endpoint_id=endpoint.pk, values={"active": on}, actor=actor, at=timezone.now()
    )
    messages.success(request, _("Switched on.") if on else _("Switched off."))
    return redirect("providers:webhook", endpoint.pk)


def _secret(request: HttpRequest, actor: User, endpoint: Endpoint) -> HttpResponse:
    """Show the secret in this one answer, which nobody may keep."""
    secret = verbs.read_secret(endpoint_id=endpoint.pk, actor=actor, at=timezone.now())
    response = _page(request, endpoint, secret=secret)
    response["Cache-Control"] = "no-store"
    return response


def _rotate(request: HttpRequest, actor: User, endpoint: Endpoint) -> HttpResponse:
    form = RotateForm(request.POST)
    if not form.is_valid():
        return _page(request, endpoint, status=HTTPStatus.UNPROCESSABLE_ENTITY, rotate_form=form)
    verbs.rotate_endpoint_secret(
        endpoint_id=endpoint.pk,
        overlap=timedelta(hours=form.cleaned_data["overlap"]),
        actor=actor,
        at=timezone.now(),
    )
    messages.success(request, _("It has a new secret. Give it to the other side."))
    return redirect("providers:webhook", endpoint.pk)


def _test(request: HttpRequest, actor: User, endpoint: Endpoint) -> HttpResponse:
    verbs.send_test_event(endpoint_id=endpoint.pk, actor=actor, at=timezone.now())
    messages.success(request, _("A test event is on its way. The log shows what comes back."))
    return redirect("providers:webhook", endpoint.pk)


def _replay(request: HttpRequest, actor: User, endpoint: Endpoint) -> HttpResponse:
    form = ReplayForm(request.POST)
    if form.is_valid():
        try:
            count = verbs.replay_events(
                endpoint_id=endpoint.pk, **form.cleaned_data, actor=actor, at=timezone.now()
            )
        except BadInput as refusal:
            tell(form, refusal)
        else:
            _say_again(request, count)
            return redirect("providers:webhook", endpoint.pk)
    return _page(request, endpoint, status=HTTPStatus.UNPROCESSABLE_ENTITY, replay_form=form)


def _again(request: HttpRequest, actor: User, endpoint: Endpoint) -> HttpResponse:
    try:
        count = verbs.replay_event(
            endpoint_id=endpoint.pk,
            event_id=request.POST.get("event", "")[:40],
            actor=actor,
            at=timezone.now(),
        )
    except Event.DoesNotExist:
        raise Http404 from None
    _say_again(request, count)
    return redirect("providers:webhook", endpoint.pk)


def _remove(request: HttpRequest, actor: User, endpoint: Endpoint) -> HttpResponse:
    verbs.remove_endpoint(endpoint_id=endpoint.pk, actor=actor, at=timezone.now())
    messages.success(request, _("Removed."))
    return redirect("providers:webhooks")


_ACTS: dict[str, Callable[[HttpRequest, User, Endpoint], HttpResponse]] = {
    "switch": _switch,
    "secret": _secret,
    "rotate": _rotate,
    "test": _test,
    "replay": _replay,
    "again": _again,
    "remove": _remove,
}


def _say_again(request: HttpRequest, count: int) -> None:
    said = ngettext("%(count)d event is sent again.", "%(count)d events are sent again.", count)
    messages.success(request, said % {"count": count})


def _keeper(request: HttpRequest) -> User:
    actor = actor_of(request.user)
    if not may_look_after_webhooks(actor):
        raise PermissionDenied
    return actor


def _existing(actor: User, pk: int) -> Endpoint:
    return get_object_or_404(
        Endpoint.objects.visible_to(actor).select_related("client__provider"), pk=pk
    )


def _page(
    request: HttpRequest, endpoint: Endpoint, *, status: int = HTTPStatus.OK, **more: Any
) -> HttpResponse:
    state, before = request.GET.get("state", ""), request.GET.get("before", "")
    page = log_page(
        endpoint, state=state, before=int(before[:18]) if before.isdecimal() else 0, size=PAGE
    )
    present = {name: getattr(endpoint, name) for name in ("url", "note", "event_types")}
    context = {
        "endpoint": endpoint,
        "log": page,
        "state": state,
        "states": DeliveryState.choices,
        "form": EndpointForm(initial=present),
        "rotate_form": RotateForm(),
        "replay_form": ReplayForm(),
        **more,
    }
    return render(request, "providers/webhook.html", context, status=status)
