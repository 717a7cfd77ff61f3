"""The API against plain Django REST framework: handing over, lists, search, many at once."""

import itertools
import json
import multiprocessing
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection, connections
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import Provider
from accounts.rules import PERMISSIONS_OF
from benchmarks import bare_api
from benchmarks.filling import NOW, SPAN, STORY_ZH
from benchmarks.measuring import Row, Spent, compared
from benchmarks.pages import WORDS
from complaints.models import Complaint
from complaints.rules.bigrams import as_tsquery, parse
from providers.services.clients import create_client, issue_token
from providers.states import Scope

OURS, PLAIN = "/api/v1/complaints/", "/complaints"
WRITERS, EACH, ROUNDS = 8, 25, 5
SHARE = 0.4  # of the bare rate
BATCH, TIMES = 100, 3
TEN = 10  # every tenth complaint is the provider's
_number = itertools.count()


def api() -> list[Row]:
    """Measure the API as the organisation's own software and as a provider's."""
    settings.API_CALLS_A_MINUTE = 0
    house, partner = _token(None), _token(_provider())
    rows = [*_lists("", house), *_lists(", a provider's", partner)]
    if connection.vendor == "postgresql":
        rows += _searches(house)
    return [*rows, _create(house), _at_once(house), _bulk(house)]


def _provider() -> Provider:
    """Return a provider who has taken down every tenth complaint that there is."""
    provider = Provider.objects.create(
        code="callco",
        name_en="Call centre",
        name_zh="呼叫中心",
        active=True,
        granted=sorted(PERMISSIONS_OF["provider_staff"]),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE complaints_complaint SET provider_id = %s WHERE id %% {TEN} = 0", [provider.pk]
        )
        cursor.execute("ANALYZE complaints_complaint")
    return provider


def _token(provider: Provider | None) -> str:
    now = timezone.now()
    new = create_client(
        name="Benchmark", provider=provider, scopes=list(Scope.values), actor=None, at=now
    )
    token = f"ra_{uuid.uuid4().hex}"
    issue_token(
        client=new.client,
        token=token,
        scopes=list(Scope.values),
        lifetime=timedelta(days=1),
        at=now,
    )
    return token


def _lists(who: str, token: str) -> Iterator[Row]:
    category = Complaint.objects.exclude(category=None).order_by("pk")[0].category
    assert category is not None
    deep = (NOW - SPAN * 0.9).isoformat()
    for what, asked, at_most in (
        ("first page", {}, 2.5),
        ("nine tenths back", {"received_before": deep}, 2.5),
        ("due first", {"ordering": "next_due_at"}, 2.5),
        ("channel and category", {"channel": "phone", "category": category.code}, 3),
        ("late emergencies", {"overdue": "true", "emergency": "true"}, 3),
        ("severity", {"severity": "high"}, 3),
        ("rare severity", {"severity": "critical"}, 3),
    ):
        ours = _get(f"{OURS}?{urlencode(asked)}", token)
        plain = _get(PLAIN, token)
        shown = _shown(f"{OURS}?{urlencode(asked)}", token)
        goal: dict[str, Any] = {"at_most": at_most, "statements": 8, "rows": shown}
        yield compared(f"list, {what}{who}", (ours, plain), site=bare_site, **goal)


def _searches(token: str) -> Iterator[Row]:
    for what, words in WORDS.items():
        address = f"{OURS}?{urlencode({'q': words})}"
        shown = _shown(address, token)
        asked = {"token": as_tsquery(parse(words)), "rows": shown}
        ways = [f"/search?{urlencode(asked | {'way': way})}" for way in ("index", "walk")]
        plain = min(ways, key=lambda way: _seconds(_get(way, token)))
        goal: dict[str, Any] = {"at_most": 2, "statements": 8, "at_once": 100, "rows": shown}
        jobs = _get(address, token), _get(plain, token)
        yield compared(f"search: {what}", jobs, site=bare_site, **goal)


def _shown(address: str, token: str) -> int:
    """Return how many complaints an answer of ours holds."""
    return len(_client().get(address, headers=_signed(token)).json()["results"])


def _create(token: str) -> Row:
    jobs = _post(OURS, token), _post(PLAIN, token)
    return compared("hand over, 1 client", jobs, site=bare_site, calls=10, at_most=2.5)


def _at_once(token: str) -> Row:
    """Measure eight clients in turn with eight bare ones, so that a busy neighbour slows both."""
    ours, plain = [], []
    for _ in range(ROUNDS):
        plain.append(_rate(_write_bare, token))
        ours.append(_rate(_write_ours, token))
    share = median(mine / theirs for mine, theirs in zip(ours, plain, strict=True))
    return Row(
        f"hand over, {WRITERS} clients",
        f"{share:.2f} × ({median(ours):.0f} / {median(plain):.0f} a second)",
        f"≥ {SHARE:g} ×",
        share >= SHARE,
        f"{ROUNDS * WRITERS * EACH:,} complaints each",
        flat=1 / share,
    )


