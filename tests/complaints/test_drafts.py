"""Drafts: kept for one person under one key, and gone once they are a complaint."""

import uuid
from datetime import timedelta

import pytest

from complaints.errors import BadInput, NotAllowed
from complaints.models import IntakeDraft
from complaints.services.drafts import (
    LONGEST,
    became,
    discard_draft,
    idempotency_key,
    save_draft,
)
from journal.models import Entry
from tests.complaints.factories import NOW, make_complaint, make_policy, make_user

pytestmark = pytest.mark.django_db
KEY = uuid.UUID("7d9f3c1e-2a4b-4c5d-8e6f-112233445566")


def test_what_was_typed_is_kept_and_kept_anew() -> None:
    agent, later = make_user("agent"), NOW + timedelta(minutes=1)
    save_draft(key=KEY, data={"description": "It le"}, actor=agent, at=NOW)
    save_draft(key=KEY, data={"description": "It leaks."}, actor=agent, at=later)
    draft = IntakeDraft.objects.get()
    assert (draft.data, draft.saved_at) == ({"description": "It leaks."}, later)
    assert not Entry.objects.filter(subject_type="complaints.intakedraft").exists()


def test_a_key_belongs_to_whoever_used_it_first() -> None:
    save_draft(key=KEY, data={"name": "Zhou"}, actor=make_user("agent"), at=NOW)
    other = make_user("agent")
    with pytest.raises(BadInput) as refusal:
        save_draft(key=KEY, data={"name": "Li"}, actor=other, at=NOW)
    assert refusal.value.field == "key"
    assert not discard_draft(key=KEY, actor=other)
    assert IntakeDraft.objects.get().data == {"name": "Zhou"}


def test_only_those_who_receive_keep_drafts_and_not_without_measure() -> None:
    with pytest.raises(NotAllowed):
        save_draft(key=KEY, data={}, actor=make_user("auditor"), at=NOW)
    with pytest.raises(BadInput) as refusal:
        save_draft(
            key=KEY, data={"description": "x" * (LONGEST + 1)}, actor=make_user("agent"), at=NOW
        )
    assert refusal.value.field == "description"


def test_a_draft_that_has_become_a_complaint_is_not_kept_again() -> None:
    make_policy()
    agent = make_user("agent")
    complaint = make_complaint(actor=agent, idempotency_key=idempotency_key(KEY, agent))
    assert became(key=KEY, actor=agent) == complaint
    assert save_draft(key=KEY, data={"name": "Late"}, actor=agent, at=NOW) is None
    assert not IntakeDraft.objects.exists()


def test_the_same_key_of_another_person_is_another_complaint() -> None:
    one, other = make_user("agent"), make_user("agent")
    make_complaint(actor=one, idempotency_key=idempotency_key(KEY, one))
    assert became(key=KEY, actor=other) is None


def test_a_draft_is_thrown_away_once() -> None:
    agent = make_user("agent")
    save_draft(key=KEY, data={"name": "Zhou"}, actor=agent, at=NOW)
    assert discard_draft(key=KEY, actor=agent)
    assert not discard_draft(key=KEY, actor=agent)
