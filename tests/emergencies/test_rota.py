"""Who is on call: planned without overlaps, with deputies, absence and hand-over; gaps are seen."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.services.absence import end_absence, set_absence
from emergencies.errors import BadInput, MoveRefused, NotAllowed
from emergencies.models import Duty
from emergencies.rules.gaps import uncovered, without
from emergencies.rules.ladder import next_round_at, rounds_due
from emergencies.selectors.rota import everybody_on_the_rota, gaps_ahead, is_on_call, on_call
from emergencies.services.rota import (
    accept_handover,
    cancel_shift,
    decline_handover,
    offer_handover,
    plan_shift,
    set_duty,
)
from journal.selectors import history_of
from tests.complaints.factories import NOW, make_user
from tests.emergencies.rota import DAY, MINUTES, Rota

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


def called(at=NOW) -> list:
    return [(one.person, one.stands_in_for) for one in on_call(at)]


@pytest.mark.clause("CM-8.2b")
def test_the_ladder_is_called_from_the_bottom_up(rota: Rota):
    assert called() == [(person, None) for person in rota.people]
    assert is_on_call(rota.people[0], NOW)
    assert not is_on_call(rota.people[0], NOW + 8 * DAY)


@pytest.mark.clause("CM-8.2b")
def test_a_gap_says_who_is_missing_from_when_to_when(rota: Rota):
    cancel_shift(shift_id=rota.shifts[0].pk, actor=rota.keeper, at=NOW)
    rota.plan(rota.duties[0], rota.people[0], starts_at=NOW, ends_at=NOW + DAY)
    rota.plan(rota.duties[0], rota.people[0], starts_at=NOW + DAY + 6 * HOUR, ends_at=NOW + 7 * DAY)
    gaps = [gap for gap in gaps_ahead(NOW, ahead=7 * DAY) if gap.duty == rota.duties[0]]
    assert [(gap.starts_at, gap.ends_at) for gap in gaps] == [(NOW + DAY, NOW + DAY + 6 * HOUR)]


def test_an_absence_without_a_deputy_is_a_gap_and_with_one_is_none(rota: Rota):
    away: dict[str, Any] = {"starts_at": NOW + DAY, "ends_at": NOW + 2 * DAY}
    set_absence(person=rota.people[0], deputy=None, actor=None, at=NOW, **away)
    gaps = [g for g in gaps_ahead(NOW, ahead=7 * DAY) if g.duty == rota.duties[0]]
    assert [(g.starts_at, g.ends_at) for g in gaps] == [(NOW + DAY, NOW + 2 * DAY)]
    rota.shifts[0].deputy = rota.people[1]
    rota.shifts[0].save()
    assert not [g for g in gaps_ahead(NOW, ahead=7 * DAY) if g.duty == rota.duties[0]]


def test_who_is_back_is_called_again(rota: Rota):
    absence = set_absence(
        person=rota.people[0],
        deputy=None,
        starts_at=NOW - HOUR,
        ends_at=NOW + DAY,
        actor=rota.people[0],
        at=NOW - HOUR,
    )
    assert called()[0] == (rota.people[1], None)
    end_absence(absence=absence, actor=rota.people[0], at=NOW)
    assert called()[0] == (rota.people[0], None)


# --- hand-over -------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2b")
def test_a_shift_passes_on_only_once_the_other_has_accepted_and_all_is_on_record(rota: Rota):
    giver, taker = rota.people[0], make_user("handler")
    offer = offer_handover(
        shift_id=rota.shifts[0].pk, to_person=taker, note="Nothing open.", actor=giver, at=NOW
    )
    assert called()[0] == (giver, None)
    accept_handover(handover_id=offer.pk, actor=taker, at=NOW + MINUTES)
    assert called()[0] == (taker, None)
    offer.refresh_from_db()
    assert (offer.from_person, offer.accepted_at) == (giver, NOW + MINUTES)
    kinds = [entry.kind for entry in history_of(offer)]
    assert kinds == ["rota.handover_offered", "rota.handover_accepted"]
    assert "Nothing open" not in "".join(entry.body for entry in history_of(offer))


def test_the_deputy_who_takes_over_is_deputised_by_the_giver(rota: Rota):
    shift, deputy = rota.shifts[0], rota.people[1]
    shift.deputy = deputy
    shift.save()
    offer = offer_handover(
        shift_id=shift.pk, to_person=deputy, note="", actor=rota.people[0], at=NOW
    )
    accept_handover(handover_id=offer.pk, actor=deputy, at=NOW)
    shift.refresh_from_db()
    assert (shift.person, shift.deputy) == (deputy, rota.people[0])


def test_a_declined_offer_changes_nothing(rota: Rota):
    taker = make_user("handler")
    give: dict[str, Any] = {
        "shift_id": rota.shifts[0].pk,
        "to_person": taker,
        "note": "",
        "at": NOW,
    }
    offer = offer_handover(actor=rota.people[0], **give)
    with pytest.raises(MoveRefused):
        offer_handover(actor=rota.people[0], **give)
    with pytest.raises(NotAllowed):
        accept_handover(handover_id=offer.pk, actor=rota.people[0], at=NOW)
    decline_handover(handover_id=offer.pk, actor=taker, at=NOW)
    with pytest.raises(MoveRefused):
        accept_handover(handover_id=offer.pk, actor=taker, at=NOW)
    assert called()[0] == (rota.people[0], None)
    again = offer_handover(actor=rota.keeper, **give)
    with pytest.raises(NotAllowed):
        decline_handover(handover_id=again.pk, actor=rota.keeper, at=NOW)
    with pytest.raises(MoveRefused):
        accept_handover(handover_id=again.pk, actor=taker, at=NOW + 8 * DAY)


def test_a_shift_is_handed_over_by_whoever_has_it_to_somebody_who_can_answer(rota: Rota):
    shift = rota.shifts[0]
    give: dict[str, Any] = {"shift_id": shift.pk, "note": "", "at": NOW}
    with pytest.raises(NotAllowed):
        offer_handover(to_person=rota.people[1], actor=make_user("agent"), **give)
    for nobody in (make_user("auditor"), rota.people[0]):
        with pytest.raises(BadInput) as refusal:
            offer_handover(to_person=nobody, actor=rota.people[0], **give)
        assert refusal.value.field == "to_person"
    with pytest.raises(MoveRefused):
        offer_handover(
            to_person=rota.people[1], actor=rota.people[0], **(give | {"at": NOW + 8 * DAY})
        )


# --- planning --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ends_at": NOW - DAY}, "ends_at"),
        ({"ends_at": NOW + 60 * DAY}, "ends_at"),
        ({"starts_at": NOW, "ends_at": NOW + DAY}, "starts_at"),
        ({"deputy": "person"}, "deputy"),
        ({"person": "auditor"}, "person"),
        ({"deputy": "auditor"}, "deputy"),
    ],
)
def test_a_shift_that_cannot_be_is_refused_by_the_name_of_its_field(rota: Rota, changes, field):
    person = make_user("handler")
    who: dict[str, Any] = {"person": person, "auditor": make_user("auditor")}
    given: dict[str, Any] = {
        "duty": rota.duties[0],
        "person": person,
        "deputy": None,
        "starts_at": NOW + 8 * DAY,
        "ends_at": NOW + 9 * DAY,
    }
    given |= {
        name: who.get(value, value) if isinstance(value, str) else value
        for name, value in changes.items()
    }
    with pytest.raises(BadInput) as refusal:
        plan_shift(actor=rota.keeper, at=NOW, **given)
    assert refusal.value.field == field


@pytest.mark.parametrize("role", ["agent", "handler", "top_management", "auditor"])
def test_only_managers_and_quality_management_plan(rota: Rota, role):
    actor = make_user(role)
    with pytest.raises(NotAllowed):
        set_duty(level=4, name_en="X", name_zh="某", actor=actor, at=NOW)
    with pytest.raises(NotAllowed):
        cancel_shift(shift_id=rota.shifts[0].pk, actor=actor, at=NOW)
    rota.keeper = actor
    with pytest.raises(NotAllowed):
        rota.plan(rota.duties[0], rota.people[0], starts_at=NOW + 9 * DAY, ends_at=NOW + 10 * DAY)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"level": 0}, "level"), ({"name_en": " "}, "name_en"), ({"name_zh": ""}, "name_zh")],
)
def test_a_duty_has_a_level_and_two_names(changes, field):
    given: dict[str, Any] = {"level": 1, "name_en": "Duty officer", "name_zh": "值班员"} | changes
    with pytest.raises(BadInput) as refusal:
        set_duty(actor=make_user("manager"), at=NOW, **given)
    assert refusal.value.field == field
    assert not Duty.objects.exists()


def test_a_running_shift_that_is_taken_out_ends_now_and_a_coming_one_never_was(rota: Rota):
    running, coming = (
        rota.shifts[0],
        rota.plan(rota.duties[0], rota.people[0], starts_at=NOW + 8 * DAY, ends_at=NOW + 9 * DAY),
    )
    for shift in (running, coming):
        cancel_shift(shift_id=shift.pk, actor=rota.keeper, at=NOW)
        shift.refresh_from_db()
    assert (running.ends_at, running.cancelled_at) == (NOW, None)
    assert coming.cancelled_at == NOW
    with pytest.raises(MoveRefused):
        cancel_shift(shift_id=coming.pk, actor=rota.keeper, at=NOW)


def test_everybody_on_the_rota_is_named_once_deputies_too(rota: Rota):
    rota.plan(
        rota.duties[0],
        rota.people[0],
        rota.people[1],
        starts_at=NOW + 8 * DAY,
        ends_at=NOW + 9 * DAY,
    )
    assert everybody_on_the_rota(NOW) == rota.people


# --- the arithmetic --------------------------------------------------------------------------


def test_rounds_are_counted_by_the_clock():
    every = 15 * MINUTES
    at = {0: 1, 14: 1, 15: 2, 44: 3, 45: 4}
    assert {m: rounds_due(NOW, NOW + m * MINUTES, every) for m in at} == at
    assert next_round_at(NOW, NOW + 15 * MINUTES, every) == NOW + 30 * MINUTES


def test_holes_are_what_no_span_covers():
    def at(hour):
        return NOW + hour * HOUR

    spans = [(at(2), at(5)), (at(0), at(3)), (at(8), at(12))]
    assert uncovered(spans, at(1), at(10)) == [(at(5), at(8))]
    assert uncovered([], at(0), at(1)) == [(at(0), at(1))]
    assert without((at(0), at(4)), [(at(1), at(2)), (at(3), at(9))]) == [
        (at(0), at(1)),
        (at(2), at(3)),
    ]
