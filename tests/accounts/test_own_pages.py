"""One's own name and language."""

import pytest
from django.conf import settings
from django.urls import reverse

from accounts import events
from tests.accounts.conftest import told

HERE = "accounts:language"


def choose(client, language="zh-hans", back="/me/"):
    return client.post(reverse(HERE), {"language": language, "next": back})


def test_a_signed_in_person_keeps_the_language_for_good(client, ben):
    client.force_login(ben)
    answer = choose(client)
    assert answer.headers["Location"] == "/me/"
    ben.refresh_from_db()
    assert ben.language == "zh-hans"
    assert told(ben) == [(events.USER_CHANGED, {"fields": ["language"]})]


def test_a_visitor_keeps_it_in_the_browser(client, db):
    choose(client, back=reverse("account_login"))
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "zh-hans"
    assert 'lang="zh-hans"' in client.get(reverse("account_login")).content.decode()


@pytest.mark.parametrize("strange", ["tlh", "de", "", "../etc"])
def test_a_language_that_is_not_offered_changes_nothing(client, ben, strange):
    client.force_login(ben)
    assert choose(client, strange).status_code == 302
    ben.refresh_from_db()
    assert ben.language == ""


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org"])
def test_it_leads_to_no_other_site(client, ben, elsewhere):
    assert choose(client, back=elsewhere).headers["Location"] == "/"


def test_it_takes_posts_only(client, db):
    assert client.get(reverse(HERE)).status_code == 405


def test_the_profile_changes_name_and_language(client, ben):
    client.force_login(ben)
    client.post(reverse("accounts:profile"), {"display_name": "Benjamin", "language": "zh-hans"})
    ben.refresh_from_db()
    assert (ben.display_name, ben.language) == ("Benjamin", "zh-hans")


def test_an_empty_name_is_refused_in_the_form(client, ben):
    client.force_login(ben)
    answer = client.post(reverse("accounts:profile"), {"display_name": ""})
    assert answer.context["form"].errors["display_name"]
