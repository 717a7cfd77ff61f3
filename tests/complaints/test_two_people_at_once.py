"""Of two people moving one complaint at once one wins; the other is told, and nothing is lost."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from complaints import events
from complaints.errors import Conflict, MoveRefused, NotAllowed
from complaints.models import Complaint, Escalation, Note, Notice
from complaints.services.closure import close_complaint, merge_complaint, withdraw_complaint
from complaints.services.emergencies import declare_emergency, take_emergency
from complaints.services.intake import Intake, Person, receive_complaint
from complaints.services.notes import add_note
from complaints.services.reopening import reopen_complaint
from complaints.services.response import (
    grant_approval,
    propose_dismissal,
    propose_response,
    return_approval,
)
from complaints.services.sending import send_message
from complaints.services.sweeping import Swept, sweep_clocks, sweep_silence
from complaints.services.triage import assign_complaint
from complaints.states import Answer, MessageChannel, State, Trigger
from journal.errors import Refusal
from journal.selectors import history_of
from journal.services import verify_journal
from tests.complaints.desk import Desk, decision
from tests.complaints.factories import NOW, make_user

DAY = timedelta(days=1)
real_threads = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite has one writer at a time"
)


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Make these calls at the same moment, each on a connection of its own; return what came."""
    results: list[Any] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(number: int, call: Callable[[], Any]) -> None:
        start.wait()
        try:
            results[number] = call()
        except Exception as error:  # noqa: BLE001 - the test looks at what came
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
        assert not thread.is_alive(), "they wait for each other"
    return results


def refused(results: list[Any]) -> list[type]:
    unexpected = [item for item in results if isinstance(item, Exception)]
    assert all(isinstance(item, Refusal) for item in unexpected), unexpected
    return [type(item) for item in unexpected]


def closing(desk: Desk, complaint: Complaint, **more: Any) -> Callable[[], Complaint]:
    return lambda: close_complaint(complaint_id=complaint.pk, actor=desk.handler, at=NOW, **more)


def withdrawing(desk: Desk, complaint: Complaint, **more: Any) -> Callable[[], Complaint]:
    return lambda: withdraw_complaint(
        complaint_id=complaint.pk, reason="Settled.", actor=desk.agent, at=NOW, **more
    )


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    assert desk.agent != desk.handler != desk.manager
    return desk


@pytest.fixture
def accepted(desk: Desk) -> Complaint:
    """Return a complaint that may be closed, and withdrawn."""
    complaint = desk.case("responded")
    desk.answer(complaint, Answer.ACCEPTED, NOW)
    complaint.refresh_from_db()
    return complaint


# --- one after the other, from pages that show the same ----------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("first", ["close", "withdraw"])
def test_the_second_is_told_that_somebody_else_was_quicker(desk, accepted, first):
    seen = {"expected_version": accepted.version}
    calls = [closing(desk, accepted, **seen), withdrawing(desk, accepted, **seen)]
    winner, loser = calls if first == "close" else calls[::-1]
    winner()
    with pytest.raises(Conflict):
        loser()
    accepted.refresh_from_db()
    assert accepted.state == ("closed" if first == "close" else "withdrawn")
    assert accepted.version == seen["expected_version"] + 1


@pytest.mark.django_db
def test_without_a_version_the_machine_still_refuses_with_what_is_possible_now(desk, accepted):
    closing(desk, accepted)()
    with pytest.raises(MoveRefused) as refusal:
        withdrawing(desk, accepted)()
    assert refusal.value.possible == ["follow_up", "reopen"]


@pytest.mark.django_db
def test_what_the_machine_notes_contradicts_nobody(desk):
    complaint = desk.case("investigating", email="ann@example.com")
    desk.respond(complaint, NOW, channel=MessageChannel.EMAIL, subject="-", told_at=None)
    complaint.refresh_from_db()
    seen = complaint.version
    send_message(message_id=complaint.messages.get(occasion="decision").pk, at=NOW)
    sweep_clocks(now=NOW + 20 * DAY)
    withdrawing(desk, complaint, expected_version=seen)()


