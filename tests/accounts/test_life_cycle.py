"""Joining by a link, moving and leaving on a day; nothing is left open behind anybody."""

from datetime import date, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from accounts import events
from accounts.models import Invitation, Membership, PlannedMove
from accounts.selectors import open_invitation
from accounts.services import (
    accept_invitation,
    deactivate_user,
    drop_move,
    invite_user,
    move_user,
    plan_leaving,
    reactivate_user,
    sweep_life_cycle,
    system_user,
)
from accounts.services.access import revoke_credentials
from accounts.tasks import sweep_life_cycle as sweep_task
from accounts.transports import send_invitation
from journal.errors import Refusal
from tests.accounts.conftest import AT, told
from tests.accounts.factories import PASSWORD, administrator, person, site, team

TODAY = date(2026, 3, 2)  # of AT, in Shanghai
DAY = timedelta(days=1)
NEW = "a-quite-different-passphrase"


@pytest.fixture
def joiner(db):
    return person("new", password=None, email="new@example.com", display_name="Nina")


# --- joining -------------------------------------------------------------------------------------


def test_a_link_sets_the_first_password_once(ada, joiner):
    _invitation, secret = invite_user(user=joiner, actor=ada, at=AT)
    accept_invitation(secret=secret, password=NEW, at=AT + DAY)
    joiner.refresh_from_db()
    assert joiner.check_password(NEW)
    assert not joiner.must_change_password
    with pytest.raises(Refusal) as refusal:
        accept_invitation(secret=secret, password="another-long-passphrase", at=AT + DAY)
    assert refusal.value.code == "invitation_over"
    assert [kind for kind, _payload in told(joiner)] == [
        events.USER_INVITED,
        events.PASSWORD_CHANGED,
    ]


def test_the_secret_of_a_link_is_not_kept(ada, joiner):
    invitation, secret = invite_user(user=joiner, actor=ada, at=AT)
    assert secret not in repr(vars(invitation))
    assert secret not in repr(told(joiner))
    assert len(secret) > 40


def test_a_link_runs_out(ada, joiner):
    _invitation, secret = invite_user(user=joiner, actor=ada, at=AT)
    assert open_invitation(secret, AT + 3 * DAY - timedelta(seconds=1)) is not None
    with pytest.raises(Refusal):
        accept_invitation(secret=secret, password=NEW, at=AT + 3 * DAY)


def test_a_new_link_makes_the_old_one_void(ada, joiner):
    _first, old = invite_user(user=joiner, actor=ada, at=AT)
    invite_user(user=joiner, actor=ada, at=AT)
    assert open_invitation(old, AT) is None
    assert Invitation.objects.count() == 1


def test_a_weak_password_is_refused_and_the_link_stays(ada, joiner):
    _invitation, secret = invite_user(user=joiner, actor=ada, at=AT)
    with pytest.raises(Refusal) as refusal:
        accept_invitation(secret=secret, password="12345", at=AT)
    assert refusal.value.field == "password"
    assert open_invitation(secret, AT) is not None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"email": ""}, "no_address"),
        ({"email": "a@b.example", "last_login": AT}, "signed_in_before"),
        ({"email": "a@b.example", "is_active": False}, "closed"),
    ],
)
def test_who_is_not_invited(ada, fields, code):
    with pytest.raises(Refusal) as refusal:
        invite_user(user=person("x", **fields), actor=ada, at=AT)
    assert refusal.value.code == code


def test_others_may_not_invite(joiner, ben):
    with pytest.raises(PermissionDenied):
        invite_user(user=joiner, actor=ben, at=AT)


def test_the_page_mails_the_link_and_shows_it_once(client, ada, joiner, settings):
    settings.PUBLIC_URL = "https://desk.example"
    client.force_login(ada)
    page = client.post(reverse("accounts:invite", args=[joiner.pk]))
    assert page["Cache-Control"] == "no-store"
    link = next(word for word in mail.outbox[0].body.split() if word.startswith("https://"))
    assert link in page.content.decode()
    assert mail.outbox[0].to == ["new@example.com"]
    client.post(reverse("account_logout"))
    path = link.removeprefix("https://desk.example")
    asked = client.get(path)
    assert asked["Referrer-Policy"] == "no-referrer"
    assert "Nina" in asked.content.decode()
    assert "differ" in client.post(path, {"password1": NEW, "password2": "x"}).content.decode()
    weak = client.post(path, {"password1": "new", "password2": "new"}).content.decode()
    assert "too short" in weak
    done = client.post(path, {"password1": NEW, "password2": NEW})
    assert done.headers["Location"] == reverse("account_login")
    assert client.get(path).status_code == 410
    client.post(reverse("account_login"), {"login": "new", "password": NEW})
    assert client.get(reverse("accounts:profile")).status_code == 200


