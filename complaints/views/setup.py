"""The words of the house, and the first hour of a new installation."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of
from complaints.errors import BadInput
from complaints.permissions import may_set_up
from complaints.selectors.first_hour import first_hour as checklist
from complaints.selectors.first_hour import shows_first_hour
from complaints.selectors.glossary import spoken_glossary
from complaints.services.setup import mark_setup_step
from complaints.states import SetupStep


@login_required
@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """Explain the words that pages, messages and interfaces use (CM-3)."""
    return render(request, "complaints/glossary.html", {"terms": spoken_glossary()})


@login_required
@require_safe
def first_hour(request: HttpRequest) -> HttpResponse:
    """Show what a new installation still lacks."""
    _settler(request)
    context = {"list": checklist(timezone.localdate()), "steps": SetupStep}
    return render(request, "complaints/first_hour.html", context)


@login_required
@require_safe
def first_hour_card(request: HttpRequest) -> HttpResponse:
    """Show the same as a card on the first page; nothing once it is done or put away."""
    actor, today = actor_of(request.user), timezone.localdate()
    if not shows_first_hour(actor, today):
        return HttpResponse()
    return render(request, "complaints/_first_hour_card.html", {"list": checklist(today)})


@login_required
@require_POST
def mark_first_hour(request: HttpRequest) -> HttpResponse:
    """Tick a step off, or put the list away."""
    actor = _settler(request)
    step = request.POST.get("step", "")
    if step not in SetupStep.values:
        raise BadInput(_("There is no such step."), field="step")
    mark_setup_step(step=SetupStep(step), actor=actor, at=timezone.now())
    if step == SetupStep.DISMISSED:
        messages.success(request, _("The list is put away. You find it under this address again."))
    return redirect("complaints:first_hour")


def _settler(request: HttpRequest) -> User:
    actor = actor_of(request.user)
    if not may_set_up(actor):
        raise PermissionDenied
    return actor
