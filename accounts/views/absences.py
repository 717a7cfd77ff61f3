"""Who is away and who stands in: one's own absences, and those of people in one's charge."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import selectors, services
from accounts.forms import AbsenceForm
from accounts.models import Absence
from accounts.permissions import actor_of, may_set_absence
from journal.errors import Refusal


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def absences(request: HttpRequest) -> HttpResponse:
    """Show the absences to come that concern one, and note another."""
    actor, now = actor_of(request.user), timezone.now()
    people = selectors.in_charge_of(actor)
    form = AbsenceForm(request.POST or None, actor=actor, people=people)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_absence(**form.cleaned_data, actor=actor, at=now)
        except Refusal as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, _("The absence was noted. It ends by itself."))
            return redirect("accounts:absences")
    context: dict[str, Any] = {
        "form": form,
        "own": selectors.absences_to_come(actor, now),
        "covering": selectors.standing_in_for(actor, now),
        "others": selectors.absences_among(people, now),
        "now": now,
    }
    status = 422 if form.errors else 200
    return render(request, "accounts/absences.html", context, status=status)


@login_required
@require_POST
def end_absence(request: HttpRequest, pk: int) -> HttpResponse:
    """End an absence now, or take it back before it begins."""
    actor = actor_of(request.user)
    absence = get_object_or_404(Absence.objects.select_related("person"), pk=pk)
    if not may_set_absence(actor, absence.person):
        raise Http404
    services.end_absence(absence=absence, actor=actor, at=timezone.now())
    messages.success(request, _("The absence is over."))
    return redirect("accounts:absences")
