"""Words that come in on a complaint, and third parties in its correspondence: every refusal."""

from datetime import timedelta

import pytest

from accounts.models import User
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint
from complaints.services.correspondents import add_correspondent, remove_correspondent
from complaints.services.incoming import Incoming, receive_message, withdraw_message
from journal.selectors import history_of
from tests.complaints.factories import NOW, make_complaint, make_user

pytestmark = pytest.mark.django_db
THIRD = {"address": "bob@example.com", "name": "Bob", "reason": "Brother.", "agreed": True}


@pytest.fixture
def agent() -> User:
    return make_user("agent")


@pytest.fixture
def complaint(agent: User) -> Complaint:
    return make_complaint(actor=agent, email="ann@example.com")


def receive(complaint, actor, **changes):
    given = {"received_at": NOW, "text": "My words.", **changes}
    return receive_message(
        complaint_id=complaint.pk, incoming=Incoming(**given), actor=actor, at=NOW
    )


def add(complaint, actor, **changes):
    return add_correspondent(
        complaint_id=complaint.pk, actor=actor, at=NOW, **{"copied": False, **THIRD, **changes}
    )


def test_a_message_is_filed_with_its_digest_and_without_its_words(complaint, agent):
    row = receive(complaint, agent, subject="One\nline")
    assert (row.text, row.subject, row.by) == ("My words.", "One line", agent)
    entry = history_of(complaint).get(kind="message.received")
    assert entry.payload["incoming"] == row.pk
    assert "words" not in entry.body


def test_a_message_from_the_future_is_refused(complaint, agent):
    with pytest.raises(BadInput) as refusal:
        receive(complaint, agent, received_at=NOW + timedelta(seconds=1))
    assert refusal.value.field == "received_at"


def test_who_only_reads_files_and_withdraws_nothing(complaint, agent):
    auditor = make_user("auditor")
    with pytest.raises(NotAllowed):
        receive(complaint, auditor)
    row = receive(complaint, agent)
    with pytest.raises(NotAllowed):
        withdraw_message(incoming_id=row.pk, reason="x", actor=auditor, at=NOW)


def test_withdraw_message_needs_a_reason_and_happens_once(complaint, agent):
    row = receive(complaint, agent)
    with pytest.raises(BadInput) as refusal:
        withdraw_message(incoming_id=row.pk, reason=" ", actor=agent, at=NOW)
    assert refusal.value.field == "reason"
    withdraw_message(incoming_id=row.pk, reason="Another's.", actor=agent, at=NOW)
    with pytest.raises(MoveRefused):
        withdraw_message(incoming_id=row.pk, reason="Another's.", actor=agent, at=NOW)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"address": "bob"}, "address"),
        ({"address": "Ann@Example.com"}, "address"),
        ({"name": " "}, "name"),
        ({"reason": ""}, "reason"),
        ({"agreed": False}, "agreed"),
    ],
)
def test_a_third_party_needs_address_name_reason_and_agreement(complaint, agent, changes, field):
    with pytest.raises(BadInput) as refusal:
        add(complaint, agent, **changes)
    assert refusal.value.field == field


def test_a_third_party_takes_part_once_and_is_taken_out_once(complaint, agent):
    row = add(complaint, agent)
    with pytest.raises(MoveRefused):
        add(complaint, agent, address="BOB@example.com")
    remove_correspondent(correspondent_id=row.pk, actor=agent, at=NOW)
    with pytest.raises(MoveRefused):
        remove_correspondent(correspondent_id=row.pk, actor=agent, at=NOW)
    add(complaint, agent)
    kinds = [entry.kind for entry in history_of(complaint)]
    assert kinds.count("complaint.correspondent_added") == 2


def test_who_may_not_write_adds_nobody(complaint, agent):
    with pytest.raises(NotAllowed):
        add(complaint, make_user("auditor"))
    with pytest.raises(NotAllowed):
        remove_correspondent(
            correspondent_id=add(complaint, agent).pk, actor=make_user("auditor"), at=NOW
        )
