"""Analyses that are kept: one's own and those that others share."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import actor_of, demand
from complaints.errors import BadInput
from complaints.selectors.register import Known
from monitoring.forms.analyses import SaveForm
from monitoring.forms.asked import question
from monitoring.forms.wording import words_faults
from monitoring.models import Analysis
from monitoring.permissions import VIEW, may_delete_analysis, may_open_analysis
from monitoring.selectors.analyses import analyses_for
from monitoring.selectors.scope import scope_of
from monitoring.services.analyses import change_analysis, delete_analysis, save_analysis
from monitoring.states import AnalysisKind
from monitoring.views.pivot import table_faults

ADDRESSES = {
    AnalysisKind.TABLE: "monitoring:analysis",
    AnalysisKind.WORDS: "monitoring:words",
}
FAULTS = {AnalysisKind.TABLE: table_faults, AnalysisKind.WORDS: words_faults}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def analyses(request: HttpRequest) -> HttpResponse:
    """List the analyses that exist for the actor; keep one."""
    actor = actor_of(request.user)
    demand(actor, VIEW)
    form, status = None, HTTPStatus.OK
    if request.method == "POST":
        kind = request.POST.get("kind", "")
        if kind not in FAULTS:
            raise Http404
        form = SaveForm(request.POST, faults=_faults(actor, kind))
        if form.is_valid():
            try:
                kept = save_analysis(kind=kind, actor=actor, at=timezone.now(), **form.cleaned_data)
            except BadInput as refusal:
                form.add_error(refusal.field or None, str(refusal))
            else:
                messages.success(request, _("The analysis is kept."))
                return redirect("monitoring:analysis_kept", kept.pk)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "rows": [_row(kept, actor) for kept in analyses_for(actor)],
        "form": form,
        "kind": request.POST.get("kind", ""),
    }
    return render(request, "monitoring/analyses.html", context, status=status)


def _row(kept: Analysis, actor: User) -> dict[str, Any]:
    return {
        "kept": kept,
        "mine": kept.owner_id == actor.pk,
        "may_delete": may_delete_analysis(actor, kept),
    }


def _faults(actor: User, kind: str) -> Any:
    """Return what tells which parts of an address mean nothing to the actor."""

    def faults(data: QueryDict) -> tuple[str, ...]:
        asked = question(data, Known(actor), timezone.localdate())
        return (*asked.ignored, *FAULTS[AnalysisKind(kind)](data))

    return faults


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def analysis_kept(request: HttpRequest, pk: int) -> HttpResponse:
    """Open an analysis through the reader's eyes, or give it another name or audience."""
    actor = actor_of(request.user)
    kept = _kept(actor, pk)
    if request.method != "POST":
        return _opened(request, kept, actor)
    form = SaveForm(request.POST, faults=_faults(actor, kept.kind), anew=False)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            change_analysis(analysis_id=pk, actor=actor, at=timezone.now(), **form.cleaned_data)
        except BadInput as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, _("The analysis is changed."))
            return redirect("monitoring:analyses")
    context = {"rows": [_row(one, actor) for one in analyses_for(actor)], "form": form, "of": kept}
    return render(request, "monitoring/analyses.html", context, status=status)


def _kept(actor: User, pk: int) -> Analysis:
    demand(actor, VIEW)
    kept = Analysis.objects.filter(pk=pk).select_related("owner").first()
    if kept is None or not may_open_analysis(actor, kept):
        raise Http404
    return kept


def _opened(request: HttpRequest, kept: Analysis, actor: User) -> HttpResponse:
    """Lead to what is asked; say so where the reader sees no figures of the place it is about."""
    data = QueryDict(kept.query)
    asked = question(data, Known(actor), timezone.localdate())
    if scope_of(actor, asked.asked) is None:
        messages.error(request, _("This analysis is about a place of which you see no figures."))
        return redirect("monitoring:analyses")
    address = reverse(ADDRESSES[AnalysisKind(kept.kind)])
    return redirect(f"{address}?{kept.query}&kept={kept.pk}")


@login_required
@require_POST
def analysis_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete an analysis."""
    actor = actor_of(request.user)
    _kept(actor, pk)
    delete_analysis(analysis_id=pk, actor=actor, at=timezone.now())
    messages.success(request, _("The analysis is deleted."))
    return redirect("monitoring:analyses")
