"""Sites and teams are added, renamed and taken out of use; never deleted."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models import ProtectedError
from django.utils import translation

from accounts import events, services
from journal.errors import Refusal
from tests.accounts.conftest import AT, told
from tests.accounts.factories import person, site, team

KINDS = [
    pytest.param("site", site, events.SITE_CREATED, events.SITE_CHANGED, id="site"),
    pytest.param("team", team, events.TEAM_CREATED, events.TEAM_CHANGED, id="team"),
]
NAMES = {"name_en": "North", "name_zh": "北店"}


CREATE: dict[str, Any] = {"site": services.create_site, "team": services.create_team}
CHANGE: dict[str, Any] = {"site": services.change_site, "team": services.change_team}


def create(kind, actor, **fields):
    return CREATE[kind](**({"code": "north"} | NAMES | fields), actor=actor, at=AT)


def change(kind, place, actor, **fields):
    values = {"name_en": place.name_en, "name_zh": place.name_zh, "active": place.active}
    return CHANGE[kind](**{kind: place}, **(values | fields), actor=actor, at=AT)


@pytest.mark.parametrize(("kind", "_make", "created", "_changed"), KINDS)
def test_a_new_place_is_recorded(ada, kind, _make, created, _changed):
    place = create(kind, ada)
    assert told(place) == [(created, {})]
    with translation.override("zh-hans"):
        assert str(place) == "北店"
    with translation.override("en"):
        assert str(place) == "North"


@pytest.mark.parametrize(("kind", "make", "_created", "_changed"), KINDS)
@pytest.mark.parametrize(
    "fields", [{"code": "taken"}, {"code": "no spaces"}, {"name_zh": ""}, {"name_en": ""}]
)
def test_what_breaks_a_rule_is_refused(ada, kind, make, _created, _changed, fields):
    make("taken")
    with pytest.raises(Refusal):
        create(kind, ada, **fields)


@pytest.mark.parametrize(("kind", "make", "_created", "changed"), KINDS)
def test_a_change_is_recorded_by_field(ada, kind, make, _created, changed):
    place = make("north")
    change(kind, place, ada, name_en="Far north", active=False)
    place.refresh_from_db()
    assert (place.name_en, place.active) == ("Far north", False)
    assert told(place) == [(changed, {"fields": ["active", "name_en"]})]


@pytest.mark.parametrize(("kind", "make", "_created", "_changed"), KINDS)
def test_changing_nothing_records_nothing(ada, kind, make, _created, _changed):
    place = make("north")
    change(kind, place, ada)
    assert told(place) == []


@pytest.mark.parametrize(("kind", "make", "_created", "_changed"), KINDS)
def test_others_may_neither_add_nor_change(db, kind, make, _created, _changed):
    cleo = person("cleo", "manager")
    with pytest.raises(PermissionDenied):
        create(kind, cleo)
    with pytest.raises(PermissionDenied):
        change(kind, make("south"), cleo, name_en="Deep south")


def test_a_place_that_somebody_works_at_cannot_be_deleted(db):
    north = site("north")
    person("ben", "agent", site=north)
    with pytest.raises(ProtectedError):
        north.delete()
