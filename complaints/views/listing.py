"""What the pages with lists have in common."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from accounts.models import User
from accounts.permissions import actor_of, demand
from complaints.models import BulkRun
from complaints.querysets import VIEW
from complaints.selectors.paging import COUNT_CAP, Line, Page
from complaints.services.bulk import PERMISSION_OF
from complaints.views.markup import markup_of
from complaints.views.rows import rows_of


def viewer(request: HttpRequest) -> User:
    """Return who looks. Raises PermissionDenied for those who see no complaints at all."""
    actor = actor_of(request.user)
    demand(actor, VIEW)
    return actor


def figure(count: int, cap: int = COUNT_CAP, *, more: bool = False) -> str:
    """Return a count as it is shown: what lies beyond the cap is "1,000+"; `more` says there is."""
    shown = number_format(min(count, cap), force_grouping=True)
    return f"{shown}+" if more or count > cap else shown


def told(count: int, *, more: bool = False) -> str:
    """Return how long a list is, in words."""
    return ngettext("%(count)s complaint", "%(count)s complaints", count) % {
        "count": figure(count, more=more)
    }


def pager(request: HttpRequest, page: Page) -> dict[str, str]:
    """Return the addresses of the pages before and after this one."""
    kept = [
        (name, value)
        for name, values in request.GET.lists()
        if name not in {"after", "before"}
        for value in values
        if value
    ]

    def address(name: str, mark: str) -> str:
        return f"{request.path}?{urlencode([*kept, (name, mark)])}" if mark else ""

    return {
        "previous_url": address("before", page.before),
        "next_url": address("after", page.after),
    }


def listed(
    lines: Sequence[Line], actor: User, *, words: str = "", ticks: bool = True
) -> SafeString:
    """Return the rows of a page for a reader; boxes to tick for those who may do something."""
    rows = rows_of(lines, actor, now=timezone.now(), words=words)
    return markup_of(rows, ticks=ticks and bool(bulk_actions(actor)))


def bulk_actions(actor: User) -> list[tuple[str, str]]:
    """Return what this person may do with many complaints at once, with its words."""
    allowed = actor.permissions
    return [
        (action.value, str(action.label))
        for action in BulkRun.Action
        if PERMISSION_OF[action] in allowed
    ]


def page_or_rows(request: HttpRequest, name: str, context: Mapping[str, Any]) -> HttpResponse:
    """Render a whole page, or only its rows for a page that has the rest already."""
    asked = request.headers.get("HX-Target") == "rows"
    template = "complaints/_complaint_rows.html" if asked else f"complaints/{name}.html"
    response = render(request, template, dict(context))
    patch_vary_headers(response, ["HX-Target"])
    return response
