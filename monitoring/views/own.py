"""The workload page of those who handle: what they have on the table themselves."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import actor_of, demand
from monitoring.permissions import VIEW_COMPLAINTS
from monitoring.selectors.comparing import own_load
from monitoring.services.folding import catch_up
from monitoring.views.charts import load_table


@login_required
@require_safe
def own_workload(request: HttpRequest) -> HttpResponse:
    """Show what the reader has on the table, and their teams as a whole."""
    actor = actor_of(request.user)
    demand(actor, VIEW_COMPLAINTS)
    now = timezone.now()
    catch_up(at=now)
    loads = own_load(actor, today=timezone.localdate(now))
    context = {"table": load_table(loads, lambda _load: ""), "now": now}
    return render(request, "monitoring/own.html", context)
