"""Deadlines and hearings: typed or worked out, told before they end, each once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Notice
from complaints.services.attachments import attach_file
from journal.selectors import history_of
from referrals import events
from referrals.models import OutsideCase, OutsideDate
from referrals.selectors.cases import date_line, explanation_of
from referrals.services.dates import (
    NewDate,
    Reckoned,
    mark_outside_date,
    set_outside_date,
    sweep_outside_dates,
)
from referrals.services.documents import hand_in
from referrals.states import Result
from tests.complaints.desk import make_version
from tests.complaints.factories import NOW, make_user
from tests.referrals.scene import DAY, Scene

ACCEPTED = datetime(2026, 5, 6, 2, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def case(scene: Scene) -> OutsideCase:
    return scene.open()


def put(scene: Scene, case: OutsideCase, chosen: Any = None, **changes: Any) -> OutsideDate:
    given: dict[str, Any] = {"kind": "deadline", "name": "Answer", "due_at": NOW + 20 * DAY}
    return set_outside_date(
        case_id=case.pk,
        date=chosen or NewDate(**(given | changes)),
        actor=scene.desk.handler,
        at=NOW + 2 * DAY,
    )


@pytest.mark.clause("CM-8.6d")
def test_the_regulators_own_limit_is_worked_out_and_explained(scene, case):
    row = put(scene, case, Reckoned("CN-12315-MEDIATION", "mediation", ACCEPTED))
    assert row.due_at.astimezone().date() > ACCEPTED.date()
    assert (row.due_at - ACCEPTED).days == 60
    found = explanation_of(row, now=NOW)
    assert found is not None
    assert found.deadline.due_at == row.due_at
    assert any("60" in step.text for step in found.steps)
    assert not row.ours
    with translation.override("zh-hans"):
        assert date_line(row, NOW).name == "终结调解"
    assert date_line(row, NOW).last_day == date(2026, 7, 5)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (Reckoned("CN-NOBODY", "mediation", ACCEPTED), "preset"),
        (Reckoned("CN-12315-MEDIATION", "mediation", NOW), "started_at"),
        (NewDate("feast", "Answer", NOW + 9 * DAY), "kind"),
        (NewDate("deadline", " ", NOW + 9 * DAY), "name"),
        (NewDate("hearing", "Hearing", NOW), "due_at"),
    ],
)
def test_a_date_that_makes_no_sense_is_refused_at_its_field(scene, case, given, field):
    with pytest.raises(BadInput) as refusal:
        put(scene, case, given)
    assert refusal.value.field == field
    assert not OutsideDate.objects.exists()


def test_after_the_result_there_are_no_new_dates_and_those_ahead_lapse(scene, case):
    ahead = put(scene, case)
    missed = put(scene, case, due_at=NOW + 3 * DAY)
    scene.decide(case, Result.UPHELD)
    ahead.refresh_from_db()
    missed.refresh_from_db()
    assert (ahead.done_at, missed.done_at) == (NOW + 9 * DAY, None)
    with pytest.raises(MoveRefused):
        put(scene, case)


def test_the_case_stands_in_the_list_by_its_first_date(scene, case):
    put(scene, case)
    sooner = put(scene, case, kind="hearing", name="Hearing", due_at=NOW + 5 * DAY)
    case.refresh_from_db()
    assert case.next_date_at == NOW + 5 * DAY
    done(scene, sooner)
    case.refresh_from_db()
    assert case.next_date_at == NOW + 20 * DAY


def done(scene: Scene, row: OutsideDate, at: datetime = NOW + 4 * DAY) -> OutsideDate:
    return mark_outside_date(
        date_id=row.pk, note="Filed.", done_at=at, actor=scene.desk.handler, at=NOW + 30 * DAY
    )


def test_a_date_is_done_once_and_not_in_the_future(scene, case):
    row = put(scene, case)
    with pytest.raises(BadInput):
        done(scene, row, NOW + 31 * DAY)
    assert date_line(done(scene, row), NOW).status == "met"
    with pytest.raises(MoveRefused):
        done(scene, row)
    late = put(scene, scene.open(), due_at=NOW + 3 * DAY)
    assert date_line(done(scene, late, NOW + 5 * DAY), NOW).status == "missed"


def test_who_only_checks_sets_no_dates(scene, case):
    with pytest.raises(NotAllowed):
        set_outside_date(
            case_id=case.pk,
            date=NewDate("deadline", "Answer", NOW + 9 * DAY),
            actor=make_user("auditor"),
            at=NOW,
        )


# --- told in time ----------------------------------------------------------------------------


def kinds(scene: Scene) -> list[str]:
    return [
        entry.kind
        for entry in history_of(scene.complaint)
        if entry.kind in {events.DATE_WARNED, events.DATE_MISSED}
    ]


@pytest.mark.clause("CM-8.6d")
def test_told_some_days_ahead_and_when_it_has_passed_each_once(scene, case):
    put(scene, case)
    assert sweep_outside_dates(now=NOW + 16 * DAY) == 0
    assert sweep_outside_dates(now=NOW + 17 * DAY) == 1
    assert sweep_outside_dates(now=NOW + 18 * DAY) == 0
    assert sweep_outside_dates(now=NOW + 20 * DAY) == 1
    assert sweep_outside_dates(now=NOW + 30 * DAY) == 0
    assert kinds(scene) == [events.DATE_WARNED, events.DATE_MISSED]
    told = Notice.objects.filter(kind="outside_date")
    assert {notice.user for notice in told} == {scene.desk.handler}


def test_how_many_days_ahead_is_the_policys_to_say():
    make_version({"outside": {"warn_days": 10}}, effective_from=NOW - 9 * DAY)
    scene = Scene()
    put(scene, scene.open())
    assert sweep_outside_dates(now=NOW + 10 * DAY) == 1


def test_what_is_done_or_decided_is_not_told(scene, case):
    done(scene, put(scene, case))
    other = scene.open()
    put(scene, other, due_at=NOW + 12 * DAY)
    scene.decide(other, Result.UPHELD)
    assert sweep_outside_dates(now=NOW + 40 * DAY) == 0


def test_where_nobody_near_is_at_work_those_are_told_who_may_record(scene, case):
    put(scene, case)
    scene.desk.handler.is_active = False
    scene.desk.handler.save()
    manager = scene.second
    sweep_outside_dates(now=NOW + 19 * DAY)
    assert Notice.objects.filter(user=manager, kind="outside_date").exists()


# --- documents -------------------------------------------------------------------------------


def test_what_was_handed_in_is_a_file_of_the_complaint(scene, case, settings, tmp_path):
    settings.MEDIA_ROOT = settings.ATTACHMENT_ROOT = tmp_path
    file = attach_file(
        complaint_id=scene.complaint.pk,
        file=[b"A plain statement."],
        name="statement.txt",
        internal=True,
        actor=scene.desk.handler,
        at=NOW,
    )

    def give(**changes: Any):
        given: dict[str, Any] = {
            "case_id": case.pk,
            "attachment_id": file.pk,
            "handed_at": NOW + 2 * DAY,
            "actor": scene.desk.handler,
            "at": NOW + 3 * DAY,
        }
        return hand_in(**(given | changes))

    assert give().attachment == file
    with pytest.raises(MoveRefused):
        give()
    assert give(received=True).received
    with pytest.raises(BadInput):
        give(attachment_id=file.pk + 1)
    with pytest.raises(BadInput):
        give(handed_at=NOW + timedelta(days=9))
    entry = history_of(scene.complaint).filter(kind=events.HANDED_IN).first()
    assert entry.payload["sha256"] == file.sha256
