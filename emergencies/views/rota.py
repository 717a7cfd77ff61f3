"""The rota: who is on call, gaps, who is away, hand-over, the ways people are called."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of
from emergencies.errors import BadInput, MoveRefused, NotAllowed
from emergencies.forms import AddressForm, DutyForm, HandoverForm, ShiftForm
from emergencies.models import Address, Duty, Handover, Shift
from emergencies.permissions import may_keep_rota, may_set_any_service, may_view
from emergencies.selectors import rota as questions
from emergencies.selectors.practice import exercises_held, exercises_open, overdue_for
from emergencies.selectors.situation import emergencies_lately
from emergencies.services import addresses
from emergencies.services import rota as verbs
from emergencies.views.opening import viewer

Tried = dict[str, forms.Form]


@dataclass(frozen=True)
class Adding:
    """A form of the page that adds something: its form, its verb, what is said afterwards."""

    form: type[forms.Form]
    run: Callable[[dict[str, Any], dict[str, Any]], Any]
    done: Any


ADDING = {
    "duty": Adding(
        DutyForm, lambda given, who: verbs.set_duty(**given, **who), _("The duty is saved.")
    ),
    "shift": Adding(
        ShiftForm, lambda given, who: verbs.plan_shift(**given, **who), _("The shift is planned.")
    ),
}
ANSWERS: dict[str, tuple[Callable[..., Any], str, Any]] = {
    "cancel": (verbs.cancel_shift, "shift_id", _("The shift is taken out.")),
    "accept": (verbs.accept_handover, "handover_id", _("The shift is yours.")),
    "decline": (verbs.decline_handover, "handover_id", _("The offer is off.")),
}


@login_required
@require_safe
def rota(request: HttpRequest) -> HttpResponse:
    """Show the rota to everyone who may see emergencies; the forms to those who keep it."""
    return _page(request, viewer(request), {})


@login_required
@require_POST
def add(request: HttpRequest, what: str) -> HttpResponse:
    """Add a duty or a shift."""
    actor, adding = viewer(request), ADDING.get(what)
    if adding is None:
        raise Http404
    form = adding.form(request.POST, auto_id=f"id_{what}_%s")
    if form.is_valid():
        try:
            adding.run(dict(form.cleaned_data), {"actor": actor, "at": timezone.now()})
        except BadInput as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, str(adding.done))
            return redirect("emergencies:rota")
    return _page(request, actor, {what: form}, HTTPStatus.UNPROCESSABLE_ENTITY)


@login_required
@require_POST
def answer(request: HttpRequest, act: str, pk: int) -> HttpResponse:
    """Cancel a shift, accept or decline a hand-over."""
    actor = viewer(request)
    if act not in ANSWERS:
        raise Http404
    verb, name, done = ANSWERS[act]
    models = {"cancel": Shift, "accept": Handover, "decline": Handover}
    get_object_or_404(models[act], pk=pk)
    verb(**{name: pk}, actor=actor, at=timezone.now())
    messages.success(request, str(done))
    return redirect("emergencies:rota")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer the rest of a shift to somebody else."""
    actor = viewer(request)
    shift = get_object_or_404(Shift.objects.select_related("duty", "person"), pk=pk)
    form = HandoverForm(request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        try:
            verbs.offer_handover(shift_id=pk, **form.cleaned_data, actor=actor, at=timezone.now())
        except (BadInput, MoveRefused, NotAllowed) as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            status = HTTPStatus(refusal.status)
        else:
            messages.success(request, str(_("Offered. It is theirs once they accept.")))
            return redirect("emergencies:rota")
    elif form.is_bound:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"shift": shift, "form": form}
    return render(request, "emergencies/hand_over.html", context, status=status)


def _page(
    request: HttpRequest, actor: User, tried: Tried, status: int = HTTPStatus.OK
) -> HttpResponse:
    now = timezone.now()
    keeps = may_keep_rota(actor)
    initial = timezone.localtime(now).replace(minute=0)
    shifts = questions.shifts_ahead(now)
    context = {
        "now": now,
        "keeps": keeps,
        "on_call": questions.on_call(now),
        "shifts": shifts,
        "gaps": questions.gaps_ahead(now) if Duty.objects.exists() else [],
        "ahead_days": questions.AHEAD.days,
        "absences": questions.absences_ahead(now),
        "offers": questions.offers_to(actor),
        "handovers": questions.handovers_lately(now),
        "open_exercises": exercises_open(),
        "held_exercises": exercises_held(),
        "lately": emergencies_lately(actor, limit=12),
        "overdue": overdue_for(actor, now=now),
        "duties": Duty.objects.all(),
        "forms": {
            "duty": DutyForm(auto_id="id_duty_%s"),
            "shift": ShiftForm(auto_id="id_shift_%s", initial={"starts_at": initial}),
        }
        | tried,
        "tried": next(iter(tried), ""),
        "without_address": [
            called.person for called in questions.on_call(now) if not called.person.email
        ],
    }
    return render(request, "emergencies/rota.html", context, status=status)


@login_required
@require_safe
def reminders(request: HttpRequest) -> HttpResponse:
    """Show what is overdue, on the first page of who keeps the rota."""
    actor = viewer(request)
    now = timezone.now()
    context = {
        "overdue": overdue_for(actor, now=now),
        "offers": questions.offers_to(actor),
        "on_duty": questions.is_on_call(actor, now),
    }
    return render(request, "emergencies/_reminders.html", context)


# --- ways to be called -----------------------------------------------------------------------


def _owner(request: HttpRequest, username: str) -> tuple[User, User]:
    """Return who asks and whose ways these are: one's own, or anybody's for who keeps the rota."""
    actor = actor_of(request.user)
    if username in {"", actor.username}:
        if not (may_view(actor) or may_set_any_service(actor)):
            raise Http404
        return actor, actor
    if not (may_keep_rota(actor) or may_set_any_service(actor)):
        raise Http404
    return actor, get_object_or_404(User, username=username, is_system=False)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ways(request: HttpRequest, username: str = "") -> HttpResponse:
    """Show the ways somebody is called, by their tails, and add one."""
    actor, person = _owner(request, username)
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            addresses.add_address(
                person=person, text=form.cleaned_data["text"], actor=actor, at=timezone.now()
            )
        except BadInput as refusal:
            # What was typed is not sent back: it may hold a key.
            form = AddressForm({"text": ""})
            form.full_clean()
            form.errors.clear()
            form.add_error("text", str(refusal))
        else:
            messages.success(request, str(_("From now on calls go there, too.")))
            return redirect(request.path)
    context = {
        "person": person,
        "own": person.pk == actor.pk,
        "addresses": questions.addresses_of([person.pk]).get(person.pk, []),
        "form": form,
        "any_service": may_set_any_service(actor),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "emergencies/ways.html", context, status=status)


@login_required
@require_POST
def forget_way(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a way to be called."""
    address = get_object_or_404(
        Address.objects.select_related("person"), pk=pk, removed_at__isnull=True
    )
    actor, person = _owner(request, address.person.username)
    addresses.remove_address(address_id=pk, actor=actor, at=timezone.now())
    messages.success(request, str(_("Removed. Nobody is called there any more.")))
    if person.pk == actor.pk:
        return redirect("emergencies:ways")
    return redirect("emergencies:ways_of", person.username)