# --- at the same moment ------------------------------------------------------------------------


@real_threads
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_time", range(3))
def test_of_two_different_moves_one_is_made(desk, accepted, _time):
    entries = history_of(accepted).count()
    results = together(closing(desk, accepted), withdrawing(desk, accepted))
    assert refused(results) == [MoveRefused]
    accepted.refresh_from_db()
    assert accepted.state in {State.CLOSED, State.WITHDRAWN}
    assert history_of(accepted).count() == entries + 1
    assert verify_journal().intact


@real_threads
@pytest.mark.django_db(transaction=True)
def test_the_same_move_is_made_once(desk, accepted):
    results = together(*[closing(desk, accepted)] * 4)
    assert refused(results) == [MoveRefused] * 3
    assert history_of(accepted).filter(kind=events.CLOSED).count() == 1


@real_threads
@pytest.mark.django_db(transaction=True)
def test_of_two_who_saw_the_same_one_gets_a_conflict_and_may_give_their_input_again(desk):
    complaint = desk.case()

    def take(who: Any) -> Callable[[], Complaint]:
        return lambda: assign_complaint(
            complaint_id=complaint.pk,
            owner=who,
            actor=desk.manager,
            at=NOW,
            expected_version=complaint.version,
        )

    other = make_user("handler")
    results = together(take(desk.handler), take(other))
    assert refused(results) == [Conflict]
    complaint.refresh_from_db()
    assert complaint.owner in {desk.handler, other}
    take(desk.handler)()


@real_threads
@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_what_nobody_owns_one_has_it(desk):
    complaint = desk.case()
    people = [make_user("handler") for _ in range(3)]

    def take(who: Any) -> Callable[[], Complaint]:
        return lambda: assign_complaint(complaint_id=complaint.pk, owner=who, actor=who, at=NOW)

    results = together(*(take(person) for person in people))
    assert refused(results) == [NotAllowed] * 2


@real_threads
@pytest.mark.django_db(transaction=True)
def test_notes_of_many_are_all_kept_in_one_chain(desk):
    complaint = desk.case()

    def write(number: int) -> Callable[[], Note]:
        return lambda: add_note(
            complaint_id=complaint.pk, text=f"Note {number}", actor=desk.agent, at=NOW
        )

    assert refused(together(*(write(number) for number in range(6)))) == []
    assert {note.text for note in complaint.notes.all()} == {f"Note {n}" for n in range(6)}
    assert verify_journal().intact


@real_threads
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_time", range(3))
def test_merges_across_each_other_do_not_wait_in_a_circle(desk, _time):
    known: dict[str, Any] = {"name": "Li", "phone": "13800000000"}
    one, two = desk.case(**known), desk.case(**known)

    def merge(complaint: Complaint, into: Complaint) -> Callable[[], Complaint]:
        return lambda: merge_complaint(
            complaint_id=complaint.pk, into_id=into.pk, actor=desk.manager, at=NOW
        )

    results = together(merge(one, two), merge(two, one))
    assert len(refused(results)) == 1
    states = sorted(
        Complaint.objects.filter(pk__in=[one.pk, two.pk]).values_list("state", flat=True)
    )
    assert states == ["merged", "received"]


@real_threads
@pytest.mark.django_db(transaction=True)
def test_a_request_is_either_granted_or_returned(desk):
    complaint = desk.case("acknowledged")
    asked = propose_dismissal(complaint_id=complaint.pk, reason="-", actor=desk.handler, at=NOW)
    second = make_user("quality_manager")
    results = together(
        lambda: grant_approval(approval_id=asked.pk, actor=desk.manager, at=NOW),
        lambda: return_approval(approval_id=asked.pk, note="No.", actor=second, at=NOW),
    )
    assert refused(results) == [MoveRefused]
    asked.refresh_from_db()
    complaint.refresh_from_db()
    assert (asked.state, complaint.state) in {
        ("granted", "not_a_complaint"),
        ("returned", "acknowledged"),
    }


