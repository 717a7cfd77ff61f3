"""webhooks/ of the API: what a client can do, and every refusal."""

from datetime import timedelta

import pytest
from django.utils import timezone

from providers.models import Delivery, Endpoint, IdempotentAnswer
from providers.services.feed import number_news
from tests.accounts.factories import make_provider
from tests.complaints.factories import NOW
from tests.providers.calling import Caller
from tests.providers.listening import hand_over, make_client, make_endpoint

pytestmark = pytest.mark.django_db
URL = "https://partner.example/hook"


@pytest.fixture
def client_of():
    return make_client(make_provider("acme"))


@pytest.fixture
def caller(client_of):
    return Caller(client_of)


def add(caller, **fields):
    return caller.post("webhooks/", {"url": URL, **fields})


def test_an_endpoint_from_beginning_to_end(caller):
    answer = add(caller, event_types=["complaint.closed"], note="Ours")
    assert answer.status_code == 201
    made = answer.json()
    assert answer["Location"].endswith(f"/api/v1/webhooks/{made['id']}/")
    assert answer["ETag"] == '"1"'
    assert (made["url"], made["active"], made["event_types"]) == (URL, True, ["complaint.closed"])
    assert "secret" not in made
    where = f"webhooks/{made['id']}/"
    assert caller.get(where).json() == made
    assert caller.get("webhooks/").json()["results"] == [made]
    secret = caller.get(f"{where}secret/").json()
    assert secret["secret"].startswith("whsec_")
    changed = caller.post(f"{where}change/", {"active": False, "event_types": []}, If_Match='"1"')
    assert (changed.status_code, changed["ETag"]) == (200, '"2"')
    assert changed.json()["disabled_because"] == "by_hand"
    assert changed.json()["event_types"] == []
    assert caller.post(f"{where}remove/").status_code == 204
    assert caller.get(where).status_code == 404


def test_the_secret_lies_in_no_answer_that_is_kept(caller):
    made = caller.post("webhooks/", {"url": URL}, Idempotency_Key="k1").json()
    where = f"webhooks/{made['id']}/"
    caller.post(f"{where}rotate/", {}, Idempotency_Key="k2")
    secret = caller.get(f"{where}secret/").json()["secret"]
    assert IdempotentAnswer.objects.count() == 2
    assert secret not in str(list(IdempotentAnswer.objects.values("body")))


def test_a_secret_is_rotated(caller):
    where = f"webhooks/{add(caller).json()['id']}/"
    before = caller.get(f"{where}secret/").json()["secret"]
    rotated = caller.post(f"{where}rotate/", {"overlap_hours": 2})
    assert rotated.status_code == 200
    after = caller.get(f"{where}secret/").json()
    assert after["secret"] != before
    assert after["former_secret_until"] == rotated.json()["former_secret_until"]
    assert caller.post(f"{where}rotate/", {"overlap_hours": 169}).status_code == 422


def test_the_loser_of_two_gets_412(caller):
    where = f"webhooks/{add(caller).json()['id']}/"
    assert caller.post(f"{where}change/", {"note": "a"}, If_Match='"1"').status_code == 200
    for act in ("change", "rotate", "remove"):
        assert caller.post(f"{where}{act}/", {}, If_Match='"1"').status_code == 412


def test_the_log_tells_every_attempt(caller, client_of):
    endpoint, _secret = make_endpoint(client_of)
    for _ in range(3):
        hand_over(client_of)
    number_news(at=NOW)
    delivery = Delivery.objects.earliest("pk")
    delivery.tries.create(at=NOW, status=500, fault="status", milliseconds=7)
    Delivery.objects.filter(pk=delivery.pk).update(state="failed", settled_at=NOW)
    where = f"webhooks/{endpoint.public_id}/deliveries/"
    page = caller.get(where, page_size=2).json()
    assert len(page["results"]) == 2
    rest = caller.get(page["next"]).json()
    assert rest["next"] is None
    (failed,) = caller.get(where, state="failed").json()["results"]
    assert failed["sequence"] == 1
    assert failed["next_attempt_at"] is None
    assert [(one["status"], one["fault"]) for one in failed["attempts"]] == [(500, "status")]
    assert caller.get(where, state="lost").status_code == 422
    assert caller.get(where, cursor="YjoxMA").status_code == 422


