"""Calls climb until somebody takes the emergency, whatever fails on the way (CM-8.2b)."""

import http.server
import json
import threading
from datetime import timedelta

import pytest
from django.core import mail

from accounts.services.absence import set_absence
from accounts.services.people import deactivate_user
from complaints.models import Notice
from complaints.services.closure import merge_complaint, unmerge_complaint
from complaints.services.emergencies import downgrade_emergency, take_emergency
from complaints.states import Priority
from emergencies import events
from emergencies.models import Address, Attempt, Emergency, Page
from emergencies.selectors.rota import gaps_ahead, on_call
from emergencies.services.addresses import add_address
from emergencies.services.calling import (
    call_again,
    note_end,
    note_taken,
    open_emergency,
    resume_emergency,
    sweep_calls,
)
from emergencies.services.paging import BeingSentError, send_page, send_waiting_pages
from emergencies.states import Ending, PageState, TryResult
from emergencies.transports import NotSentError, unseal
from journal.selectors import history_of
from tests.complaints.desk import make_version
from tests.complaints.factories import NOW, make_complaint, make_site, make_user
from tests.emergencies.rota import DAY, MINUTES, Rota, declare

pytestmark = pytest.mark.django_db


class Gateway:
    """A messaging service on this machine, which accepts or refuses, and keeps what it heard."""

    def __init__(self) -> None:
        self.heard: list[dict] = []
        self.status = 200
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                gateway.heard.append(json.loads(body))
                self.send_response(gateway.status)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Keep quiet."""

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"json://user:topsecret@127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def gateway(settings):
    settings.PAGING_GENERIC_SCHEMES = ["json"]
    gateway = Gateway()
    yield gateway
    gateway.server.shutdown()
    gateway.server.server_close()


def mails_to(person) -> list[str]:
    return [str(letter.subject) for letter in mail.outbox if person.email in letter.to]


def paged(person):
    return Page.objects.filter(person=person, emergency__isnull=False)


@pytest.mark.clause("CM-8.2b")
def test_with_two_silent_and_one_channel_failing_the_third_is_reached_on_time(
    desk, rota: Rota, clock, gateway, monkeypatch
):
    first, second, third = rota.people
    admin = make_user("administrator")
    for person in (first, third):
        add_address(person=person, text=gateway.url, actor=admin, at=NOW - DAY)
    gateway.status = 500  # the messaging service is down; e-mail goes on
    row = declare(desk.case(), desk.agent)
    clock.deliver()
    assert {page.person for page in row.pages.all()} == {first}
    clock.go_to(NOW + 14 * MINUTES)
    assert not paged(second).exists()
    clock.go_to(NOW + 15 * MINUTES)
    assert set(row.pages.filter(round=2).values_list("person", flat=True)) == {first.pk, second.pk}
    clock.go_to(NOW + 30 * MINUTES + timedelta(seconds=15))
    reached = paged(third).get(address__isnull=True)
    assert (reached.state, reached.settled_at) == (PageState.SENT, NOW + 30 * MINUTES)
    refused = paged(third).get(address__isnull=False)
    assert refused.attempts.filter(result=TryResult.FAILED, code="not_accepted").exists()
    assert any(row.complaint.reference in subject for subject in mails_to(third))


@pytest.mark.clause("CM-8.2b")
def test_every_attempt_is_on_record_with_who_how_when_and_how_it_ended(desk, rota, clock, gateway):
    admin = make_user("administrator")
    add_address(person=rota.people[0], text=gateway.url, actor=admin, at=NOW - DAY)
    gateway.status = 500
    row = declare(desk.case(), desk.agent)
    clock.go_to(NOW + 5 * MINUTES)
    by_mail, by_service = row.pages.order_by("pk")
    assert [(a.result, a.at) for a in by_mail.attempts.all()] == [("sent", NOW)]
    assert [a.code for a in by_service.attempts.all()] == ["not_accepted"] * 3
    assert (by_mail.state, by_service.state) == (PageState.SENT, PageState.FAILED)
    kinds = [entry.kind for entry in history_of(row.complaint)]
    assert kinds.count(events.PAGE_QUEUED) == kinds.count(events.PAGE_SETTLED) == 2
    assert kinds.count(events.CALLED) == 1


@pytest.mark.clause("CM-8.2b")
def test_no_key_is_ever_written_where_it_can_be_read(desk, rota, clock, gateway, caplog):
    admin = make_user("administrator")
    address = add_address(person=rota.people[0], text=gateway.url, actor=admin, at=NOW - DAY)
    row = declare(desk.case(), desk.agent)
    clock.go_to(NOW + 2 * MINUTES)
    assert len(gateway.heard) == 1
    assert "topsecret" not in address.secret + address.tail
    assert unseal(address.secret) == gateway.url
    told = "".join(entry.body for entry in history_of(row.complaint))
    told += "".join(entry.body for entry in history_of(address)) + caplog.text
    told += "".join(Attempt.objects.values_list("code", flat=True))
    assert "topsecret" not in told


@pytest.mark.clause("CM-8.2b")
def test_a_call_names_the_reference_and_the_page_and_nobody_else(desk, rota, clock, gateway):
    admin = make_user("administrator")
    add_address(person=rota.people[0], text=gateway.url, actor=admin, at=NOW - DAY)
    row = declare(desk.case(name="Fang Wang", phone="13800001234"), desk.agent)
    heard = json.dumps(gateway.heard[0])
    assert f"/emergencies/{row.complaint.reference}/answer/" in heard
    assert "Fang Wang" not in heard
    assert "It smokes" not in heard


def test_people_are_called_in_their_own_language(desk, rota, clock):
    rota.people[0].language = "zh-hans"
    rota.people[0].save()
    row = declare(desk.case(), desk.agent)
    assert f"紧急投诉 {row.complaint.reference}：人身安全" in mails_to(rota.people[0])


@pytest.mark.clause("CM-8.2b")
def test_whoever_takes_it_ends_the_calls(desk, rota, clock):
    row = declare(desk.case(), desk.agent)
    clock.go_to(NOW + 10 * MINUTES)
    take_emergency(complaint_id=row.complaint_id, actor=rota.people[0], at=clock.now)
    clock.go_to(NOW + 60 * MINUTES, step=MINUTES)
    row.refresh_from_db()
    assert (row.taken_by, row.taken_at) == (rota.people[0], NOW + 10 * MINUTES)
    assert row.next_call_at is None
    assert set(row.pages.values_list("round", flat=True)) == {1}


def test_a_call_that_waits_while_somebody_takes_it_does_not_go_out(desk, rota, clock):
    complaint = desk.case()
    row = declare(complaint, desk.agent)
    page = Page.objects.create(emergency=row, round=2, person=rota.people[1], queued_at=NOW)
    take_emergency(complaint_id=complaint.pk, actor=rota.people[0], at=NOW)
    send_page(page_id=page.pk, at=NOW)
    page.refresh_from_db()
    assert page.state == PageState.NEEDLESS
    assert not page.attempts.exists()


@pytest.mark.clause("CM-8.2b")
def test_the_deputy_is_called_while_the_person_is_away(desk, clock):
    rota = Rota(levels=1)
    deputy = make_user("handler")
    rota.shifts[0].deputy = deputy
    rota.shifts[0].save()
    set_absence(
        person=rota.people[0],
        deputy=None,
        starts_at=NOW - MINUTES,
        ends_at=NOW + DAY,
        actor=rota.people[0],
        at=NOW - MINUTES,
    )
    row = declare(desk.case(), desk.agent)
    page = row.pages.get()
    assert (page.person, page.stands_in_for) == (deputy, rota.people[0])
    assert f"in place of {rota.people[0]}" in mail.outbox[-1].body


def test_whom_the_complaint_is_about_is_never_called(desk, clock):
    rota = Rota(levels=2)
    complaint = desk.case(subject_person=rota.people[0])
    row = declare(complaint, desk.manager)
    assert set(row.pages.values_list("person", flat=True)) == {rota.people[1].pk}


def test_who_may_not_see_a_complaint_is_passed_over_for_the_next_level(desk, clock):
    rota = Rota(levels=2)
    elsewhere = make_user("handler", site=make_site())
    shift = rota.shifts[0]
    shift.person = elsewhere
    shift.save()
    row = declare(desk.case(site=make_site()), desk.agent)
    assert set(row.pages.values_list("person", flat=True)) == {rota.people[1].pk}


@pytest.mark.clause("CM-8.2b")
def test_without_a_rota_the_escalation_ladder_is_called_by_mail(desk, clock):
    desk.manager  # noqa: B018 - is there when it is called
    quality = make_user("quality_manager")
    row = declare(desk.case(), desk.agent)
    assert {page.person for page in row.pages.all()} >= {desk.manager, quality}
    assert not row.pages.filter(address__isnull=False).exists()
    clock.go_to(NOW + 16 * MINUTES, step=MINUTES)
    assert row.pages.filter(person=quality).count() == 2


def test_where_there_is_nobody_at_all_that_is_written_down_once(clock):
    complaint = make_complaint(emergency_trigger="media_attention", emergency_facts="TV is here.")
    clock.deliver()
    clock.go_to(NOW + 40 * MINUTES, step=MINUTES)
    assert history_of(complaint).filter(kind=events.NOBODY_TO_CALL).count() == 1
    assert not Page.objects.exists()


@pytest.mark.clause("CM-8.2b")
def test_after_an_outage_the_ladder_stands_as_high_as_it_should(desk, rota, clock):
    row = declare(desk.case(), desk.agent)
    clock.now = NOW + 47 * MINUTES  # nobody swept for three rounds
    sweep_calls(now=clock.now)
    assert set(row.pages.filter(round=2).values_list("person", flat=True)) == {
        person.pk for person in rota.people
    }
    row.refresh_from_db()
    assert row.next_call_at == NOW + 60 * MINUTES
    assert sweep_calls(now=clock.now) == 0  # as after a crash


def test_repeated_calls_are_shown_on_the_pages_of_the_called(desk, rota, clock):
    declare(desk.case(), desk.agent)
    before = Notice.objects.filter(user=rota.people[0], kind="emergency").count()
    clock.go_to(NOW + 15 * MINUTES, step=MINUTES)
    assert Notice.objects.filter(user=rota.people[0], kind="emergency").count() == before + 1


@pytest.mark.parametrize("how", ["downgraded", "withdrawn"])
def test_nobody_is_called_for_what_is_over(desk, rota, clock, how):
    complaint = desk.case()
    row = declare(complaint, desk.agent)
    if how == "downgraded":
        downgrade_emergency(
            complaint_id=complaint.pk,
            reason="Steam.",
            priority=Priority.P2,
            actor=desk.manager,
            at=NOW,
        )
    else:
        desk._end_otherwise(complaint, "withdrawn", NOW)
    clock.go_to(NOW + 40 * MINUTES, step=MINUTES)
    row.refresh_from_db()
    assert row.ended_how == ("downgraded" if how == "downgraded" else "closed")
    assert set(row.pages.values_list("round", flat=True)) == {1}


def test_a_sweep_that_finds_nothing_due_asks_the_database_once(
    desk, rota, clock, django_assert_num_queries
):
    declare(desk.case(), desk.agent)
    with django_assert_num_queries(1):
        sweep_calls(now=NOW + MINUTES)


@pytest.mark.clause("CM-8.2b")
def test_the_policy_says_how_often(desk, rota, clock):
    make_version({"fast_channel": {"call_every_minutes": 5}}, effective_from=NOW - 2 * DAY)
    row = declare(desk.case(), desk.agent)
    clock.go_to(NOW + 10 * MINUTES, step=MINUTES)
    assert {page.person for page in row.pages.all()} == set(rota.people)


# --- crashes and slow post -----------------------------------------------------------------------


def test_a_call_that_was_interrupted_is_made_again_and_the_interruption_is_on_record(
    desk, rota, clock
):
    row = declare(desk.case(), desk.agent)
    page = Page.objects.create(
        emergency=row,
        round=9,
        person=rota.people[0],
        queued_at=NOW,
        state=PageState.SENDING,
        sending_at=NOW,
    )
    with pytest.raises(BeingSentError):
        send_page(page_id=page.pk, at=NOW + timedelta(seconds=10))
    send_page(page_id=page.pk, at=NOW + timedelta(seconds=61))
    results = [attempt.result for attempt in page.attempts.all()]
    assert results == [TryResult.UNKNOWN, TryResult.SENT]


def test_a_call_does_not_wait_behind_a_heap_of_other_post(desk, rota):
    complaint = desk.case()
    row = Emergency.objects.create(complaint=complaint, trigger="personal_safety", declared_at=NOW)
    complaint.emergency_declared_at = NOW
    complaint.emergency, complaint.emergency_trigger = True, "personal_safety"
    complaint.save(update_fields=["emergency_declared_at", "emergency", "emergency_trigger"])
    page = Page.objects.create(emergency=row, person=rota.people[0], queued_at=NOW)
    assert send_waiting_pages(now=NOW + timedelta(seconds=20)) == 0
    assert send_waiting_pages(now=NOW + timedelta(seconds=31)) == 1
    page.refresh_from_db()
    assert page.state == PageState.SENT


def test_an_address_that_became_forbidden_is_not_called(desk, rota, clock, gateway, settings):
    admin = make_user("administrator")
    address = add_address(person=rota.people[0], text=gateway.url, actor=admin, at=NOW - DAY)
    settings.PAGING_GENERIC_SCHEMES = []
    row = declare(desk.case(), desk.agent)
    assert row.pages.get(address=address).attempts.first().code == "scheme_not_allowed"
    assert gateway.heard == []


def test_a_wrong_key_is_told_as_a_code(rota):
    with pytest.raises(NotSentError, match="unreadable_address"):
        unseal("nonsense")
    assert not Address.objects.exists()


# --- doors of the outbox -------------------------------------------------------------------------


def test_open_emergency_is_done_once_and_not_for_what_never_was_one(desk, rota, clock):
    complaint = desk.case()
    open_emergency(complaint_id=complaint.pk, declared_by=None, at=NOW)
    assert not Emergency.objects.exists()
    row = declare(complaint, desk.agent)
    open_emergency(complaint_id=complaint.pk, declared_by=desk.agent.pk, at=NOW)
    assert Emergency.objects.count() == 1
    assert row.declared_by == desk.agent
    assert row.calls == 1


def test_note_taken_and_note_end_pass_over_what_they_do_not_know(desk):
    complaint = desk.case()
    note_taken(complaint_id=complaint.pk, actor_id=desk.agent.pk, at=NOW)
    note_end(complaint_id=complaint.pk, how=Ending.AT_ITS_END, at=NOW)
    assert not Emergency.objects.exists()


@pytest.mark.clause("CM-8.2b")
def test_resume_emergency_calls_again_when_a_merge_is_undone(desk, rota, clock):
    complaint = desk.case()
    row = declare(complaint, desk.agent)
    into = make_complaint(
        actor=desk.agent, complainant=complaint.complainant, category=complaint.category
    )
    merge_complaint(complaint_id=complaint.pk, into_id=into.pk, actor=desk.manager, at=NOW)
    clock.go_to(NOW + 20 * MINUTES, step=MINUTES)
    assert set(row.pages.values_list("round", flat=True)) == {1}
    unmerge_complaint(complaint_id=complaint.pk, actor=desk.manager, at=clock.now)
    clock.deliver()
    clock.go_to(NOW + 22 * MINUTES, step=MINUTES)
    row.refresh_from_db()
    assert row.ended_at is None
    assert paged(rota.people[1]).exists()
    resume_emergency(complaint_id=into.pk, at=clock.now)  # never was one


def test_declared_again_is_another_emergency(desk, rota, clock):
    complaint = desk.case()
    first = declare(complaint, desk.agent)
    downgrade_emergency(
        complaint_id=complaint.pk, reason="Steam.", priority=Priority.P2, actor=desk.manager, at=NOW
    )
    clock.deliver()
    clock.now = NOW + DAY
    second = declare(complaint, desk.agent, at=clock.now)
    first.refresh_from_db()
    assert first.ended_at == NOW
    assert second.ended_at is None
    assert second.pages.exists()


@pytest.mark.clause("CM-8.2b")
def test_an_emergency_of_somebody_who_leaves_is_called_for_again(rota, clock):
    complaint = make_complaint()
    row = declare(complaint, make_user("agent"))
    leaver, manager = rota.people[0], rota.people[1]
    taken_at = NOW + MINUTES
    take_emergency(complaint_id=complaint.pk, actor=leaver, at=taken_at)
    clock.go_to(NOW + 20 * MINUTES, step=10 * MINUTES)
    row.refresh_from_db()
    assert (row.taken_by, row.next_call_at) == (leaver, None)
    before = row.calls
    deactivate_user(user=leaver, actor=make_user("administrator"), at=clock.now)
    clock.go_to(NOW + 21 * MINUTES)
    row.refresh_from_db()
    complaint.refresh_from_db()
    assert row.waits
    assert complaint.emergency_taken_at is None
    assert row.calls > before
    called = set(row.pages.filter(round=row.calls).values_list("person", flat=True))
    assert called == {manager.pk, rota.people[2].pk}
    take_emergency(complaint_id=complaint.pk, actor=manager, at=clock.now)
    clock.deliver()
    row.refresh_from_db()
    assert (row.taken_by, row.next_call_at) == (manager, None)
    assert row.taken_at == taken_at  # how long it took is measured by the first time


def test_nobody_is_called_again_for_what_is_over_or_taken(rota):
    complaint = make_complaint()
    row = declare(complaint, make_user("agent"))
    take_emergency(complaint_id=complaint.pk, actor=rota.people[0], at=NOW)
    note_taken(complaint_id=complaint.pk, actor_id=rota.people[0].pk, at=NOW)
    call_again(complaint_id=complaint.pk, at=NOW + MINUTES)
    note_end(complaint_id=complaint.pk, how=Ending.AT_ITS_END, at=NOW + MINUTES)
    call_again(complaint_id=complaint.pk, at=NOW + 2 * MINUTES)
    row.refresh_from_db()
    assert (row.calls, row.next_call_at) == (1, None)


def test_the_shifts_of_somebody_who_has_left_are_gaps(rota):
    assert gaps_ahead(NOW, ahead=5 * DAY) == []
    deactivate_user(user=rota.people[0], actor=make_user("administrator"), at=NOW)
    gaps = gaps_ahead(NOW, ahead=5 * DAY)
    assert [gap.duty for gap in gaps] == [rota.duties[0]]
    assert rota.people[0] not in [called.person for called in on_call(NOW)]
