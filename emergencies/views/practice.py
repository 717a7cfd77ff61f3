"""The page of a test of the rota or a drill."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from emergencies.errors import BadInput, MoveRefused
from emergencies.forms import DrillForm, TestForm
from emergencies.models import Exercise
from emergencies.permissions import may_keep_rota
from emergencies.selectors.practice import confirmations_of
from emergencies.services import practice as verbs
from emergencies.states import ExerciseKind
from emergencies.views.opening import viewer


@login_required
@require_safe
def exercise(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a test or drill. The link in a test's message leads here: it only shows."""
    return _page(request, viewer(request), get_object_or_404(Exercise, pk=pk))


@login_required
@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Call everybody on the rota as a test."""
    actor, found = viewer(request), get_object_or_404(Exercise, pk=pk)
    verbs.start_rota_test(exercise_id=found.pk, actor=actor, at=timezone.now())
    messages.success(request, str(_("Everybody on the rota is being called as a test.")))
    return redirect("emergencies:exercise", pk)


@login_required
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm that the test has reached one."""
    actor, found = viewer(request), get_object_or_404(Exercise, pk=pk)
    verbs.confirm_test(exercise_id=found.pk, actor=actor, at=timezone.now())
    messages.success(request, str(_("Thank you: the test has reached you.")))
    return redirect("emergencies:exercise", pk)


@login_required
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what a test or drill showed."""
    actor, found = viewer(request), get_object_or_404(Exercise, pk=pk)
    drill = found.kind == ExerciseKind.DRILL
    form: forms.Form = DrillForm(request.POST) if drill else TestForm(request.POST)
    verb: Callable[..., Any] = verbs.close_drill if drill else verbs.close_rota_test
    if not form.is_valid():
        return _page(request, actor, found, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    given = dict(form.cleaned_data)
    if drill:
        given["participants"] = list(given["participants"])
    try:
        verb(exercise_id=found.pk, **given, actor=actor, at=timezone.now())
    except (BadInput, MoveRefused) as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _page(request, actor, found, form, refusal.status)
    messages.success(request, str(_("The exercise is closed.")))
    return redirect("emergencies:exercise", pk)


def _page(
    request: HttpRequest,
    actor: User,
    found: Exercise,
    form: forms.Form | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    drill = found.kind == ExerciseKind.DRILL
    called = confirmations_of(found)
    pages = found.pages.select_related("address").prefetch_related("attempts").order_by("pk")
    by_person: dict[int, list[Any]] = {}
    for page in pages:
        by_person.setdefault(page.person_id, []).append(page)
    today = timezone.localdate()
    context = {
        "exercise": found,
        "drill": drill,
        "keeps": may_keep_rota(actor),
        "called": [(one, by_person.get(one.person_id, [])) for one in called],
        "confirmed": sum(one.confirmed_at is not None for one in called),
        "mine": next((one for one in called if one.person_id == actor.pk), None),
        "late": found.closed_at is None and found.due_at <= timezone.now(),
        "form": form or (DrillForm(initial={"held_on": today}) if drill else TestForm()),
    }
    return render(request, "emergencies/exercise.html", context, status=status)
