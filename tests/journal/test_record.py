"""Facts are written with the transaction they belong to, tied into their subject's chain."""

import threading

import pytest
from django.db import connection, transaction

from accounts.models import Team
from accounts.services import system_user
from journal.models import Delivery, Entry, Head
from journal.origin import origin
from journal.rules import GENESIS
from journal.selectors import history_of
from journal.services import Fact, record, record_many, verify_journal
from tests.journal.conftest import HAPPENED, NINE, happened


@pytest.mark.django_db(transaction=True)
def test_record_refuses_outside_a_transaction():
    team = Team.objects.create(code="desk", name_en="Desk", name_zh="服务台")
    with pytest.raises(RuntimeError, match="needs the transaction"):
        record(kind=HAPPENED, subject=team, actor=None, occurred_at=NINE)
    assert not Entry.objects.exists()


def test_a_fact_that_is_rolled_back_leaves_neither_entry_nor_delivery(team, subscribe):
    subscribe(HAPPENED, name="test.listener")(lambda _entry: None)

    class ChangedMindError(Exception):
        pass

    def change_mind():
        with transaction.atomic():
            record(kind=HAPPENED, subject=team, actor=None, occurred_at=NINE)
            raise ChangedMindError

    with pytest.raises(ChangedMindError):
        change_mind()
    assert not Entry.objects.exists()
    assert not Delivery.objects.exists()
    assert not Head.objects.exists()


@pytest.mark.clause("CM-7.5")
def test_an_entry_says_who_what_when_and_through_which_door(team):
    actor = system_user()
    with origin("web", "192.0.2.7"), transaction.atomic():
        entry = record(
            kind=HAPPENED, subject=team, actor=actor, occurred_at=NINE, payload={"step": "词"}
        )
    kept = Entry.objects.get(pk=entry.pk)
    assert (kept.subject_type, kept.subject_id, kept.seq) == ("accounts.team", team.pk, 1)
    assert (kept.kind, kept.actor, kept.door, kept.address) == (HAPPENED, actor, "web", "192.0.2.7")
    assert kept.occurred_at == NINE
    assert kept.recorded_at > NINE
    assert kept.payload == {"v": 1, "step": "词"}


def test_each_entry_ties_in_with_the_one_before_it_in_the_same_chain(team):
    other = Team.objects.create(code="field", name_en="Field", name_zh="外勤")
    first, strange, second = happened(team), happened(other), happened(team)
    assert (first.previous_hash, strange.previous_hash) == (GENESIS, GENESIS)
    assert second.previous_hash == first.hash
    assert [entry.seq for entry in history_of(team)] == [1, 2]


def test_many_facts_at_once_are_chained_like_single_ones(team, django_assert_max_num_queries):
    other = Team.objects.create(code="field", name_en="Field", name_zh="外勤")
    happened(team)
    facts = [Fact(HAPPENED, subject, None, NINE) for subject in (team, other) * 50]
    with transaction.atomic(), django_assert_max_num_queries(10):
        assert [entry.seq for entry in record_many(facts)][-2:] == [51, 50]
    with transaction.atomic(), django_assert_max_num_queries(10):
        assert [entry.seq for entry in record_many(facts)][-2:] == [101, 100]
    assert verify_journal().intact
    assert Head.objects.count() == 2


def test_nothing_to_record_is_nothing(team):
    with transaction.atomic():
        assert record_many([]) == []


def test_only_subscribers_to_the_kind_are_owed_a_delivery(team, subscribe):
    subscribe(HAPPENED, name="test.first")(lambda _entry: None)
    subscribe(HAPPENED, name="test.second")(lambda _entry: None)
    subscribe("test.other", name="test.deaf")(lambda _entry: None)
    happened(team)
    assert sorted(Delivery.objects.values_list("subscriber", flat=True)) == [
        "test.first",
        "test.second",
    ]


def test_a_payload_that_is_not_plain_data_is_refused(team):
    with pytest.raises(TypeError):
        happened(team, when=NINE)
    with pytest.raises(ValueError, match="JSON"):
        happened(team, share=float("nan"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_two_transactions_may_begin_the_same_chain_at_the_same_moment():
    team = Team.objects.create(code="desk", name_en="Desk", name_zh="服务台")
    together = threading.Barrier(4)

    def write() -> None:
        together.wait()
        try:
            for _ in range(5):
                happened(team)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(history_of(team).values_list("seq", flat=True)) == list(range(1, 21))
    assert verify_journal().intact
