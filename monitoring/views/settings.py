"""The page of what is watched: the form, what it would have alarmed, its versions, exposure."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of, demand
from complaints.errors import BadInput, Conflict
from monitoring.forms.warning_settings import FLAGS, ExposureForm, SettingsForm
from monitoring.permissions import may_set_warnings
from monitoring.querysets import WATCH
from monitoring.selectors.warning_settings import (
    exposure_known,
    preview_of,
    set_words,
    versions,
    would_have,
)
from monitoring.selectors.watching import settings_in_force
from monitoring.services.exposure import import_exposure
from monitoring.services.warning_settings import ask_preview, set_warnings

MOST_BYTES = 5 * 1024 * 1024


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Show what is watched; put other settings in force, or try them on the past year."""
    actor = actor_of(request.user)
    demand(actor, WATCH)
    says = settings_in_force()
    if request.method != "POST":
        return _page(request, actor, SettingsForm(says=says.says))
    if not may_set_warnings(actor):
        raise PermissionDenied
    form = SettingsForm(request.POST, says=says.says)
    if not form.is_valid():
        return _page(request, actor, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    given: dict[str, Any] = {"content": form.content, "actor": actor, "at": timezone.now()}
    try:
        if "try" in request.POST:
            ask_preview(**given)
            return redirect("warnings:settings")
        seen = form.cleaned_data["seen_version"]
        set_warnings(note=form.cleaned_data["note"], seen_version=seen, **given)
    except BadInput as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _page(request, actor, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    except Conflict as refusal:
        form.add_error(None, str(refusal))
        return _page(request, actor, form, HTTPStatus.CONFLICT)
    messages.success(request, _("The new settings are in force."))
    return redirect("warnings:settings")


def _page(
    request: HttpRequest,
    actor: User,
    form: SettingsForm,
    status: int = HTTPStatus.OK,
    exposure: ExposureForm | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "rows": [(set_words(dimensions), boxes) for dimensions, boxes in form.rows],
        "flags": FLAGS.values(),
        "in_force": settings_in_force(),
        "versions": versions(),
        "may_set": may_set_warnings(actor),
        "exposure": exposure or ExposureForm(),
        "known": exposure_known(),
        **_preview(actor),
    }
    return render(request, "monitoring/warning_settings.html", context, status=status)


def _preview(actor: User) -> dict[str, Any]:
    found = preview_of(actor) if may_set_warnings(actor) else None
    would = would_have(found) if found and found.finished_at else []
    return {"preview": found, "would": would}


@login_required
@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """Show how far the trial on the past year is, and what it found."""
    actor = actor_of(request.user)
    if not may_set_warnings(actor):
        raise PermissionDenied
    return render(request, "monitoring/_warning_preview.html", _preview(actor))


@login_required
@require_POST
def exposure(request: HttpRequest) -> HttpResponse:
    """Take in how many customers, orders or units there were."""
    actor = actor_of(request.user)
    if not may_set_warnings(actor):
        raise PermissionDenied
    form = ExposureForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file.size > MOST_BYTES:
                raise BadInput(_("The file is larger than five megabytes."), field="file")
            rows = import_exposure(data=file.read(), actor=actor, at=timezone.now())
        except BadInput as refusal:
            form.add_error("file", str(refusal))
        else:
            said = ngettext("%(rows)s row taken in.", "%(rows)s rows taken in.", rows)
            messages.success(request, said % {"rows": rows})
            return redirect("warnings:settings")
    again = SettingsForm(says=settings_in_force().says)
    return _page(request, actor, again, HTTPStatus.UNPROCESSABLE_ENTITY, form)
