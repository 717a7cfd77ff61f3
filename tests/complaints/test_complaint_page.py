"""The page of a complaint: where it stands, what comes next and why not, and who may read it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from complaints import events
from complaints.models import Complaint
from complaints.selectors.page import page_of, stepper_of
from complaints.services.closure import merge_complaint
from complaints.services.contact import stop_contact
from complaints.services.emergencies import declare_emergency
from complaints.services.escalation import escalate_complaint
from complaints.services.notes import add_note
from complaints.services.response import mark_remedy_done
from complaints.states import Answer, MessageChannel, Stage, State, Trigger
from journal.models import Entry
from journal.selectors import history_of
from tests.complaints.desk import Desk, category, clock_of
from tests.complaints.factories import NOW, make_complaint, make_site, make_user
from tests.conftest import journal_unlocked

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(complaint: Complaint, *rest: str) -> str:
    return "/".join(["/complaints", complaint.reference, *rest, ""])


def shown(client: Client, complaint: Complaint, *rest: str, **asked: Any) -> str:
    answer = client.get(address(complaint, *rest), asked)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def page(desk: Desk, complaint: Complaint, actor: User | None = None) -> Any:
    complaint = Complaint.objects.select_related("policy").get(pk=complaint.pk)
    return page_of(complaint, actor or desk.manager, language="en", now=NOW + HOUR)


# --- where it stands and what comes next --------------------------------------------------------

NEXT = {
    State.RECEIVED: "acknowledge",
    State.ACKNOWLEDGED: "assign",
    State.ASSESSED: "investigate",
    State.INVESTIGATING: "respond",
    State.RESPONDED: "record_decision",
    State.CLOSED: "follow_up",
    State.FOLLOWED_UP: "remedy_done",  # the refund that was promised
    State.WITHDRAWN: "",
    State.NOT_A_COMPLAINT: "",
    State.MERGED: "",
}


@pytest.mark.parametrize("state", State)
def test_each_state_has_one_next_step_on_its_page(desk: Desk, state: State) -> None:
    found = page(desk, desk.case(state))
    assert (found.main.name if found.main else "") == NEXT[state]
    assert as_(desk.manager).get(address(found.complaint)).status_code == 200


def test_a_promised_remedy_is_the_next_step_also_after_the_follow_up(desk: Desk) -> None:
    complaint = desk.case(State.FOLLOWED_UP)
    assert page(desk, complaint).main.name == "remedy_done"
    remedy = complaint.remedys.get()
    mark_remedy_done(
        remedy_id=remedy.pk, proof="Transfer 4711", done_at=NOW, actor=desk.agent, at=NOW
    )
    assert page(desk, complaint).main is None


def test_nobody_is_to_be_asked_who_wants_to_be_left_alone(desk: Desk) -> None:
    complaint = desk.case(State.RESPONDED)
    stop_contact(complaint_id=complaint.pk, actor=desk.agent, at=NOW)
    desk.close(complaint, NOW)
    assert page(desk, complaint).main.name == "remedy_done"


def test_the_next_step_follows_what_has_happened(desk: Desk) -> None:
    def following(complaint: Complaint, actor: User | None = None) -> str:
        return str(page(desk, complaint, actor).main.name)

    assert following(desk.case(State.ACKNOWLEDGED), desk.handler) == "take"
    shallow = desk.case(State.INVESTIGATING, judged={"severity": "high"}, found={"evidence": ""})
    assert following(shallow) == "findings"
    asked = desk.case(State.INVESTIGATING, found={"cause": ""}, judged={"severity": "low"})
    assert following(asked) == "respond"
    refused = desk.case(State.RESPONDED)
    desk.answer(refused, Answer.REFUSED, NOW)
    assert following(refused) == "remedies"
    accepted = desk.case(State.RESPONDED)
    desk.answer(accepted, Answer.ACCEPTED, NOW)
    assert following(accepted) == "close"


def test_what_is_not_possible_now_is_listed_with_the_reasons(desk: Desk) -> None:
    complaint = desk.case(State.RESPONDED)
    text = shown(as_(desk.manager), complaint)
    assert "Not possible now" in text
    assert "There is no answer yet." in text
    assert "This step does not follow from where the complaint stands." in text


def test_steps_of_other_roles_are_neither_offered_nor_listed(desk: Desk) -> None:
    found = page(desk, desk.case(State.ACKNOWLEDGED), desk.agent)
    names = {option.name for option in (*found.more, *found.blocked)}
    assert not names & {"assess", "respond", "close", "assign"}
    assert "withdraw" in names


def test_who_only_reads_is_told_that_others_act(desk: Desk) -> None:
    text = shown(as_(make_user("top_management")), desk.case())
    assert "Somebody with another role does this." in text


@pytest.mark.parametrize(
    ("state", "marks"),
    [
        (State.RECEIVED, "now todo todo todo todo todo todo"),
        (State.INVESTIGATING, "done done done now todo todo todo"),
        (State.FOLLOWED_UP, "done done done done done done now"),
    ],
)
def test_the_stepper_says_where_it_is(desk: Desk, state: State, marks: str) -> None:
    assert " ".join(step.step for step in stepper_of(desk.case(state))) == marks


def test_the_stepper_of_another_end_shows_what_was_done_before_it(desk: Desk) -> None:
    steps = stepper_of(desk.case(State.WITHDRAWN))
    assert [(str(step.label), step.step) for step in steps] == [
        ("Received", "done"),
        ("Withdrawn", "now"),
    ]


def test_steps_that_an_emergency_leaves_out_are_marked_as_skipped(desk: Desk) -> None:
    complaint = desk.case(State.ACKNOWLEDGED)
    declare(desk, complaint)
    Complaint.objects.filter(pk=complaint.pk).update(owner=desk.handler)
    desk.respond(Complaint.objects.get(pk=complaint.pk), NOW)
    steps = {
        str(step.label): step.step for step in stepper_of(Complaint.objects.get(pk=complaint.pk))
    }
    assert (steps["Assessed"], steps["Investigating"]) == ("skipped", "skipped")


def declare(desk: Desk, complaint: Complaint) -> None:
    declare_emergency(
        complaint_id=complaint.pk,
        trigger=Trigger.PERSONAL_SAFETY,
        facts="Smoke",
        actor=desk.agent,
        at=NOW,
    )


# --- what must not be overlooked ----------------------------------------------------------------


@pytest.mark.clause("CM-8.2b")
def test_an_emergency_shouts_until_somebody_takes_it_with_one_click(desk: Desk) -> None:
    complaint = desk.case()
    declare(desk, complaint)
    client = as_(desk.manager)
    assert "Nobody has taken charge yet." in shown(client, complaint)
    answer = client.post(address(complaint, "emergency", "take"))
    assert answer.status_code == 302
    assert f"{desk.manager} has taken charge." in shown(client, complaint)


def test_an_escalation_waits_on_the_page_for_those_it_asks(desk: Desk) -> None:
    complaint = desk.case()
    escalation = escalate_complaint(
        complaint_id=complaint.pk,
        reason="May we replace it?",
        level=2,
        actor=desk.agent,
        at=NOW,
    )
    take = address(complaint, "escalations", str(escalation.pk), "take")
    assert take not in shown(as_(desk.agent), complaint)
    client = as_(desk.manager)
    assert take in shown(client, complaint)
    client.post(take)
    escalation.refresh_from_db()
    assert escalation.taken_by == desk.manager
    assert take not in shown(client, complaint)


def test_a_letter_that_waits_to_be_told_says_so(desk: Desk) -> None:
    complaint = desk.case(
        State.RESPONDED, decided={"channel": MessageChannel.LETTER, "told_at": None}
    )
    text = shown(as_(desk.agent), complaint)
    assert "waits to be told. It counts only then." in text


def test_missing_facts_are_listed_with_a_way_to_complete_them(desk: Desk) -> None:
    text = shown(as_(desk.agent), desk.case())
    assert "Still missing:" in text
    assert "Product or service" in text
    assert "/correct/" in text


@pytest.mark.clause("CM-8.4")
def test_repeats_merged_ones_and_earlier_ones_are_connected_and_counted(desk: Desk) -> None:
    same: dict[str, Any] = {"phone": "13900001111", "product": "Kettle K2"}
    first = desk.case(State.CLOSED, at=NOW - 30 * DAY, **same)
    second = desk.case(at=NOW - 2 * DAY, **same)
    third = desk.case(at=NOW - DAY, **same)
    merge_complaint(complaint_id=third.pk, into_id=second.pk, actor=desk.manager, at=NOW)
    client = as_(desk.manager)
    text = shown(client, second)
    assert f'Repeats <a href="{address(first)}">{first.reference}</a>' in text
    assert "Merged into this one" in text
    assert third.reference in text
    assert "Repeated 2 times" in shown(client, first)
    assert f'<a href="{address(second)}">{second.reference}</a>' in shown(client, third)


@pytest.mark.clause("CM-8.4")
def test_the_same_problem_elsewhere_is_counted(desk: Desk) -> None:
    problem: dict[str, Any] = {"product": "Kettle K2", "category": category()}
    make_complaint(at=NOW - DAY, **problem)
    make_complaint(at=NOW - DAY, **problem)
    assert "2 other complainants had this problem" in shown(as_(desk.agent), desk.case(**problem))


# --- clocks -------------------------------------------------------------------------------------


def test_every_clock_is_explained_step_by_step_in_place_and_as_a_page(desk: Desk) -> None:
    complaint = desk.case()
    clock = clock_of(complaint, Stage.RESPOND)
    where = address(complaint, "clocks", str(clock.pk))
    client = as_(desk.agent)
    assert where in shown(client, complaint)
    whole = client.get(where).content.decode()
    fragment = client.get(where, headers=HTMX).content.decode()
    for text in (whole, fragment):
        assert "The first day, 4 Mar 2026 (Wednesday), is not counted." in text
        assert "Due by" in text
    assert "<html" in whole
    assert "<html" not in fragment


def test_a_hard_clock_is_marked_as_legal(desk: Desk) -> None:
    text = shown(as_(desk.agent), desk.case(State.RESPONDED))
    assert "Refund, repair or replace as consumer law demands" in text
    assert "legal" in text


def test_a_clock_of_another_complaint_is_not_explained_here(desk: Desk) -> None:
    one, other = desk.case(), desk.case()
    clock = clock_of(other, Stage.RESPOND)
    answer = as_(desk.agent).get(address(one, "clocks", str(clock.pk)))
    assert answer.status_code == 404


# --- who may read -------------------------------------------------------------------------------


def test_what_lies_out_of_scope_does_not_exist(desk: Desk) -> None:
    client = as_(make_user("manager", site=make_site()))
    complaint = desk.case(site=make_site())
    for rest in ((), ("timeline",), ("verify",), ("acknowledge",), ("reason",)):
        assert client.get(address(complaint, *rest)).status_code == 404
    assert client.post(address(complaint, "note"), {"text": "x"}).status_code == 404


def test_reading_a_confidential_one_asks_for_a_reason_first_and_records_it(desk: Desk) -> None:
    complaint, auditor = make_complaint(confidential=True), make_user("auditor")
    client = as_(auditor)
    answer = client.get(address(complaint), follow=True)
    asked = answer.content.decode()
    assert "Why you need to read it" in asked
    assert complaint.description not in asked
    assert client.post(answer.request["PATH_INFO"], {"reason": "x"}).status_code == 422
    read = client.post(
        answer.request["PATH_INFO"], {"reason": "Audit 7", "next": address(complaint)}, follow=True
    )
    assert complaint.description in read.content.decode()
    entry = history_of(complaint).filter(kind=events.CONFIDENTIAL_READ).get()
    assert entry.actor == auditor
    assert "Read this confidential complaint" in read.content.decode()


@pytest.mark.parametrize("rest", ["timeline", "verify", "note", "acknowledge"])
def test_no_part_of_a_confidential_one_is_shown_before_the_reason(desk: Desk, rest: str) -> None:
    complaint = make_complaint(confidential=True)
    answer = as_(desk.manager).get(address(complaint, rest), headers=HTMX)
    assert answer.headers["HX-Redirect"].startswith(address(complaint, "reason"))
    assert complaint.description not in answer.content.decode()


def test_the_way_back_after_the_reason_stays_in_the_house(desk: Desk) -> None:
    complaint = make_complaint(confidential=True)
    answer = as_(desk.manager).post(
        address(complaint, "reason"), {"reason": "Review", "next": "https://evil.example/"}
    )
    assert answer.headers["Location"] == address(complaint)


def test_the_owners_reading_is_recorded_once_in_eight_hours(desk: Desk) -> None:
    complaint = make_complaint(confidential=True, owner=desk.handler)
    client = as_(desk.handler)
    for _time in range(3):
        shown(client, complaint)
    assert history_of(complaint).filter(kind=events.CONFIDENTIAL_READ).count() == 1
    complaint.accesses.update(until=timezone.now())
    shown(client, complaint)
    assert history_of(complaint).filter(kind=events.CONFIDENTIAL_READ).count() == 2


def test_who_complains_is_not_shown_to_those_who_need_not_know(desk: Desk) -> None:
    complaint = desk.case(name="Zhou Min", phone="13900001111")
    text = shown(as_(make_user("top_management")), complaint)
    assert "Who complains is not shown to your role." in text
    assert "Zhou Min" not in text
    assert "13900001111" not in text
    assert "Zhou Min" in shown(as_(make_user("auditor")), complaint)


# --- proof, cost, languages ---------------------------------------------------------------------


def test_the_page_proves_its_record_and_names_the_first_broken_entry(desk: Desk) -> None:
    complaint = desk.case(State.ASSESSED)
    client = as_(desk.agent)
    assert "Record intact" in shown(client, complaint)
    with journal_unlocked():
        Entry.objects.filter(
            subject_type="complaints.complaint", subject_id=complaint.pk, seq=2
        ).update(body='{"v":1}')
    for text in (
        shown(client, complaint),
        client.get(address(complaint, "verify"), headers=HTMX).content.decode(),
    ):
        assert f"Record BROKEN at complaints.complaint:{complaint.pk}#2" in text


def full_life(desk: Desk) -> Complaint:
    same: dict[str, Any] = {"phone": "13900001111", "product": "Kettle K2"}
    desk.case(State.CLOSED, at=NOW - 30 * DAY, **same)
    complaint = desk.case(State.FOLLOWED_UP, site=make_site(), **same)
    for number in range(5):
        add_note(complaint_id=complaint.pk, text=f"Note {number}", actor=desk.agent, at=NOW)
    Complaint.objects.filter(pk=complaint.pk).update(confidential=True)
    return complaint


def test_the_page_takes_at_most_25_statements_however_long_the_life(desk: Desk) -> None:
    complaint = full_life(desk)
    client = as_(desk.handler)
    shown(client, complaint)  # the owner's reading is recorded now, not in what is counted
    with CaptureQueriesContext(
        connection,
    ) as queries:
        shown(client, complaint)
    asked = [
        query["sql"] for query in queries if not query["sql"].startswith(("BEGIN", "SET", "COMMIT"))
    ]
    assert len(asked) <= 25, "\n".join(asked)


@pytest.mark.parametrize("state", State)
def test_the_page_speaks_chinese_in_every_state(desk: Desk, state: State) -> None:
    desk.manager.language = "zh-hans"
    desk.manager.save()
    client = as_(desk.manager)
    assert '<html lang="zh-hans">' in shown(client, desk.case(state))


def test_a_reference_is_found_however_it_is_written(desk: Desk) -> None:
    complaint = desk.case()
    assert as_(desk.agent).get(f"/complaints/{complaint.reference.lower()}/").status_code == 200
