"""A witness notes a fact down in its very transaction, with the thing it is about."""

import pytest
from django.db import transaction

from accounts.models import Site
from journal import registry
from journal.models import Entry
from journal.registry import witness
from journal.services import Fact, record, record_many
from tests.complaints.factories import NOW, make_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen(monkeypatch):
    monkeypatch.setattr(registry, "_witnesses", {})
    found: list[tuple[object, Entry]] = []
    witness("test.opened", "test.closed")(found.extend)
    return found


def test_it_is_handed_each_thing_with_its_entry_in_order(seen):
    site, other = make_site(), make_site()
    with transaction.atomic():
        record_many(
            [
                Fact("test.opened", site, None, NOW),
                Fact("test.painted", site, None, NOW),
                Fact("test.closed", other, None, NOW),
            ]
        )
    assert [(thing, entry.kind) for thing, entry in seen] == [
        (site, "test.opened"),
        (other, "test.closed"),
    ]
    assert all(entry.pk and entry.hash for _thing, entry in seen)


def test_a_witness_that_fails_undoes_the_fact(monkeypatch):
    monkeypatch.setattr(registry, "_witnesses", {})

    def refuse(_pairs) -> None:
        raise RuntimeError

    witness("test.opened")(refuse)
    site = make_site()
    with pytest.raises(RuntimeError), transaction.atomic():
        record(kind="test.opened", subject=site, actor=None, occurred_at=NOW)
    assert not Entry.objects.filter(kind="test.opened").exists()
    assert Site.objects.filter(pk=site.pk).exists()


def test_there_is_one_witness_to_each_kind(seen):
    with pytest.raises(ValueError, match="already"):
        witness("test.closed", "test.painted")(seen.extend)
    assert registry.witness_of("test.painted") is None
