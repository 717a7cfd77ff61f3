"""The administrator's pages, through the browser's door."""

import pytest
from django.urls import reverse

from accounts.models import Site, Team, User
from accounts.selectors import PAGE, find_by_username, people
from tests.accounts.authenticator import with_second_factor
from tests.accounts.conftest import AT
from tests.accounts.factories import PASSWORD, administrator, person, site, team


@pytest.fixture
def desk(client, ada):
    """Return the client of the administrator."""
    client.force_login(ada)
    return client


def names(**wanted):
    return [user.username for user in people(at=AT, **wanted).people]


def test_people_are_found_by_words_role_and_state(ada):
    person("ben", "agent", display_name="Ben Smith", email="bsmith@example.org")
    person("cleo", "manager", display_name="克莉奥", is_active=False)
    assert names() == ["ada", "ben", "cleo"]
    assert names(words="smith ben") == ["ben"]
    assert names(words="smith ada") == []
    assert names(words="克莉") == ["cleo"]
    assert names(words="EXAMPLE.org") == ["ben"]
    assert names(role="manager") == ["cleo"]
    assert names(state="active") == ["ada", "ben"]
    assert names(state="inactive") == ["cleo"]


def test_somebody_with_two_roles_is_listed_once(db):
    person("ben", "agent", "manager")
    assert names(role="agent") == ["ben"]
    assert names() == ["ben"]


def test_the_list_goes_on_after_the_last_name(db, django_assert_max_num_queries):
    for number in range(PAGE + 2):
        person(f"p{number:03}", "agent")
    with django_assert_max_num_queries(4):
        page = people(at=AT)
    assert (len(page.people), page.next_after) == (PAGE, f"p{PAGE - 1:03}")
    rest = people(at=AT, after=f"p{PAGE - 1:03}")
    assert (len(rest.people), rest.next_after) == (2, None)


