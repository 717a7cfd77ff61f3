"""Eight people who record complaints at the same time, against eight who write the bare rows."""

import multiprocessing
import time
import uuid
from collections.abc import Callable
from statistics import median
from typing import Any

from django.db import connections
from django.test import Client
from django.urls import reverse

from accounts.models import User
from benchmarks.filling import EVERYWHERE, STORY_ZH
from benchmarks.measuring import Row
from benchmarks.pages import bare_site

WRITERS = 8
EACH = 25
ROUNDS = 5
SHARE = 0.4  # of the bare rate that ours is to reach


def writers() -> list[Row]:
    """Measure both in turn, so that a busy neighbour slows both; a lock error ends the run."""
    ours, plain = [], []
    for _ in range(ROUNDS):
        plain.append(_rate(_write_bare))
        ours.append(_rate(_write_ours))
    shares = [mine / theirs for mine, theirs in zip(ours, plain, strict=True)]
    share = median(shares)
    return [
        Row(
            f"{WRITERS} writers",
            f"{share:.2f} × ({median(ours):.0f} / {median(plain):.0f} a second)",
            f"≥ {SHARE:g} ×, no lock errors",
            share >= SHARE,
            f"{ROUNDS * WRITERS * EACH:,} complaints each, no lock errors",
            flat=1 / share,
        )
    ]


def _rate(write: Callable[[Any, Any], None]) -> float:
    """Return how many complaints a second all writers together record."""
    context = multiprocessing.get_context("fork")
    connections.close_all()
    ready, results = context.Barrier(WRITERS + 1), context.Queue()
    crew = [context.Process(target=write, args=(ready, results)) for _ in range(WRITERS)]
    for one in crew:
        one.start()
    ready.wait(timeout=60)
    began = time.perf_counter()
    errors = [error for error in (results.get(timeout=300) for _ in crew) if error]
    seconds = time.perf_counter() - began
    for one in crew:
        one.join()
    if errors:
        raise RuntimeError(f"{len(errors)} writers failed: {errors[0]}")
    return WRITERS * EACH / seconds


def _write_ours(ready: Any, results: Any) -> None:
    _write(reverse("complaints:intake"), ready, results)


def _write_bare(ready: Any, results: Any) -> None:
    with bare_site():
        _write("/create", ready, results)


def _write(address: str, ready: Any, results: Any) -> None:
    try:
        client = Client()
        client.force_login(User.objects.get(username=EVERYWHERE))
        _post(client, address, 0)  # what is read once per process is read now
        ready.wait(timeout=60)
        for number in range(1, EACH + 1):
            _post(client, address, number)
        results.put("")
    except Exception as error:  # noqa: BLE001 - whatever it is, the run fails with it
        ready.abort()
        results.put(repr(error))


def _post(client: Client, address: str, number: int) -> None:
    key = uuid.uuid4()
    said = STORY_ZH.format(product="极光500冰箱", n=number, m=3, fault="漏水", wish="退款", tail=7)
    response = client.post(
        address,
        {
            "key": str(key),
            "description": said,
            "channel": "phone",
            "phone": f"139{key.int % 10**8:08d}",
        },
    )
    if response.status_code != 302:
        raise RuntimeError(f"{address}: {response.status_code}")
