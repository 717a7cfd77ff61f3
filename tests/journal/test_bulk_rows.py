"""Many rows written at once are the rows that were meant, with ids that stay free for others."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Site, Team, User
from journal.models import Entry, Verification
from journal.services import bulk_rows
from journal.services.bulk_rows import insert_rows, insert_values, row_maker
from journal.states import FaultKind

pytestmark = pytest.mark.django_db
SOME = bulk_rows.FEW + 10


def sites(count=SOME):
    """Make sites in memory."""
    name = 'Tab\t"quote" \\N'
    return [
        Site(code=f"s{n}", name_en=f"{name} {n}", name_zh="店，\n二行", active=n % 2 == 0)
        for n in range(count)
    ]


@pytest.mark.parametrize("count", [0, 1, SOME])
def test_rows_are_as_they_were_meant(count):
    made = sites(count)
    insert_rows(made)
    assert list(Site.objects.order_by("pk")) == made
    for site in made:
        stored = Site.objects.get(pk=site.pk)
        for name in ("code", "name_en", "name_zh", "active"):
            assert getattr(stored, name) == getattr(site, name)
        assert not site._state.adding


def test_ids_stay_free_for_others():
    first = Site.objects.create(code="before", name_en="x", name_zh="x")
    made = sites()
    insert_rows(made)
    last = Site.objects.create(code="after", name_en="x", name_zh="x")
    ids = [first.pk, *(site.pk for site in made), last.pk]
    assert ids == sorted(set(ids))


def test_moments_choices_and_nothing_are_kept():
    at = datetime(2026, 3, 4, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    user = User.objects.create_user("auditor")
    made = [
        Verification(
            proved_at=at if n else at.replace(microsecond=0),
            actor=user if n else None,
            entries=2**40,
            chains=1,
            seals=0,
            fault=FaultKind.ENTRY_CHANGED if n else "",
        )
        for n in range(SOME)
    ]
    insert_rows(made)
    first, second = Verification.objects.order_by("pk")[:2]
    assert (first.actor, first.fault, first.fault_entry_id) == (None, "", None)
    assert (second.actor, second.fault) == (user, "entry_changed")
    assert first.proved_at == datetime(2026, 3, 4, 2, tzinfo=UTC)
    assert second.proved_at == at
    assert Verification.objects.filter(proved_at=at).count() == SOME - 1


def test_what_the_database_refuses_is_told_in_djangos_words():
    Team.objects.create(code="t3", name_en="x", name_zh="x")
    made = [Team(code=f"t{n}", name_en="x", name_zh="x") for n in range(SOME)]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(made)
    assert Team.objects.count() == 1


def test_values_are_written_in_the_order_of_their_columns(monkeypatch):
    monkeypatch.setattr(bulk_rows, "_PART", 2)
    columns = ("name_zh", "code", "name_en", "active")
    insert_values(Team, columns, ((f"组\t{n}", f"t{n}", "x", n > 0) for n in range(5)))
    told = Team.objects.order_by("code").values_list("code", "name_zh", "active")
    assert list(told) == [(f"t{n}", f"组\t{n}", n > 0) for n in range(5)]


def test_an_object_made_by_position_is_one_made_by_name():
    at = datetime(2026, 3, 4, tzinfo=UTC)
    names = ("kind", "subject_id", "subject_type", "seq", "actor_id", "occurred_at", "recorded_at")
    values = ("complaint.received", 7, "complaints.complaint", 1, None, at, at)
    made = row_maker(Entry, *names)(*values)
    named = Entry(**dict(zip(names, values, strict=True)))
    columns = [field.attname for field in Entry._meta.concrete_fields]
    assert [getattr(made, name) for name in columns] == [getattr(named, name) for name in columns]
    assert made._state.adding