@real_threads
@pytest.mark.django_db(transaction=True)
def test_the_complainant_is_answered_once(desk):
    complaint = desk.case("investigating")

    def answer() -> Any:
        return propose_response(
            complaint_id=complaint.pk, decision=decision(), actor=desk.handler, at=NOW
        )

    assert refused(together(answer, answer)) == [MoveRefused]
    assert complaint.messages.filter(occasion="decision").count() == 1
    assert complaint.remedys.count() == 1


@real_threads
@pytest.mark.django_db(transaction=True)
def test_an_emergency_is_taken_by_one(desk):
    complaint = desk.case()
    declare_emergency(
        complaint_id=complaint.pk,
        trigger=Trigger.PERSONAL_SAFETY,
        facts="It smokes.",
        actor=desk.agent,
        at=NOW,
    )
    people = [desk.manager, make_user("manager")]

    def take(who: Any) -> Callable[[], Complaint]:
        return lambda: take_emergency(complaint_id=complaint.pk, actor=who, at=NOW)

    assert refused(together(*(take(person) for person in people))) == [MoveRefused]


@real_threads
@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_twice_at_once_is_one_complaint(desk):
    desk.case()  # the policy is there

    def receive() -> Complaint:
        return receive_complaint(
            intake=Intake(
                channel="phone",
                description="It leaks.",
                received_at=NOW,
                person=Person(phone="13800000000"),
                idempotency_key="one-form",
            ),
            actor=desk.agent,
            at=NOW,
        )

    results = together(receive, receive, receive)
    assert refused(results) == []
    assert len({complaint.pk for complaint in results}) == 1
    assert Complaint.objects.filter(idempotency_key="one-form").count() == 1


@real_threads
@pytest.mark.django_db(transaction=True)
def test_sweeps_at_the_same_time_tell_everything_once(desk):
    cases = [desk.case() for _ in range(6)]

    def sweep() -> Swept:
        return sweep_clocks(now=NOW + 2 * DAY)

    results = together(sweep, sweep, sweep)
    assert refused(results) == []
    assert sum(swept.breached for swept in results) == 6
    for complaint in cases:
        assert history_of(complaint).filter(kind=events.CLOCK_BREACHED).count() == 1
    assert Escalation.objects.filter(level=3).count() == 6
    assert Notice.objects.filter(user=desk.manager).count() == 6
    assert verify_journal().intact


@real_threads
@pytest.mark.django_db(transaction=True)
def test_sweeps_and_people_do_not_stop_each_other(desk):
    cases = [desk.case("responded") for _ in range(4)]
    for complaint in cases:
        desk.answer(complaint, Answer.ACCEPTED, NOW)
    results = together(
        lambda: sweep_clocks(now=NOW + 40 * DAY),
        *(closing(desk, complaint) for complaint in cases),
        lambda: sweep_clocks(now=NOW + 40 * DAY),
    )
    assert refused(results) == []
    assert verify_journal().intact


@real_threads
@pytest.mark.django_db(transaction=True)
def test_reminders_at_the_same_time_go_out_once(desk):
    complaint = desk.case("responded", email="ann@example.com")
    results = together(*[lambda: sweep_silence(now=NOW + 20 * DAY)] * 3)
    assert sorted(results) == [0, 0, 1]
    assert complaint.messages.filter(occasion="reminder").count() == 1


@real_threads
@pytest.mark.django_db(transaction=True)
def test_one_cycle_begins_however_many_reopen(desk):
    complaint = desk.case("closed")

    def reopen() -> Complaint:
        return reopen_complaint(
            complaint_id=complaint.pk, reason="Again.", actor=desk.agent, at=NOW
        )

    assert refused(together(reopen, reopen)) == [MoveRefused]
    complaint.refresh_from_db()
    assert complaint.cycle == 2
