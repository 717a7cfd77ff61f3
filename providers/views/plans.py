"""The pages of improvement plans, for who keeps the file and for the provider itself."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of, has
from providers.forms.file import CheckForm, PlanForm
from providers.models import ImprovementPlan
from providers.permissions import MANAGE, works_for
from providers.selectors.file import providers_visible_to
from providers.services.scorecards import agree_plan, check_plan, finish_plan
from providers.states import PlanState
from providers.views.common import Sheet, run

CHANGED = (PlanState.OPEN, PlanState.PLANNED)


def _known(actor: User, pk: int) -> ImprovementPlan:
    return get_object_or_404(
        ImprovementPlan.objects.filter(provider__in=providers_visible_to(actor)).select_related(
            "provider", "agreed_by", "done_by", "checked_by"
        ),
        pk=pk,
    )


def _may_work_on(actor: User, plan: ImprovementPlan) -> bool:
    return works_for(actor, plan.provider) or has(actor, MANAGE)


@login_required
@require_safe
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an improvement plan and what can be done."""
    actor = actor_of(request.user)
    found = _known(actor, pk)
    works = _may_work_on(actor, found)
    context = {
        "provider": found.provider,
        "plan": found,
        "own": works_for(actor, found.provider),
        "today": timezone.localdate(),
        "may_agree": works and found.state in CHANGED,
        "may_finish": works and found.state == PlanState.PLANNED,
        "may_check": has(actor, MANAGE)
        and found.state == PlanState.DONE
        and found.done_by_id != actor.pk,
    }
    return render(request, "providers/plan.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan_agree(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down the cause and the measures of a plan."""
    actor = actor_of(request.user)
    found = _known(actor, pk)
    if not _may_work_on(actor, found):
        raise Http404

    def work(form: PlanForm) -> HttpResponse:
        agree_plan(plan_id=found.pk, **form.cleaned_data, actor=actor, at=timezone.now())
        return redirect("providers:plan", found.pk)

    initial = {"cause": found.cause, "measures": found.measures, "due_on": found.due_on}
    sheet = Sheet(
        _("What is done about it"),
        _("Save"),
        reverse("providers:plan", args=[found.pk]),
        found.provider,
    )
    return run(request, PlanForm(request.POST or None, initial=initial), sheet, work)


@login_required
@require_POST
def plan_done(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that the measures are carried out."""
    actor = actor_of(request.user)
    found = _known(actor, pk)
    if not _may_work_on(actor, found):
        raise Http404
    finish_plan(plan_id=found.pk, actor=actor, at=timezone.now())
    messages.success(request, _("Noted. Somebody of the organisation checks whether it helped."))
    return redirect("providers:plan", found.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whether a plan helped."""
    actor = actor_of(request.user)
    found = _known(actor, pk)
    if not has(actor, MANAGE):
        raise Http404

    def work(form: CheckForm) -> HttpResponse:
        check_plan(plan_id=found.pk, **form.cleaned_data, actor=actor, at=timezone.now())
        return redirect("providers:plan", found.pk)

    sheet = Sheet(
        _("Did the plan help?"),
        _("Record the check"),
        reverse("providers:plan", args=[found.pk]),
        found.provider,
    )
    return run(request, CheckForm(request.POST or None), sheet, work)
