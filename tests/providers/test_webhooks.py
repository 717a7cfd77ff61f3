"""Telling partners: what goes out, to whom, in which order, and what happens when it fails."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.services import system_user
from complaints.services.notes import add_note
from journal.models import Entry
from journal.selectors import history_of
from journal.services import deliver_pending
from providers import events
from providers.errors import BadInput, Conflict, NotAllowed
from providers.models import Attempt, Delivery, Endpoint, Event
from providers.rules.telling import WAITS, hold_after, next_wait
from providers.services.endpoints import (
    add_endpoint,
    change_endpoint,
    disable_endpoint,
    read_secret,
    remove_endpoint,
    replay_event,
    replay_events,
    rotate_endpoint_secret,
    send_test_event,
)
from providers.services.feed import clear_feed, number_news
from providers.services.sending import send_webhooks
from providers.states import DeliveryState, DisabledBecause, Fault
from tests.accounts.factories import make_provider
from tests.complaints.factories import NOW, make_complaint, make_user
from tests.providers.listening import (
    answering,
    hand_over,
    make_client,
    make_endpoint,
    receiving,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _here(settings):
    settings.WEBHOOK_ALLOW_HTTP = settings.WEBHOOK_ALLOW_PRIVATE = True
    settings.WEBHOOK_PORTS = []


@pytest.fixture
def receiver():
    with receiving() as server:
        yield server


@pytest.fixture
def provider():
    return make_provider("acme")


@pytest.fixture
def client_of(provider):
    return make_client(provider)


@pytest.fixture
def endpoint(client_of, receiver):
    return make_endpoint(client_of, receiver.url)[0]


def tell(at: datetime | None = None) -> int:
    """Let the worker do its rounds at a moment."""
    moment = at or timezone.now()
    number_news(at=moment)
    return send_webhooks(clock=lambda: moment)


def secret_of(endpoint) -> str:
    return read_secret(endpoint_id=endpoint.pk, actor=system_user(), at=timezone.now())


def kinds(receiver) -> list[str]:
    return [one["type"] for one in receiver.said]


# --- what goes out -----------------------------------------------------------------------------


@pytest.mark.clause("CM-8.7")
def test_a_change_is_posted_signed_with_ids_codes_states_and_deadlines(
    client_of, receiver, provider
):
    _endpoint, secret = make_endpoint(client_of, receiver.url)
    complaint = hand_over(
        client_of, external_id="T-1", name="Li Ming", phone="13800001111", description="It leaks."
    )
    assert tell() == 1
    (posted,) = receiver.came
    assert posted.proves(secret)
    assert not posted.proves("whsec_" + "A" * 43 + "=")
    assert posted.headers["webhook-id"] == Event.objects.get().public_id
    said = posted.said
    assert said["type"] == "complaint.received"
    assert datetime.fromisoformat(said["timestamp"]) == NOW
    data = said["data"]
    assert (data["reference"], data["external_id"]) == (complaint.reference, "T-1")
    assert (data["status"], data["now"]["status"], data["sequence"]) == ("received", "received", 1)
    stages = [one["stage"] for one in data["now"]["deadlines"]]
    assert "acknowledge" in stages
    assert "respond" in stages
    text = posted.body.decode()
    assert "Li Ming" not in text
    assert "13800001111" not in text
    assert "leaks" not in text


def test_the_event_is_written_in_the_transaction_of_the_fact(client_of):
    complaint = hand_over(client_of)
    entry = history_of(complaint).get()
    event = Event.objects.get()
    assert event.public_id == f"evt_{entry.hash[:32]}"
    assert (event.complaint_id, event.provider_id) == (complaint.pk, complaint.provider_id)
    assert event.number is None


def test_personal_data_goes_along_only_where_the_contract_grants_it(endpoint, client_of, receiver):
    provider = client_of.provider
    hand_over(client_of, name="Li Ming", phone="13800001111", email="li@ming.example")
    provider.shown_fields, provider.webhooks_personal = ["name", "phone"], True
    provider.save()
    tell()
    assert receiver.said[-1]["data"]["complainant"] == {
        "name": "Li Ming",
        "phone": "13800001111",
    }
    provider.webhooks_personal = False
    provider.save()
    hand_over(client_of, name="Wang Fang", phone="13900001111")
    tell()
    assert "complainant" not in receiver.said[-1]["data"]
    provider.shown_fields, provider.webhooks_personal = [], True
    provider.save()
    hand_over(client_of, name="Zhao Lei", phone="13700001111")
    tell()
    assert "complainant" not in receiver.said[-1]["data"]


def test_nothing_personal_is_kept_with_an_event(client_of):
    provider = client_of.provider
    provider.shown_fields, provider.webhooks_personal = ["name", "phone"], True
    provider.save()
    hand_over(client_of, name="Li Ming", phone="13800001111")
    assert "Li Ming" not in str(Event.objects.values())


def test_only_the_events_that_were_asked_for(client_of, receiver):
    make_endpoint(client_of, receiver.url, "complaint.note_added")
    complaint = hand_over(client_of)
    add_note(complaint_id=complaint.pk, text="Called.", actor=system_user(), at=NOW)
    assert tell() == 1
    assert kinds(receiver) == ["complaint.note_added"]


# --- to whom -----------------------------------------------------------------------------------


def test_a_provider_hears_of_its_own_complaints_only(endpoint, client_of, receiver):
    other = make_client(make_provider("other"))
    hand_over(other)
    make_complaint()
    mine = hand_over(client_of)
    tell()
    assert [one["data"]["reference"] for one in receiver.said] == [mine.reference]


def test_the_organisation_hears_of_all(receiver, client_of):
    make_endpoint(make_client(), receiver.url)
    said = {hand_over(client_of).reference, make_complaint().reference}
    tell()
    assert {one["data"]["reference"] for one in receiver.said} == said


def test_what_is_confidential_goes_to_nobody_who_may_not_see_it(client_of, receiver):
    make_endpoint(make_client(client_of.provider), receiver.url)
    make_endpoint(make_client(), receiver.url)
    hand_over(client_of, confidential=True)
    assert tell() == 0
    assert receiver.came == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.WITHHELD}


def test_whose_right_ends_before_it_is_sent_is_not_told(endpoint, client_of, receiver):
    complaint = hand_over(client_of)
    number_news(at=timezone.now())
    type(complaint).objects.filter(pk=complaint.pk).update(
        confidential=True, recorded_by=system_user()
    )
    tell()
    assert receiver.came == []
    assert Delivery.objects.get().state == DeliveryState.WITHHELD


def test_nothing_goes_to_a_suspended_provider_until_it_works_again(endpoint, client_of, receiver):
    provider = client_of.provider
    hand_over(client_of)
    provider.active = False
    provider.save()
    assert tell() == 0
    assert receiver.came == []
    assert Delivery.objects.get().state == DeliveryState.WAITING
    provider.active = True
    provider.save()
    assert tell() == 1


def test_a_suspension_stops_a_worker_in_its_round(endpoint, client_of, monkeypatch):
    hand_over(client_of)
    hand_over(client_of)

    def suspended_meanwhile(*_posted) -> int:
        type(client_of.provider).objects.update(active=False)
        return 204

    monkeypatch.setattr("providers.services.sending.post", suspended_meanwhile)
    assert tell() == 1


def test_nothing_goes_to_software_whose_access_has_ended(endpoint, client_of, receiver):
    hand_over(client_of)
    client_of.ended_at = NOW
    client_of.save()
    assert tell() == 0
    assert receiver.came == []


def test_nothing_goes_to_an_endpoint_that_is_switched_off(endpoint, client_of, receiver):
    change_endpoint(endpoint_id=endpoint.pk, values={"active": False}, actor=system_user(), at=NOW)
    hand_over(client_of)
    assert tell() == 0
    assert not Delivery.objects.exists()


# --- in which order ----------------------------------------------------------------------------


def test_what_one_complaint_is_about_comes_in_order_even_when_it_fails_between(
    endpoint, client_of, receiver
):
    first, second = hand_over(client_of), hand_over(client_of)
    add_note(complaint_id=first.pk, text="Called.", actor=system_user(), at=NOW)

    def refuse_first(posted, handler):
        refused = posted.said["data"]["reference"] == first.reference
        answering(500 if refused else 204)(posted, handler)

    receiver.manner = refuse_first
    now = timezone.now()
    assert tell(now) == 1  # the second complaint does not wait for the first
    assert [one["type"] for one in receiver.said] == ["complaint.received"] * 2
    receiver.manner = None
    receiver.came.clear()
    assert tell(now + timedelta(seconds=4)) == 0
    assert tell(now + timedelta(seconds=6)) == 2
    assert kinds(receiver) == ["complaint.received", "complaint.note_added"]
    assert second.reference not in str(receiver.said)


def test_a_worker_that_dies_leaves_its_endpoint_to_the_next(endpoint, client_of, receiver):
    hand_over(client_of)
    now = timezone.now()
    number_news(at=now)
    Endpoint.objects.update(leased_until=now + timedelta(seconds=120))
    assert send_webhooks(clock=lambda: now) == 0  # somebody is at it
    assert send_webhooks(clock=lambda: now + timedelta(seconds=121)) == 1


# --- when it fails -----------------------------------------------------------------------------


def test_waits_grow_over_three_days():
    assert [next_wait(number) for number in range(1, 11)] == [*WAITS, None]
    assert timedelta(days=3) < sum(WAITS, timedelta()) < timedelta(days=3.5)
    assert list(WAITS) == sorted(WAITS)


def test_an_endpoint_that_is_down_is_left_alone_longer_and_longer():
    assert [hold_after(n, asked=None).seconds for n in (1, 2, 3, 4, 9)] == [5, 30, 120, 300, 300]
    assert hold_after(1, asked=60).seconds == 60
    assert hold_after(1, asked=10**6) == timedelta(hours=1)


def test_each_attempt_is_kept_with_what_came_back(endpoint, client_of, receiver):
    hand_over(client_of)
    receiver.manner = answering(500)
    now = timezone.now()
    tell(now)
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.last_status, delivery.last_fault) == (1, 500, Fault.STATUS)
    assert delivery.next_at == now + WAITS[0]
    receiver.manner = None
    tell(now + WAITS[0])
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_status) == (DeliveryState.DELIVERED, 204)
    assert [(one.status, one.fault) for one in delivery.tries.all()] == [(500, "status"), (204, "")]
    assert len({one.headers["webhook-id"] for one in receiver.came}) == 1


def test_while_it_does_not_answer_one_try_is_enough(client_of):
    with receiving() as gone:
        url = gone.url
    make_endpoint(client_of, url)
    for _ in range(5):
        hand_over(client_of)
    now = timezone.now()
    tell(now)
    assert Attempt.objects.count() == 1
    tell(now + timedelta(seconds=4))
    assert Attempt.objects.count() == 1
    tell(now + timedelta(seconds=6))
    assert Attempt.objects.count() == 2


def test_it_may_ask_for_patience(endpoint, client_of, receiver):
    hand_over(client_of)
    receiver.manner = answering(503, Retry_After="600")
    now = timezone.now()
    tell(now)
    receiver.manner = None
    assert tell(now + timedelta(seconds=500)) == 0
    assert tell(now + timedelta(seconds=601)) == 1


def test_when_it_is_back_everything_that_waited_for_that_goes_at_once(
    endpoint, client_of, receiver
):
    for _ in range(3):
        hand_over(client_of)
    receiver.manner = answering(503)
    now = timezone.now()
    for seconds in (0, 10, 60, 300):
        tell(now + timedelta(seconds=seconds))
    receiver.manner = None
    Delivery.objects.update(next_at=now + DAY)
    Delivery.objects.filter(pk=Delivery.objects.earliest("pk").pk).update(next_at=now)
    assert tell(now + timedelta(hours=1)) == 3
    endpoint.refresh_from_db()
    assert (endpoint.failing_since, endpoint.failures) == (None, 0)


def fail_for_three_days(receiver, status: int = 500) -> datetime:
    receiver.manner = answering(status)
    moment = timezone.now()
    tell(moment)
    for wait in WAITS:
        moment += wait
        tell(moment)
    return moment


def test_after_three_days_it_is_disabled_and_people_are_told(
    provider, client_of, receiver, settings
):
    people = [
        make_user("provider_staff", provider=provider, language="zh-hans"),
        make_user("administrator", language="en"),
    ]
    make_user("provider_staff", provider=make_provider("other"))
    make_user("agent")
    endpoint = make_endpoint(client_of, receiver.url)[0]
    hand_over(client_of)
    moment = fail_for_three_days(receiver)
    endpoint.refresh_from_db()
    assert not endpoint.active
    assert (endpoint.disabled_at, endpoint.disabled_because) == (moment, DisabledBecause.FAILING)
    assert Attempt.objects.count() == 10
    assert Delivery.objects.get().state == DeliveryState.FAILED
    deliver_pending(clock=lambda: moment)
    assert sorted(one.to[0] for one in mail.outbox) == sorted(one.email for one in people)
    by_person = {one.to[0]: one for one in mail.outbox}
    assert receiver.url in by_person[people[1].email].body
    assert "Webhook" in by_person[people[1].email].subject
    assert "停用" in by_person[people[0].email].subject
    hand_over(client_of)
    assert tell(moment + DAY) == 0


def test_one_event_it_cannot_take_does_not_disable_it(endpoint, client_of, receiver):
    bad = hand_over(client_of)
    moment = timezone.now()

    def choosy(posted, handler):
        refused = posted.said["data"]["reference"] == bad.reference
        answering(500 if refused else 204)(posted, handler)

    receiver.manner = choosy
    tell(moment)
    for wait in WAITS:
        moment += wait
        hand_over(client_of)
        tell(moment)
    endpoint.refresh_from_db()
    assert endpoint.active
    states = list(Delivery.objects.order_by("number").values_list("state", flat=True))
    assert states == [DeliveryState.FAILED] + [DeliveryState.DELIVERED] * 9


def test_gone_disables_at_once(endpoint, client_of, receiver):
    hand_over(client_of)
    receiver.manner = answering(410)
    tell()
    endpoint.refresh_from_db()
    assert (endpoint.active, endpoint.disabled_because) == (False, DisabledBecause.GONE)
    assert history_of(endpoint).last().kind == events.ENDPOINT_DISABLED


def test_disabled_by_itself_it_says_so_in_the_record(endpoint):
    disable_endpoint(endpoint=endpoint, because=DisabledBecause.FAILING, at=NOW)
    entry = history_of(endpoint).last()
    assert (entry.kind, entry.payload["because"]) == (events.ENDPOINT_DISABLED, "failing")
    assert entry.actor is None


# --- rotation ----------------------------------------------------------------------------------


def test_while_a_secret_is_rotated_both_sign(client_of, receiver):
    endpoint, former = make_endpoint(client_of, receiver.url)
    now = timezone.now()
    rotate_endpoint_secret(endpoint_id=endpoint.pk, overlap=DAY, actor=system_user(), at=now)
    secret = secret_of(endpoint)
    hand_over(client_of)
    tell(now)
    assert receiver.came[-1].proves(secret)
    assert receiver.came[-1].proves(former)
    assert len(receiver.came[-1].headers["webhook-signature"].split()) == 2
    Endpoint.objects.update(former_until=now)
    hand_over(client_of)
    tell(now)
    assert receiver.came[-1].proves(secret)
    assert not receiver.came[-1].proves(former)


def test_without_an_overlap_the_former_secret_ends_at_once(client_of, receiver):
    endpoint, former = make_endpoint(client_of, receiver.url)
    rotate_endpoint_secret(
        endpoint_id=endpoint.pk, overlap=timedelta(), actor=system_user(), at=timezone.now()
    )
    secret = secret_of(endpoint)
    endpoint.refresh_from_db()
    assert endpoint.former_secret == ""
    hand_over(client_of)
    tell()
    assert receiver.came[-1].proves(secret)
    assert not receiver.came[-1].proves(former)


@pytest.mark.parametrize("overlap", [timedelta(days=8), -DAY])
def test_an_overlap_beyond_measure_is_refused(endpoint, overlap):
    with pytest.raises(BadInput) as refused:
        rotate_endpoint_secret(
            endpoint_id=endpoint.pk, overlap=overlap, actor=system_user(), at=NOW
        )
    assert refused.value.field == "overlap"


def test_secrets_lie_encrypted_and_who_reads_one_is_recorded(client_of):
    endpoint, secret = make_endpoint(client_of)
    assert secret.startswith("whsec_")
    assert secret not in str(Endpoint.objects.values())
    assert secret not in "".join(Entry.objects.values_list("body", flat=True))
    assert endpoint.secret != make_endpoint(client_of)[0].secret
    admin = make_user("administrator")
    assert read_secret(endpoint_id=endpoint.pk, actor=admin, at=NOW) == secret
    entry = history_of(endpoint).last()
    assert (entry.kind, entry.actor) == (events.SECRET_READ, admin)


def test_a_secret_that_no_key_opens_is_refused(endpoint, settings):
    settings.SECRET_KEY = "another key without the former one"
    with pytest.raises(Conflict) as refused:
        secret_of(endpoint)
    assert refused.value.code == "unreadable"


def test_a_secret_nobody_can_read_any_more_is_a_failure_not_a_crash(
    endpoint, client_of, receiver, settings
):
    hand_over(client_of)
    settings.SECRET_KEY = "another key without the former one"
    assert tell() == 0
    assert Delivery.objects.get().last_fault == Fault.SEALED
    assert receiver.came == []


# --- again -------------------------------------------------------------------------------------


def test_one_event_is_sent_again_under_the_same_id(endpoint, client_of, receiver):
    hand_over(client_of)
    tell()
    event = Event.objects.get()
    again = replay_event(
        endpoint_id=endpoint.pk, event_id=event.public_id, actor=system_user(), at=timezone.now()
    )
    assert again == 1
    assert tell() == 1
    assert [one.headers["webhook-id"] for one in receiver.came] == [event.public_id] * 2
    assert Attempt.objects.count() == 2
    assert history_of(endpoint).last().kind == events.REPLAYED


def test_all_of_a_time_are_sent_again_in_order_those_never_told_too(client_of, receiver):
    since = timezone.now()
    told = hand_over(client_of)
    tell()
    endpoint, _secret = make_endpoint(client_of, receiver.url)  # after the first
    add_note(complaint_id=told.pk, text="Called.", actor=system_user(), at=NOW)
    tell()
    later = len(receiver.came)
    until = timezone.now()
    count = replay_events(
        endpoint_id=endpoint.pk, since=since, until=until, actor=system_user(), at=until
    )
    assert count == Event.objects.count()
    tell(until + timedelta(seconds=1))
    numbers = [one["data"]["sequence"] for one in receiver.said[later:]]
    assert numbers == list(range(1, count + 1))


def test_another_partners_event_is_not_replayed(endpoint, client_of):
    hand_over(make_client(make_provider("other")))
    number_news(at=NOW)
    with pytest.raises(Event.DoesNotExist):
        replay_event(
            endpoint_id=endpoint.pk,
            event_id=Event.objects.get().public_id,
            actor=system_user(),
            at=NOW,
        )


def test_a_time_must_begin_before_it_ends(endpoint):
    with pytest.raises(BadInput) as refused:
        replay_events(endpoint_id=endpoint.pk, since=NOW, until=NOW, actor=system_user(), at=NOW)
    assert refused.value.field == "since"


def test_too_much_at_once_is_refused(endpoint, client_of, monkeypatch):
    monkeypatch.setattr("providers.services.endpoints.MOST_AGAIN", 1)
    since = timezone.now()
    hand_over(client_of)
    hand_over(client_of)
    number_news(at=NOW)
    with pytest.raises(BadInput) as refused:
        replay_events(
            endpoint_id=endpoint.pk,
            since=since,
            until=timezone.now(),
            actor=system_user(),
            at=NOW,
        )
    assert refused.value.field == "since"


def test_a_test_event_is_about_nothing(endpoint, receiver):
    send_test_event(endpoint_id=endpoint.pk, actor=system_user(), at=timezone.now())
    assert tell() == 1
    assert receiver.said[0]["type"] == "webhook.test"
    assert receiver.said[0]["data"] == {}
    assert Event.objects.get().number is None  # it is no part of the feed


@pytest.mark.parametrize("what", ["test", "one", "time"])
def test_nothing_is_sent_again_to_what_is_switched_off(endpoint, what):
    change_endpoint(endpoint_id=endpoint.pk, values={"active": False}, actor=system_user(), at=NOW)
    given = {"endpoint_id": endpoint.pk, "actor": system_user(), "at": NOW}
    calls = {
        "test": lambda: send_test_event(**given),
        "one": lambda: replay_event(event_id="evt_1", **given),
        "time": lambda: replay_events(since=NOW, until=NOW + DAY, **given),
    }
    with pytest.raises(Conflict) as refused:
        calls[what]()
    assert refused.value.code == "disabled"


# --- keeping endpoints -------------------------------------------------------------------------


def test_software_keeps_its_own_endpoints_only(provider, client_of):
    mine, other = client_of.user, make_client(provider)
    with pytest.raises(NotAllowed):
        add_endpoint(client=other, url="https://a.example/", types=(), actor=mine, at=NOW)
    theirs, _secret = make_endpoint(other)
    with pytest.raises(Endpoint.DoesNotExist):
        remove_endpoint(endpoint_id=theirs.pk, actor=mine, at=NOW)
    own = add_endpoint(client=client_of, url="https://a.example/", types=(), actor=mine, at=NOW)
    assert list(Endpoint.objects.visible_to(mine)) == [own]


def test_people_keep_those_of_their_provider_and_administrators_all(provider, client_of):
    own = make_endpoint(client_of)[0]
    theirs = make_endpoint(make_client(make_provider("other")))[0]
    ours = make_endpoint(make_client())[0]
    staff, admin = make_user("provider_staff", provider=provider), make_user("administrator")
    agent = make_user("agent")
    assert list(Endpoint.objects.visible_to(staff)) == [own]
    assert list(Endpoint.objects.visible_to(admin)) == [own, theirs, ours]
    assert list(Endpoint.objects.visible_to(agent)) == []
    for client in (theirs.client, ours.client):
        with pytest.raises(NotAllowed):
            add_endpoint(client=client, url="https://a.example/", types=(), actor=staff, at=NOW)


def test_a_contract_that_does_not_grant_it_gives_no_webhooks():
    provider = make_provider("narrow", granted=["complaints.view"])
    client = make_client(provider)
    with pytest.raises(NotAllowed):
        add_endpoint(client=client, url="https://a.example/", types=(), actor=client.user, at=NOW)


def test_ten_endpoints_are_enough(client_of):
    for _ in range(10):
        make_endpoint(client_of)
    with pytest.raises(Conflict) as refused:
        make_endpoint(client_of)
    assert refused.value.code == "too_many"


def test_software_without_access_gets_no_endpoint(client_of):
    client_of.ended_at = NOW
    client_of.save()
    with pytest.raises(Conflict) as refused:
        make_endpoint(client_of)
    assert refused.value.code == "client_ended"


def test_an_event_that_does_not_exist_is_refused(client_of):
    with pytest.raises(BadInput) as refused:
        make_endpoint(client_of, "https://a.example/", "complaint.dance")
    assert refused.value.field == "event_types"


def test_a_change_is_recorded_and_the_second_of_two_is_refused(endpoint):
    change_endpoint(
        endpoint_id=endpoint.pk,
        values={"note": " Ours ", "event_types": ["complaint.closed"]},
        actor=system_user(),
        at=NOW,
        expected_version=1,
    )
    endpoint.refresh_from_db()
    assert (endpoint.note, endpoint.event_types, endpoint.version) == (
        "Ours",
        ["complaint.closed"],
        2,
    )
    assert history_of(endpoint).last().payload["fields"] == ["note", "event_types"]
    with pytest.raises(Conflict):
        change_endpoint(
            endpoint_id=endpoint.pk,
            values={"note": "Theirs"},
            actor=system_user(),
            at=NOW,
            expected_version=1,
        )


def test_nothing_changed_is_nothing_recorded(endpoint):
    change_endpoint(
        endpoint_id=endpoint.pk, values={"url": endpoint.url}, actor=system_user(), at=NOW
    )
    assert [entry.kind for entry in history_of(endpoint)] == [events.ENDPOINT_ADDED]


def test_switched_on_again_it_starts_afresh(endpoint, client_of, receiver):
    disable_endpoint(endpoint=endpoint, because=DisabledBecause.FAILING, at=NOW)
    change_endpoint(endpoint_id=endpoint.pk, values={"active": True}, actor=system_user(), at=NOW)
    endpoint.refresh_from_db()
    assert (endpoint.active, endpoint.disabled_because, endpoint.failing_since) == (True, "", None)
    hand_over(client_of)
    assert tell() == 1


def test_removed_it_takes_its_secrets_and_log_along(endpoint, client_of):
    hand_over(client_of)
    number_news(at=NOW)
    remove_endpoint(endpoint_id=endpoint.pk, actor=system_user(), at=NOW)
    assert not Endpoint.objects.exists()
    assert not Delivery.objects.exists()
    assert Entry.objects.latest("pk").kind == events.ENDPOINT_REMOVED


def test_old_news_is_forgotten_with_what_was_told_of_it(endpoint, client_of, settings):
    settings.WEBHOOK_KEEP_DAYS = 90
    hand_over(client_of)
    tell()
    assert clear_feed(at=timezone.now() + timedelta(days=89)) == 0
    assert clear_feed(at=timezone.now() + timedelta(days=91)) == 1
    assert not Attempt.objects.exists()


def test_what_has_no_number_yet_is_not_forgotten(client_of):
    hand_over(client_of)
    assert clear_feed(at=datetime(2100, 1, 1, tzinfo=UTC)) == 0
    assert Event.objects.count() == 1