def test_the_page_lists_filters_and_leads_on(desk):
    for number in range(PAGE + 1):
        person(f"p{number:03}", "agent")
    page = desk.get(reverse("accounts:people"), {"role": "agent"}).content.decode()
    assert "p000" in page
    assert f"?role=agent&amp;after=p{PAGE - 1:03}" in page
    rows = desk.get(reverse("accounts:people"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in rows


def test_a_filter_that_cannot_be_understood_does_not_filter(desk):
    answer = desk.get(reverse("accounts:people"), {"role": "emperor", "state": "asleep"})
    assert "ada" in answer.content.decode()


def test_nobody_found_is_said(desk):
    page = desk.get(reverse("accounts:people"), {"q": "nobody"}).content.decode()
    assert "Nobody found" in page


def test_a_person_is_added_with_a_one_time_password_shown_once(desk):
    answer = desk.post(
        reverse("accounts:add_person"), {"username": "ben", "display_name": "Ben", "email": ""}
    )
    ben = find_by_username("Ben")
    assert ben is not None
    assert ben.must_change_password
    password = answer.context["password"]
    assert password in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    assert ben.check_password(password)


def test_a_taken_name_is_told_in_the_form(desk, ben):
    answer = desk.post(reverse("accounts:add_person"), {"username": "BEN", "display_name": "Other"})
    assert "already" in answer.content.decode()
    assert User.objects.count() == 2


def test_a_person_is_changed(desk, ben):
    here = reverse("accounts:person", args=[ben.pk])
    answer = desk.post(
        here, {"display_name": "Benjamin", "email": "ben@example.org", "language": "zh-hans"}
    )
    assert answer.headers["Location"] == here
    assert "Benjamin" in desk.get(here).content.decode()


def test_a_wrong_address_is_told_in_the_form(desk, ben):
    here = reverse("accounts:person", args=[ben.pk])
    answer = desk.post(here, {"display_name": "Ben", "email": "nowhere"})
    assert answer.status_code == 200
    assert answer.context["form"].errors["email"]


def test_a_role_is_given_and_taken_away(desk, ben):
    north, desk_team = site("north"), team("desk")
    where = {"role": "agent", "site": north.pk, "team": desk_team.pk}
    desk.post(reverse("accounts:grant_role", args=[ben.pk]), where)
    membership = ben.memberships.get()
    assert (membership.site, membership.team) == (north, desk_team)
    desk.post(reverse("accounts:revoke_role", args=[ben.pk, membership.pk]))
    assert not ben.memberships.exists()


def test_an_administrator_of_one_place_is_told_in_the_form(desk, ben):
    answer = desk.post(
        reverse("accounts:grant_role", args=[ben.pk]),
        {"role": "administrator", "site": site("north").pk},
    )
    assert answer.context["role_form"].errors["role"]


def test_a_membership_of_somebody_else_is_not_found(desk, ben):
    other = person("cleo", "agent").memberships.get()
    answer = desk.post(reverse("accounts:revoke_role", args=[ben.pk, other.pk]))
    assert answer.status_code == 404


def test_a_refusal_is_a_page_that_says_why(desk, ada):
    answer = desk.post(reverse("accounts:deactivate", args=[ada.pk]))
    assert answer.status_code == 409
    assert "your own account" in answer.content.decode()


def test_an_account_is_closed_and_opened(desk, ben):
    desk.post(reverse("accounts:deactivate", args=[ben.pk]))
    page = desk.get(reverse("accounts:person", args=[ben.pk])).content.decode()
    assert "Activate again" in page
    desk.post(reverse("accounts:reactivate", args=[ben.pk]))
    ben.refresh_from_db()
    assert ben.is_active


def test_a_forgotten_password_is_replaced(desk, ben):
    answer = desk.post(reverse("accounts:reset_password", args=[ben.pk]))
    ben.refresh_from_db()
    assert ben.check_password(answer.context["password"])
    assert not ben.check_password(PASSWORD)


def test_a_lost_second_factor_is_removed(desk, ben):
    with_second_factor(ben)
    assert "Remove the second factor" in (
        desk.get(reverse("accounts:person", args=[ben.pk])).content.decode()
    )
    answer = desk.post(reverse("accounts:remove_second_factor", args=[ben.pk]))
    assert answer.status_code == 302


def test_the_system_is_nobody_to_manage(desk):
    system = person("system", is_system=True)
    assert desk.get(reverse("accounts:person", args=[system.pk])).status_code == 404
    assert "system" not in names()


@pytest.mark.parametrize(("kind", "model"), [("site", Site), ("team", Team)])
def test_places_are_added_and_changed(desk, kind, model):
    here = reverse(f"accounts:{kind}s")
    assert "None yet" in desk.get(here).content.decode()
    place = {"code": "north", "name_en": "North", "name_zh": "北店"}
    assert desk.post(here, place).headers["Location"] == here
    assert "This code is taken" in desk.post(here, place).content.decode()
    detail = reverse(f"accounts:{kind}", args=["north"])
    assert "北店" in desk.get(detail).content.decode()
    desk.post(detail, {"name_en": "Far north", "name_zh": "远北店"})
    place = model.objects.get()
    assert (place.name_en, place.active) == ("Far north", False)


def test_places_out_of_use_are_not_offered_for_roles(desk, ben):
    site("north", active=False)
    page = desk.get(reverse("accounts:person", args=[ben.pk]))
    assert not page.context["role_form"].fields["site"].queryset.exists()


def test_the_pages_speak_the_persons_language(client, db):
    person("ben", language="zh-hans")
    client.force_login(User.objects.get())
    answer = client.get(reverse("accounts:profile"))
    assert 'lang="zh-hans"' in answer.content.decode()
    assert answer.headers["Content-Language"] == "zh-hans"


def test_recent_sign_ins_are_shown_to_the_person_and_the_administrator(desk, ben, client):
    administrator("olga")
    client.logout()
    client.post(reverse("account_login"), {"login": "ben", "password": "wrong"})
    client.post(reverse("account_login"), {"login": "ben", "password": PASSWORD, "next": "/me/"})
    own = client.get(reverse("accounts:profile")).content.decode()
    assert "Wrong password" in own
    assert "Signed in" in own
    client.force_login(User.objects.get(username="ada"))
    page = client.get(reverse("accounts:person", args=[ben.pk])).content.decode()
    assert "Wrong password" in page
