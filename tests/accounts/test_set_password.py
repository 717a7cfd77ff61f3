"""Passwords: one's own, or a one-time one from an administrator."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from accounts import events
from accounts.services import set_password, system_user
from journal.errors import Refusal
from tests.accounts.conftest import AT, told
from tests.accounts.factories import PASSWORD, person

NEW = "a quite different sentence"
CHANGE = "account_change_password"


def test_a_one_time_password_is_recorded_and_must_be_changed(ada, ben):
    set_password(user=ben, password=NEW, one_time=True, actor=ada, at=AT)
    ben.refresh_from_db()
    assert ben.check_password(NEW)
    assert ben.must_change_password
    assert told(ben) == [(events.PASSWORD_CHANGED, {"one_time": True})]


def test_it_ends_the_sessions_of_the_person(ada, ben, client):
    client.post(reverse("account_login"), {"login": "ben", "password": PASSWORD})
    set_password(user=ben, password=NEW, one_time=True, actor=ada, at=AT)
    assert client.get(reverse("accounts:profile")).status_code == 302


@pytest.mark.parametrize("weak", ["short", "123456789012", "password1234", "ben-ben-ben!"])
def test_a_weak_password_is_refused(ada, weak):
    ben = person("ben-ben-ben")
    with pytest.raises(Refusal) as refusal:
        set_password(user=ben, password=weak, one_time=False, actor=ben, at=AT)
    assert refusal.value.code == "weak_password"


def test_others_may_not(ben):
    with pytest.raises(PermissionDenied):
        set_password(user=ben, password=NEW, one_time=True, actor=person("cleo"), at=AT)


def test_the_system_gets_none(ada):
    with pytest.raises(PermissionDenied):
        set_password(user=system_user(), password=NEW, one_time=False, actor=ada, at=AT)


def form(old, new, again=None):
    return {"oldpassword": old, "password1": new, "password2": again or new}


@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_has_none_is_told_how_to_get_one(ben, client, method):
    ben.set_unusable_password()
    ben.save()
    client.force_login(ben)
    answer = getattr(client, method)(reverse(CHANGE), form("", NEW))
    assert answer.status_code == 200
    assert "ask an administrator for a one-time password" in answer.content.decode()
    ben.refresh_from_db()
    assert not ben.has_usable_password()


def test_a_person_changes_their_own_and_stays_signed_in(ben, client):
    client.force_login(ben)
    answer = client.post(reverse(CHANGE), form(PASSWORD, NEW))
    assert answer.headers["Location"] == reverse("accounts:profile")
    assert client.get(reverse("accounts:profile")).status_code == 200
    assert told(ben) == [(events.PASSWORD_CHANGED, {"one_time": False})]


@pytest.mark.parametrize(
    ("old", "new", "again", "reason"),
    [
        ("wrong", NEW, NEW, "not your present password"),
        (PASSWORD, PASSWORD, PASSWORD, "differs from the present one"),
        (PASSWORD, "short", "short", "at least 12"),
        (PASSWORD, NEW, NEW + "x", "same password"),
    ],
)
def test_a_wrong_change_is_refused_with_its_reason(ben, client, old, new, again, reason):
    client.force_login(ben)
    answer = client.post(reverse(CHANGE), form(old, new, again))
    assert reason in answer.content.decode()
    ben.refresh_from_db()
    assert ben.check_password(PASSWORD)
    assert told(ben) == []


@pytest.mark.django_db
def test_who_has_a_one_time_password_is_led_to_change_it_before_anything_else(client):
    ben = person("ben", must_change_password=True)
    client.force_login(ben)
    answer = client.get(reverse("accounts:profile"))
    assert answer.headers["Location"] == reverse(CHANGE)
    fragment = client.get(reverse("accounts:profile"), headers={"HX-Request": "true"})
    assert fragment.headers["HX-Redirect"] == reverse(CHANGE)
    assert client.get(reverse(CHANGE)).status_code == 200
    client.post(reverse(CHANGE), form(PASSWORD, NEW))
    assert client.get(reverse("accounts:profile")).status_code == 200


@pytest.mark.django_db
def test_signing_out_stays_possible_while_a_change_is_due(client):
    client.force_login(person("ben", must_change_password=True))
    assert client.post(reverse("account_logout")).headers["Location"] == reverse("account_login")
