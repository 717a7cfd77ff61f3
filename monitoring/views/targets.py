"""Targets: what figures are meant to reach."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import actor_of, demand, has
from complaints.errors import BadInput, Conflict
from monitoring.forms.targets import TargetForm
from monitoring.kpis import BY_CODE
from monitoring.models import Target
from monitoring.permissions import SET_TARGETS, VIEW
from monitoring.selectors.figure_words import target_words
from monitoring.services.targets import end_target, set_target


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def targets(request: HttpRequest) -> HttpResponse:
    """List all targets; those who may set one."""
    actor = actor_of(request.user)
    demand(actor, VIEW if request.method != "POST" else SET_TARGETS)
    form = TargetForm(request.POST or None, today=timezone.localdate())
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                set_target(actor=actor, at=timezone.now(), **form.cleaned_data)
            except BadInput as refusal:
                form.add_error(refusal.field or None, str(refusal))
            else:
                messages.success(request, _("The target is set."))
                return redirect("monitoring:targets")
    rows = [
        {
            "target": target,
            "name": BY_CODE[target.kpi].name if target.kpi in BY_CODE else target.kpi,
            "words": target_words(target, BY_CODE[target.kpi].unit)
            if target.kpi in BY_CODE
            else str(target.value),
        }
        for target in Target.objects.select_related("set_by")
    ]
    context = {"rows": rows, "form": form if has(actor, SET_TARGETS) else None}
    return render(request, "monitoring/targets.html", context, status=status)


@login_required
@require_POST
def target_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a target."""
    actor = actor_of(request.user)
    try:
        end_target(target_id=pk, actor=actor, at=timezone.now())
    except Target.DoesNotExist:
        raise Http404 from None
    except Conflict as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The target is withdrawn."))
    return redirect("monitoring:targets")
