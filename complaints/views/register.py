"""The register: every complaint one may see, filtered by the address, in the order of an index."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from complaints.models import Complaint, SavedFilter
from complaints.querysets import ComplaintQuerySet
from complaints.selectors.paging import (
    WORDS_SEARCHED,
    Page,
    capped_counts,
    lines_by_id,
    page_of,
)
from complaints.selectors.register import (
    DUE_FIRST,
    NEWEST,
    NONE,
    OLDEST,
    Filters,
    Known,
    saved_filters,
)
from complaints.selectors.search import find
from complaints.services.filters import drop_filter, save_filter
from complaints.views.listing import bulk_actions, listed, page_or_rows, pager, told, viewer
from complaints.views.panel import chips_of, ignored_words, more_of, panel_of


@login_required
@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """Show a page of the register: whole, or only the rows for a page that has the rest."""
    actor = viewer(request)
    known = Known(actor)
    filters = Filters.parse(request.GET, known)
    query = filters.as_query()
    if _has_gaps(request) and not filters.ignored:
        return redirect(_address(request, query))
    page, length = _page(request, filters, actor)
    if length and filters.open_by_order:
        words = _("%(length)s, open ones only: what is closed has no time left")
        length = words % {"length": length}
    context: dict[str, Any] = {
        "rows": listed(page.lines, actor, words=filters.q),
        "pager": pager(request, page),
        "told": length,
        "query": query,
        "narrowed": filters.narrowed,
        "chips": chips_of(filters, known),
        "ignored": ignored_words(filters),
        "heads": _heads(filters),
        "bulk_actions": bulk_actions(actor),
        "longer": bool(page.before or page.after),
        "caption": _("Complaints"),
    }
    if request.headers.get("HX-Target") != "rows":
        context |= panel_of(filters, known, opened=bool(request.GET.get("more")))
    context["saved"] = [(item, item.query == query) for item in saved_filters(actor)]
    response = page_or_rows(request, "register", context)
    if request.headers.get("HX-Request"):
        # A form sends its empty fields too; the address is kept to what is filtered.
        response["HX-Push-Url"] = _address(request, query)
    return response


@login_required
@require_safe
def filter_panel(request: HttpRequest) -> HttpResponse:
    """Show the filters that are folded away, for a page on which somebody opens them."""
    known = Known(viewer(request))
    context = more_of(Filters.parse(request.GET, known), known)
    return render(request, "complaints/_filter_more.html", {**context, "instead": True})


def _page(request: HttpRequest, filters: Filters, actor: User) -> tuple[Page, str]:
    """Return a page, and in words how long the whole list is."""
    now, after = timezone.now(), request.GET.get("after")
    if filters.q:
        seen = Complaint.objects.visible_to(actor)
        among = filters.apply(seen, actor=actor, now=now)
        return found_by_words(among, filters.q, after, actor)
    seen_in_parts = Complaint.objects.parts_visible_to(actor, unowned=filters.owner == NONE)
    parts = [filters.apply(part, actor=actor, now=now) for part in seen_in_parts]
    page = page_of(parts, filters.sort, after=after, before=request.GET.get("before"))
    if page.before or page.after:
        return page, told(capped_counts({"list": parts})["list"])
    return page, told(len(page.lines))


def found_by_words(
    among: ComplaintQuerySet, words: str, after: str | None, actor: User
) -> tuple[Page, str]:
    """Return a page of what holds the words, newest first; on the first, how many there are."""
    behind = int(after) if after and after.isdecimal() and len(after) < len(str(2**63)) else None
    hits = find(among, words, actor=actor, at=timezone.now(), before_id=behind)
    page = Page(lines_by_id(hits.ids, words=WORDS_SEARCHED), after=str(hits.next_before or ""))
    return page, "" if hits.count is None else told(hits.count, more=hits.capped)


def _heads(filters: Filters) -> dict[str, dict[str, str]]:
    """Return the column heads that sort: the address each leads to, and how it sorts now."""

    def head(sort: str, now: str) -> dict[str, str]:
        data = QueryDict(filters.as_query(), mutable=True)
        data["sort"] = sort
        return {"url": f"{reverse('complaints:list')}?{data.urlencode()}", "sorted": now}

    if filters.q:
        return {}  # found by words: newest first, always
    received = {NEWEST: "descending", OLDEST: "ascending"}.get(filters.sort, "")
    return {
        "received": head(OLDEST if filters.sort == NEWEST else NEWEST, received),
        "due": head(DUE_FIRST, "ascending" if filters.sort == DUE_FIRST else ""),
    }


def _has_gaps(request: HttpRequest) -> bool:
    """Return whether a form without scripts has put its empty fields into the address."""
    by_script = request.headers.get("HX-Request")
    return not by_script and any("" in values for _, values in request.GET.lists())


def _address(request: HttpRequest, query: str) -> str:
    kept = [query] if query else []
    kept += [f"{name}={request.GET[name]}" for name in ("after", "before") if request.GET.get(name)]
    return f"{request.path}?{'&'.join(kept)}" if kept else request.path


@login_required
@require_POST
def filter_save(request: HttpRequest) -> HttpResponse:
    """Keep the present filters under a name, and show the list again."""
    actor = viewer(request)
    filters = Filters.parse(QueryDict(request.POST.get("query", "")))
    kept = save_filter(
        name=request.POST.get("name", ""),
        query=filters.as_query(),
        actor=actor,
        at=timezone.now(),
    )
    messages.success(request, _("The filter “%(name)s” is kept.") % {"name": kept.name})
    return redirect(f"{reverse('complaints:list')}?{kept.query}")


@login_required
@require_POST
def filter_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a filter of one's own."""
    actor = viewer(request)
    try:
        drop_filter(filter_id=pk, actor=actor)
    except SavedFilter.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("The filter is removed."))
    return redirect("complaints:list")
