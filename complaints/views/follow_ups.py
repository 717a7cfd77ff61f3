"""Asking how it went, as work: what is due and what happens next; and who wants it reopened."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.permissions import actor_of, demand
from complaints.models import ReopenRequest
from complaints.permissions import may_know_complainant, needs_reason
from complaints.selectors.access import readable_now
from complaints.selectors.clocks import left_words, status_of
from complaints.selectors.follow_ups import (
    DUES,
    TABS,
    TRIES,
    Asked,
    Due,
    due_follow_ups,
    follow_up_lists,
    tabs_for,
)
from complaints.selectors.paging import Line, capped_counts
from complaints.selectors.reopening import DECIDES, wishes_for_others, wishes_waiting_for
from complaints.views.listing import figure, pager, viewer
from complaints.views.panel import DUE_WORDS
from complaints.views.rows import link_to

CAP = 99


@login_required
@require_safe
def follow_ups(request: HttpRequest) -> HttpResponse:
    """List the follow-ups that are due, the most urgent first."""
    actor, now = viewer(request), timezone.now()
    asked = Asked.parse(request.GET.dict(), actor)
    after, before = request.GET.get("after"), request.GET.get("before")
    found = due_follow_ups(asked, actor, now=now, after=after, before=before)
    lists = follow_up_lists(asked, actor, now=now)
    counts = capped_counts(lists, caps=dict.fromkeys(lists, CAP))
    clocks = {line.pk: _clock(line, now) for line in found.page.lines}
    context = {
        "asked": asked,
        "tabs": [
            {
                "label": TABS[name],
                "url": _address(request, tab=name),
                "current": name == asked.tab,
                "count": figure(counts[name], CAP),
            }
            for name in tabs_for(actor)
        ],
        "dues": [(code, DUE_WORDS[code], code == asked.due) for code in DUES],
        "tries": [(code, words, code == asked.tries) for code, words in TRIES.items()],
        "rows": [_row(due, clocks[due.complaint.pk]) for due in found.rows],
        "pager": pager(request, found.page),
        "narrowed": asked.due or asked.tries,
    }
    return render(request, "complaints/follow_ups.html", context)


def _address(request: HttpRequest, **changes: str) -> str:
    kept = {name: request.GET.get(name, "") for name in ("due", "tries")} | changes
    return f"{request.path}?{urlencode({k: v for k, v in kept.items() if v})}"


def _clock(line: Line, now: Any) -> dict[str, Any] | None:
    if line.next_due_at is None:
        return None
    since = line.next_due_since or line.received_at
    return {
        "status": status_of(since, line.next_due_at, now),
        "text": left_words(line.next_due_at, now),
        "due_at": line.next_due_at,
    }


def _row(due: Due, clock: dict[str, Any] | None) -> dict[str, Any]:
    complaint = due.complaint
    step = reverse("complaints:move", args=[complaint.reference, "follow_up"])
    return {
        "due": due,
        "complaint": complaint,
        "url": link_to(complaint.reference),
        "ask_url": f"{step}?{urlencode({'onward': 'follow_ups'})}" if due.asks else "",
        "clock": clock,
        "shown": due.knows and not due.masked,
    }


@login_required
@require_safe
def reopenings(request: HttpRequest) -> HttpResponse:
    """List the wishes to reopen: those the reader may decide on, and those others decide."""
    actor = actor_of(request.user)
    demand(actor, DECIDES)
    after = request.GET.get("after", "")
    page = wishes_waiting_for(actor, after=int(after) if after.isdecimal() else None)
    context = {
        "wishes": _wishes(page.wishes, actor),
        "next_url": f"{request.path}?after={page.next_after}" if page.next_after else "",
        "others": _wishes(wishes_for_others(actor), actor),
    }
    return render(request, "complaints/reopenings.html", context)


def _wishes(found: Any, actor: User) -> list[dict[str, Any]]:
    secret = [item.complaint_id for item in found if needs_reason(actor, item.complaint)]
    closed = set(secret) - readable_now(secret, actor, at=timezone.now())
    return [_wish(item, actor, masked=item.complaint_id in closed) for item in found]


def _wish(item: ReopenRequest, actor: User, *, masked: bool) -> dict[str, Any]:
    """Return what is shown of a wish; that of a confidential complaint is read on its own page."""
    complaint = item.complaint
    knows = complaint.complainant is not None and may_know_complainant(actor, complaint)
    return {
        "wish": item,
        "complaint": complaint,
        "url": link_to(complaint.reference),
        "decide_url": reverse("complaints:move", args=[complaint.reference, "decide_reopening"]),
        "who": str(complaint.complainant) if knows and not masked else "",
        "masked": masked,
    }
