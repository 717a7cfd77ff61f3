"""Second factors: set up, asked for, lost, demanded by a role; every change recorded."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from accounts import events
from accounts.rules import gives_passkeys
from accounts.selectors import has_second_factor
from accounts.services import remove_second_factor
from journal.errors import Refusal
from tests.accounts.authenticator import code, recovery_code, with_second_factor
from tests.accounts.conftest import AT, told
from tests.accounts.factories import PASSWORD, person

SAFE = "/me/"
ASK = "mfa_authenticate"


def sign_in(client, username="ben"):
    credentials = {"login": username, "password": PASSWORD, "next": SAFE}
    return client.post(reverse("account_login"), credentials)


def confirm(client, page):
    """Open a page that asks for the password once more, and give it."""
    asked = client.get(reverse(page))
    return client.post(asked.headers["Location"], {"password": PASSWORD}, follow=True)


def changes(user):
    return [
        payload["change"] for kind, payload in told(user) if kind == events.SECOND_FACTOR_CHANGED
    ]


@pytest.fixture
def key(ben):
    """Return the key of Ben's second factor."""
    return with_second_factor(ben)


def test_it_is_asked_for_after_the_password(client, ben, key):
    assert sign_in(client).headers["Location"] == reverse(ASK)
    assert client.get(SAFE).status_code == 302, "the password alone is not enough"
    answer = client.post(reverse(ASK), {"code": code(key)})
    assert answer.headers["Location"] == SAFE
    assert told(ben) == [(events.SIGNED_IN, {"second_factor": "totp"})]


def test_a_recovery_code_works_once(client, ben, key):
    once = recovery_code(ben)
    sign_in(client)
    assert client.post(reverse(ASK), {"code": once}).status_code == 302
    assert told(ben) == [(events.SIGNED_IN, {"second_factor": "recovery_codes"})]
    client.post(reverse("account_logout"))
    sign_in(client)
    assert client.post(reverse(ASK), {"code": once}).status_code == 200


def test_a_code_works_once(client, ben, key):
    shown = code(key)
    sign_in(client)
    client.post(reverse(ASK), {"code": shown})
    client.post(reverse("account_logout"))
    sign_in(client)
    answer = client.post(reverse(ASK), {"code": shown})
    assert "used already" in answer.content.decode()


def test_a_wrong_code_is_recorded(client, ben, key):
    sign_in(client)
    answer = client.post(reverse(ASK), {"code": "000000"})
    assert "not right" in answer.content.decode()
    assert told(ben) == [(events.SIGN_IN_FAILED, {"code": "second_factor"})]


def test_five_wrong_codes_lock(client, ben, key):
    sign_in(client)
    for _ in range(5):
        client.post(reverse(ASK), {"code": "000000"})
    answer = client.post(reverse(ASK), {"code": code(key)})
    assert "locked for 15 minutes" in answer.content.decode()
    assert client.get(SAFE).status_code == 302


def test_setting_it_up_asks_for_the_password_and_is_recorded(client, ben):
    sign_in(client)
    page = confirm(client, "mfa_activate_totp").content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    shown = re.search(r'id="totp-key">([A-Z2-7]+)<', page)
    assert shown
    answer = client.post(reverse("mfa_activate_totp"), {"code": code(shown[1])})
    assert answer.headers["Location"] == reverse("mfa_view_recovery_codes")
    assert recovery_code(ben) in client.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert changes(ben) == ["added"]


def test_a_wrong_first_code_sets_nothing_up(client, ben):
    sign_in(client)
    confirm(client, "mfa_activate_totp")
    client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert not has_second_factor(ben)
    assert changes(ben) == []


def test_a_wrong_password_when_asked_again_is_recorded(client, ben):
    sign_in(client)
    client.post(reverse("account_reauthenticate"), {"password": "wrong"})
    assert told(ben)[-1] == (events.SIGN_IN_FAILED, {"code": "confirmation"})


def test_a_wrong_code_when_asked_again_is_recorded(client, ben, key):
    client.force_login(ben)
    client.post(reverse("mfa_reauthenticate"), {"code": "000000"})
    assert told(ben)[-1] == (events.SIGN_IN_FAILED, {"code": "second_factor"})


def test_removing_it_is_recorded_and_voids_the_recovery_codes(client, ben, key):
    client.force_login(ben)
    confirm(client, "mfa_deactivate_totp")
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=ben).exists()
    assert changes(ben) == ["removed"]


def test_new_recovery_codes_are_recorded_and_void_the_old(client, ben, key):
    old = recovery_code(ben)
    client.force_login(ben)
    confirm(client, "mfa_generate_recovery_codes")
    client.post(reverse("mfa_generate_recovery_codes"))
    assert recovery_code(ben) != old
    assert changes(ben) == ["codes"]


