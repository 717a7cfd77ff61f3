"""Who is away, who stands in, and who may say so."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from accounts import events
from accounts.models import Absence
from accounts.permissions import grants_with, has, has_at
from accounts.selectors import (
    absence_of,
    absences_to_come,
    deputies_of,
    deputy_of,
    standing_in,
)
from accounts.services import deactivate_user, end_absence, set_absence
from journal.errors import Refusal
from tests.accounts.conftest import AT, told
from tests.accounts.factories import person, site

DAY = timedelta(days=1)


@pytest.fixture
def north(db):
    return site("north")


@pytest.fixture
def mei(north):
    return person("mei", "handler", site=north, display_name="Mei Chen")


@pytest.fixture
def wei(north):
    return person("wei", "handler", site=site("south"), display_name="Wei Sun")


def away(who, deputy, *, actor=None, starts=AT, ends=AT + 5 * DAY, at=AT):
    return set_absence(
        person=who, deputy=deputy, starts_at=starts, ends_at=ends, actor=actor or who, at=at
    )


def test_the_deputy_stands_in_from_beginning_to_end_and_it_ends_by_itself(mei, wei):
    away(mei, wei, starts=AT + DAY, ends=AT + 3 * DAY)
    moments = {hours: AT + timedelta(hours=hours) for hours in (0, 24, 71, 72)}
    assert {hours: deputy_of(mei, at) for hours, at in moments.items()} == {
        0: None,
        24: wei,
        71: wei,
        72: None,
    }
    assert standing_in(wei, moments[24]).covering == (mei,)
    assert standing_in(wei, moments[72]).covering == ()
    assert absence_of(mei, moments[24]).deputy == wei
    assert list(absences_to_come(mei, moments[72])) == []


def test_it_is_recorded_without_the_note(mei, wei):
    absence = set_absence(
        person=mei,
        deputy=wei,
        starts_at=AT,
        ends_at=AT + DAY,
        note="In hospital",
        actor=mei,
        at=AT,
    )
    assert told(mei) == [
        (
            events.ABSENCE_SET,
            {
                "absence": absence.pk,
                "deputy": wei.pk,
                "starts_at": AT.isoformat(),
                "ends_at": (AT + DAY).isoformat(),
            },
        )
    ]


def test_somebody_may_be_away_without_a_deputy(mei):
    away(mei, None)
    assert deputy_of(mei, AT) is None
    assert absence_of(mei, AT) is not None


def test_a_deputy_whose_account_is_closed_stands_in_no_more(ada, mei, wei):
    away(mei, wei)
    deactivate_user(user=wei, actor=ada, at=AT)
    assert deputies_of([mei.pk], AT) == {}


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [(AT, AT, "ends_at"), (AT + DAY, AT, "ends_at"), (AT - 3 * DAY, AT - DAY, "ends_at")],
)
def test_an_end_before_the_beginning_or_in_the_past_is_refused(mei, wei, starts, ends, field):
    with pytest.raises(Refusal) as refusal:
        away(mei, wei, starts=starts, ends=ends)
    assert (refusal.value.code, refusal.value.field) == ("order", field)


def test_two_absences_of_one_person_do_not_overlap(mei, wei):
    away(mei, wei)
    with pytest.raises(Refusal) as refusal:
        away(mei, None, starts=AT + DAY, ends=AT + 9 * DAY)
    assert refusal.value.code == "overlap"
    away(mei, wei, starts=AT + 5 * DAY, ends=AT + 6 * DAY)


def test_nobody_stands_in_for_themselves(mei):
    with pytest.raises(Refusal) as refusal:
        away(mei, mei)
    assert refusal.value.code == "own_deputy"


def test_who_is_away_too_cannot_stand_in(mei, wei):
    away(wei, None, starts=AT + DAY, ends=AT + 2 * DAY)
    with pytest.raises(Refusal) as refusal:
        away(mei, wei)
    assert (refusal.value.code, refusal.value.field) == ("away", "deputy")


def test_a_closed_account_cannot_stand_in(ada, mei, wei):
    deactivate_user(user=wei, actor=ada, at=AT)
    with pytest.raises(Refusal) as refusal:
        away(mei, wei)
    assert refusal.value.code == "gone"


def test_a_manager_sets_it_for_people_in_their_places_only(mei, wei, north):
    boss = person("li", "manager", site=north)
    away(mei, wei, actor=boss)
    with pytest.raises(PermissionDenied):
        away(wei, None, actor=boss)


def test_colleagues_may_not(mei, wei):
    with pytest.raises(PermissionDenied):
        away(mei, wei, actor=wei)


def test_ending_it_early_counts_from_now(mei, wei):
    absence = away(mei, wei)
    end_absence(absence=absence, actor=mei, at=AT + DAY)
    assert deputy_of(mei, AT + DAY) is None
    assert told(mei)[-1] == (events.ABSENCE_ENDED, {"absence": absence.pk})
    end_absence(absence=absence, actor=mei, at=AT + 2 * DAY)
    assert len(told(mei)) == 2, "what is over does not end again"


def test_one_that_has_not_begun_is_taken_back(mei, wei):
    absence = away(mei, wei, starts=AT + DAY)
    end_absence(absence=absence, actor=mei, at=AT)
    assert not Absence.objects.exists()


def test_others_may_not_end_it(mei, wei):
    absence = away(mei, wei)
    with pytest.raises(PermissionDenied):
        end_absence(absence=absence, actor=wei, at=AT)


def test_a_deputy_borrows_places_but_no_kind_of_right(mei, wei, north):
    boss = person("li", "manager", site=north)
    away(boss, wei)
    assert not has_at(wei, "complaints.assess", site_id=north.pk, team_id=None)
    standing_in(wei, AT)
    assert has_at(wei, "complaints.assess", site_id=north.pk, team_id=None)
    assert not has(wei, "complaints.approve"), "a handler does not approve for a manager"
    assert not has(wei, "accounts.set_absence")


def test_an_administrator_lends_nothing_to_who_is_none(ada, wei):
    away(ada, wei)
    standing_in(wei, AT)
    assert grants_with(wei, "accounts.manage") == []
