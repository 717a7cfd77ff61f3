"""Moves on many complaints at once: choose, say what the move needs, watch it being done."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import has
from complaints.models import BulkItem, BulkRun, Complaint
from complaints.selectors.bulk import ITEMS_SHOWN, items_of, progress_of, run_of
from complaints.selectors.paging import lines_by_id
from complaints.selectors.policy import policy_in_force
from complaints.selectors.register import Filters, Known
from complaints.selectors.search import narrow
from complaints.services.bulk import MOST, MOST_CHOSEN, Wish, continue_bulk, start_bulk
from complaints.views.listing import bulk_actions, viewer
from complaints.views.rows import rows_of
from journal.errors import Refusal

AT_ONCE = 20  # done before the answer; the worker does the rest
SHOWN = 10


@login_required
@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Ask what the move needs, and show on how many complaints it would be made."""
    actor = viewer(request)
    return _form(request, actor)


def _form(request: HttpRequest, actor: User, refusal: Refusal | None = None) -> HttpResponse:
    action = request.POST.get("action", "")
    words = dict(bulk_actions(actor))
    ids, all_of = _chosen(request, actor)
    if not ids or action not in words:
        messages.warning(request, _("Choose complaints, and what is to be done with them."))
        return redirect(_back(request))
    known = Known(actor)
    context: dict[str, Any] = {
        "action": action,
        "title": words[action],
        "ids": [] if all_of else ids,
        "query": request.POST.get("query", ""),
        "everything": all_of,
        "count": len(ids),
        "too_many": len(ids) > MOST,
        "most": MOST,
        "rows": rows_of(lines_by_id(ids[:SHOWN]), actor, now=timezone.now()),
        "others": max(0, len(ids) - SHOWN),
        "back": _back(request),
        "refusal": refusal,
        "given": request.POST,
        "crumbs": [(_("All complaints"), reverse("complaints:list"))],
    }
    if action == BulkRun.Action.ASSIGN:
        assigns = has(actor, "complaints.assign")
        context |= {"people": known.people if assigns else [actor], "assigns": assigns}
        context["teams"] = [team for team in known.teams if team.active] if assigns else []
    if action == BulkRun.Action.CLOSE:
        language = translation.get_language() or ""
        causes = policy_in_force(timezone.now()).says.causes
        context["causes"] = [(cause.code, cause.names.of(language)) for cause in causes]
    return render(request, "complaints/bulk.html", context, status=422 if refusal else 200)


def _chosen(request: HttpRequest, actor: User) -> tuple[Sequence[int], bool]:
    """Return the ids that were ticked, or all of the filter (one more than allowed, at most)."""
    if request.POST.get("everything"):
        filters = Filters.parse(QueryDict(request.POST.get("query", "")))
        now = timezone.now()
        listed = filters.apply(Complaint.objects.visible_to(actor), actor=actor, now=now)
        if filters.q:
            listed = narrow(listed, filters.q, actor=actor, at=now)
        return list(listed.order_by("pk").values_list("pk", flat=True)[: MOST + 1]), True
    ticked = (value for value in request.POST.getlist("ids") if value.isdecimal())
    ids = [int(value) for value in ticked if len(value) < len(str(2**63))]
    return ids[:MOST_CHOSEN], False


def _back(request: HttpRequest) -> str:
    query = Filters.parse(QueryDict(request.POST.get("query", ""))).as_query()
    return f"{reverse('complaints:list')}?{query}" if query else reverse("complaints:list")


@login_required
@require_POST
def bulk_start(request: HttpRequest) -> HttpResponse:
    """Begin a run: do the first of it at once, and lead to its page."""
    actor = viewer(request)
    ids, all_of = _chosen(request, actor)
    if all_of and request.POST.get("count") != str(len(ids)):
        messages.warning(request, _("The list has changed meanwhile: look at it once more."))
        return _form(request, actor)
    wish = Wish(
        action=request.POST.get("action", ""),
        owner_id=_id(request, "owner"),
        team_id=_id(request, "team"),
        reason=request.POST.get("reason", "").strip(),
        lessons=request.POST.get("lessons", "").strip(),
        cause_code=request.POST.get("cause_code", ""),
    )
    now = timezone.now()
    try:
        run = start_bulk(
            wish=wish,
            complaint_ids=ids,
            language=translation.get_language() or "",
            actor=actor,
            at=now,
        )
    except Refusal as refusal:
        return _form(request, actor, refusal)
    gone = len(set(ids)) - run.total
    if gone:
        messages.warning(
            request,
            ngettext(
                "%(count)s of the chosen complaints no longer exists for you.",
                "%(count)s of the chosen complaints no longer exist for you.",
                gone,
            )
            % {"count": gone},
        )
    continue_bulk(run_id=run.pk, limit=AT_ONCE, now=now)
    return redirect("complaints:bulk_run", pk=run.pk)


def _id(request: HttpRequest, name: str) -> int | None:
    value = request.POST.get(name, "")
    return int(value) if value.isdecimal() and len(value) < len(str(2**63)) else None


@login_required
@require_safe
def bulk_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far a run of one's own is and what became of each complaint."""
    actor = viewer(request)
    run = run_of(actor, pk)
    if run is None:
        raise Http404
    outcome = request.GET.get("outcome", "")
    outcome = outcome if outcome in BulkItem.Outcome.values else ""
    after = request.GET.get("after", "")
    items = items_of(run, actor, outcome=outcome, after=int(after) if after.isdecimal() else 0)
    context = {
        "run": run,
        "progress": progress_of(run),
        "items": items,
        "outcome": outcome,
        "next_after": items[-1].pk if len(items) == ITEMS_SHOWN else None,
        "crumbs": [(_("All complaints"), reverse("complaints:list"))],
    }
    partial = request.headers.get("HX-Target") == "run"
    return render(request, f"complaints/{'_bulk_run' if partial else 'bulk_run'}.html", context)
