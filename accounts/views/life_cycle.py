"""The administrator's pages about joining, moving and leaving."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import services
from accounts.forms import LeavingForm, MoveForm
from accounts.models import PlannedMove
from accounts.transports import send_invitation
from accounts.views.people import manager, person_of, person_page
from journal.errors import Refusal


@login_required
@require_POST
def invite(request: HttpRequest, pk: int) -> HttpResponse:
    """Send somebody the link for their first password, and show it once."""
    actor, user = manager(request), person_of(pk)
    made, secret = services.invite_user(user=user, actor=actor, at=timezone.now())
    link = settings.PUBLIC_URL.rstrip("/") + reverse("accounts:invitation", args=[secret])
    context = {
        "person": user,
        "link": link,
        "ends_at": made.ends_at,
        "mailed": send_invitation(made, link),
    }
    response = render(request, "accounts/invited.html", context)
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Give somebody another place or role from a day on."""
    actor, user = manager(request), person_of(pk)
    form = MoveForm(request.POST, user=user)
    if form.is_valid():
        try:
            services.move_user(user=user, **form.cleaned_data, actor=actor, at=timezone.now())
        except Refusal as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, _("The move is noted."))
            return redirect("accounts:person", pk=pk)
    return person_page(request, user, move_form=form)


@login_required
@require_POST
def drop_move(request: HttpRequest, pk: int, move: int) -> HttpResponse:
    """Take a planned move back."""
    actor = manager(request)
    row = get_object_or_404(PlannedMove.objects.select_related("user"), pk=move, user_id=pk)
    services.drop_move(move=row, actor=actor, at=timezone.now())
    messages.success(request, _("The planned move was taken back."))
    return redirect("accounts:person", pk=pk)


@login_required
@require_POST
def leaving(request: HttpRequest, pk: int) -> HttpResponse:
    """Say on which day somebody leaves, or that they stay."""
    actor, user = manager(request), person_of(pk)
    form = LeavingForm(request.POST)
    if form.is_valid():
        try:
            services.plan_leaving(user=user, **form.cleaned_data, actor=actor, at=timezone.now())
        except Refusal as refusal:
            form.add_error("leaves_on", str(refusal))
        else:
            messages.success(request, _("The changes were saved."))
            return redirect("accounts:person", pk=pk)
    return person_page(request, user, leaving_form=form)