def test_try_and_send_again(caller, client_of):
    endpoint, _secret = make_endpoint(client_of)
    where = f"webhooks/{endpoint.public_id}/"
    since = timezone.now() - timedelta(minutes=1)
    hand_over(client_of)
    number_news(at=NOW)
    tried = caller.post(f"{where}test/")
    assert tried.status_code == 202
    event = Delivery.objects.earliest("pk").event
    again = caller.post(f"{where}replay/", {"event_id": event.public_id})
    assert (again.status_code, again.json()) == (202, {"events": 1})
    until = timezone.now() + timedelta(minutes=1)
    time = {"since": since.isoformat(), "until": until.isoformat()}
    assert caller.post(f"{where}replay/", time).json() == {"events": 1}
    assert caller.post(f"{where}replay/", {"event_id": "evt_no"}).status_code == 404
    for unclear in ({}, {"since": since.isoformat()}, {"event_id": "evt_1", **time}):
        assert caller.post(f"{where}replay/", unclear).status_code == 422
    turned = {"since": time["until"], "until": time["since"]}
    assert caller.post(f"{where}replay/", turned).status_code == 422
    caller.post(f"{where}change/", {"active": False})
    assert caller.post(f"{where}test/").status_code == 409
    assert caller.post(f"{where}replay/", time).status_code == 409


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/url"),
        ({"url": ""}, "/url"),
        ({"url": "https://127.0.0.1/"}, "/url"),
        ({"url": "http://partner.example/"}, "/url"),
        ({"url": URL, "event_types": ["complaint.dance"]}, "/event_types"),
        ({"url": URL, "event_types": "complaint.closed"}, "/event_types"),
        ({"url": URL, "secret": "mine"}, "/secret"),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused_by_its_field(caller, body, pointer):
    answer = caller.post("webhooks/", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not Endpoint.objects.exists()


def test_ten_are_enough(caller):
    for _ in range(10):
        assert add(caller).status_code == 201
    assert add(caller).status_code == 409


def test_others_endpoints_do_not_exist(caller, client_of):
    colleague = make_endpoint(make_client(client_of.provider))[0]
    other = make_endpoint(make_client(make_provider("other")))[0]
    organisations = make_endpoint(make_client())[0]
    for endpoint in (colleague, other, organisations):
        where = f"webhooks/{endpoint.public_id}/"
        for act in ("", "secret/", "deliveries/"):
            assert caller.get(where + act).status_code == 404
        for act in ("change", "remove", "rotate", "test"):
            assert caller.post(f"{where}{act}/").status_code == 404
        assert caller.post(f"{where}replay/", {"event_id": "evt_1"}).status_code == 404
    assert caller.get("webhooks/").json()["results"] == []


def test_without_the_scope_everything_is_forbidden(client_of):
    caller = Caller(client_of, "complaints:read")
    where = f"webhooks/{make_endpoint(client_of)[0].public_id}/"
    for path in ("webhooks/", "webhooks/event-types/", where, f"{where}secret/"):
        assert caller.get(path).status_code == 403
    assert add(caller).status_code == 403


def test_a_contract_that_does_not_grant_it_is_refused():
    caller = Caller(make_client(make_provider("narrow", granted=["complaints.view"])))
    assert add(caller).status_code == 403
    assert caller.get("webhooks/").json()["results"] == []


def test_the_events_that_there_are_can_be_read(caller):
    assert "complaint.closed" in caller.get("webhooks/event-types/").json()["results"]
