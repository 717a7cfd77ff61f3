"""The feed of changes: in order, at least once, nothing skipped, however writers overlap."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.services import system_user
from complaints.models import Complaint
from complaints.selectors import announcing
from complaints.selectors.announcing import ANNOUNCED, news_for
from complaints.services.notes import add_note
from journal.models import Entry
from providers.errors import FeedCleared
from providers.models import Event, FeedHead
from providers.services.feed import clear_feed, number_news
from tests.accounts.factories import make_provider
from tests.complaints.factories import NOW, make_complaint, make_policy, make_user
from tests.complaints.test_two_people_at_once import real_threads
from tests.providers.calling import Caller
from tests.providers.listening import hand_over, make_client

DAY = timedelta(days=1)


def read_on(actor, after: int | None = None) -> tuple[list[dict[str, Any]], int]:
    page = news_for(actor, after=after, size=200)
    return page.rows, page.read_to


@pytest.mark.django_db
def test_everything_that_changed_comes_in_order():
    client = make_client(make_provider("acme"))
    complaint = hand_over(client, external_id="T-1")
    add_note(complaint_id=complaint.pk, text="Called.", actor=system_user(), at=NOW)
    assert read_on(client.user)[0] == []  # not yet numbered
    number_news(at=NOW)
    rows, read_to = read_on(client.user)
    assert [row["type"] for row in rows] == ["complaint.received", "complaint.note_added"]
    assert [row["sequence"] for row in rows] == [1, 2]
    assert rows[0]["reference"] == complaint.reference
    assert rows[0]["external_id"] == "T-1"
    assert rows[0]["now"]["deadlines"]
    assert read_on(client.user, read_to) == ([], read_to)


@pytest.mark.django_db
@pytest.mark.clause("CM-8.7")
def test_a_client_reads_of_its_own_complaints_only():
    mine, theirs = make_client(make_provider("mine")), make_client(make_provider("theirs"))
    own, other = hand_over(mine), hand_over(theirs)
    ours = make_complaint()
    number_news(at=NOW)
    references = {row["reference"] for row in read_on(mine.user)[0]}
    assert references == {own.reference}
    organisation = make_client()
    assert {row["reference"] for row in read_on(organisation.user)[0]} == {
        own.reference,
        other.reference,
        ours.reference,
    }


@pytest.mark.django_db
def test_what_is_not_visible_is_passed_over_without_a_trace():
    provider = make_provider("acme")
    writer, reader = make_client(provider), make_client(provider)
    hand_over(writer, confidential=True)
    seen = hand_over(writer)
    number_news(at=NOW)
    rows, read_to = read_on(reader.user)
    assert [row["reference"] for row in rows] == [seen.reference]
    assert read_to == FeedHead.objects.get().last


@pytest.mark.django_db
def test_a_page_of_things_nobody_may_see_does_not_end_the_reading(monkeypatch):
    monkeypatch.setattr(announcing, "_WINDOWS", 2)
    provider = make_provider("acme")
    writer, reader = make_client(provider), make_client(provider)
    for _ in range(3):
        hand_over(writer, confidential=True)
    seen = hand_over(writer)
    number_news(at=NOW)
    page = news_for(reader.user, after=None, size=1)
    assert (page.rows, page.more) == ([], True)
    while not page.rows:
        page = news_for(reader.user, after=page.read_to, size=1)
    assert page.rows[0]["reference"] == seen.reference


@pytest.mark.django_db
def test_a_suspended_provider_reads_nothing():
    client = make_client(make_provider("acme"))
    hand_over(client)
    number_news(at=NOW)
    type(client.provider).objects.update(active=False)
    client.refresh_from_db()
    assert read_on(client.user)[0] == []


@pytest.mark.django_db
def test_the_feed_says_when_it_does_not_reach_back(settings):
    client = make_client(make_provider("acme"))
    hand_over(client)
    number_news(at=NOW)
    clear_feed(at=timezone.now() + timedelta(days=settings.WEBHOOK_KEEP_DAYS + 1))
    with pytest.raises(FeedCleared):
        read_on(client.user, 0)
    rows, read_to = read_on(client.user)  # from the beginning of what is kept
    assert (rows, read_to) == ([], 1)
    caller = Caller(client)
    answer = caller.get("changes/", cursor="YTow")  # a:0
    assert answer.status_code == 410
    assert answer.json()["type"] == "urn:redress:problem:cursor_too_old"


@pytest.mark.django_db
def test_by_the_api_one_reads_on_from_next_for_ever():
    client = make_client(make_provider("acme"))
    caller = Caller(client)
    references = [hand_over(client).reference for _ in range(5)]
    number_news(at=NOW)
    answer = caller.get("changes/", page_size=2).json()
    got = []
    while True:
        got += [row["reference"] for row in answer["results"]]
        more = answer["has_more"]
        answer = caller.get(answer["next"]).json()
        if not more:
            break
    assert got == references
    assert answer["results"] == []
    later = hand_over(client)
    number_news(at=NOW)
    (row,) = caller.get(answer["next"]).json()["results"]
    assert row["reference"] == later.reference


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["x", "YjoxMA", "YTp4"])  # nonsense, backwards, no number
def test_a_cursor_of_ones_own_making_is_refused(cursor):
    caller = Caller(make_client(make_provider("acme")))
    answer = caller.get("changes/", cursor=cursor)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "?cursor"


@pytest.mark.django_db
def test_without_the_scope_nothing_is_read():
    caller = Caller(make_client(make_provider("acme")), "webhooks:manage")
    assert caller.get("changes/").status_code == 403


@pytest.mark.django_db
def test_an_import_of_many_is_told_whole():
    """What is written in bulk goes by another way than single facts."""
    client = make_client(make_provider("acme"))
    complaints = [hand_over(client) for _ in range(3)]
    number_news(at=NOW, limit=2)
    assert Event.objects.filter(number__isnull=True).count() == 1
    number_news(at=NOW, limit=2)
    rows, _read_to = read_on(client.user)
    assert [row["reference"] for row in rows] == [one.reference for one in complaints]


@pytest.mark.django_db
def test_each_fact_of_these_kinds_is_announced_once():
    client = make_client(make_provider("acme"))
    complaint = hand_over(client)
    add_note(complaint_id=complaint.pk, text="Called.", actor=system_user(), at=NOW)
    facts = Entry.objects.filter(subject_type="complaints.complaint", kind__in=ANNOUNCED)
    told = {f"evt_{entry.hash[:32]}" for entry in facts}
    assert told == set(Event.objects.values_list("public_id", flat=True))


@pytest.mark.django_db(transaction=True)
@real_threads
def test_a_transaction_that_commits_late_is_read_late_but_read():
    """Its event has the lower id, and its number comes after those that were read meanwhile."""
    make_policy()
    client = make_client(make_provider("acme"))
    system_user()
    written, go_on = threading.Event(), threading.Event()
    slow: list[Complaint] = []

    def slow_writer() -> None:
        with transaction.atomic():
            slow.append(hand_over(client))
            written.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=slow_writer)
    thread.start()
    assert written.wait(10)
    quick = hand_over(client)
    number_news(at=NOW)
    rows, read_to = read_on(client.user)
    assert [row["reference"] for row in rows] == [quick.reference]
    go_on.set()
    thread.join()
    number_news(at=NOW)
    rows, _read_to = read_on(client.user, read_to)
    assert [row["reference"] for row in rows] == [slow[0].reference]
    late, early = Event.objects.order_by("id")
    assert late.complaint_id == slow[0].pk
    assert (late.number or 0) > (early.number or 0)


class Traffic:
    """Writers that hold their transactions open for a while, two numberers, one reader."""

    def __init__(self, client) -> None:
        self.client = client
        self.done = threading.Event()
        self.faults: list[BaseException] = []
        self.got: list[dict[str, Any]] = []

    def run(self) -> None:
        writers = [threading.Thread(target=self.write, args=(number,)) for number in range(4)]
        others = [threading.Thread(target=self.give_numbers) for _ in range(2)]
        reader = threading.Thread(target=self.read)
        for thread in (*writers, *others, reader):
            thread.start()
        for thread in writers:
            thread.join()
        self.done.set()
        for thread in (*others, reader):
            thread.join()

    def write(self, number: int) -> None:
        try:
            for step in range(6):
                with transaction.atomic():
                    complaint = hand_over(self.client, external_id=f"{number}-{step}")
                    time.sleep(0.01 * ((number * 7 + step * 3) % 5))
                for _ in range(2):
                    with transaction.atomic():
                        add_note(complaint_id=complaint.pk, text="N", actor=system_user(), at=NOW)
                        time.sleep(0.005 * ((number + step) % 4))
        except BaseException as error:
            self.faults.append(error)
            raise
        finally:
            connection.close()

    def give_numbers(self) -> None:
        last = False
        while not last:
            last = self.done.is_set()
            while number_news(at=NOW, limit=7):
                pass
        connection.close()

    def read(self) -> None:
        cursor, last, page = None, False, None
        while not last or page is None or page.more:
            last = self.done.is_set() and not Event.objects.filter(number__isnull=True).exists()
            page = news_for(self.client.user, after=cursor, size=5)
            self.got += page.rows
            cursor = page.read_to
        connection.close()


@pytest.mark.django_db(transaction=True)
@real_threads
def test_many_writers_and_two_numberers_lose_nothing_and_keep_each_complaints_order():
    make_policy()
    system_user()
    traffic = Traffic(make_client(make_provider("acme")))
    traffic.run()
    assert traffic.faults == []
    numbers = [row["sequence"] for row in traffic.got]
    assert numbers == list(range(1, 4 * 6 * 3 + 1))
    by_complaint: dict[str, list[str]] = {}
    for row in traffic.got:
        by_complaint.setdefault(row["external_id"], []).append(row["type"])
    order = ["complaint.received", "complaint.note_added", "complaint.note_added"]
    assert all(types == order for types in by_complaint.values())
    assert len(by_complaint) == 24


@pytest.mark.django_db
def test_people_have_no_feed_of_their_own_but_the_rules_would_hold():
    """The reading goes through the same eyes as every list."""
    make_complaint()
    number_news(at=NOW)
    assert read_on(make_user("administrator"))[0] == []
