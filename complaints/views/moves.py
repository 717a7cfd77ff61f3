"""The doors to every step of a complaint: its form in place or as a page, and the step itself."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import User
from accounts.permissions import actor_of
from complaints.errors import BadInput, Conflict, MoveRefused
from complaints.forms.moves import StepForm
from complaints.forms.moves_handling import AssessForm
from complaints.forms.moves_letters import LetterForm, RespondForm
from complaints.models import Complaint
from complaints.selectors.page import Page, complaint_for
from complaints.selectors.steps import STEPS, option
from complaints.selectors.timeline import lines_of
from complaints.services.emergencies import take_emergency
from complaints.services.escalation import take_escalation
from complaints.services.response import approval_reasons
from complaints.states import Depth, Stage
from complaints.views.acts import ACTS
from complaints.views.complaint import page_for, show
from complaints.views.opening import address_of, existing, with_complaint
from compliance.rules import ClockSpec
from compliance.selectors import spec_text

# What a verb calls an input, where the form calls it otherwise.
_FIELD_OF = {"remedy_due_at": "remedy_due"}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@with_complaint
def move(
    request: HttpRequest, actor: User, complaint: Complaint, move: str, **first: Any
) -> HttpResponse:
    """Show the form of a step, or take the step."""
    act = ACTS.get(move)
    if act is None:
        raise Http404
    page = page_for(actor, complaint)
    if request.method != "POST":
        initial = {**request.GET.dict(), **first}
        return _open(request, page, move, act.form(page=page, initial=initial))
    form = act.form(request.POST, page=page)
    if "letter" in request.POST and isinstance(form, LetterForm):
        form.full_clean()
        fresh = act.form(page=page, initial=form.redrafted(request.POST))
        return _open(request, page, move, fresh, part="letter", **_follows(form))
    if "preview" in request.POST:
        form.full_clean()
        return _open(request, page, move, form, part="preview", **_follows(form))
    return _attempt(request, page, move, form)


def _attempt(request: HttpRequest, page: Page, move: str, form: StepForm) -> HttpResponse:
    """Take the step; what stands in the way is said beside the input, which stays."""
    if not form.is_valid():
        return _open(request, page, move, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if isinstance(form, LetterForm) and form.outdated(request.POST):
        return _read_first(request, page, move, form)
    act = ACTS[move]
    try:
        said = act.run(form, {"actor": page.here.actor, "at": timezone.now()})
    except BadInput as refusal:
        field = _FIELD_OF.get(refusal.field, refusal.field)
        form.add_error(field if field in form.fields else None, str(refusal))
        return _open(request, page, move, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except Conflict as refusal:
        return _after_conflict(request, page, move, refusal)
    except MoveRefused as refusal:
        for reason in refusal.reasons:
            form.add_error(None, str(reason))
        return _open(request, page, move, form, status=HTTPStatus.CONFLICT)
    messages.success(request, str(said if isinstance(said, str) else act.done))
    return _onward(request, page)


def _read_first(request: HttpRequest, page: Page, move: str, form: LetterForm) -> HttpResponse:
    """Show the letter as it is now: nobody sends words they have not seen."""
    data = QueryDict(mutable=True)
    data.update(form.redrafted(request.POST))
    fresh = ACTS[move].form(data, page=page)
    fresh.full_clean()
    fresh.add_error(
        "text", _("The words now follow what you entered. Read them, then press the button again.")
    )
    return _open(request, page, move, fresh, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _after_conflict(request: HttpRequest, page: Page, move: str, refusal: Conflict) -> HttpResponse:
    """Show what has changed since, with the input as it was; the next try is against the new."""
    actor = page.here.actor
    page = page_for(actor, existing(actor, page.complaint.reference))
    seen = request.POST.get("seen", "")
    language = translation.get_language() or ""
    since = int(seen) if seen.isdecimal() else 0
    changed = lines_of(page.material, page.complaint.policy.says, language=language, since=since)
    data = request.POST.copy()
    entries = page.material.entries
    data["expected_version"] = str(page.complaint.version)
    data["seen"] = str(entries[-1].seq if entries else 0)
    form = ACTS[move].form(data, page=page)
    form.full_clean()
    return _open(
        request,
        page,
        move,
        form,
        status=HTTPStatus.CONFLICT,
        conflict={"message": str(refusal), "lines": changed},
    )


def _open(
    request: HttpRequest,
    page: Page,
    move: str,
    form: StepForm,
    *,
    status: int = HTTPStatus.OK,
    part: str = "",
    **more: Any,
) -> HttpResponse:
    """Render a step: in place for htmx (or only a part of it), else on the complaint's page."""
    act = ACTS[move]
    opened = {
        "option": option(move, page.here),
        "act": act,
        "button": act.button or STEPS[move].label,
        "form": form,
        "url": reverse("complaints:move", args=[page.complaint.reference, move]),
        **(more or _follows(form)),
    }
    if not request.headers.get("HX-Request"):
        return show(request, page, opened=opened, status=status)
    context = {"page": page, "complaint": page.complaint, "opened": opened}
    template = f"complaints/moves/{part or 'step'}.html"
    return render(request, template, context, status=status)


def _follows(form: StepForm) -> dict[str, Any]:
    """Return what would follow from a form as it is filled in now."""
    if isinstance(form, RespondForm):
        amount = form.outcome.amount
        return {"approval": approval_reasons(form.complaint, amount, form.says)}
    if not isinstance(form, AssessForm) or not form.derived:
        return {}
    language = translation.get_language() or ""
    code = form.given.get("priority") or form.derived
    priority = form.says.priority(code)
    limits = form.says.clocks_for(
        stage=Stage.RESPOND, priority=code, channel=form.complaint.channel, categories=form.path
    )
    return {
        "derived": form.says.priority(form.derived).names.of(language),
        "priority": priority.names.of(language),
        "meaning": priority.meaning.of(language),
        "depth": Depth(priority.depth).label,
        "needs_approval": priority.needs_approval,
        "differs": code != form.derived,
        "limits": [
            (limit.names.of(language), spec_text(ClockSpec(limit.unit, limit.amount)))
            for limit in limits
        ],
    }


def _onward(request: HttpRequest, page: Page) -> HttpResponse:
    """Go back to the complaint, or to the queue where it is no longer the actor's to see."""
    if request.POST.get("onward") == "follow_ups":  # whoever works through the list goes on there
        return _to(request, reverse("complaints:follow_ups"))
    still = complaint_for(page.here.actor, page.complaint.reference)
    address = address_of(still) if still is not None else reverse("complaints:queue")
    return _to(request, address)


def _to(request: HttpRequest, address: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(address)
    return redirect(address)


# --- what is taken with one click -----------------------------------------------------------------


@login_required
@require_POST
def emergency_taken(request: HttpRequest, reference: str) -> HttpResponse:
    """Take charge of an emergency. No reason is asked first: seconds count, nothing is shown."""
    actor = actor_of(request.user)
    complaint = existing(actor, reference)
    take_emergency(complaint_id=complaint.pk, actor=actor, at=timezone.now())
    messages.success(request, _("You have taken charge of this emergency."))
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(address_of(complaint))
    return redirect(address_of(complaint))


@login_required
@require_POST
@with_complaint
def escalation_taken(
    request: HttpRequest, actor: User, complaint: Complaint, pk: int
) -> HttpResponse:
    """Accept an escalation."""
    found = get_object_or_404(complaint.escalations, pk=pk)
    take_escalation(escalation_id=found.pk, actor=actor, at=timezone.now())
    messages.success(request, _("The escalation is yours."))
    return redirect(address_of(complaint))
