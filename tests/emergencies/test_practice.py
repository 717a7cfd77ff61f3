"""Tests of the rota and drills fall due by themselves, call everybody, and say who confirmed."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from emergencies.errors import BadInput, MoveRefused, NotAllowed
from emergencies.models import Exercise, Page
from emergencies.selectors.practice import overdue_for
from emergencies.services.practice import (
    close_drill,
    close_rota_test,
    confirm_test,
    open_due_exercises,
    start_rota_test,
)
from emergencies.services.rota import plan_shift
from tests.complaints.factories import NOW, make_policy, make_user
from tests.emergencies.rota import DAY, MINUTES, Rota

pytestmark = pytest.mark.django_db
BEGUN = NOW - 2 * DAY  # when the rota of these tests was planned


@pytest.fixture
def due_test(rota: Rota) -> Exercise:
    make_policy()
    open_due_exercises(now=BEGUN + 80 * DAY)
    return Exercise.objects.get(kind="rota_test")


def plan_for(rota: Rota, at) -> None:
    plan_shift(
        duty=rota.duties[0],
        person=rota.people[0],
        deputy=rota.people[1],
        starts_at=at,
        ends_at=at + 5 * DAY,
        actor=rota.keeper,
        at=at,
    )


@pytest.mark.clause("CM-8.2b")
def test_a_test_falls_due_each_quarter_and_a_drill_each_year_by_themselves(rota: Rota):
    make_policy()
    assert open_due_exercises(now=BEGUN + 60 * DAY) == 0
    assert open_due_exercises(now=BEGUN + 80 * DAY) == 1
    assert open_due_exercises(now=BEGUN + 80 * DAY) == 0
    assert open_due_exercises(now=BEGUN + 360 * DAY) == 1
    assert set(Exercise.objects.values_list("kind", flat=True)) == {"rota_test", "drill"}


def test_without_a_rota_there_is_nothing_to_practise():
    make_policy()
    assert open_due_exercises(now=NOW + 999 * DAY) == 0


@pytest.mark.clause("CM-8.2b")
def test_everybody_is_called_as_a_test_and_who_confirmed_is_on_record(rota: Rota, due_test, clock):
    at = BEGUN + 85 * DAY
    plan_for(rota, at)
    start_rota_test(exercise_id=due_test.pk, actor=rota.keeper, at=at)
    clock.now = at
    clock.deliver()
    assert {page.state for page in Page.objects.filter(exercise=due_test)} == {"sent"}
    subjects = {letter.subject for letter in mail.outbox}
    assert subjects == {"TEST of the on-call rota: no emergency"}
    confirm_test(exercise_id=due_test.pk, actor=rota.people[0], at=at + MINUTES)
    confirm_test(exercise_id=due_test.pk, actor=rota.people[0], at=at + 2 * MINUTES)
    with pytest.raises(NotAllowed):
        confirm_test(exercise_id=due_test.pk, actor=make_user("handler"), at=at)
    with pytest.raises(BadInput):
        close_rota_test(exercise_id=due_test.pk, findings=" ", actor=rota.keeper, at=at)
    close_rota_test(exercise_id=due_test.pk, findings="One is silent.", actor=rota.keeper, at=at)
    confirmed = dict(due_test.confirmations.values_list("person", "confirmed_at"))
    assert confirmed == {rota.people[0].pk: at + MINUTES, rota.people[1].pk: None}
    with pytest.raises(MoveRefused):
        confirm_test(exercise_id=due_test.pk, actor=rota.people[1], at=at)
    assert open_due_exercises(now=at + 70 * DAY) == 0
    assert open_due_exercises(now=at + 85 * DAY) == 1


def test_a_test_is_started_once_by_who_keeps_the_rota_with_somebody_on_it(rota: Rota, due_test):
    at = BEGUN + 85 * DAY
    given: dict[str, Any] = {"exercise_id": due_test.pk, "at": at}
    with pytest.raises(NotAllowed):
        start_rota_test(actor=make_user("handler"), **given)
    with pytest.raises(MoveRefused):
        start_rota_test(actor=rota.keeper, **given)  # all shifts have ended
    with pytest.raises(MoveRefused):
        close_rota_test(findings="X", actor=rota.keeper, **given)
    plan_for(rota, at)
    start_rota_test(actor=rota.keeper, **given)
    with pytest.raises(MoveRefused):
        start_rota_test(actor=rota.keeper, **given)


@pytest.mark.clause("CM-8.2b")
def test_a_drill_has_a_scenario_a_day_people_and_findings(rota: Rota):
    drill = Exercise.objects.create(kind="drill", opened_at=NOW, due_at=NOW)
    good: dict[str, Any] = {
        "scenario": "Fire in the shop.",
        "held_on": NOW.date(),
        "participants": rota.people,
        "findings": "Nobody knew the number.",
    }
    wrong: dict[str, Any] = {
        "scenario": " ",
        "held_on": NOW.date() + timedelta(days=9),
        "participants": [],
        "findings": "",
    }
    for field, value in wrong.items():
        with pytest.raises(BadInput) as refusal:
            close_drill(exercise_id=drill.pk, actor=rota.keeper, at=NOW, **(good | {field: value}))
        assert refusal.value.field == field
    with pytest.raises(NotAllowed):
        close_drill(exercise_id=drill.pk, actor=rota.people[2], at=NOW, **good)
    close_drill(exercise_id=drill.pk, actor=rota.keeper, at=NOW, **good)
    drill.refresh_from_db()
    assert set(drill.participants.all()) == set(rota.people)
    with pytest.raises(MoveRefused):
        close_drill(exercise_id=drill.pk, actor=rota.keeper, at=NOW, **good)


def test_what_is_overdue_is_shown_to_who_keeps_the_rota(rota: Rota, due_test):
    late = due_test.due_at + DAY
    assert list(overdue_for(rota.keeper, now=late).exercises) == [due_test]
    assert not overdue_for(rota.keeper, now=due_test.due_at - DAY)
    assert not overdue_for(rota.people[0], now=late)
