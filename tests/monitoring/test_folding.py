"""Folding while others are at work: nothing is counted twice, nothing that commits late is lost."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from complaints.models import Complaint
from monitoring.models import Cell, Fact, Fold
from monitoring.services.folding import (
    LITTLE,
    catch_up,
    fold_all,
    fold_journal,
    rebuild_figures,
)
from monitoring.services.proving import verify_figures
from tests.complaints.factories import NOW, make_complaint, make_policy


@pytest.mark.django_db
def test_who_opens_a_page_waits_for_little_and_is_told_of_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_complaint()
    with transaction.atomic():  # the ids of what is undone are no entries, and do not wait
        for _ in range(3):
            make_complaint()
        transaction.set_rollback(True)
    assert catch_up(at=NOW) is None
    assert Fact.objects.count() == 1
    make_complaint()
    monkeypatch.setattr("monitoring.services.folding.LITTLE", 0)
    assert catch_up(at=NOW + timedelta(hours=1)) == NOW
    assert Fact.objects.count() == 1 < LITTLE
    assert fold_all(at=NOW) > 0
    assert fold_journal(at=NOW) == 0
    assert Fact.objects.count() == 2


@pytest.mark.services
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite tidies up as it writes")
def test_figures_made_anew_are_read_from_indexes_alone_at_once(transactional_db: None) -> None:
    make_policy()
    make_complaint(at=NOW)
    rebuild_figures(at=NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_and(relallvisible = relpages AND relpages > 0) FROM pg_class"
            " WHERE relname IN ('monitoring_fact', 'monitoring_cell')"
        )
        assert cursor.fetchone() == (True,)


@pytest.fixture
def late_writer(transactional_db: None) -> Iterator[tuple[Event, Thread]]:
    """Record a complaint in a transaction that stays open until it is told to commit."""
    make_policy()
    written, go = Event(), Event()

    def write() -> None:
        try:
            with transaction.atomic():
                make_complaint(at=timezone.now())
                written.set()
                assert go.wait(30)
        finally:
            connection.close()

    thread = Thread(target=write)
    thread.start()
    assert written.wait(30)
    yield go, thread
    go.set()
    thread.join(30)


@pytest.mark.services
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_what_commits_late_is_counted_late_and_not_left_out(
    late_writer: tuple[Event, Thread],
) -> None:
    go, thread = late_writer
    at = timezone.now()
    make_complaint(at=at)
    for _ in range(3):
        fold_journal(at=at)
    # Its entries have larger ids than those still to come: it waits with them.
    assert Fact.objects.count() == 0
    assert Fold.objects.get().gap_to > 0
    go.set()
    thread.join(30)
    fold_all(at=at)
    assert Fact.objects.count() == Complaint.objects.count() == 2
    assert verify_figures().difference == ""
    with transaction.atomic():
        make_complaint(at=at)
        transaction.set_rollback(True)
    make_complaint(at=at)
    fold_all(at=at)  # the ids of what was undone never come
    assert Fact.objects.count() == 3
    assert Cell.objects.get(dimension="all", measure="received").n == 3


@pytest.mark.services
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_who_works_in_another_database_of_the_server_is_not_waited_for(
    transactional_db: None,
) -> None:
    make_policy()
    elsewhere = {**connection.get_connection_params(), "dbname": "postgres"}
    with connection.Database.connect(**elsewhere) as other:  # type: ignore[attr-defined]
        other.execute("SELECT pg_current_xact_id()")  # has a number, and keeps it
        with transaction.atomic():
            make_complaint(at=NOW)
            transaction.set_rollback(True)
        make_complaint(at=NOW)
        fold_all(at=NOW)
        assert Fact.objects.count() == 1
