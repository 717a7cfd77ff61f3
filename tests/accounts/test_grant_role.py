"""Roles are given, everywhere or at one place, and carry permissions."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts import events
from accounts.models import Membership, User
from accounts.permissions import actor_of, has, has_at
from accounts.rules import PERMISSIONS_OF, roles_with
from accounts.services import grant_role, system_user
from accounts.states import Role
from journal.errors import Refusal
from tests.accounts.conftest import AT, told
from tests.accounts.factories import person, site, team


def grant(user, role, actor, **place):
    return grant_role(user=user, role=role, actor=actor, at=AT, **place)


def test_a_role_is_recorded_with_its_place(ada, ben):
    grant(ben, "handler", ada, site=site("north"), team=team("desk"))
    assert told(ben) == [
        (events.ROLE_GRANTED, {"role": "handler", "site": "north", "team": "desk"})
    ]


def test_its_permissions_hold_from_now_on_and_only_there(ada, ben):
    north, south = site("north"), site("south")
    assert not has(ben, "complaints.respond")
    grant(ben, "handler", ada, site=north)
    assert has(ben, "complaints.respond")
    assert "complaints.respond" in ben.permissions
    assert has_at(ben, "complaints.respond", site_id=north.pk, team_id=None)
    assert not has_at(ben, "complaints.respond", site_id=south.pk, team_id=None)
    assert not has_at(ben, "complaints.respond", site_id=None, team_id=None)


def test_a_role_in_a_team_at_a_site_needs_both(ada, ben):
    north, desk, field = site("north"), team("desk"), team("field")
    grant(ben, "handler", ada, site=north, team=desk)
    assert has_at(ben, "complaints.respond", site_id=north.pk, team_id=desk.pk)
    assert not has_at(ben, "complaints.respond", site_id=north.pk, team_id=field.pk)
    assert not has_at(ben, "complaints.respond", site_id=None, team_id=desk.pk)


def test_giving_a_role_twice_changes_nothing(ada, ben):
    assert grant(ben, "agent", ada) == grant(ben, "agent", ada)
    assert len(told(ben)) == 1


def test_the_database_keeps_one_membership_per_place(ben):
    Membership.objects.create(user=ben, role="agent")
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=ben, role="agent")


def test_a_role_that_does_not_exist_is_refused(ada, ben):
    with pytest.raises(Refusal) as refusal:
        grant(ben, "emperor", ada)
    assert refusal.value.code == "unknown_role"


def test_nobody_gives_a_role_to_themselves(ada):
    with pytest.raises(Refusal) as refusal:
        grant(ada, "manager", ada)
    assert refusal.value.code == "own_role"
    assert not has(ada, "complaints.view")


def test_an_administrator_of_one_place_is_refused(ada, ben):
    with pytest.raises(Refusal) as refusal:
        grant(ben, "administrator", ada, site=site("north"))
    assert refusal.value.code == "only_everywhere"


def test_others_may_not(ben):
    with pytest.raises(PermissionDenied):
        grant(ben, "agent", person("cleo", "manager"))


def test_deactivated_people_have_no_permission(ben):
    Membership.objects.create(user=ben, role="agent")
    ben.is_active = False
    assert ben.permissions == frozenset()
    with pytest.raises(PermissionDenied):
        actor_of(ben)


def test_the_system_may_do_everything(db):
    system = system_user()
    assert has(system, "complaints.close")
    assert has_at(system, "complaints.close", site_id=None, team_id=None)


def test_every_role_has_a_row_and_every_row_a_role():
    assert set(PERMISSIONS_OF) == set(Role.values)


def test_only_administrators_manage_people_and_they_read_no_complaints():
    assert roles_with("accounts.manage") == {"administrator"}
    assert not any(
        permission.startswith("complaints.") for permission in PERMISSIONS_OF["administrator"]
    )


def test_memberships_are_read_once_per_request(ada, ben, django_assert_num_queries):
    Membership.objects.create(user=ben, role="agent")
    reader = User.objects.get(pk=ben.pk)
    with django_assert_num_queries(1):
        assert has(reader, "complaints.view")
        assert "complaints.view" in reader.permissions