def test_a_mail_that_does_not_leave_is_told(ada, joiner, settings, monkeypatch):
    def broken(*_args, **_kwargs):
        raise OSError("no route")

    monkeypatch.setattr("accounts.transports.send_mail", broken)
    invitation, _secret = invite_user(user=joiner, actor=ada, at=AT)
    assert send_invitation(invitation, "https://desk.example/x") is False


# --- moving --------------------------------------------------------------------------------------


@pytest.fixture
def places(db):
    return site("north"), site("south"), team("desk")


def move(user, actor, *, leaves=None, role="handler", place=None, on=TODAY, at=AT):
    return move_user(
        user=user, leaves=leaves, role=role, site=place, team=None, on=on, actor=actor, at=at
    )


def test_a_move_of_today_is_made_at_once(ada, ben, places):
    north, south, _desk = places
    old = Membership.objects.create(user=ben, role="agent", site=north)
    made = move(ben, ada, leaves=old, place=south)
    assert [(m.role, m.site) for m in ben.memberships.all()] == [("handler", south)]
    assert made.made_at == AT
    kinds = [kind for kind, _payload in told(ben)]
    assert kinds == [events.ROLE_GRANTED, events.ROLE_REVOKED, events.USER_MOVED]


def test_a_move_to_come_is_made_on_its_day(ada, ben, places):
    north, south, _desk = places
    old = Membership.objects.create(user=ben, role="agent", site=north)
    move(ben, ada, leaves=old, place=south, on=TODAY + DAY)
    assert sweep_life_cycle(now=AT) == 0
    assert [(m.role, m.site) for m in ben.memberships.all()] == [("agent", north)]
    assert sweep_life_cycle(now=AT + DAY) == 1
    assert [(m.role, m.site) for m in ben.memberships.all()] == [("handler", south)]
    assert sweep_life_cycle(now=AT + DAY) == 0, "once"


def test_a_move_may_add_a_role(ada, ben, places):
    north, _south, _desk = places
    old = Membership.objects.create(user=ben, role="agent", site=north)
    move(ben, ada, leaves=old, role="agent", place=north)
    assert list(ben.memberships.all()) == [old], "the same place is left as it is"
    move(ben, ada, role="handler", place=north)
    assert ben.memberships.count() == 2


def test_a_planned_move_can_be_taken_back(ada, ben, places):
    planned = move(ben, ada, on=TODAY + DAY)
    drop_move(move=planned, actor=ada, at=AT)
    assert not PlannedMove.objects.exists()
    done = move(ben, ada)
    with pytest.raises(Refusal) as refusal:
        drop_move(move=done, actor=ada, at=AT)
    assert refusal.value.code == "made"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"on": TODAY - DAY}, "past"),
        ({"role": "king"}, "unknown_role"),
    ],
)
def test_moves_that_are_refused(ada, ben, changes, code):
    with pytest.raises(Refusal) as refusal:
        move(ben, ada, **changes)
    assert refusal.value.code == code


def test_nobody_moves_somebody_elses_role_or_themselves(ada, ben):
    other = Membership.objects.create(user=person("cleo"), role="agent")
    with pytest.raises(Refusal) as refusal:
        move(ben, ada, leaves=other)
    assert refusal.value.code == "not_theirs"
    with pytest.raises(Refusal) as refusal:
        move(ada, ada)
    assert refusal.value.code == "own_role"
    with pytest.raises(PermissionDenied):
        move(ada, ben)
    with pytest.raises(PermissionDenied):
        drop_move(move=move(ben, ada, on=TODAY + DAY), actor=ben, at=AT)


# --- leaving -------------------------------------------------------------------------------------


def test_on_the_day_everything_ends(client, ada, ben):
    Authenticator.objects.create(user=ben, type=Authenticator.Type.WEBAUTHN, data={})
    client.post(reverse("account_login"), {"login": "ben", "password": PASSWORD})
    Authenticator.objects.filter(user=ben).update(user=ben)
    plan_leaving(user=ben, leaves_on=TODAY + DAY, actor=ada, at=AT)
    assert sweep_life_cycle(now=AT) == 0
    sweep_task()  # by the clock of this machine the day has long come
    ben.refresh_from_db()
    assert not ben.is_active
    assert not Authenticator.objects.filter(user=ben).exists()
    kinds = [kind for kind, _payload in told(ben)]
    assert kinds[-3:] == [
        events.USER_LEAVING,
        events.SECOND_FACTOR_CHANGED,
        events.USER_DEACTIVATED,
    ]
    client.post(reverse("account_login"), {"login": "ben", "password": PASSWORD})
    assert client.get(reverse("accounts:profile")).status_code == 302


