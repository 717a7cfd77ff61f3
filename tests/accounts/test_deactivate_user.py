"""A deactivated account is closed at once, and can be opened again."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from accounts import events
from accounts.services import deactivate_user, reactivate_user, system_user
from journal.errors import Refusal
from tests.accounts.conftest import AT, told
from tests.accounts.factories import PASSWORD, person


def deactivate(user, actor):
    return deactivate_user(user=user, actor=actor, at=AT)


def test_it_is_recorded(ada, ben):
    deactivate(ben, ada)
    assert told(ben) == [(events.USER_DEACTIVATED, {})]


def test_the_next_click_leads_to_the_sign_in_page(ada, ben, client):
    sign_in = {"login": "ben", "password": PASSWORD}
    client.post(reverse("account_login"), sign_in)
    assert client.get(reverse("accounts:profile")).status_code == 200
    deactivate(ben, ada)
    assert client.get(reverse("accounts:profile")).status_code == 302
    reactivate_user(user=ben, actor=ada, at=AT)
    assert client.get(reverse("accounts:profile")).status_code == 302, (
        "the session is gone for good"
    )
    client.post(reverse("account_login"), sign_in)
    assert client.get(reverse("accounts:profile")).status_code == 200


def test_nobody_deactivates_themselves(ada):
    with pytest.raises(Refusal) as refusal:
        deactivate(ada, ada)
    assert refusal.value.code == "own_account"


def test_the_last_administrator_stays(ada):
    with pytest.raises(Refusal) as refusal:
        deactivate(ada, None)
    assert refusal.value.code == "last_administrator"
    ada.refresh_from_db()
    assert ada.is_active


def test_the_system_stays(ada):
    with pytest.raises(Refusal):
        deactivate(system_user(), ada)


def test_others_may_not(ben):
    with pytest.raises(PermissionDenied):
        deactivate(ben, person("cleo", "manager"))


def test_an_account_opens_again_with_the_roles_it_had(ada):
    ben = person("ben", "agent")
    deactivate(ben, ada)
    assert ben.permissions == frozenset()
    reactivate_user(user=ben, actor=ada, at=AT)
    assert "complaints.view" in ben.permissions
    assert told(ben)[-1] == (events.USER_REACTIVATED, {})


def test_others_may_not_open_it_again(ada, ben):
    deactivate(ben, ada)
    with pytest.raises(PermissionDenied):
        reactivate_user(user=ben, actor=person("cleo", "manager"), at=AT)
