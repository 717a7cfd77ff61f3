"""The pages of legal holds, and their panel on the page of a complaint."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of, has
from complaints.models import Complainant, Complaint
from complaints.selectors.access import may_read_now
from journal.services import verify_subject
from retention.errors import BadInput
from retention.forms import tell
from retention.forms.holds import HoldForm, ReleaseForm, ReviewForm
from retention.models import Hold
from retention.permissions import may_hold, may_hold_this
from retention.selectors import holds as questions
from retention.selectors.disposal import run_of
from retention.services import holds as verbs
from retention.views.common import before_of, frame, reader


@login_required
@require_safe
def holds(request: HttpRequest) -> HttpResponse:
    """List the holds: those that bind, or the released ones."""
    actor = reader(request)
    released = request.GET.get("released") == "1"
    rows = questions.holds_for(actor).filter(released_at__isnull=not released)
    before = before_of(request)
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(questions.counted(rows, actor)[: questions.PAGE + 1])
    shown, kept = found[: questions.PAGE], "released=1&" if released else ""
    more = len(found) > questions.PAGE
    context = frame(
        actor,
        "holds",
        holds=shown,
        released=released,
        today=timezone.localdate(),
        may_hold=may_hold(actor),
        knows=_knows(actor),
        next_url=f"{request.path}?{kept}before={shown[-1].pk}" if more else "",
    )
    return render(request, "retention/holds.html", context)


def _knows(actor: User) -> bool:
    """Return whether the reader is told who complains."""
    return has(actor, "complaints.note") or has(actor, "complaints.view_confidential")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def hold_new(request: HttpRequest) -> HttpResponse:
    """Lay a hold; what it lies on may stand in the address."""
    actor = reader(request, "retention.hold")
    initial = {name: request.GET.get(name, "") for name in ("complaint", "query")}
    form = HoldForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        hold = _placed(form, actor)
        if hold is not None:
            messages.success(request, _("The hold is in force."))
            return redirect("retention:hold", hold.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = frame(actor, "holds", form=form)
    return render(request, "retention/hold_new.html", context, status=status)


def _placed(form: HoldForm, actor: User) -> Hold | None:
    data = form.cleaned_data
    try:
        lies_on = _lies_on(data, actor)
        return verbs.place_hold(
            wish=verbs.Wish(
                reason=data["reason"],
                authority=data["authority"],
                review_on=data["review_on"],
                **lies_on,
            ),
            actor=actor,
            at=timezone.now(),
        )
    except BadInput as refusal:
        tell(form, refusal)
    except (Complaint.DoesNotExist, Complainant.DoesNotExist):
        form.add_error("complaint", _("There is no such complaint, or not for you."))
    return None


def _lies_on(data: dict[str, Any], actor: User) -> dict[str, Any]:
    reference = data["complaint"].strip()
    if not reference:
        return {"query": data["query"].strip().lstrip("?")}
    complaint = Complaint.objects.visible_to(actor).get(reference=reference)
    if not data["whole_person"]:
        return {"complaint_id": complaint.pk}
    if complaint.complainant_id is None:
        raise BadInput(_("Nobody is known who brought this complaint."), field="whole_person")
    return {"complainant_id": complaint.complainant_id}


@login_required
@require_safe
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one hold and what it lies on."""
    actor = reader(request)
    return _page(request, actor, _known(actor, pk))


def _page(
    request: HttpRequest, actor: User, chosen: Hold, status: int = 200, **forms: Any
) -> HttpResponse:
    seen = Complaint.objects.visible_to(actor)
    held = chosen.held.filter(complaint__in=seen).select_related("complaint").order_by("-pk")
    may = chosen.active and may_hold(actor)
    context = frame(
        actor,
        "holds",
        hold=chosen,
        held=held[: questions.PAGE],
        count=held.count(),
        filter_url=f"{reverse('complaints:list')}?{chosen.query}" if chosen.query else "",
        knows=_knows(actor),
        may_review=may,
        may_release=may and chosen.placed_by_id != actor.pk,
        own=may and chosen.placed_by_id == actor.pk,
        proof=verify_subject(chosen),
        **{"release_form": ReleaseForm(), "review_form": ReviewForm(), **forms},
    )
    return render(request, "retention/hold.html", context, status=status)


@login_required
@require_POST
def hold_release(request: HttpRequest, pk: int) -> HttpResponse:
    """Release a hold."""
    actor = reader(request, "retention.hold")
    chosen = _known(actor, pk)
    form = ReleaseForm(request.POST)
    if form.is_valid():
        try:
            verbs.release_hold(
                hold_id=pk, reason=form.cleaned_data["reason"], actor=actor, at=timezone.now()
            )
        except BadInput as refusal:
            tell(form, refusal)
        else:
            messages.success(request, _("The hold is released."))
            return redirect("retention:hold", pk)
    return _page(request, actor, chosen, HTTPStatus.UNPROCESSABLE_ENTITY, release_form=form)


@login_required
@require_POST
def hold_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a hold is still needed."""
    actor = reader(request, "retention.hold")
    chosen = _known(actor, pk)
    form = ReviewForm(request.POST)
    if form.is_valid():
        try:
            verbs.review_hold(
                hold_id=pk,
                review_on=form.cleaned_data["review_on"],
                actor=actor,
                at=timezone.now(),
            )
        except BadInput as refusal:
            tell(form, refusal)
        else:
            messages.success(request, _("The hold stays."))
            return redirect("retention:hold", pk)
    return _page(request, actor, chosen, HTTPStatus.UNPROCESSABLE_ENTITY, review_form=form)


def _known(actor: User, pk: int) -> Hold:
    chosen = questions.holds_for(actor).filter(pk=pk).first()
    if chosen is None:
        raise Http404
    return chosen


@login_required
@require_safe
def panel(request: HttpRequest, reference: str) -> HttpResponse:
    """Show, on the page of a complaint, what holds it and what became of it; a fragment."""
    actor = actor_of(request.user)
    complaint = Complaint.objects.visible_to(actor).filter(reference=reference).first()
    if complaint is None or not may_read_now(complaint, actor, at=timezone.now()):
        raise Http404
    reads = has(actor, "retention.view")
    context = {
        "complaint": complaint,
        "holds": questions.holds_on(complaint) if complaint.holds else [],
        "reads": reads,
        "run": run_of(complaint) if complaint.anonymised_at else None,
        "may_hold": not complaint.anonymised_at and may_hold_this(actor, complaint),
    }
    return render(request, "retention/_panel.html", context)
