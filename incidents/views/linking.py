"""Choosing complaints for an incident: looked for, ticked, or all of a filtered list."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.models import User
from complaints.models import Complaint, ComplaintQuerySet
from complaints.selectors.paging import PAGE, capped_counts, lines
from complaints.selectors.register import Filters, Known
from complaints.selectors.search import narrow
from incidents.models import Incident, Link
from incidents.permissions import may_manage
from incidents.selectors.page import FIT_DAYS, fitting
from incidents.services.linking import MOST_LINKED, link_complaints
from incidents.views.opening import address_of, show, with_incident
from incidents.views.rows import rows_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@with_incident
def link(request: HttpRequest, actor: User, incident: Incident) -> HttpResponse:
    """Look for complaints and link them."""
    if not may_manage(actor, incident):
        raise PermissionDenied
    if request.method == "POST":
        return _link(request, actor, incident)
    return _choose(request, actor, incident)


def _found(asked: QueryDict, actor: User, incident: Incident) -> tuple[ComplaintQuerySet, Filters]:
    """Return the complaints that a filter shows and that belong to no open incident yet."""
    filters = Filters.parse(asked)
    now = timezone.now()
    if asked.get("fit"):
        found = fitting(incident, actor, now=now)
    else:
        found = filters.apply(Complaint.objects.visible_to(actor), actor=actor, now=now)
        if filters.q:
            found = narrow(found, filters.q, actor=actor, at=now)
    bound = Link.objects.filter(binds=True).values("complaint")
    return found.exclude(pk__in=bound), filters


def _choose(request: HttpRequest, actor: User, incident: Incident) -> HttpResponse:
    asked = request.GET.copy()
    if not asked:
        asked["fit"] = "1"
    found, filters = _found(asked, actor, incident)
    ids = list(found.order_by("-received_at", "-pk").values_list("pk", flat=True)[:PAGE])
    by_id = {line.pk: line for line in lines(ids)}
    known = Known()
    context: dict[str, Any] = {
        "rows": rows_of([by_id[pk] for pk in ids if pk in by_id], actor, now=timezone.now()),
        "count": capped_counts({"all": [found]}, caps={"all": MOST_LINKED})["all"],
        "most": MOST_LINKED,
        "filters": filters,
        "fit": bool(asked.get("fit")),
        "fit_days": FIT_DAYS,
        "query": asked.urlencode(),
        "categories": known.categories,
        "sites": known.sites,
    }
    return show(request, actor, incident, "link", context)


def _chosen(request: HttpRequest, actor: User, incident: Incident) -> Sequence[int]:
    if request.POST.get("everything"):
        found, _filters = _found(QueryDict(request.POST.get("query", "")), actor, incident)
        return list(found.order_by("pk").values_list("pk", flat=True)[: MOST_LINKED + 1])
    ticked = (value for value in request.POST.getlist("ids") if value.isdecimal())
    return [int(value) for value in ticked if len(value) < len(str(2**63))]


def _link(request: HttpRequest, actor: User, incident: Incident) -> HttpResponse:
    ids = _chosen(request, actor, incident)
    back = f"{address_of(incident, 'link')}?{request.POST.get('query', '')}"
    if not ids:
        messages.warning(request, _("Choose complaints first."))
        return redirect(back)
    if request.POST.get("everything") and request.POST.get("count") != str(len(ids)):
        messages.warning(request, _("The list has changed meanwhile: look at it once more."))
        return redirect(back)
    result = link_complaints(
        incident_id=incident.pk, complaint_ids=ids, actor=actor, at=timezone.now()
    )
    if result.linked:
        done = ngettext(
            "%(count)s complaint linked.", "%(count)s complaints linked.", len(result.linked)
        )
        messages.success(request, done % {"count": len(result.linked)})
    for complaint, reason in result.refused[:10]:
        messages.warning(request, f"{complaint.reference}: {reason}")
    return redirect(address_of(incident, "complaints"))
