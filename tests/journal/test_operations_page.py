"""The operator sees what hangs and tries it again; the record is proven on demand."""

import pytest
from django.urls import reverse

from journal import selectors, views
from journal.models import Delivery, Verification
from journal.registry import subscriptions_to
from journal.rules import GIVE_UP_AFTER
from journal.services import deliver_pending, prove_journal, seal_days
from journal.tasks import verify_journal
from tests.accounts.factories import administrator, person
from tests.conftest import journal_unlocked
from tests.journal.conftest import HAPPENED, NINE, happened

HERE = "journal:operations"
RECORD = "journal:record"


@pytest.fixture
def operator(client, db):
    """Return the client of somebody who keeps the installation running."""
    client.force_login(administrator())
    return client


@pytest.fixture
def broken(team, subscribe, clock):
    """Return a delivery whose subscriber fails."""

    @subscribe(HAPPENED, name="test.broken")
    def fail(entry):
        raise ValueError("anna@example.org")

    happened(team)
    deliver_pending(clock=clock)
    return Delivery.objects.get()


def page_of(client, name=HERE, **query):
    return client.get(reverse(name), query).content.decode()


def test_nothing_hangs(operator):
    assert "Nothing hangs" in page_of(operator)


def test_what_hangs_is_listed_with_its_error_and_without_personal_data(operator, broken):
    page = page_of(operator)
    assert "test.broken" in page
    assert "ValueError at journal/test_operations_page.py" in page
    assert "anna" not in page


def test_what_was_given_up_is_marked(operator, broken):
    Delivery.objects.update(attempts=GIVE_UP_AFTER)
    assert "given up" in page_of(operator)


def test_a_retry_makes_it_due(operator, broken, clock, monkeypatch):
    monkeypatch.setattr("journal.views.timezone.now", clock)
    Delivery.objects.update(attempts=GIVE_UP_AFTER)
    answer = operator.post(reverse("journal:retry", args=[broken.pk]))
    assert answer.headers["Location"] == reverse(HERE)
    broken.refresh_from_db()
    assert (broken.attempts, broken.next_attempt_at) == (0, clock())


def test_what_has_arrived_cannot_be_retried(operator, broken, clock):
    Delivery.objects.update(delivered_at=clock())
    assert operator.post(reverse("journal:retry", args=[broken.pk])).status_code == 404


def test_the_list_goes_on(operator, team, subscribe, clock):
    @subscribe(HAPPENED, name="test.broken")
    def fail(entry):
        raise ValueError

    for _ in range(selectors.PAGE + 1):
        happened(team)
    deliver_pending(clock=clock)
    last = selectors.hanging_page().deliveries[-1].pk
    assert f"?after={last}" in page_of(operator)
    assert page_of(operator, after=last).count("<tr data-row") == 1
    assert page_of(operator, after="x").count("<tr data-row") == selectors.PAGE


@pytest.mark.clause("CM-7.5")
def test_the_last_proof_and_the_seals_are_shown(operator, team, clock):
    assert "has not been proven yet" in page_of(operator, RECORD)
    happened(team)
    clock.turn(days=2)
    seal_days(now=clock())
    answer = operator.post(reverse("journal:verify"))
    assert answer.headers["Location"] == reverse(RECORD)
    page = page_of(operator, RECORD)
    assert "The record is intact" in page
    assert selectors.last_seals()[0].seal[:20] in page


@pytest.mark.clause("CM-7.5")
def test_a_broken_record_is_told_and_where(operator, team):
    entry = happened(team)
    with journal_unlocked():
        type(entry).objects.filter(pk=entry.pk).update(kind="forged")
    operator.post(reverse("journal:verify"))
    page = page_of(operator, RECORD)
    assert "The record is broken" in page
    assert f"An entry was changed: accounts.team:{team.pk}#1" in page


def test_a_long_record_is_not_proven_while_one_waits(operator, team, monkeypatch):
    happened(team)
    monkeypatch.setattr(views, "QUICKLY_PROVEN", 0)
    assert "manage.py verify_journal" in page_of(operator, RECORD)
    assert operator.post(reverse("journal:verify")).status_code == 403
    assert not Verification.objects.exists()


def test_an_auditor_proves_the_record_but_sees_no_deliveries(client, db):
    otto = person("otto", "auditor")
    client.force_login(otto)
    assert client.get(reverse(HERE)).status_code == 403
    client.post(reverse("journal:verify"))
    assert f'href="{reverse(HERE)}"' not in page_of(client, RECORD)
    assert Verification.objects.get().actor == otto


def test_every_night_it_is_proven_by_nobody(team):
    happened(team)
    verify_journal()
    assert Verification.objects.get().actor is None


def test_a_proof_names_its_moment_and_result(team):
    happened(team)
    proof = prove_journal(actor=None, at=NINE)
    assert str(proof) == "2026-03-02 09:00 intact"
    assert (proof.entries, proof.chains) == (1, 1)


def test_rows_name_themselves(broken, clock):
    entry = broken.entry
    assert str(entry) == f"{HAPPENED} accounts.team:{entry.subject_id}#1"
    assert str(broken) == f"test.broken <- {entry.pk}"
    clock.turn(days=2)
    assert str(seal_days(now=clock())[0]).endswith("(1)")
    assert [listener.name for listener in subscriptions_to(HAPPENED)] == ["test.broken"]
