"""Two people at one complaint: one wins, the other gets a clear conflict, and nothing is lost."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import close_old_connections, connection, connections

from complaints import events
from complaints.errors import BadInput, Conflict, MoveRefused
from complaints.models import Complaint
from complaints.services.closure import merge_complaint, withdraw_complaint
from complaints.services.intake import Intake, Person, receive_complaint
from complaints.services.triage import acknowledge_complaint, assign_complaint
from complaints.states import MessageChannel, State
from journal.selectors import history_of
from journal.services import verify_subject
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_policy, make_user

Verb = Callable[[], Any]


def acknowledge(complaint: Complaint, actor: Any, seen: int | None = None) -> Complaint:
    return acknowledge_complaint(
        complaint_id=complaint.pk,
        channel=MessageChannel.PHONE,
        subject="",
        text="We have it.",
        told_at=NOW,
        actor=actor,
        at=NOW,
        expected_version=seen,
    )


def withdraw(complaint: Complaint, actor: Any, seen: int | None = None) -> Complaint:
    return withdraw_complaint(
        complaint_id=complaint.pk, reason="Settled.", actor=actor, at=NOW, expected_version=seen
    )


@pytest.mark.django_db
def test_who_saw_an_older_version_gets_a_conflict_and_changes_nothing() -> None:
    desk = Desk()
    complaint = desk.case()
    acknowledge(complaint, desk.agent, seen=complaint.version)
    with pytest.raises(Conflict) as conflict:
        withdraw(complaint, desk.manager, seen=complaint.version)
    assert "your input is still here" in str(conflict.value)
    assert Complaint.objects.get(pk=complaint.pk).state == State.ACKNOWLEDGED


@pytest.mark.django_db
def test_every_change_counts_the_version_up_so_that_none_goes_unnoticed() -> None:
    desk = Desk()
    complaint = desk.case()
    seen = [complaint.version]
    for verb in (
        lambda: acknowledge(complaint, desk.agent),
        lambda: assign_complaint(
            complaint_id=complaint.pk, owner=desk.handler, actor=desk.manager, at=NOW
        ),
        lambda: withdraw(complaint, desk.manager),
    ):
        verb()
        seen.append(Complaint.objects.get(pk=complaint.pk).version)
    assert seen == sorted(set(seen))


def at_once(*verbs: Verb) -> list[Any]:
    """Run verbs at the same moment, each on a connection of its own; return what came of each."""
    barrier = Barrier(len(verbs))
    results: list[Any] = [None] * len(verbs)

    def run(place: int, verb: Verb) -> None:
        close_old_connections()
        barrier.wait()
        try:
            results[place] = verb()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            results[place] = error
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=item) for item in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


needs_postgresql = pytest.mark.skipif(
    "connection.vendor != 'postgresql'",
    reason="the test database of SQLite lives in one connection's memory",
)


@needs_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seen", ["versioned", "unversioned"])
def test_of_two_different_moves_at_the_same_moment_one_wins(seen: str) -> None:
    desk = Desk()
    complaint, manager = desk.case(), desk.manager
    version = complaint.version if seen == "versioned" else None
    results = at_once(
        lambda: acknowledge(complaint, desk.agent, version),
        lambda: withdraw(complaint, manager, version),
    )
    after = Complaint.objects.get(pk=complaint.pk)
    errors = [result for result in results if isinstance(result, Exception)]
    if seen == "versioned":
        assert [type(error) for error in errors] == [Conflict]
        assert after.state in {State.ACKNOWLEDGED, State.WITHDRAWN}
    else:
        # Without a version the second move is judged by the state it finds.
        assert {type(error) for error in errors} <= {MoveRefused}
        assert after.state == State.WITHDRAWN
    assert verify_subject(after).intact


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_take_the_same_complaint_one_has_it() -> None:
    desk = Desk()
    complaint = desk.case(State.ACKNOWLEDGED)
    people = [desk.handler, make_user("handler")]

    def take(person: Any) -> Verb:
        return lambda: assign_complaint(
            complaint_id=complaint.pk,
            owner=person,
            actor=person,
            at=NOW,
            expected_version=complaint.version,
        )

    results = at_once(*map(take, people))
    assert [isinstance(result, Conflict) for result in results].count(True) == 1
    assert Complaint.objects.get(pk=complaint.pk).owner in people
    assert history_of(complaint).filter(kind=events.ASSIGNED).count() == 1


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_merges_across_each_other_do_not_wait_in_a_circle() -> None:
    desk = Desk()
    first = desk.case(phone="13900001111", product="Kettle K2")
    second = desk.case(phone="13900001111", product="Kettle K2")
    manager = desk.manager

    def merge(one: Complaint, into: Complaint) -> Verb:
        return lambda: merge_complaint(complaint_id=one.pk, into_id=into.pk, actor=manager, at=NOW)

    results = at_once(merge(first, second), merge(second, first))
    errors = [result for result in results if isinstance(result, Exception)]
    assert [type(error) for error in errors] in ([BadInput], [MoveRefused])
    assert Complaint.objects.filter(state=State.MERGED).count() == 1


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_form_sent_three_times_at_the_same_moment_is_one_complaint() -> None:
    make_policy()
    agent = make_user("agent")
    intake = Intake(
        channel="phone",
        description="The kettle leaks.",
        received_at=NOW,
        person=Person(phone="13900001111"),
        idempotency_key="intake:1:k",
    )
    results = at_once(*[lambda: receive_complaint(intake=intake, actor=agent, at=NOW)] * 3)
    assert {result.pk for result in results} == {Complaint.objects.get().pk}
    assert connection.vendor == "postgresql"
