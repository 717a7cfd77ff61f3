"""Lists, the complaint's page and search, as three kinds of people see them.

Lists are measured against the bare page of fifty rows; a search against the bare look-up, in the
same place, that prints as many rows as the search has found.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import User
from benchmarks import bare
from benchmarks.filling import EVERYWHERE, NOW, ONE_SITE, ONE_TEAM, SPAN
from benchmarks.measuring import Row, compared
from complaints.models import Complaint
from complaints.rules.bigrams import as_tsquery, parse

READERS = {
    EVERYWHERE: "",
    ONE_SITE: ", manager of one site",
    ONE_TEAM: ", agent of one team",
}
_BACK = (NOW - SPAN * 0.9).date()
REGISTER = {
    "register, first page": {},
    "register, nine tenths back": {"received_before": _BACK},
    "register, oldest first": {"sort": "oldest"},
    "register, due first": {"sort": "due"},
}
FILTERED: Mapping[str, dict[str, object]] = {
    "register, channel and category": {"channel": "phone", "category": ""},
    "register, priority and closed": {"priority": "P1", "standing": "closed"},
    "register, late and unassigned": {"due": "overdue", "owner": "none"},
    "register, own and a week": {
        "owner": "me",
        "received_after": (NOW - timedelta(days=7)).date(),
    },
    "register, nothing found": {"emergency": 1, "paused": 1},
}
TABS = {
    EVERYWHERE: ("now", "mine", "unassigned", "open", "waiting", "after"),
    ONE_SITE: ("now", "team", "open", "waiting", "after"),
    ONE_TEAM: ("now", "team", "open"),
}
FILTERED_AT_MOST = 3  # × bare
# The search page asks for its results while one types; the frame is there already.
LIVE = {"HX-Request": "true", "HX-Target": "rows"}
WORDS = {
    "one character, common": "漏",
    "one character, rare": "绝",
    "two characters, common": "霉变",
    "two characters and a word": "退款 冰箱",
    "rare": "绝版",
    "absent": "飞碟",
    "English, common": "heater noise",
    "English, prefix": "exchan",
    "English, absent": "submarine",
    "an order number": "QH000000077",
}


def pages() -> list[Row]:
    """Measure the desk's lists and the complaint page."""
    rows = []
    register, queue = reverse("complaints:list"), reverse("complaints:queue")
    for name, who in READERS.items():
        user = User.objects.get(username=name)
        rows += [
            _list(f"queue, {tab}{who}", user, f"{queue}?tab={tab}", "due", 2) for tab in TABS[name]
        ]
        for what, asked in REGISTER.items():
            address = f"{register}?{urlencode(asked)}"
            plain = "due" if asked.get("sort") == "due" else "first"
            rows.append(_list(f"{what}{who}", user, address, plain, 2))
        category = Complaint.objects.exclude(category=None).order_by("pk")[0].category
        for what, asked in FILTERED.items():
            filled = asked | ({"category": category.code} if "category" in asked else {})  # type: ignore[union-attr]
            address = f"{register}?{urlencode(filled)}"
            rows.append(_list(f"{what}{who}", user, address, "first", FILTERED_AT_MOST))
    user = User.objects.get(username=EVERYWHERE)
    some = Complaint.objects.filter(is_open=True, confidential=False).order_by("pk")[0]
    page = reverse("complaints:complaint", args=[some.reference])
    jobs = _both(user, page, f"/detail/{some.pk}")
    return [*rows, compared("complaint page", jobs, site=bare_site, at_most=3, statements=25)]


def searches() -> list[Row]:
    """Measure search for common, rare and absent words against the bare index."""
    rows = []
    address = reverse("complaints:search")
    for name, who in READERS.items():
        user = User.objects.get(username=name)
        # Of a place, more is asked than of the bare page: own work elsewhere, what is confidential.
        at_most = FILTERED_AT_MOST if _place(user) else 2
        for what, words in WORDS.items():
            page = f"{address}?{urlencode({'q': words})}"
            shown = _shown(user, page)
            asked = {"token": as_tsquery(parse(words)), "rows": shown} | _place(user)
            ways = [f"/search?{urlencode(asked | {'way': way})}" for way in bare.WAYS]
            jobs = _both(user, page, min(ways, key=_seconds), **LIVE)
            named = f"search: {what}{who}"
            goal: dict[str, Any] = {"at_most": at_most, "at_once": 100, "rows": shown}
            rows.append(compared(named, jobs, site=bare_site, **goal))
    return rows


def _list(what: str, user: User, address: str, plain: str, at_most: float) -> Row:
    rows = _shown(user, address)
    jobs = _both(user, address, f"/{plain}?rows=50")
    return compared(what, jobs, site=bare_site, at_most=at_most, statements=12, rows=rows)


def _place(user: User) -> dict[str, int]:
    """Return the place of a narrow reader, which the bare page is asked for too."""
    grant = user.grants[0]
    found = {name: getattr(grant, f"{name}_id") for name in bare.PLACES}
    return {name: pk for name, pk in found.items() if pk is not None}


def _both(
    user: User, address: str, plain: str, **headers: str
) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return how to ask for our page as its reader, and for the bare one."""
    client = _client(user)
    with bare_site():
        other = _client(user)
    return _get(client, address, **headers), _get(other, plain)


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _shown(user: User, address: str) -> int:
    """Return how many complaints a page of ours shows."""
    return _client(user).get(address).content.count(b"<tr data-row")


def _seconds(plain: str) -> float:
    """Return how long a bare page takes, to choose the quickest way there is."""
    with bare_site():
        call = _get(_client(User.objects.get(username=EVERYWHERE)), plain)
        call()
        began = time.perf_counter()
        call()
        return time.perf_counter() - began


@contextmanager
def bare_site() -> Iterator[None]:
    """Let the bare views answer."""
    with override_settings(
        ROOT_URLCONF="benchmarks.bare",
        MIDDLEWARE=bare.MIDDLEWARE,
        AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend"],
    ):
        yield


def _get(client: Client, address: str, **headers: str) -> Callable[[], None]:
    def call() -> None:
        response = client.get(address, headers=headers)
        if response.status_code != 200:
            raise RuntimeError(f"{address}: {response.status_code}")

    return call
