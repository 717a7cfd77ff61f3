"""Versions of the schedule: written by one, approved by another, in force from then on."""

import pytest
from django.db import IntegrityError, transaction

from accounts.services import system_user
from journal.selectors import history_of
from retention.errors import BadInput, Conflict, NotAllowed
from retention.models import Schedule
from retention.selectors.schedule import (
    content_in_force,
    default_content,
    schedule_in_force,
)
from retention.services.schedule import (
    approve_schedule,
    change_schedule,
    discard_schedule,
    draft_schedule,
    return_schedule,
    submit_schedule,
)
from retention.states import VersionState
from tests.complaints.factories import NOW, make_site, make_user


def draft(archive, note="Ours."):
    begun = draft_schedule(actor=archive.quality, at=NOW)
    return change_schedule(
        schedule_id=begun.pk, content=begun.content, note=note, actor=archive.quality, at=NOW
    )


@pytest.mark.clause("CM-7.5")
@pytest.mark.clause("KB-16")
def test_a_version_is_in_force_once_another_person_approved_it(archive):
    assert schedule_in_force() is None
    assert content_in_force() == default_content()
    version = archive.approved(closed=(7, "years"))
    assert schedule_in_force() == version
    assert content_in_force().rule("closed").count == 7
    assert (version.author, version.approved_by) == (archive.quality, archive.top)
    assert [entry.kind for entry in history_of(version)] == [
        "schedule.drafted",
        "schedule.changed",
        "schedule.submitted",
        "schedule.approved",
    ]


def test_a_draft_begins_with_what_holds_and_only_one_is_open(archive):
    archive.approved(closed=(7, "years"))
    begun = draft(archive)
    assert (begun.version, begun.says.rule("closed").count) == (2, 7)
    with pytest.raises(Conflict, match="already"):
        draft_schedule(actor=archive.second_quality, at=NOW)
    discard_schedule(schedule_id=begun.pk, actor=archive.quality, at=NOW)
    assert draft_schedule(actor=archive.quality, at=NOW).version == 3


@pytest.mark.parametrize(
    "role", ["manager", "auditor", "top_management", "administrator", "agent", "handler"]
)
def test_only_the_quality_manager_writes(archive, role):
    begun = draft(archive)
    other = make_user(role)
    for verb in (submit_schedule, discard_schedule):
        with pytest.raises(NotAllowed):
            verb(schedule_id=begun.pk, actor=other, at=NOW)
    with pytest.raises(NotAllowed):
        change_schedule(schedule_id=begun.pk, content={}, note="", actor=other, at=NOW)
    discard_schedule(schedule_id=begun.pk, actor=archive.quality, at=NOW)
    with pytest.raises(NotAllowed):
        draft_schedule(actor=other, at=NOW)


def test_the_right_must_not_be_limited_to_a_site(archive):
    with pytest.raises(NotAllowed):
        draft_schedule(actor=make_user("quality_manager", site=make_site()), at=NOW)


def test_who_wrote_it_or_may_not_approve_does_not_approve(archive):
    begun = draft(archive)
    submit_schedule(schedule_id=begun.pk, actor=archive.quality, at=NOW)
    both = make_user("quality_manager", "top_management")
    for actor in (archive.quality, archive.second_quality, make_user("auditor")):
        with pytest.raises(NotAllowed):
            approve_schedule(schedule_id=begun.pk, actor=actor, at=NOW)
    Schedule.objects.filter(pk=begun.pk).update(author=both)
    with pytest.raises(NotAllowed, match="wrote"):
        approve_schedule(schedule_id=begun.pk, actor=both, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Schedule.objects.filter(pk=begun.pk).update(
            state=VersionState.APPROVED, approved_by=both, approved_at=NOW
        )


def test_it_goes_back_with_a_reason_and_is_then_a_draft(archive):
    begun = draft(archive)
    submit_schedule(schedule_id=begun.pk, actor=archive.quality, at=NOW)
    with pytest.raises(BadInput, match="should be changed"):
        return_schedule(schedule_id=begun.pk, note=" ", actor=archive.top, at=NOW)
    with pytest.raises(NotAllowed):
        return_schedule(schedule_id=begun.pk, note="No", actor=archive.quality, at=NOW)
    back = return_schedule(schedule_id=begun.pk, note="Too short.", actor=archive.top, at=NOW)
    assert (back.state, back.decision_note) == (VersionState.DRAFT, "Too short.")
    with pytest.raises(Conflict):
        approve_schedule(schedule_id=begun.pk, actor=archive.top, at=NOW)


def test_what_cannot_be_worked_by_is_not_saved(archive):
    begun = draft(archive, note="")
    content = {**begun.content, "rules": [{**begun.content["rules"][0], "count": 0}]}
    with pytest.raises(BadInput) as refused:
        change_schedule(
            schedule_id=begun.pk, content=content, note="", actor=archive.quality, at=NOW
        )
    assert refused.value.field == "rules.0"
    with pytest.raises(BadInput, match="what changes"):
        submit_schedule(schedule_id=begun.pk, actor=archive.quality, at=NOW)


def test_the_system_may_begin_one(archive):
    assert draft_schedule(actor=system_user(), at=NOW).author.is_system
