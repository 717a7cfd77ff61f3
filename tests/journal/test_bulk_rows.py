"""Many rows written at once are the rows that were meant, with ids that stay free for others."""

import gc
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Site, Team, User
from complaints.models import Complaint
from journal.models import Entry, Verification
from journal.services import bulk_rows
from journal.services.bulk_rows import (
    among,
    insert_rows,
    insert_values,
    made,
    no_search_for_cycles,
    read_rows,
)
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
    rows = sites(count)
    insert_rows(rows)
    assert list(Site.objects.order_by("pk")) == rows
    for site in rows:
        stored = Site.objects.get(pk=site.pk)
        for name in ("code", "name_en", "name_zh", "active"):
            assert getattr(stored, name) == getattr(site, name)
        assert not site._state.adding


def test_ids_stay_free_for_others():
    first = Site.objects.create(code="before", name_en="x", name_zh="x")
    rows = sites()
    insert_rows(rows)
    last = Site.objects.create(code="after", name_en="x", name_zh="x")
    ids = [first.pk, *(site.pk for site in rows), last.pk]
    assert ids == sorted(set(ids))


def test_moments_choices_and_nothing_are_kept():
    at = datetime(2026, 3, 4, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    user = User.objects.create_user("auditor")
    rows = [
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
    insert_rows(rows)
    first, second = Verification.objects.order_by("pk")[:2]
    assert (first.actor, first.fault, first.fault_entry_id) == (None, "", None)
    assert (second.actor, second.fault) == (user, "entry_changed")
    assert first.proved_at == datetime(2026, 3, 4, 2, tzinfo=UTC)
    assert second.proved_at == at
    assert Verification.objects.filter(proved_at=at).count() == SOME - 1


def test_what_the_database_refuses_is_told_in_djangos_words():
    Team.objects.create(code="t3", name_en="x", name_zh="x")
    rows = [Team(code=f"t{n}", name_en="x", name_zh="x") for n in range(SOME)]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(rows)
    assert Team.objects.count() == 1


def test_values_are_written_in_the_order_of_their_columns(monkeypatch):
    monkeypatch.setattr(bulk_rows, "_PART", 2)
    columns = ("name_zh", "code", "name_en", "active")
    insert_values(Team, columns, ((f"组\t{n}", f"t{n}", "x", n > 0) for n in range(5)))
    told = Team.objects.order_by("code").values_list("code", "name_zh", "active")
    assert list(told) == [(f"t{n}", f"组\t{n}", n > 0) for n in range(5)]


def _columns_of(item):
    return {field.attname: vars(item)[field.attname] for field in item._meta.concrete_fields}


def test_an_object_made_quickly_is_one_made_by_the_model():
    at = datetime(2026, 3, 4, tzinfo=UTC)
    author = User.objects.create_user("author")
    values = {"kind": "x", "subject_id": 7, "seq": 1, "actor": author}
    values |= {"occurred_at": at, "recorded_at": at}
    quick, slow = made(Entry, **values), Entry(**values)
    assert _columns_of(quick) == _columns_of(slow)
    assert quick.actor is author
    assert quick._state.adding
    quick.save()
    assert Entry.objects.get().actor == author


def test_objects_made_quickly_share_no_list_that_one_of_them_may_change():
    first, second = made(Complaint), made(Complaint)
    first.missing.append("category")
    assert (first.missing, second.missing) == (["category"], [])


def test_an_object_is_not_made_of_what_it_has_no_column_for():
    with pytest.raises(TypeError, match="Entry has no column colour"):
        made(Entry, colour="red")


def test_columns_that_were_not_read_are_read_when_asked_for(django_assert_num_queries):
    insert_rows(sites(3))
    with django_assert_num_queries(1):
        found = read_rows(Site.objects.order_by("-code"), "id", "code")
        assert [site.code for site in found] == ["s2", "s1", "s0"]
    with django_assert_num_queries(1):
        assert found[0].name_zh == "店，\n二行"
    found[1].active = True
    found[1].save(update_fields=["active"])
    assert Site.objects.get(code="s1").active


@pytest.mark.parametrize("column", ["code", "pk"])
def test_rows_are_found_among_more_values_than_a_statement_may_have_parameters(column):
    insert_rows(sites(3))
    ids = dict(Site.objects.values_list("code", "pk"))
    many = [*range(-70_000, 0), ids["s1"]] if column == "pk" else [*map(str, range(70_000)), "s1"]
    assert [site.code for site in Site.objects.filter(among(column, many))] == ["s1"]
    assert not Site.objects.filter(among(column, [])).exists()
    assert Site.objects.exclude(among(column, many)).count() == 2


def test_cycles_are_looked_for_again_even_after_a_fault():
    with no_search_for_cycles():
        with pytest.raises(ZeroDivisionError), no_search_for_cycles():
            assert not 1 // 0
        assert not gc.isenabled()
    assert gc.isenabled()
