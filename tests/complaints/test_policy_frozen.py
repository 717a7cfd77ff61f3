"""The database keeps what a version says once it is no draft any more, on both engines."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from complaints.models import HandlingPolicy
from complaints.services.policy import approve_policy, draft_policy, install_default_policy
from complaints.states import PolicyState
from tests.complaints.factories import make_user

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
OTHER = {
    "content": {},
    "version": 99,
    "change_note": "another note",
    "created_at": AT - timedelta(days=1),
}


def refused(**changes):
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        HandlingPolicy.objects.filter(version=1).update(**changes)
    return True


@pytest.fixture
def submitted(db):
    return install_default_policy(at=AT)


@pytest.fixture
def approved(submitted):
    top = make_user("top_management")
    return approve_policy(policy_id=submitted.pk, actor=top, at=AT)


@pytest.mark.clause("CM-8.1")
@pytest.mark.parametrize("field", OTHER)
def test_what_was_handed_in_cannot_be_rewritten(submitted, field):
    assert refused(**{field: OTHER[field]})


@pytest.mark.clause("CM-8.1")
@pytest.mark.parametrize("field", OTHER)
def test_what_was_approved_cannot_be_rewritten(approved, field):
    assert refused(**{field: OTHER[field]})


@pytest.mark.parametrize(
    "change",
    [
        {"state": PolicyState.DRAFT},
        {"state": PolicyState.REJECTED},
        {"effective_from": AT - timedelta(days=300)},
        {"approved_at": AT - timedelta(days=300)},
        {"decision_note": "other words"},
    ],
)
def test_an_approval_cannot_be_rewritten(approved, change):
    assert refused(**change)


def test_nobody_else_can_be_written_in_as_approver_or_author(approved):
    other = make_user("manager")
    assert refused(approved_by=other)
    assert refused(author=other)


def test_a_version_waiting_for_approval_does_not_become_a_draft_again(submitted):
    assert refused(state=PolicyState.DRAFT)


def test_a_draft_cannot_skip_being_handed_in(submitted):
    draft = draft_policy(actor=make_user("quality_manager"), at=AT)
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        HandlingPolicy.objects.filter(pk=draft.pk).update(
            state=PolicyState.APPROVED,
            approved_by=make_user("top_management"),
            effective_from=AT,
        )


def test_no_version_can_be_deleted(submitted):
    draft = draft_policy(actor=make_user("quality_manager"), at=AT)
    for policy in (submitted, draft):
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            HandlingPolicy.objects.filter(pk=policy.pk).delete()


def test_the_author_never_counts_as_approver_even_in_the_database(submitted):
    with pytest.raises(DatabaseError), transaction.atomic():
        HandlingPolicy.objects.filter(pk=submitted.pk).update(
            state=PolicyState.APPROVED, approved_by=submitted.author, effective_from=AT
        )


def test_a_version_cannot_be_replaced_by_insertion(submitted):
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite replaces rows on insertion")
    with (
        pytest.raises(DatabaseError, match="frozen"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT OR REPLACE INTO complaints_handlingpolicy"
            " (id, version, state, content, change_note, author_id, created_at, decision_note)"
            " SELECT id, version, 'draft', '{}', '', author_id, created_at, ''"
            " FROM complaints_handlingpolicy WHERE version = 1"
        )


def test_a_draft_changes_freely(submitted):
    draft = draft_policy(actor=make_user("quality_manager"), at=AT)
    HandlingPolicy.objects.filter(pk=draft.pk).update(change_note="thinking")
    draft.refresh_from_db()
    assert draft.change_note == "thinking"
