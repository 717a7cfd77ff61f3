"""Search: words, names, numbers; a whole reference leads straight to its complaint."""

import re

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from complaints.models import Complaint
from complaints.selectors.register import LONGEST_QUESTION
from complaints.views.listing import listed, page_or_rows, pager, viewer
from complaints.views.register import found_by_words
from complaints.views.rows import link_to

_REFERENCE = re.compile(r"\s*C(\d\d)[\s–-]*([0-9A-Z]{4})[\s–-]*([0-9A-Z]{4})\s*", re.IGNORECASE)


@login_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show what holds the words, also while one types; a whole reference opens its complaint."""
    actor = viewer(request)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUESTION]
    seen = Complaint.objects.visible_to(actor)
    whole = _REFERENCE.fullmatch(words)
    if whole:
        reference = "C{}-{}-{}".format(*whole.groups()).upper()
        if seen.filter(reference=reference).exists():
            return _open(request, link_to(reference))
    context: dict[str, object] = {
        "searching": True,
        "words": words,
        "caption": _("Complaints found"),
    }
    if words:
        page, length = found_by_words(seen, words, request.GET.get("after"), actor)
        context |= {
            "rows": listed(page.lines, actor, words=words, ticks=False),
            "pager": pager(request, page),
            "told": length,
            "filter_url": f"{reverse('complaints:list')}?{urlencode({'q': words})}",
        }
    return page_or_rows(request, "search", context)


def _open(request: HttpRequest, address: str) -> HttpResponse:
    """Lead to a page, also from within one that asks for its rows only."""
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(address)
    return redirect(address)