def test_recovery_codes_can_be_downloaded(client, ben, key):
    client.force_login(ben)
    answer = confirm(client, "mfa_download_recovery_codes")
    assert recovery_code(ben) in answer.content.decode()


def test_secrets_lie_encrypted_and_survive_a_change_of_the_secret_key(client, ben, key, settings):
    kept = Authenticator.objects.get(user=ben, type=Authenticator.Type.TOTP).data["secret"]
    assert key not in kept
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    sign_in(client)
    assert client.post(reverse(ASK), {"code": code(key)}).headers["Location"] == SAFE


def test_an_administrator_removes_one_whose_device_is_lost(ada, ben, key):
    remove_second_factor(user=ben, actor=ada, at=AT)
    assert not Authenticator.objects.filter(user=ben).exists()
    assert changes(ben) == ["taken_off"]


def test_where_there_is_none_there_is_nothing_to_remove(ada, ben):
    with pytest.raises(Refusal) as refusal:
        remove_second_factor(user=ben, actor=ada, at=AT)
    assert refusal.value.code == "no_second_factor"


def test_others_may_not(ben, key):
    with pytest.raises(PermissionDenied):
        remove_second_factor(user=ben, actor=person("cleo", "manager"), at=AT)


@pytest.fixture
def _demanded(settings):
    settings.REQUIRE_SECOND_FACTOR_FOR = ["administrator"]


@pytest.mark.usefixtures("_demanded")
def test_a_role_may_demand_one_before_anything_else(client, ada):
    sign_in(client, "ada")
    answer = client.get(reverse("accounts:people"))
    assert answer.headers["Location"] == reverse("mfa_index")
    assert "before you go on" in client.get(reverse("mfa_index")).content.decode()
    assert "before you go on" in confirm(client, "mfa_activate_totp").content.decode()
    with_second_factor(ada)
    assert client.get(reverse("accounts:people")).status_code == 200


@pytest.mark.usefixtures("_demanded")
def test_other_roles_are_not_bothered(client, ben):
    sign_in(client)
    assert client.get(SAFE).status_code == 200


@pytest.mark.usefixtures("_demanded")
def test_a_demanded_one_cannot_be_removed_by_oneself(client, ada):
    with_second_factor(ada)
    client.force_login(ada)
    page = confirm(client, "mfa_deactivate_totp").content.decode()
    assert "cannot be removed" in page
    client.post(reverse("mfa_deactivate_totp"))
    assert has_second_factor(ada)
    assert changes(ada) == []


# --- where browsers give out passkeys ------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "secure", "given"),
    [
        ("desk.example.com", True, True),
        ("desk.example.com", False, False),
        ("localhost:8000", False, True),
        ("desk.localhost", False, True),
        ("127.0.0.1:8000", False, False),
        ("127.0.0.1", True, False),
        ("[::1]:8000", False, False),
        ("[::1]", False, False),
    ],
)
def test_browsers_give_out_passkeys_by_https_or_on_localhost(host, secure, given):
    assert gives_passkeys(host, secure=secure) == given


@pytest.mark.parametrize("page", ["mfa_index", "mfa_add_webauthn"])
@pytest.mark.parametrize(
    ("host", "there"),
    [("127.0.0.1:8000", "http://localhost:8000"), ("[::1]:8000", "http://localhost:8000")],
)
def test_on_loopback_the_page_leads_to_localhost(client, ben, settings, page, host, there):
    settings.ALLOWED_HOSTS = ["*"]
    sign_in(client)
    confirm(client, "mfa_add_webauthn")
    told = client.get(reverse(page), HTTP_HOST=host).content.decode()
    assert "Browsers give out no passkeys at this address. They do at localhost" in told
    assert f'href="{there}{reverse(page)}"' in told
    settings.LANGUAGE_CODE = "zh-hans"
    chinese = client.get(reverse(page), HTTP_HOST=host, HTTP_ACCEPT_LANGUAGE="zh-hans")
    assert "浏览器在此地址不提供通行密钥" in chinese.content.decode()


def test_without_https_the_page_says_so_and_with_it_nothing(client, ben, settings):
    settings.ALLOWED_HOSTS = ["*"]
    sign_in(client)
    address = reverse("mfa_index")
    told = client.get(address, HTTP_HOST="desk.example.com").content.decode()
    assert "because it is not safe (https)" in told
    for way in ({"HTTP_HOST": "localhost:8000"}, {"HTTP_HOST": "a.example.com", "secure": True}):
        assert "no passkeys at this address" not in client.get(address, **way).content.decode()
