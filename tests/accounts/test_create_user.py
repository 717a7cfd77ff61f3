"""An administrator adds people."""

from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts import events
from accounts.models import User
from accounts.rules import one_time_password
from accounts.services import create_user, system_user
from journal.errors import Refusal
from journal.models import Entry
from tests.accounts.conftest import AT, told
from tests.accounts.factories import person, site, team


def create(actor, username="ben", **fields):
    values = {"password": "correct horse battery", "display_name": "Ben"} | fields
    return create_user(username=username, actor=actor, at=AT, **values)


def test_a_new_person_is_recorded_without_personal_data(ada):
    ben = create(ada, email="ben@example.org")
    assert ben.check_password("correct horse battery")
    assert told(ben) == [(events.USER_CREATED, {})]
    assert "ben" not in Entry.objects.get().body


def test_a_one_time_password_must_be_changed(ada):
    assert create(ada, one_time=True).must_change_password
    assert not create(ada, username="cleo").must_change_password


def test_without_a_password_nobody_can_sign_in(ada):
    assert not create(ada, password=None).has_usable_password()


@pytest.mark.parametrize("role", ["agent", "manager", "auditor"])
def test_only_administrators_may(db, role):
    with pytest.raises(PermissionDenied):
        create(person("cleo", role))
    assert not User.objects.filter(username="ben").exists()


@pytest.mark.parametrize("actor", [None, "system"])
def test_set_up_and_the_system_may(db, actor):
    assert create(system_user() if actor else None).pk


@pytest.mark.parametrize("taken", ["ben", "Ben", "BEN"])
def test_a_taken_name_is_refused_whatever_its_case(ada, ben, taken):
    with pytest.raises(Refusal):
        create(ada, username=taken)


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"username": "ben smith"}, "username"),
        ({"username": ""}, "username"),
        ({"email": "nowhere"}, "email"),
        ({"language": "tlh"}, "language"),
    ],
)
def test_what_breaks_a_rule_is_refused_and_the_field_named(ada, fields, at_fault):
    with pytest.raises(Refusal) as refusal:
        create(ada, **fields)
    assert refusal.value.field == at_fault


def test_the_system_is_one_and_nobody_can_sign_in_as_it(db, rf):
    assert system_user() == system_user()
    assert not system_user().has_usable_password()
    for guess in ("", "system"):
        assert authenticate(rf.post("/"), username="system", password=guess) is None


def test_one_time_passwords_differ_and_can_be_read_out():
    made = {one_time_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(password) == 19 for password in made)
    assert not set("".join(made)) & set("l1io0")


def test_the_command_prints_a_password_that_works_once(db):
    north, desk = site("north"), team("desk")
    out = StringIO()
    roles = ["--role", "agent", "--role", "handler"]
    call_command("create_person", "cleo", *roles, site="north", team="desk", stdout=out)
    name, _, password = out.getvalue().strip().partition(": ")
    cleo = User.objects.get(username=name)
    assert cleo.check_password(password)
    assert cleo.must_change_password
    assert {(m.role, m.site, m.team) for m in cleo.memberships.all()} == {
        ("agent", north, desk),
        ("handler", north, desk),
    }


@pytest.mark.parametrize(
    "options",
    [
        {"site": "nowhere"},
        {"team": "nobody"},
        {"role": ["administrator"], "site": "north"},
    ],
)
def test_the_command_creates_nobody_when_something_is_wrong(db, options):
    site("north")
    with pytest.raises(CommandError):
        call_command("create_person", "cleo", **({"role": ["agent"]} | options))
    assert not User.objects.filter(username="cleo").exists()


def test_the_command_refuses_a_taken_name(ben):
    with pytest.raises(CommandError, match="already"):
        call_command("create_person", "BEN", role=["agent"])
