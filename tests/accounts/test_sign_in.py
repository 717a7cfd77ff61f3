"""Signing in and out: every attempt is recorded, none of what was typed is kept."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts import events
from accounts.middleware import RENEWED
from accounts.services import system_user
from journal.models import Entry
from journal.selectors import history_of
from tests.accounts.conftest import told
from tests.accounts.factories import PASSWORD, person

LOGIN = "account_login"
SAFE = "/me/"


def sign_in(client, username="ben", password=PASSWORD, **more):
    return client.post(
        reverse(LOGIN), {"login": username, "password": password, "next": SAFE}, **more
    )


def failures(user):
    return [payload["code"] for kind, payload in told(user) if kind == events.SIGN_IN_FAILED]


def test_a_sign_in_is_recorded_with_its_door_and_address(client, ben):
    answer = sign_in(client, REMOTE_ADDR="192.0.2.7")
    assert answer.headers["Location"] == SAFE
    (entry,) = history_of(ben)
    assert (entry.kind, entry.actor, entry.door) == (events.SIGNED_IN, ben, "web")
    assert entry.address == "192.0.2.7"
    assert entry.payload == {"v": 1, "second_factor": None}


@pytest.mark.parametrize("typed", ["BEN", " ben "])
def test_case_and_spaces_of_the_name_make_no_difference(client, ben, typed):
    assert sign_in(client, typed).status_code == 302


def test_a_wrong_password_is_recorded(client, ben):
    answer = sign_in(client, password="wrong")
    assert "not right" in answer.content.decode()
    assert told(ben) == [(events.SIGN_IN_FAILED, {"code": "password"})]
    assert Entry.objects.get().actor is None


def test_an_unknown_name_is_recorded_without_the_name(client, db):
    """People type their password where the name belongs."""
    answer = sign_in(client, username=PASSWORD, password="")
    assert answer.status_code == 200
    sign_in(client, username=PASSWORD, password="x")
    assert told(system_user()) == [(events.SIGN_IN_FAILED, {"code": "unknown"})]
    assert PASSWORD not in Entry.objects.get().body


def test_the_answer_does_not_tell_whether_the_name_exists(client, ben):
    wrong, unknown = sign_in(client, password="wrong"), sign_in(client, "nobody", "wrong")
    body = [answer.content.decode().replace("nobody", "ben") for answer in (wrong, unknown)]
    assert [text.count("The user name or the password is not right") for text in body] == [1, 1]


def test_a_deactivated_account_is_turned_away_and_the_attempt_recorded(client, ben):
    ben.is_active = False
    ben.save()
    assert sign_in(client).headers["Location"] == reverse("account_inactive")
    assert failures(ben) == ["inactive"]
    assert client.get(SAFE).status_code == 302


def test_a_sign_out_is_recorded(client, ben):
    sign_in(client)
    answer = client.post(reverse("account_logout"))
    assert answer.headers["Location"] == reverse(LOGIN)
    assert [kind for kind, _ in told(ben)] == [events.SIGNED_IN, events.SIGNED_OUT]
    assert client.get(SAFE).status_code == 302


def test_a_sign_out_by_nobody_records_nothing(client, db):
    client.post(reverse("account_logout"))
    assert not Entry.objects.exists()


def test_after_five_failures_the_account_is_locked_for_a_quarter_of_an_hour(client, ben):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        for _ in range(5):
            sign_in(client, password="wrong")
        answer = sign_in(client)
        assert "locked for 15 minutes" in answer.content.decode()
        assert failures(ben) == ["password"] * 5 + ["locked"]
        clock.shift(timedelta(minutes=14, seconds=59))
        assert sign_in(client).status_code == 200
        clock.shift(timedelta(seconds=2))
        assert sign_in(client).status_code == 302


def test_the_lock_is_of_the_account_whatever_the_address_and_spelling(client, ben):
    for number in range(5):
        sign_in(client, "Ben", "wrong", REMOTE_ADDR=f"192.0.2.{number}", HTTP_HOST=f"h{number}")
    assert "locked for 15 minutes" in sign_in(client, REMOTE_ADDR="192.0.2.99").content.decode()


def test_a_locked_account_locks_nobody_else(client, ben):
    person("cleo")
    for _ in range(5):
        sign_in(client, password="wrong")
    assert sign_in(client, "cleo").status_code == 302


def test_successful_sign_ins_do_not_count(client, ben):
    for _ in range(7):
        assert sign_in(client).status_code == 302
        client.logout()


def test_many_failures_from_one_address_lock_the_address(client, ben):
    for number in range(20):
        sign_in(client, f"nobody{number}", "x")
    cache_still_open = sign_in(client, REMOTE_ADDR="192.0.2.8")
    assert cache_still_open.status_code == 302
    client.logout()
    assert sign_in(client).status_code == 200


def test_a_flood_of_sign_ins_is_told_to_wait(client, ben):
    for _ in range(31):
        answer = sign_in(client)
        client.logout()
    assert answer.status_code == 429
    assert "Wait a few minutes" in answer.content.decode()


def test_behind_a_proxy_the_address_is_the_one_the_proxy_tells(client, ben, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    sign_in(client, headers={"X-Forwarded-For": "203.0.113.5, 192.0.2.7"})
    assert history_of(ben).get().address == "192.0.2.7"


@pytest.mark.parametrize(
    ("roles", "page"),
    [
        (["agent"], "complaints:queue"),
        (["administrator", "agent"], "complaints:queue"),
        (["administrator"], "accounts:people"),
        (["evaluator"], "accounts:profile"),
    ],
)
def test_everybody_is_led_to_the_first_page_that_is_theirs(client, db, roles, page):
    person("cleo", *roles)
    answer = client.post(reverse(LOGIN), {"login": "cleo", "password": PASSWORD})
    assert answer.headers["Location"] == reverse(page)


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/", "javascript:x"])
def test_nobody_is_led_to_another_site(client, ben, elsewhere):
    answer = client.post(reverse(LOGIN), {"login": "ben", "password": PASSWORD, "next": elsewhere})
    assert answer.headers["Location"] == reverse("accounts:profile")


@pytest.mark.parametrize(
    "closed",
    [
        "account_signup",
        "account_reset_password",
        "account_email",
        "account_set_password",
        "account_confirm_email",
    ],
)
def test_what_is_closed_has_no_address(closed):
    with pytest.raises(NoReverseMatch):
        reverse(closed)


@pytest.mark.parametrize("path", ["signup/", "password/reset/", "email/", "confirm-email/", ""])
def test_what_is_closed_is_not_found(client, db, path):
    assert client.get(f"/accounts/{path}").status_code == 404
    assert client.post(f"/accounts/{path}").status_code == 404


def test_the_page_is_ours_and_asks_nothing_of_strangers(client, db):
    page = client.get(reverse(LOGIN)).content.decode()
    assert 'autocomplete="current-password"' in page
    assert "<script>" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_a_sign_in_whose_record_fails_does_not_happen(client, ben, monkeypatch):
    def broken(**_fact):
        raise RuntimeError("no journal")

    monkeypatch.setattr("accounts.services.access.record", broken)
    with pytest.raises(RuntimeError):
        sign_in(client)
    assert client.get(SAFE).status_code == 302


def test_idle_sessions_end(client, ben, settings):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        sign_in(client)
        clock.shift(timedelta(seconds=settings.SESSION_COOKIE_AGE - 60))
        assert client.get(SAFE).status_code == 200
        clock.shift(timedelta(seconds=settings.SESSION_COOKIE_AGE - 60))
        assert client.get(SAFE).status_code == 200, "counted from the last activity"
        clock.shift(timedelta(seconds=settings.SESSION_COOKIE_AGE + 60))
        assert client.get(SAFE).status_code == 302


def test_a_timer_on_an_open_page_is_no_activity(client, ben, settings):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        sign_in(client)
        for _ in range(3):
            clock.shift(timedelta(seconds=settings.SESSION_COOKIE_AGE / 2.5))
            answer = client.get(SAFE, headers={"X-Timer": "1"})
        assert answer.status_code == 302


def test_renewing_writes_the_session_only_now_and_then(client, ben, settings):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        sign_in(client)
        client.get(SAFE)
        first = Session.objects.get().expire_date
        clock.shift(timedelta(seconds=settings.SESSION_COOKIE_AGE / 10))
        client.get(SAFE)
        assert Session.objects.get().expire_date == first
        clock.shift(timedelta(seconds=2))
        client.get(SAFE)
        assert Session.objects.get().expire_date > first
        assert client.session[RENEWED] == int(timezone.now().timestamp())


def test_the_cache_is_empty_in_each_test():
    assert cache.get("anything") is None
