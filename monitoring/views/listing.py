"""A page of the complaints behind a number, as every page of monitoring shows them."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from complaints.selectors.paging import COUNT_CAP, Line
from complaints.states import Channel, Priority, State
from monitoring.selectors.results import Listed


def listing(listed: Listed, again: str) -> dict[str, Any]:
    """Return rows, how many there are, and the pages before and after; `again` is this address."""
    page = listed.page
    return {
        "rows": [_row(line) for line in page.lines],
        "told": _told(listed.count),
        "pager": {
            "previous_url": f"{again}&before={page.before}" if page.before else "",
            "next_url": f"{again}&after={page.after}" if page.after else "",
        },
    }


def _told(count: int) -> str:
    """Return how long a list is, in words; what lies beyond the cap is "1,000+"."""
    shown = number_format(min(count, COUNT_CAP), force_grouping=True)
    words = ngettext("%(count)s complaint", "%(count)s complaints", count)
    return words % {"count": f"{shown}+" if count > COUNT_CAP else shown}


def _row(line: Line) -> dict[str, Any]:
    category = line.category_zh if chinese() else line.category_en
    received = timezone.localtime(line.received_at)
    return {
        "reference": line.reference,
        "url": reverse("complaints:complaint", args=[line.reference]),
        "received": date_format(received),
        "about": " · ".join(filter(None, (category, str(Channel(line.channel).label)))),
        "state": line.state,
        "state_words": State(line.state).label,
        "priority": line.priority,
        "priority_words": Priority(line.priority).label,
        "owner": line.owner_name or line.owner_username or _("Nobody yet"),
    }


def chinese() -> bool:
    """Return whether the page is read in Chinese."""
    return (get_language() or "").startswith("zh")
