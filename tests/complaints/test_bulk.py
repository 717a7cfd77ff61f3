"""Many complaints at once: the same verbs and guards for each, nothing twice, nothing left out."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from complaints import events
from complaints.models import BulkItem, BulkRun, Complaint, Message, Notice
from complaints.services import bulk, closure
from complaints.services.bulk import (
    MOST,
    MOST_ESCALATED,
    Wish,
    continue_bulk,
    continue_oldest_bulk,
    start_bulk,
)
from complaints.states import State
from complaints.tasks import run_bulk
from journal.errors import Refusal
from journal.models import Entry
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_complaint, make_site, make_team, make_user
from tests.complaints.rows import put, put_many, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def run(wish: Wish, complaints, actor: User) -> BulkRun:
    """Make a move on complaints, to the end."""
    started = start_bulk(
        wish=wish,
        complaint_ids=[complaint.pk for complaint in complaints],
        language="en",
        actor=actor,
        at=NOW,
    )
    continue_bulk(run_id=started.pk, limit=1_000, now=NOW + timedelta(minutes=1))
    started.refresh_from_db()
    return started


def outcomes(started: BulkRun) -> list[str]:
    return list(started.items.order_by("pk").values_list("outcome", flat=True))


def reason_for(started: BulkRun, complaint: Complaint) -> str:
    return started.items.get(complaint=complaint).reason


# --- each move ----------------------------------------------------------------------------------


def test_assigning_many_gives_each_its_owner_and_its_entry_in_the_record(desk):
    complaints = [desk.case() for _ in range(3)]
    started = run(Wish("assign", owner_id=desk.handler.pk), complaints, desk.manager)
    assert outcomes(started) == ["done"] * 3
    assert started.finished_at is not None
    assert set(Complaint.objects.values_list("owner", flat=True)) == {desk.handler.pk}
    assert Entry.objects.filter(kind=events.ASSIGNED, actor=desk.manager).count() == 3


def test_the_new_owner_of_many_is_told_of_each_by_one_mail(desk):
    complaints = [desk.case() for _ in range(4)]
    run(Wish("assign", owner_id=desk.handler.pk), complaints, desk.manager)
    assert Notice.objects.filter(user=desk.handler, kind="assigned").count() == 4
    assert Message.objects.filter(to_user=desk.handler).count() == 1


def test_a_team_can_be_given_what_nobody_owns_yet(desk):
    team, complaint = make_team(), desk.case()
    run(Wish("assign", team_id=team.pk), [complaint], desk.manager)
    complaint.refresh_from_db()
    assert (complaint.team, complaint.owner) == (team, None)


def test_whoever_may_only_take_for_themselves_gets_no_others_by_the_dozen(desk):
    free, owned = desk.case(), desk.case(state=State.ASSESSED)
    agent = make_user("agent")
    started = run(Wish("assign", owner_id=agent.pk), [free, owned], agent)
    assert outcomes(started) == ["done", "refused"]
    assert "manager" in reason_for(started, owned)


def test_acknowledging_many_writes_each_their_own_letter(desk):
    by_mail = [desk.case(email=f"{name}@x.example", name=name.title()) for name in ("li", "bo")]
    by_phone = desk.case()
    already = desk.case(state=State.ACKNOWLEDGED)
    started = run(Wish("acknowledge"), [*by_mail, by_phone, already], desk.agent)
    assert outcomes(started) == ["done", "done", "refused", "refused"]
    assert "e-mail address" in reason_for(started, by_phone)
    letters = Message.objects.filter(occasion="acknowledgement", channel="email")
    assert {letter.to_address for letter in letters} == {"li@x.example", "bo@x.example"}
    for complaint in by_mail:
        letter = letters.get(complaint=complaint)
        assert complaint.reference in letter.body + letter.subject
    by_phone.refresh_from_db()
    assert by_phone.state == State.RECEIVED


def test_escalating_many_tells_of_each(desk):
    complaints = [desk.case() for _ in range(2)]
    started = run(Wish("escalate", reason="Too many"), complaints, desk.agent)
    assert outcomes(started) == ["done", "done"]
    assert set(Complaint.objects.values_list("escalation_level", flat=True)) == {1}


def test_silence_counts_only_for_those_who_were_reminded_and_waited_for(desk):
    answered = desk.case(state=State.RESPONDED)
    started = run(Wish("no_reply"), [answered], desk.agent)
    assert outcomes(started) == ["refused"]
    assert "days" in reason_for(started, answered)


@pytest.mark.clause("CM-8.6d")
def test_closing_many_closes_those_that_may_and_says_of_the_others_why(desk):
    ready = desk.case(state=State.RESPONDED)
    desk.answer(ready, "accepted", NOW)
    refused = desk.case(state=State.RESPONDED)
    desk.answer(refused, "refused", NOW)
    fresh = desk.case()
    started = run(Wish("close", lessons="Look at seals"), [ready, refused, fresh], desk.manager)
    assert outcomes(started) == ["done", "refused", "refused"]
    ready.refresh_from_db()
    assert (ready.state, ready.lessons) == (State.CLOSED, "Look at seals")
    assert "other remedies" in reason_for(started, refused)
    refused.refresh_from_db()
    assert refused.state == State.RESPONDED


def test_withdrawing_many(desk):
    complaints = [desk.case() for _ in range(2)]
    run(Wish("withdraw", reason="All came through one shop"), complaints, desk.agent)
    assert set(Complaint.objects.values_list("state", flat=True)) == {State.WITHDRAWN}


# --- what is refused before it begins -----------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish("abolish"), "action"),
        (Wish(""), "action"),
        (Wish("assign"), "owner"),
        (Wish("escalate", reason=" "), "reason"),
        (Wish("withdraw"), "reason"),
    ],
)
def test_a_move_that_lacks_something_does_not_begin(desk, wish, field):
    with pytest.raises(Refusal) as refused:
        run(wish, [desk.case()], desk.manager)
    assert refused.value.field == field
    assert not BulkRun.objects.exists()


def test_a_role_that_may_not_do_it_once_may_not_do_it_often(desk):
    with pytest.raises(Refusal) as refused:
        run(Wish("close"), [desk.case()], desk.agent)
    assert refused.value.status == 403
    with pytest.raises(Refusal):
        run(Wish("assign", owner_id=1), [desk.case()], make_user("auditor"))


def test_what_one_may_not_see_is_left_out(desk):
    elsewhere = put(row(site=make_site()))[0]
    agent = make_user("agent", site=make_site())
    here = put(row(site=agent.memberships.get().site))[0]
    started = run(Wish("withdraw", reason="Both"), [elsewhere, here], agent)
    assert [item.complaint_id for item in started.items.all()] == [here.pk]
    with pytest.raises(Refusal):
        run(Wish("withdraw", reason="It"), [elsewhere], agent)
    elsewhere.refresh_from_db()
    assert elsewhere.is_open


@pytest.mark.parametrize(
    ("wish", "most"),
    [(Wish("withdraw", reason="All"), MOST), (Wish("escalate", reason="All"), MOST_ESCALATED)],
)
def test_there_is_a_limit_and_it_is_said(desk, wish, most):
    with pytest.raises(Refusal) as refused:
        start_bulk(
            wish=wish,
            complaint_ids=range(1, most + 2),
            language="en",
            actor=desk.manager,
            at=NOW,
        )
    assert str(most) in str(refused.value)


# --- nothing twice, nothing left out ------------------------------------------------------------


def test_a_run_that_breaks_off_goes_on_where_it_stopped(desk, monkeypatch):
    complaints = [desk.case() for _ in range(5)]
    started = start_bulk(
        wish=Wish("withdraw", reason="One shop"),
        complaint_ids=[complaint.pk for complaint in complaints],
        language="en",
        actor=desk.agent,
        at=NOW,
    )
    real, calls = closure.withdraw_complaint, []

    def dies_in_the_third(**given):
        real(**given)
        calls.append(given["complaint_id"])
        if len(calls) == 3:
            raise KeyboardInterrupt  # the process is gone before its transaction is over

    monkeypatch.setattr(bulk, "withdraw_complaint", dies_in_the_third)
    with pytest.raises(KeyboardInterrupt):
        continue_bulk(run_id=started.pk, limit=10, now=NOW)
    assert outcomes(started) == ["done", "done", "waiting", "waiting", "waiting"]
    complaints[2].refresh_from_db()
    assert complaints[2].is_open
    assert continue_oldest_bulk(now=NOW) == 3
    assert outcomes(started) == ["done"] * 5
    assert Entry.objects.filter(kind=events.WITHDRAWN).count() == 5


def test_a_complaint_that_trips_us_up_does_not_hold_up_the_rest(desk, monkeypatch):
    first, second = desk.case(), desk.case()
    real = closure.withdraw_complaint

    def stumbles(**given):
        real(**given)
        if given["complaint_id"] == first.pk:
            raise RuntimeError

    monkeypatch.setattr(bulk, "withdraw_complaint", stumbles)
    started = run(Wish("withdraw", reason="Both"), [first, second], desk.agent)
    assert outcomes(started) == ["refused", "done"]
    first.refresh_from_db()
    assert first.is_open
    assert "nothing was changed" in reason_for(started, first)


def test_a_run_is_carried_on_in_steps_and_finished_once(desk):
    complaints = [desk.case() for _ in range(5)]
    started = start_bulk(
        wish=Wish("assign", owner_id=desk.handler.pk),
        complaint_ids=[complaint.pk for complaint in complaints],
        language="en",
        actor=desk.manager,
        at=NOW,
    )
    assert [continue_oldest_bulk(now=NOW, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    started.refresh_from_db()
    assert started.finished_at == NOW
    continue_bulk(run_id=started.pk, limit=2, now=NOW)
    assert Notice.objects.filter(user=desk.handler).count() == 5


def test_refusals_are_written_down_in_the_language_of_who_asked(desk):
    started = start_bulk(
        wish=Wish("close"),
        complaint_ids=[desk.case().pk],
        language="zh-hans",
        actor=desk.manager,
        at=NOW,
    )
    continue_bulk(run_id=started.pk, limit=1, now=NOW)
    assert not started.items.get().reason.isascii()


# --- the pages ----------------------------------------------------------------------------------

BULK, START = "/complaints/bulk/", "/complaints/bulk/start/"


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_choosing_saying_what_is_needed_and_seeing_what_became_of_each(desk):
    done, refused = desk.case(), desk.case(state=State.CLOSED)
    client = sign_in(desk.manager)
    chosen = {"action": "withdraw", "ids": [done.pk, refused.pk]}
    page = client.post(BULK, chosen).content.decode()
    assert "2 complaints" in page
    assert page.count('name="ids"') == 2
    answer = client.post(START, {**chosen, "reason": "One shop"})
    assert answer.status_code == 302
    result = client.get(answer.headers["Location"]).content.decode()
    assert done.reference in result
    assert 'data-outcome="refused"' in result
    assert "does not follow" in result
    only_refused = client.get(answer.headers["Location"], {"outcome": "refused"}).content.decode()
    assert done.reference not in only_refused


def test_a_missing_reason_brings_the_form_back_with_what_was_typed(desk):
    chosen = {"action": "withdraw", "ids": [desk.case().pk], "reason": " "}
    answer = sign_in(desk.manager).post(START, chosen)
    assert answer.status_code == 422
    assert "Say why" in answer.content.decode()
    assert 'name="ids"' in answer.content.decode()


def test_five_hundred_at_once_are_posted_and_dealt_with(desk):
    ids = [complaint.pk for complaint in put_many(500)]
    client = sign_in(desk.manager)
    chosen = {"action": "withdraw", "ids": ids, "reason": "Same origin"}
    assert client.post(BULK, chosen).status_code == 200
    answer = client.post(START, chosen)
    started = BulkRun.objects.get()
    assert started.total == 500
    assert started.items.filter(outcome="done").count() == 20  # the worker does the rest
    page = client.get(answer.headers["Location"]).content.decode()
    assert "20 / 500" in page
    assert 'hx-trigger="every 2s"' in page


def test_all_of_a_list_needs_the_number_that_was_confirmed(desk):
    put_many(60, priority="P3")
    put_many(2, priority="P1")
    client = sign_in(desk.manager)
    listed = client.get("/complaints/", {"priority": "P3"}).content.decode()
    assert 'name="everything"' in listed
    asked = {"action": "withdraw", "everything": "1", "query": "priority=P3", "reason": "All"}
    page = client.post(BULK, asked).content.decode()
    count = re.search(r'name="count" value="(\d+)"', page).group(1)
    assert count == "60"
    put_many(1, priority="P3")
    again = client.post(START, {**asked, "count": count})
    assert again.status_code == 200
    assert "changed meanwhile" in unescape(again.content.decode())
    assert not BulkRun.objects.exists()
    assert client.post(START, {**asked, "count": "61"}).status_code == 302
    assert BulkRun.objects.get().total == 61


def test_all_of_a_list_may_be_narrowed_by_words(desk):
    wanted = make_complaint(description="The boiler leaks.")
    make_complaint()
    asked = {
        "action": "withdraw",
        "everything": "1",
        "query": "q=boiler",
        "reason": "x",
        "count": 1,
    }
    sign_in(desk.manager).post(START, asked)
    assert [item.complaint_id for item in BulkItem.objects.all()] == [wanted.pk]


@pytest.mark.parametrize("data", [{}, {"action": "withdraw"}, {"ids": ["1"]}, {"ids": ["x", "٣"]}])
def test_nothing_chosen_leads_back_to_the_list(desk, data):
    answer = sign_in(desk.manager).post(BULK, data)
    assert answer.headers["Location"] == "/complaints/"


def test_a_run_is_seen_only_by_who_began_it(desk):
    started = run(Wish("withdraw", reason="x"), [desk.case()], desk.manager)
    address = reverse("complaints:bulk_run", args=[started.pk])
    assert sign_in(desk.manager).get(address).status_code == 200
    assert sign_in(make_user("manager")).get(address).status_code == 404


def test_each_is_offered_only_what_their_role_does(desk):
    put_many(2)
    agent = sign_in(desk.agent).get("/complaints/").content.decode()
    assert '<option value="withdraw">' in agent
    assert '<option value="close">' not in agent
    auditor = sign_in(make_user("auditor")).get("/complaints/").content.decode()
    assert "data-bulk" not in auditor
    assert "data-pick" not in auditor


def test_the_worker_goes_on_with_what_somebody_has_begun(desk):
    started = start_bulk(
        wish=Wish("withdraw", reason="One shop"),
        complaint_ids=[desk.case().pk],
        language="en",
        actor=desk.agent,
        at=NOW,
    )
    run_bulk()
    run_bulk()
    assert outcomes(started) == ["done"]
    assert Entry.objects.get(kind=events.WITHDRAWN).door == "bulk"
