"""The first page: what needs somebody now, ordered by the clock that runs out first."""

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.permissions import actor_of, has
from complaints.models import Complaint
from complaints.permissions import may_set_up
from complaints.querysets import VIEW
from complaints.selectors.paging import COUNT_CAP, DUE_ONLY, capped_counts, page_of
from complaints.selectors.queue import (
    AFTER,
    APPROVALS,
    ERRANDS,
    FIGURES,
    REOPENINGS,
    parts_of,
    tab_words,
    tabs_for,
)
from complaints.selectors.register import DUE_FIRST, Filters
from complaints.views.listing import bulk_actions, figure, listed, page_or_rows, pager, viewer

TAB_CAP = 99
PAGE_OF = {APPROVALS: "complaints:approvals", REOPENINGS: "complaints:reopenings"}
FIGURE_WORDS = {
    "late": (pgettext_lazy("figure", "Late"), "bad", "stop"),
    "today": (pgettext_lazy("figure", "Due today"), "warn", "alert"),
    "unassigned": (pgettext_lazy("figure", "Unassigned"), "info", "user-plus"),
    "approval": (pgettext_lazy("figure", "Waiting for approval"), "info", "approve"),
}


@login_required
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Show one tab of the queue; those who see no complaints are led to their own first page.

    How many are in each tab is asked for by the open page (`queue_head`): the rows come first.
    """
    actor = actor_of(request.user)
    if not has(actor, VIEW):
        return redirect(get_adapter(request).get_login_redirect_url(request))
    tab = _tab(request, actor)
    page = page_of(
        parts_of(tab, actor),
        DUE_ONLY if tab == AFTER else DUE_FIRST,
        after=request.GET.get("after"),
        before=request.GET.get("before"),
    )
    context = {
        "rows": listed(page.lines, actor),
        "pager": pager(request, page),
        "tab": tab,
        "bulk_actions": bulk_actions(actor),
        "caption": tab_words(tab, actor),
        "shows_first_hour": may_set_up(actor),
        **_head(actor, tab, {}),
    }
    return page_or_rows(request, "queue", context)


@login_required
@require_safe
def queue_head(request: HttpRequest) -> HttpResponse:
    """Show tabs, errands and figures with how much is behind each; open pages ask again."""
    actor = viewer(request)
    figures = _figures_of(actor)
    whole, now = Complaint.objects.visible_to(actor), timezone.now()
    lists = {name: parts_of(name, actor) for name in (*tabs_for(actor), *ERRANDS)}
    counts = capped_counts(
        lists
        | {
            f"figure.{name}": [filters.apply(whole, actor=actor, now=now)]
            for name, filters in figures.items()
        },
        caps=dict.fromkeys(lists, TAB_CAP),
    )
    context = _head(actor, _tab(request, actor), counts)
    return render(request, "complaints/_queue_head.html", context)


def _tab(request: HttpRequest, actor: User) -> str:
    tabs = tabs_for(actor)
    tab = request.GET.get("tab", "")
    return tab if tab in {*tabs, *ERRANDS} - {*PAGE_OF} else tabs[0]


def _figures_of(actor: User) -> Mapping[str, Filters]:
    return FIGURES if has(actor, "complaints.assign") else {}


def _head(actor: User, tab: str, counts: Mapping[str, int]) -> dict[str, Any]:
    """Return what stands above the rows; without counts, what will be told is left open."""
    here, register = reverse("complaints:queue"), reverse("complaints:list")

    def told(name: str, cap: int) -> str:
        return figure(counts[name], cap) if name in counts else ""

    return {
        "counted": bool(counts),
        "tab": tab,
        "tabs": [
            {
                "label": tab_words(name, actor),
                "url": f"{here}?tab={name}",
                "current": name == tab,
                "count": told(name, TAB_CAP),
            }
            for name in tabs_for(actor)
        ],
        "errands": [
            {
                "label": label,
                "url": reverse(PAGE_OF[name]) if name in PAGE_OF else f"{here}?tab={name}",
                "count": told(name, TAB_CAP),
                "current": name == tab,
            }
            for name, label in ERRANDS.items()
            if counts.get(name)
        ],
        "figures": [
            {
                "name": FIGURE_WORDS[name][0],
                "tone": FIGURE_WORDS[name][1] if counts.get(f"figure.{name}") else "",
                "icon": FIGURE_WORDS[name][2],
                "figure": told(f"figure.{name}", COUNT_CAP) or "–",
                "url": f"{register}?{filters.as_query()}",
            }
            for name, filters in _figures_of(actor).items()
        ],
    }


@login_required
@require_safe
def emergencies(request: HttpRequest) -> HttpResponse:
    """Show the banner of emergencies that wait for somebody; open pages ask for it again."""
    actor_of(request.user)
    return render(request, "components/emergency_banner.html")
