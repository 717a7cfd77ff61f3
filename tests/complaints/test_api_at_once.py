"""Two calls at the same moment: one complaint, one winner, nothing lost, on both databases."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from complaints.models import Complaint, Escalation, Note
from providers.models import IdempotentAnswer
from tests.complaints.factories import make_policy
from tests.providers.partner import PLAIN, Partner

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4


@pytest.fixture
def partner(request: pytest.FixtureRequest) -> Partner:
    make_policy()
    partner = Partner(organisation=getattr(request, "param", False))
    assert partner.token
    return partner


@pytest.fixture
def shared(partner: Partner, tmp_path: Path) -> Iterator[Partner]:
    """Lay SQLite's test database into a file, for in memory it has no way to wait for a lock."""
    if connection.vendor != "sqlite":
        yield partner
        return
    named = connections.settings["default"]
    before = named["NAME"]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(tmp_path / "copy.sqlite3")])
    named["NAME"] = str(tmp_path / "copy.sqlite3")
    yield partner
    named["NAME"] = before


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Make calls at the same moment, each on a connection of its own; the last one counts."""
    results: list[Any] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(number: int, call: Callable[[], Any]) -> None:
        start.wait()
        try:
            results[number] = call()
        except Exception as error:  # noqa: BLE001 - the test looks at what came
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive(), "they wait for each other"
    errors = [result for result in results if isinstance(result, Exception)]
    assert not errors, errors
    return results


def counted(*models: Any) -> list[int]:
    """Count on a connection of its own: SQLite's file is not what this thread has open."""
    (found,) = together(lambda: [model.objects.count() for model in models])
    return list(found)


def caller(partner: Partner) -> Partner:
    """Return the same software with a connection of its own."""
    twin = Partner.__new__(Partner)
    twin.__dict__ = {**partner.__dict__, "http": type(partner.http)()}
    return twin


def at_once(shared: Partner, times: int, call: Callable[[Partner], Any]) -> list[Any]:
    """Let the software make the same call so many times at the same moment."""
    return together(*[partial(call, caller(shared)) for _ in range(times)])


@pytest.mark.clause("CM-8.7")
def test_simultaneous_posts_with_one_key_make_one(shared):
    answers = at_once(shared, AT_ONCE, lambda who: who.post("complaints/", PLAIN, key="call-1"))
    assert [answer.status_code for answer in answers] == [201] * AT_ONCE
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
    assert counted(Complaint, IdempotentAnswer) == [1, 1]


def test_with_a_reference_of_the_partners_too(shared):
    said = {**PLAIN, "external_id": "CC-1"}
    answers = at_once(shared, AT_ONCE, lambda who: who.post("complaints/", said, key="call-1"))
    assert [answer.status_code for answer in answers] == [201] * AT_ONCE
    assert len({answer.content for answer in answers}) == 1
    assert counted(Complaint) == [1]


def test_simultaneous_posts_of_one_reference_make_one_and_name_it(shared):
    said = {**PLAIN, "external_id": "CC-1"}
    answers = at_once(shared, AT_ONCE, lambda who: who.post("complaints/", said))
    assert [answer.status_code for answer in answers] == [201] * AT_ONCE
    assert len({answer.json()["reference"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
    assert counted(Complaint) == [1]


@pytest.mark.parametrize("partner", [False, True], ids=["provider", "organisation"], indirect=True)
def test_of_simultaneous_matters_under_one_reference_one_wins(shared):
    said = {"channel": "phone", "external_id": "CC-1"}
    calls = [
        partial(caller(shared).post, "complaints/", {**said, "description": f"Matter {number}."})
        for number in range(AT_ONCE)
    ]
    answers = together(*calls)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (AT_ONCE - 1)
    made = next(answer.json() for answer in answers if answer.status_code == 201)
    losers = [answer.json() for answer in answers if answer.status_code == 409]
    assert {loser["reference"] for loser in losers} == {made["reference"]}
    assert counted(Complaint) == [1]


def test_simultaneous_batches_of_the_same_items_take_each_once(shared):
    items = {"complaints": [{**PLAIN, "external_id": str(n)} for n in range(20)]}
    answers = at_once(shared, 2, lambda who: who.post("complaints/bulk/", items))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert sum(answer.json()["received"] for answer in answers) == 20
    assert counted(Complaint) == [20]


def test_of_two_against_one_version_one_wins(shared):
    (reference,) = together(shared.hand_over)
    path = f"complaints/{reference}/escalate/"
    answers = at_once(shared, 2, lambda who: who.post(path, {"reason": "?"}, **{"If-Match": '"1"'}))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert counted(Escalation) == [1]


def test_a_step_under_one_key_is_taken_once(shared):
    (reference,) = together(shared.hand_over)
    path = f"complaints/{reference}/notes/"
    answers = at_once(
        shared, AT_ONCE, lambda who: who.post(path, {"text": "Called."}, key="note-1")
    )
    assert [answer.status_code for answer in answers] == [201] * AT_ONCE
    assert len({answer.content for answer in answers}) == 1
    assert counted(Note) == [1]
