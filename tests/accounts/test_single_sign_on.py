"""Single sign-on against a real provider: who comes in, who does not, and nothing taken over."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.urls import reverse
from django.utils import timezone

from accounts import events
from accounts.models import Membership, User
from accounts.services import (
    Claims,
    House,
    admit,
    deactivate_user,
    system_user,
    tie_sign_in,
    untie_sign_in,
)
from accounts.states import SignInFailure
from config.env import group_role
from journal.errors import Refusal
from tests.accounts import provider as oidc
from tests.accounts.conftest import AT, told
from tests.accounts.factories import PASSWORD, person, site

LIN = {
    "preferred_username": "lin",
    "name": "Lin Mei",
    "email": "lin@acme.example",
    "email_verified": True,
}


@pytest.fixture(scope="module")
def provider():
    """Return a provider that runs for the tests of this file."""
    with oidc.running() as one:
        yield one


@pytest.fixture
def house(provider, settings, db):
    """Let the house know the provider; return a way to change what it lets in."""

    def let_in(**changes):
        settings.OIDC = provider.settings(**changes)

    let_in()
    return let_in


def come(client, provider, sub, page="single_sign_on"):
    """Sign in at the provider and come back."""
    return client.get(provider.answer(oidc.led_to(client, page), sub))


def failures():
    return [payload["code"] for _kind, payload in told(system_user())]


def test_somebody_new_comes_in_without_any_role(client, provider, house):
    provider.knows("s1", **LIN)
    assert come(client, provider, "s1").status_code == 302
    lin = User.objects.get(username="lin")
    assert (lin.display_name, lin.email) == ("Lin Mei", "lin@acme.example")
    assert not lin.has_usable_password()
    assert list(lin.memberships.all()) == []
    assert client.get(reverse("accounts:profile")).status_code == 200
    kinds = [kind for kind, _payload in told(lin)]
    assert kinds == [events.USER_CREATED, events.SIGN_IN_LINKED, events.SIGNED_IN]
    assert told(lin)[-1][1] == {"second_factor": None, "by": "single_sign_on"}


def test_the_second_time_the_same_person_comes_in(client, provider, house):
    provider.knows("s2", **LIN)
    come(client, provider, "s2")
    client.post(reverse("account_logout"))
    provider.knows("s2", **{**LIN, "email": "married@acme.example", "preferred_username": "x"})
    come(client, provider, "s2")
    assert User.objects.filter(is_system=False).count() == 1
    assert client.get(reverse("accounts:profile")).status_code == 200


def test_nothing_else_of_what_the_provider_says_is_kept(client, provider, house):
    provider.knows("s3", **LIN, phone_number="13800000000")
    come(client, provider, "s3")
    client.post(reverse("account_logout"))
    come(client, provider, "s3")
    assert SocialAccount.objects.get().extra_data == {}


def test_the_question_carries_state_nonce_and_a_challenge(client, house):
    question = oidc.asked(oidc.led_to(client))
    assert {"state", "nonce", "code_challenge"} <= question.keys()
    assert question["code_challenge_method"] == "S256"
    assert question["response_type"] == "code"
    assert set(question["scope"].split()) == {"openid", "profile", "email"}


def test_an_answer_to_somebody_elses_question_is_refused(
    client, provider, house, django_user_model
):
    provider.knows("s4", **LIN)
    theirs = provider.answer(oidc.led_to(client), "s4")
    other = type(client)()
    page = other.get(theirs)
    assert page.status_code == 403
    assert "You were not signed in" in page.content.decode()
    assert not User.objects.filter(username="lin").exists()
    assert failures() == [SignInFailure.SINGLE_SIGN_ON]


def test_an_answer_with_another_nonce_is_refused(client, provider, house):
    provider.knows("s5", **LIN)
    location = oidc.led_to(client)
    nonce = oidc.asked(location)["nonce"]
    page = client.get(provider.answer(location.replace(nonce, "another"), "s5"))
    assert page.status_code == 403
    assert not User.objects.filter(username="lin").exists()


def test_an_answer_works_once(client, provider, house):
    provider.knows("s6", **LIN)
    back = provider.answer(oidc.led_to(client), "s6")
    client.get(back)
    client.post(reverse("account_logout"))
    assert client.get(back).status_code == 403


def test_who_turns_back_at_the_provider_is_told(client, provider, house):
    state = oidc.asked(oidc.led_to(client))["state"]
    back = reverse("openid_connect_callback", args=["oidc"])
    page = client.get(f"{back}?error=access_denied&state={state}")
    assert page.status_code == 403
    assert "You did not finish signing in" in page.content.decode()
    assert failures() == [SignInFailure.SINGLE_SIGN_ON]


def test_a_refusal_without_our_state_is_a_clear_page_too(client, provider, house):
    assert client.get(provider.refuse(oidc.led_to(client))).status_code == 403


def test_a_provider_that_does_not_answer_gives_a_clear_page(client, provider, settings, db):
    settings.OIDC = provider.settings(issuer="http://127.0.0.1:9")
    page = client.get(reverse("single_sign_on"))
    assert page.status_code == 502
    assert "does not answer as it should" in page.content.decode()


def test_a_provider_that_names_another_issuer_is_not_believed(client, provider, settings, db):
    settings.OIDC = provider.settings(issuer=provider.issuer.replace("127.0.0.1", "localhost"))
    # The provider names itself by the address it is asked under, so the setting is made to differ.
    settings.OIDC["issuer"] = f"{provider.issuer}/.well-known/openid-configuration"
    assert client.get(reverse("single_sign_on")).status_code == 502


def test_without_a_provider_there_is_no_such_page(client, db):
    assert client.get(reverse("single_sign_on")).status_code == 404
    assert "Sign in with" not in client.get(reverse("account_login")).content.decode().replace(
        "Sign in with a passkey", ""
    )


def test_the_sign_in_page_names_the_provider_in_both_languages(client, house):
    assert "Sign in with Acme ID" in client.get(reverse("account_login")).content.decode()
    page = client.get(reverse("account_login"), headers={"Accept-Language": "zh-hans"})
    assert "员工统一登录" in page.content.decode()


# --- accounts that exist -------------------------------------------------------------------------


def test_an_account_not_used_yet_is_found_by_its_verified_address(client, provider, house):
    invited = person("lin.mei", password=None, email="LIN@acme.example")
    provider.knows("s7", **LIN)
    come(client, provider, "s7")
    assert SocialAccount.objects.get().user == invited
    assert (events.SIGN_IN_LINKED, {"provider": "oidc", "by": "email"}) in told(invited)


def test_an_address_that_is_not_verified_finds_nobody(client, provider, house):
    person("lin.mei", password=None, email="lin@acme.example")
    provider.knows("s8", **{**LIN, "email_verified": False})
    come(client, provider, "s8")
    made = SocialAccount.objects.get().user
    assert (made.username, made.email) == ("lin", "")


@pytest.mark.parametrize("credential", ["password", "passkey"])
def test_an_account_with_credentials_is_never_taken_over(client, provider, house, credential):
    owner = person("owner", email="lin@acme.example", last_login=AT)
    if credential == "passkey":
        owner.set_unusable_password()
        owner.save()
        Authenticator.objects.create(user=owner, type=Authenticator.Type.WEBAUTHN, data={})
    provider.knows("s9", **LIN)
    page = come(client, provider, "s9")
    assert page.status_code == 403
    assert "which has a sign-in of its own" in page.content.decode()
    assert not SocialAccount.objects.exists()
    assert client.get(reverse("accounts:profile")).status_code == 302


def test_its_owner_ties_it_after_signing_in_the_old_way(client, provider, house):
    owner = person("owner", email="lin@acme.example")
    client.post(reverse("account_login"), {"login": "owner", "password": PASSWORD})
    provider.knows("s10", **LIN)
    once_more = client.get(reverse("single_sign_on_tie")).headers["Location"]
    client.post(once_more, {"password": PASSWORD})
    answer = come(client, provider, "s10", "single_sign_on_tie")
    assert answer.headers["Location"] == reverse("accounts:profile")
    assert SocialAccount.objects.get().user == owner
    assert told(owner)[-1] == (events.SIGN_IN_LINKED, {"provider": "oidc", "by": "confirmed"})
    client.post(reverse("account_logout"))
    come(client, provider, "s10")
    assert "owner" in client.get(reverse("accounts:profile")).content.decode()


def test_a_sign_in_is_tied_to_one_account_only(db):
    first, second = person("first"), person("second")
    claims = Claims("oidc", "same", "x", "X", "x@acme.example", email_verified=True)
    tie_sign_in(user=first, claims=claims, house=House(), at=AT)
    with pytest.raises(Refusal) as refusal:
        tie_sign_in(user=second, claims=claims, house=House(), at=AT)
    assert refusal.value.code == "tied_elsewhere"


def test_untying_leaves_another_way_in(db):
    ben = person("ben")
    with pytest.raises(Refusal) as refusal:
        untie_sign_in(user=ben, at=AT)
    assert refusal.value.code == "not_tied"
    SocialAccount.objects.create(user=ben, provider="oidc", uid="1")
    untie_sign_in(user=ben, at=AT)
    assert told(ben) == [(events.SIGN_IN_UNTIED, {})]


def test_the_last_way_in_stays(db):
    lin = person("lin", password=None)
    SocialAccount.objects.create(user=lin, provider="oidc", uid="1")
    with pytest.raises(Refusal) as refusal:
        untie_sign_in(user=lin, at=AT)
    assert refusal.value.code == "last_way_in"


def test_a_user_name_that_somebody_has_is_not_given_twice(client, provider, house):
    person("LIN", email="other@acme.example")
    provider.knows("s11", **LIN)
    page = come(client, provider, "s11")
    assert page.status_code == 403
    assert "Somebody has the user name" in page.content.decode()


def test_a_closed_account_stays_closed(client, provider, house, ada):
    provider.knows("s12", **LIN)
    come(client, provider, "s12")
    lin = User.objects.get(username="lin")
    SocialAccount.objects.filter(user=lin)
    tied = SocialAccount.objects.get(user=lin)
    User.objects.filter(pk=lin.pk).update(is_active=False)
    other = type(client)()
    answer = come(other, provider, "s12")
    assert answer.headers["Location"] == reverse("account_inactive")
    assert tied.user == lin


def test_who_leaves_loses_the_tie(client, provider, house, ada):
    provider.knows("s13", **LIN)
    come(client, provider, "s13")
    lin = User.objects.get(username="lin")
    deactivate_user(user=lin, actor=ada, at=timezone.now())
    assert not SocialAccount.objects.exists()


# --- whom the house lets in, and as what ---------------------------------------------------------


def test_only_addresses_of_listed_domains_come_in(client, provider, house):
    house(domains=["acme.example"])
    provider.knows("s14", **{**LIN, "email": "lin@acme.example.evil"})
    page = come(client, provider, "s14")
    assert "Addresses of this domain are not let in" in page.content.decode()
    provider.knows("s15", **{**LIN, "email_verified": False})
    assert "does not vouch" in come(client, provider, "s15").content.decode()
    provider.knows("s16", **LIN)
    assert come(client, provider, "s16").status_code == 302


def test_nobody_new_comes_in_where_people_are_made_by_hand(client, provider, house):
    house(creates=False)
    provider.knows("s17", **LIN)
    page = come(client, provider, "s17")
    assert "You have no account here yet" in page.content.decode()
    assert not User.objects.filter(username="lin").exists()


def test_groups_give_the_roles_that_are_listed_and_no_others(client, provider, house):
    north = site("north")
    house(
        roles=[
            ("desk", "agent", "north", ""),
            ("lost", "handler", "nowhere", ""),
            ("others", "manager", "", ""),
        ]
    )
    provider.knows("s18", **LIN, groups=["desk", "lost", "administrator", "quality_manager"])
    come(client, provider, "s18")
    lin = User.objects.get(username="lin")
    assert [(m.role, m.site) for m in lin.memberships.all()] == [("agent", north)]
    client.post(reverse("account_logout"))
    come(client, provider, "s18")
    assert Membership.objects.filter(user=lin).count() == 1


def test_the_setting_of_groups_is_read_or_refused():
    assert group_role("desk=agent@north/first") == ("desk", "agent", "north", "first")
    assert group_role("boss=manager") == ("boss", "manager", "", "")
    assert group_role("g=handler@/team") == ("g", "handler", "", "team")
    for wrong in ("desk", "desk=king", "=agent"):
        with pytest.raises(Exception, match="OIDC_ROLES"):
            group_role(wrong)


def test_admit_asks_the_person_to_confirm_when_two_accounts_share_an_address(db):
    person("one", password=None, email="lin@acme.example")
    person("two", password=None, email="lin@acme.example")
    claims = Claims("oidc", "u", "lin", "Lin", "lin@acme.example", email_verified=True)
    with pytest.raises(Refusal) as refusal:
        admit(claims=claims, house=House(), at=AT)
    assert refusal.value.code == "confirm"


# --- passwords switched off ----------------------------------------------------------------------


@pytest.fixture
def no_passwords(settings, db):
    """Switch passwords off."""
    settings.PASSWORD_SIGN_IN = False


def sign_in(client, username):
    return client.post(reverse("account_login"), {"login": username, "password": PASSWORD})


def test_passwords_switched_off_open_nothing(client, ben, no_passwords):
    page = sign_in(client, "ben")
    assert page.status_code == 200
    assert client.get(reverse("accounts:profile")).status_code == 302
    assert told(ben) == [(events.SIGN_IN_FAILED, {"code": SignInFailure.PASSWORD_OFF})]


def test_administrators_break_the_glass(client, ada, no_passwords):
    assert sign_in(client, "ada").status_code == 302
    assert client.get(reverse("accounts:profile")).status_code == 200


def test_the_words_tell_nobody_who_is_an_administrator(client, ben, ada, no_passwords):
    def words(username, password):
        page = client.post(
            reverse("account_login"), {"login": username, "password": password}
        ).content.decode()
        return "The user name or the password is not right." in page

    assert words("ben", PASSWORD)
    assert words("ben", "wrong")
    assert words("ada", "wrong")
    assert words("nobody", "wrong")