def _bulk(token: str) -> Row:
    single, many = _post(OURS, token), _post_many(token)
    many()
    each, batch = [], []
    for _ in range(ROUNDS):
        with Spent() as spent:
            for _ in range(BATCH // 4):
                single()
        each.append(spent.seconds / (BATCH // 4))
        with Spent() as spent:
            many()
        batch.append(spent.seconds / BATCH)
    times = median(each) / median(batch)
    return Row(
        f"hand over {BATCH} at once",
        f"{times:.1f} × the rate of single ones ({1 / median(batch):,.0f} /s of CPU)",
        f"≥ {TIMES} ×",
        times >= TIMES,
        f"{median(batch) * 1000:.2f} / {median(each) * 1000:.2f} ms CPU each",
        flat=median(batch),
    )


# --- calls ---------------------------------------------------------------------------------------


@contextmanager
def bare_site() -> Iterator[None]:
    """Let the bare views answer."""
    with override_settings(ROOT_URLCONF="benchmarks.bare_api", MIDDLEWARE=bare_api.MIDDLEWARE):
        yield


def _client() -> Client:
    return Client()


def _signed(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _get(address: str, token: str) -> Callable[[], None]:
    client, headers = _client(), _signed(token)

    def call() -> None:
        response = client.get(address, headers=headers)
        if response.status_code != 200:
            raise RuntimeError(f"{address}: {response.status_code} {response.content!r}")

    return call


def _post(address: str, token: str) -> Callable[[], None]:
    client = _client()

    def call() -> None:
        key = uuid.uuid4()
        phone = f"139{key.int % 10**8:08d}"
        # The bare view has no persons in persons; the same is said to both.
        who = {"phone": phone} if address == PLAIN else {"complainant": {"phone": phone}}
        headers = {**_signed(token), "Idempotency-Key": str(key)}
        body = json.dumps({**_said(), **who})
        response = client.post(address, body, content_type="application/json", headers=headers)
        if response.status_code != 201:
            raise RuntimeError(f"{address}: {response.status_code} {response.content!r}")

    return call


def _post_many(token: str) -> Callable[[], None]:
    client = _client()

    def call() -> None:
        items = [
            {**_said(), "complainant": {"phone": f"139{uuid.uuid4().int % 10**8:08d}"}}
            for _ in range(BATCH)
        ]
        headers = {**_signed(token), "Idempotency-Key": str(uuid.uuid4())}
        body = json.dumps({"complaints": items})
        response = client.post(
            f"{OURS}bulk/", body, content_type="application/json", headers=headers
        )
        if response.status_code != 200 or response.json()["refused"]:
            raise RuntimeError(f"bulk: {response.status_code} {response.content!r}")

    return call


def _said() -> dict[str, str]:
    number = next(_number)
    words = {"product": "极光500冰箱", "n": number, "m": 3, "fault": "漏水", "wish": "退款"}
    return {"channel": "phone", "description": STORY_ZH.format(**words, tail=7)}


def _seconds(call: Callable[[], None]) -> float:
    with bare_site():
        call()
        began = time.perf_counter()
        call()
        return time.perf_counter() - began


# --- eight at once -------------------------------------------------------------------------------


def _rate(write: Callable[..., None], token: str) -> float:
    """Return how many complaints a second all clients together hand over."""
    context = multiprocessing.get_context("fork")
    connections.close_all()
    ready, results = context.Barrier(WRITERS + 1), context.Queue()
    crew = [context.Process(target=write, args=(token, ready, results)) for _ in range(WRITERS)]
    for one in crew:
        one.start()
    ready.wait(timeout=60)
    began = time.perf_counter()
    errors = [error for error in (results.get(timeout=300) for _ in crew) if error]
    seconds = time.perf_counter() - began
    for one in crew:
        one.join()
    if errors:
        raise RuntimeError(f"{len(errors)} clients failed: {errors[0]}")
    return WRITERS * EACH / seconds


def _write_ours(token: str, ready: Any, results: Any) -> None:
    _write(OURS, token, ready, results)


def _write_bare(token: str, ready: Any, results: Any) -> None:
    with bare_site():
        _write(PLAIN, token, ready, results)


def _write(address: str, token: str, ready: Any, results: Any) -> None:
    try:
        call = _post(address, token)
        call()  # what is read once per process is read now
        ready.wait(timeout=60)
        for _ in range(EACH):
            call()
        results.put("")
    except Exception as error:  # noqa: BLE001 - whatever it is, the run fails with it
        ready.abort()
        results.put(repr(error))
