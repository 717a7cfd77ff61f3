"""Handing over the work of somebody who leaves, moves or is away."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of, has
from complaints.errors import BadInput
from complaints.forms.handover import HandOverForm
from complaints.selectors.handover import holders, references_of, work_of
from complaints.services.handover import HandedOver, hand_over, return_open_work


def _actor(request: HttpRequest) -> User:
    actor = actor_of(request.user)
    if not (has(actor, "complaints.assign") or has(actor, "accounts.manage")):
        raise PermissionDenied
    return actor


def _person(pk: int) -> User:
    return get_object_or_404(User, pk=pk, is_system=False)


@login_required
@require_safe
def handovers(request: HttpRequest) -> HttpResponse:
    """List who holds open complaints, those first whose work must go elsewhere."""
    actor = _actor(request)
    context = {"holders": holders(actor, timezone.now())}
    return render(request, "complaints/handovers.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def handover(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what hangs on a person, and hand it over; administrators see references only."""
    actor, person = _actor(request), _person(pk)
    form = HandOverForm(request.POST if request.method == "POST" else None, person=person)
    if request.method == "POST" and form.is_valid():
        try:
            given = hand_over(
                person=person,
                **form.cleaned_data,
                complaint_ids=form.chosen_ids,
                actor=actor,
                at=timezone.now(),
            )
        except BadInput as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            _tell(request, given)
            return redirect("complaints:handover", pk=pk)
    context = {
        "person": person,
        "work": work_of(person, actor),
        "complaints": references_of(person, actor),
        "form": form,
        "reads": has(actor, "complaints.assign"),
        "manages": has(actor, "accounts.manage"),
    }
    status = 422 if form.errors else 200
    return render(request, "complaints/handover.html", context, status=status)


@login_required
@require_POST
def handover_return(request: HttpRequest, pk: int) -> HttpResponse:
    """Give everything back to the teams' queues."""
    actor, person = _actor(request), _person(pk)
    count = return_open_work(person=person, actor=actor, at=timezone.now())
    words = ngettext(
        "%(count)s complaint is back with its team; the managers were told.",
        "%(count)s complaints are back with their teams; the managers were told.",
        count,
    )
    messages.success(request, words % {"count": count})
    return redirect("complaints:handover", pk=pk)


@login_required
@require_safe
def handover_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """Show on a person's page how much hangs on them."""
    actor, person = _actor(request), _person(pk)
    context = {"person": person, "work": work_of(person, actor)}
    return render(request, "complaints/_handover_panel.html", context)


def _tell(request: HttpRequest, given: HandedOver) -> None:
    if given.done:
        words = ngettext(
            "%(count)s complaint was handed over.",
            "%(count)s complaints were handed over.",
            given.done,
        )
        messages.success(request, words % {"count": given.done})
    for reference, why in given.refused[:10]:
        messages.warning(
            request,
            _("%(reference)s stays where it is: %(why)s") % {"reference": reference, "why": why},
        )
    if not (given.done or given.refused):
        messages.info(request, _("There is nothing to hand over."))
