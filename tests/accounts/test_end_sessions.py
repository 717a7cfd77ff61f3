"""Sessions are listed and ended: one's other ones by oneself, all by an administrator."""

from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import events
from accounts.services import end_sessions
from accounts.tasks import forget_expired_sessions
from tests.accounts.conftest import AT, told
from tests.accounts.factories import PASSWORD, person

SAFE = "/me/"


def signed_in(**more):
    client = Client(**more)
    client.post(reverse("account_login"), {"login": "ben", "password": PASSWORD, "next": SAFE})
    assert client.get(SAFE).status_code == 200
    return client


def test_an_administrator_ends_all(ada, ben):
    office, phone = signed_in(), signed_in()
    assert end_sessions(user=ben, actor=ada, at=AT) == 2
    assert office.get(SAFE).status_code == phone.get(SAFE).status_code == 302
    assert told(ben)[-1] == (events.SESSIONS_ENDED, {})


def test_others_may_not(ben):
    with pytest.raises(PermissionDenied):
        end_sessions(user=ben, actor=person("cleo", "manager"), at=AT)


def test_a_person_sees_where_they_are_signed_in_and_ends_the_others(ben):
    office, phone = signed_in(), signed_in(headers={"user-agent": "Pocket phone"})
    assert "Pocket phone" in office.get(reverse("usersessions_list")).content.decode()
    office.post(reverse("usersessions_list"))
    assert office.get(SAFE).status_code == 200
    assert phone.get(SAFE).status_code == 302
    assert told(ben)[-1] == (events.SESSIONS_ENDED, {})


def test_ending_none_records_nothing(ben):
    office = signed_in()
    office.post(reverse("usersessions_list"))
    assert [kind for kind, _ in told(ben)] == [events.SIGNED_IN]


def test_every_night_what_is_left_of_expired_sessions_is_removed(ben, settings):
    with time_machine.travel(timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE + 60)):
        signed_in()
    office = signed_in()
    forget_expired_sessions()
    assert Session.objects.count() == UserSession.objects.count() == 1
    assert office.get(SAFE).status_code == 200
