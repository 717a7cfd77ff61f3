"""A proof finds what was changed, removed, added or cut off behind the journal's back."""

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from accounts.models import Team
from journal.models import Entry, Head, Seal, Verification
from journal.rules import GENESIS, entry_hash, seal_digest
from journal.services import proof, seal_days, verify_journal, verify_subject
from journal.services.recording import hashed_fields
from journal.states import FaultKind
from tests.conftest import journal_unlocked
from tests.journal.conftest import Clock, happened

pytestmark = pytest.mark.clause("CM-7.5")


@pytest.fixture
def chains(db: None) -> tuple[Team, Team]:
    """Return two subjects with three entries each, written in turns."""
    one = Team.objects.create(code="desk", name_en="Desk", name_zh="服务台")
    two = Team.objects.create(code="field", name_en="Field", name_zh="外勤")
    for step in range(3):
        happened(one, step=step)
        happened(two, step=step)
    return one, two


def entry_of(team: Team, seq: int) -> Entry:
    return Entry.objects.get(subject_type="accounts.team", subject_id=team.pk, seq=seq)


def told(team: Team) -> str:
    """Return what the command says when the journal is broken."""
    with pytest.raises(CommandError, match="BROKEN") as refusal:
        call_command("verify_journal")
    return str(refusal.value)


def forge_from(entry: Entry) -> None:
    """Make the chain from this entry on look right again, as somebody without the key could."""
    link = entry.previous_hash
    rest = Entry.objects.filter(
        subject_type=entry.subject_type, subject_id=entry.subject_id, seq__gte=entry.seq
    ).order_by("seq")
    for later in rest:
        later.previous_hash = link
        later.hash = link = entry_hash(link, hashed_fields(later))
        later.save()
    Head.objects.filter(subject_type=entry.subject_type, subject_id=entry.subject_id).update(
        hash=link, seq=later.seq
    )


def sealed(clock: Clock) -> None:
    clock.turn(days=2)
    assert seal_days(now=clock())


def test_an_untouched_journal_is_intact(chains):
    out = StringIO()
    call_command("verify_journal", stdout=out)
    assert out.getvalue() == "intact: 6 entries, 2 chains, 0 seals\n"
    assert verify_subject(chains[0]).intact
    assert verify_subject(chains[0]).entries == 3


def test_an_empty_journal_is_intact(db):
    assert verify_journal().intact


def test_a_changed_entry_is_named(chains):
    victim = entry_of(chains[0], 2)
    with journal_unlocked():
        Entry.objects.filter(pk=victim.pk).update(body='{"step":9,"v":1}')
    assert f"entry_changed at accounts.team:{chains[0].pk}#2 (entry {victim.pk})" in told(chains[0])
    assert not verify_subject(chains[0]).intact
    assert verify_subject(chains[1]).intact


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "test.other"},
        {"door": "api"},
        {"address": "192.0.2.9"},
        {"occurred_at": "2026-03-02T09:00:00.000001+00:00"},
        {"recorded_at": "2026-03-02T09:00:00+00:00"},
        {"hash": "f" * 64},
    ],
)
def test_every_field_is_covered(chains, change):
    victim = entry_of(chains[0], 2)
    with journal_unlocked():
        Entry.objects.filter(pk=victim.pk).update(**change)
    fault = verify_journal().fault
    assert fault is not None
    assert (fault.what, fault.entry_id) == (FaultKind.ENTRY_CHANGED, victim.pk)


def test_a_missing_entry_is_named_by_its_place(chains):
    with journal_unlocked():
        entry_of(chains[0], 2).delete()
    assert f"entry_missing at accounts.team:{chains[0].pk}#2" in told(chains[0])


def test_a_chain_cut_off_at_its_end_is_noticed(chains):
    with journal_unlocked():
        entry_of(chains[1], 3).delete()
    assert f"end_of_chain_changed at accounts.team:{chains[1].pk}#3" in told(chains[1])
    assert not verify_subject(chains[1]).intact


def test_an_entry_slipped_in_at_the_end_is_noticed(chains):
    last = entry_of(chains[0], 3)
    added = Entry.objects.get(pk=last.pk)
    added.pk, added.seq, added.previous_hash = None, 4, last.hash
    added.hash = entry_hash(last.hash, hashed_fields(added))
    added.save(force_insert=True)
    assert f"end_of_chain_changed at accounts.team:{chains[0].pk}#5" in told(chains[0])


