"""Declaring from any page, and answering a call."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.permissions import actor_of, has
from complaints.models import Complaint
from complaints.permissions import may
from complaints.selectors.page import complaint_for
from complaints.selectors.policy import policy_in_force
from complaints.services.emergencies import declare_emergency
from complaints.services.intake import Intake, Person, receive_complaint
from emergencies.errors import BadInput, Conflict, MoveRefused, NotAllowed
from emergencies.forms import DeclareForm
from emergencies.selectors.situation import emergency_of, rounds_of
from emergencies.views.opening import existing

_FIELD_OF = {
    "emergency_trigger": "trigger",
    "description": "facts",
    "emergency_facts": "facts",
    "contact": "phone",
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest) -> HttpResponse:
    """Declare an emergency: of a complaint that is there, or of one made at once from the facts."""
    actor = actor_of(request.user)
    if not has(actor, "complaints.declare_emergency"):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, actor, _form(actor, initial={"complaint": _asked(request, actor)}))
    form = _form(actor, data=request.POST)
    if not form.is_valid():
        return _page(request, actor, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        complaint = _declared(form, actor)
    except MoveRefused as refusal:
        for reason in refusal.reasons:
            form.add_error(None, str(reason))
        return _page(request, actor, form, HTTPStatus.CONFLICT)
    except (BadInput, NotAllowed, Conflict) as refusal:
        field = _FIELD_OF.get(refusal.field, refusal.field)
        form.add_error(field if field in form.fields else None, str(refusal))
        return _page(request, actor, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, _("The fast channel is open, and the people on call have been told."))
    return redirect("complaints:complaint", complaint.reference)


def _form(actor: User, *, data: Any = None, initial: Any = None) -> DeclareForm:
    says = policy_in_force(timezone.now()).says
    may_receive = has(actor, "complaints.receive")
    return DeclareForm(data, initial=initial, says=says, may_receive=may_receive)


def _asked(request: HttpRequest, actor: User) -> str:
    """Return the reference in the address, as far as it exists for the actor."""
    found = complaint_for(actor, request.GET.get("complaint", ""))
    return found.reference if found else ""


def _declared(form: DeclareForm, actor: User) -> Complaint:
    given, now = form.cleaned_data, timezone.now()
    reference = given["complaint"].strip()
    if reference:
        complaint = complaint_for(actor, reference)
        if complaint is None:
            raise BadInput(_("There is no such complaint for you."), field="complaint")
        return declare_emergency(
            complaint_id=complaint.pk,
            trigger=given["trigger"],
            facts=given["facts"],
            actor=actor,
            at=now,
        )
    if "channel" not in given:
        raise BadInput(_("Say which complaint it is about."), field="complaint")
    if not given["facts"].strip():
        raise BadInput(_("Say in a few words what is dangerous."), field="facts")
    name, phone = given["name"].strip(), given["phone"].strip()
    intake = Intake(
        channel=given["channel"] or "other",
        description=given["facts"],
        received_at=now,
        person=Person(name=name, phone=phone),
        contact_unknown=not phone,
        emergency_trigger=given["trigger"],
        emergency_facts=given["facts"],
    )
    return receive_complaint(intake=intake, actor=actor, at=now)


def _page(
    request: HttpRequest, actor: User, form: DeclareForm, status: int = HTTPStatus.OK
) -> HttpResponse:
    reference = str(form["complaint"].value() or "")
    complaint = complaint_for(actor, reference) if reference else None
    context = {"form": form, "about": complaint}
    return render(request, "emergencies/declare.html", context, status=status)


@login_required
@require_safe
def answer(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the call that a link in a message leads to. It only shows; the button takes it."""
    actor = actor_of(request.user)
    complaint = existing(actor, reference)
    row = emergency_of(complaint)
    if complaint.emergency_declared_at is None:
        raise Http404
    context = {
        "complaint": complaint,
        "row": row,
        "rounds": rounds_of(row) if row else [],
        "waits": complaint.emergency and complaint.is_open and complaint.emergency_taken_at is None,
        "may_take": may(actor, "complaints.take_emergency", complaint),
    }
    return render(request, "emergencies/answer.html", context)
