"""A call centre's own software at work with us over a bad network: both end with the same."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.services import system_user
from complaints.models import Complaint
from complaints.services.closure import withdraw_complaint
from complaints.services.notes import add_note
from journal.services import utc_now, verify_journal
from providers.models import Delivery, Event
from providers.services.clients import create_client
from providers.services.feed import number_news
from providers.services.sending import send_webhooks
from providers.states import DeliveryState, Scope
from tests.accounts.factories import make_provider
from tests.complaints.factories import make_complaint, make_policy
from tests.providers.live import in_turn, worker_at_work
from tests.providers.simulator import Api, CallCentre, Network, invented, listening

CASES, ONE_BY_ONE = 1000, 120


@pytest.fixture
def served(live_server, settings, monkeypatch):
    settings.API_CALLS_A_MINUTE = settings.API_TOKENS_A_MINUTE = 0
    settings.WEBHOOK_ALLOW_HTTP = settings.WEBHOOK_ALLOW_PRIVATE = True
    settings.WEBHOOK_PORTS = []
    quick = tuple(timedelta(seconds=0.1) for _ in range(9))
    monkeypatch.setattr("providers.rules.telling.WAITS", quick)
    monkeypatch.setattr("providers.rules.telling._HOLDS", (0.05, 0.1))
    return live_server.url


def _signed_in(served: str, network: Network, cases: int) -> CallCentre:
    make_policy()
    system_user()
    new = create_client(
        name="Call centre",
        provider=make_provider("callco"),
        scopes=Scope.values,
        actor=None,
        at=timezone.now(),
    )
    api = Api(served, new.client.client_id, new.secret, network)
    centre = CallCentre(api, invented(cases))
    centre.api.sign_in()
    return centre


@pytest.mark.django_db(transaction=True)
def test_the_same_posted_twice_by_eight_workers_is_there_once(served, monkeypatch):
    """All at once, under the same keys; 10,000 of them: `--twice` of the simulator."""
    in_turn(monkeypatch)
    centre = _signed_in(served, Network(calm=True), 400)
    assert centre.hand_over_twice(workers=8) == {201: 800}
    assert Complaint.objects.count() == 400
    assert Event.objects.filter(kind="complaint.received").count() == 400
    before = centre.holds()
    assert centre.reconcile() == []
    assert {case: held[0] for case, held in centre.holds().items()} == {
        case: held[0] for case, held in before.items()
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.clause("CM-8.7")
def test_a_thousand_cases_over_a_bad_network(served, monkeypatch):
    turn = in_turn(monkeypatch)
    network = Network()
    centre = _signed_in(served, network, CASES)
    with listening(centre, network) as url:
        endpoint = centre.subscribe(url)
        with worker_at_work(turn) as finish:
            centre.hand_over(one_by_one=ONE_BY_ONE, at_once=100, workers=4)
            centre.poll()
            with turn:
                _work_of_the_organisation()
            centre.poll()
            # Whose answer was lost with its batch is found by comparing, and given up by nobody.
            assert centre.reconcile() == []
            finish()
        network.calm = True
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and _unsettled():
            number_news(at=utc_now())
            send_webhooks()
            time.sleep(0.05)
        centre.poll()
        assert centre.reconcile() == []
        refused = centre.api.get(f"webhooks/{endpoint}/deliveries/?state=failed").json()
    assert refused["results"] == []
    assert set(network.faults) == {
        "request lost",
        "answer lost",
        "given up early",
        "sent twice at once",
    }
    _same_on_both_sides(centre)


def _work_of_the_organisation() -> None:
    """Do something with some complaints of theirs, and with one that is none of theirs."""
    for number, complaint in enumerate(Complaint.objects.order_by("pk")[:60]):
        add_note(complaint_id=complaint.pk, text="Seen.", actor=system_user(), at=utc_now())
        if number % 3 == 0:
            withdraw_complaint(
                complaint_id=complaint.pk, reason="Settled.", actor=system_user(), at=utc_now()
            )
    make_complaint(external_id="OURS-1", at=utc_now())


def _unsettled() -> bool:
    return (
        Event.objects.filter(number__isnull=True).exists()
        or Delivery.objects.filter(state=DeliveryState.WAITING).exists()
    )


def _same_on_both_sides(centre: CallCentre) -> None:
    rows = Complaint.objects.filter(provider__code="callco")
    ours = {row.external_id: (row.reference, str(row.state)) for row in rows}
    assert len(ours) == rows.count() == CASES
    assert centre.holds() == ours
    states = dict(ours.values())
    assert centre.store.statuses("polled") == states
    assert centre.store.statuses("posted") == states
    numbers = [row[0] for row in centre.store.run("SELECT number FROM polled ORDER BY number")]
    told = [row[0] for row in centre.store.run("SELECT number FROM posted ORDER BY number")]
    everything = Event.objects.filter(provider__code="callco", number__isnull=False)
    assert numbers == told == list(everything.order_by("number").values_list("number", flat=True))
    assert centre.repeated > 0  # the network did make us say things twice
    assert centre.refused_signatures == 0
    assert verify_journal().intact