def test_who_stays_after_all_is_not_put_out(ada, ben):
    plan_leaving(user=ben, leaves_on=TODAY + DAY, actor=ada, at=AT)
    plan_leaving(user=ben, leaves_on=TODAY + DAY, actor=ada, at=AT)
    plan_leaving(user=ben, leaves_on=None, actor=ada, at=AT)
    assert sweep_life_cycle(now=AT + 9 * DAY) == 0
    assert [kind for kind, _payload in told(ben)] == [events.USER_LEAVING, events.USER_STAYS]


def test_coming_back_forgets_the_day(ada, ben):
    plan_leaving(user=ben, leaves_on=TODAY + DAY, actor=ada, at=AT)
    sweep_life_cycle(now=AT + DAY)
    ben.refresh_from_db()
    reactivate_user(user=ben, actor=ada, at=AT + 2 * DAY)
    assert sweep_life_cycle(now=AT + 3 * DAY) == 0


@pytest.mark.parametrize("day", [TODAY, TODAY - DAY])
def test_a_day_that_is_not_to_come_is_refused(ada, ben, day):
    with pytest.raises(Refusal) as refusal:
        plan_leaving(user=ben, leaves_on=day, actor=ada, at=AT)
    assert (refusal.value.code, refusal.value.field) == ("past", "leaves_on")


def test_who_may_not_be_seen_off(ada, ben):
    for who, code in ((ada, "own_account"), (system_user(), "system")):
        with pytest.raises(Refusal) as refusal:
            plan_leaving(user=who, leaves_on=TODAY + DAY, actor=ada, at=AT)
        assert refusal.value.code == code
    with pytest.raises(PermissionDenied):
        plan_leaving(user=ada, leaves_on=TODAY + DAY, actor=ben, at=AT)


def test_the_last_administrator_keeps_nobody_else_waiting(ada, ben):
    other = administrator("eve")
    plan_leaving(user=other, leaves_on=TODAY + DAY, actor=ada, at=AT)
    plan_leaving(user=ben, leaves_on=TODAY + DAY, actor=ada, at=AT)
    deactivate_user(user=ada, actor=other, at=AT)
    assert sweep_life_cycle(now=AT + DAY) == 1
    ben.refresh_from_db()
    other.refresh_from_db()
    assert (ben.is_active, other.is_active) == (False, True)


def test_a_departure_takes_links_and_planned_moves_along(ada, joiner):
    _invitation, secret = invite_user(user=joiner, actor=ada, at=AT)
    move(joiner, ada, on=TODAY + DAY)
    deactivate_user(user=joiner, actor=ada, at=AT)
    assert open_invitation(secret, AT) is None
    assert not PlannedMove.objects.exists()


def test_revoking_nothing_is_not_recorded(ada, ben):
    revoke_credentials(ben, actor=ada, at=AT)
    assert told(ben) == []


def test_the_pages_plan_and_refuse(client, ada, ben):
    client.force_login(ada)
    address = reverse("accounts:leaving", args=[ben.pk])
    assert client.post(address, {"leaves_on": "2020-01-01"}).status_code == 422
    assert client.post(address, {"leaves_on": "2999-01-01"}).status_code == 302
    page = client.get(reverse("accounts:person", args=[ben.pk])).content.decode()
    assert "Leaves on" in page
    people = client.get(reverse("accounts:people"), {"state": "leaving"}).content.decode()
    assert "Ben" in people
    address = reverse("accounts:move", args=[ben.pk])
    wrong = client.post(address, {"move-role": "agent", "move-on": "2020-01-01"})
    assert wrong.status_code == 422
    assert "This day has passed." in wrong.content.decode()
    assert client.post(address, {"move-role": "king", "move-on": "x"}).status_code == 422


def test_the_page_of_absences_notes_ends_and_refuses(client, ada, ben):
    client.force_login(ben)
    page = reverse("accounts:absences")
    times = {"starts_at": "2999-01-01T09:00", "ends_at": "2999-01-02T09:00"}
    assert client.post(page, {**times, "ends_at": "2998-01-01T09:00"}).status_code == 422
    assert client.post(page, {**times, "person": ada.pk}).status_code == 422, "not in his charge"
    assert client.post(page, times).status_code == 302
    absence = ben.absences.get()
    assert "Take back" in client.get(page).content.decode()
    client.post(reverse("accounts:end_absence", args=[absence.pk]))
    assert not ben.absences.exists()
