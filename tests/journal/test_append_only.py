"""The database refuses to change, remove or replace what the journal holds."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.services import system_user
from journal.models import Entry, Seal
from journal.services import record
from tests.conftest import journal_unlocked

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)

STATEMENTS = [
    "UPDATE journal_entry SET kind = 'forged'",
    "DELETE FROM journal_entry",
    "UPDATE journal_seal SET count = 99",
    "DELETE FROM journal_seal",
]
OF_ENGINE = {
    "postgresql": ["TRUNCATE journal_entry CASCADE", "TRUNCATE journal_seal"],
    "sqlite": [
        "REPLACE INTO journal_entry SELECT * FROM journal_entry",
        "INSERT OR REPLACE INTO journal_seal SELECT * FROM journal_seal",
        """INSERT OR REPLACE INTO journal_seal SELECT id + 1, day, last_entry_id, count, digest,
           previous_seal, seal, sealed_at FROM journal_seal""",
    ],
}


@pytest.fixture
def _one_of_each(db):
    with transaction.atomic():
        record(kind="test.happened", subject=system_user(), actor=None, occurred_at=AT)
    Seal.objects.create(
        day=AT.date(), last_entry_id=1, count=1, digest="", previous_seal="", seal="", sealed_at=AT
    )


@pytest.mark.clause("CM-7.5")
@pytest.mark.usefixtures("_one_of_each")
@pytest.mark.parametrize("statement", STATEMENTS + OF_ENGINE[connection.vendor])
def test_the_database_refuses(statement):
    connection.check_constraints()  # nothing deferred may hide the trigger behind another refusal
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)
    assert Entry.objects.get().kind == "test.happened"
    assert Seal.objects.get().count == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("again", [1, 2])
def test_transactional_tests_start_with_an_empty_journal_and_triggers_in_place(again):
    assert not Entry.objects.exists()
    with transaction.atomic():
        record(kind="test.happened", subject=system_user(), actor=None, occurred_at=AT)
    with pytest.raises(DatabaseError, match="append-only"):
        Entry.objects.all().delete()


@pytest.mark.usefixtures("_one_of_each")
def test_unlocked_entries_can_be_tampered_with_so_the_other_tests_prove_something():
    with journal_unlocked():
        assert Entry.objects.update(kind="forged") == 1