def test_an_entry_that_ties_in_with_another_past_is_named(chains):
    victim = entry_of(chains[0], 1)
    with journal_unlocked():
        Entry.objects.filter(pk=victim.pk).update(previous_hash="f" * 64)
    assert f"chain_broken at accounts.team:{chains[0].pk}#1" in told(chains[0])


@pytest.mark.parametrize("which", [0, 1])
def test_a_chain_removed_whole_is_noticed_by_its_head(chains, which):
    with journal_unlocked():
        Entry.objects.filter(subject_id=chains[which].pk).delete()
    assert f"entries_missing at accounts.team:{chains[which].pk}#1" in told(chains[which])
    assert not verify_subject(chains[which]).intact


@pytest.mark.parametrize("which", [0, 1])
def test_a_removed_head_is_noticed(chains, which):
    Head.objects.filter(subject_id=chains[which].pk).delete()
    assert f"head_missing at accounts.team:{chains[which].pk}" in told(chains[which])


def test_a_chain_removed_with_its_head_is_noticed_by_the_seal(chains, clock):
    sealed(clock)
    with journal_unlocked():
        Entry.objects.filter(subject_id=chains[1].pk).delete()
    Head.objects.filter(subject_id=chains[1].pk).delete()
    assert "seal_broken" in told(chains[1])


def test_a_chain_rewritten_without_a_trace_is_noticed_by_the_seal(chains, clock):
    sealed(clock)
    victim = entry_of(chains[0], 2)
    with journal_unlocked():
        Entry.objects.filter(pk=victim.pk).update(body='{"step":9,"v":1}')
        forge_from(Entry.objects.get(pk=victim.pk))
    assert verify_subject(chains[0]).intact, "the forgery is perfect but for the seal"
    assert "seal_broken" in told(chains[0])


def test_a_seal_forged_without_the_key_is_noticed(chains, clock):
    sealed(clock)
    victim = entry_of(chains[0], 2)
    with journal_unlocked():
        Entry.objects.filter(pk=victim.pk).update(body='{"step":9,"v":1}')
        forge_from(Entry.objects.get(pk=victim.pk))
        for seal in Seal.objects.all():
            seal.seal = seal_digest(
                "a guess", GENESIS, seal.day.isoformat(), seal.count, seal.digest
            )
            seal.save()
    assert "seal_broken" in told(chains[0])


@pytest.mark.parametrize("change", [{"count": 5}, {"digest": "f" * 64}, {"last_entry_id": 0}])
def test_every_field_of_a_seal_is_covered(chains, clock, change):
    sealed(clock)
    with journal_unlocked():
        Seal.objects.update(**change)
    assert "seal_broken" in told(chains[0])


def test_a_seal_taken_out_of_the_middle_is_noticed(chains, clock):
    sealed(clock)
    clock.turn(days=2)
    assert len(seal_days(now=clock())) == 2
    with journal_unlocked():
        Seal.objects.filter(day=Seal.objects.all()[1].day).delete()
    assert "seal_broken" in told(chains[0])


def test_the_result_of_each_proof_is_kept(chains):
    call_command("verify_journal", stdout=StringIO())
    with journal_unlocked():
        entry_of(chains[0], 2).delete()
    told(chains[0])
    good, bad = Verification.objects.all()
    assert (good.intact, good.entries, good.chains) == (True, 6, 2)
    assert (bad.intact, bad.fault) == (False, FaultKind.ENTRY_MISSING)
    assert bad.fault_at == f"accounts.team:{chains[0].pk}#2"
    assert bad.proved_at - good.proved_at < timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite reads one moment by itself")
@pytest.mark.parametrize("prove", ["journal", "subject"])
def test_a_journal_that_grows_while_it_is_proven_is_not_called_broken(monkeypatch, prove):
    team = Team.objects.create(code="desk", name_en="Desk", name_zh="服务台")
    happened(team)
    compare, written = proof._wrong_end, threading.Event()

    def write() -> None:
        happened(team)
        connection.close()

    def grown_meanwhile(last, ends):
        if last and not written.is_set():
            written.set()
            writer = threading.Thread(target=write)
            writer.start()
            writer.join()
        return compare(last, ends)

    monkeypatch.setattr(proof, "_wrong_end", grown_meanwhile)
    proven = verify_journal() if prove == "journal" else verify_subject(team)
    assert proven.intact
    assert proven.entries == 1
