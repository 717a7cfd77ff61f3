"""Coming in by passkey and by single sign-on; handing work over; acting for a colleague."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.services import set_absence
from complaints.states import State
from tests.accounts import provider as oidc
from tests.complaints.factories import PASSWORD
from tests.journeys.people import Front, House, Seat
from tests.journeys.test_accessible import faults_of


def give_authenticator(page: Page) -> None:
    """Give a window a device that makes passkeys, and a finger that it knows."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def confirm_password(page: Page) -> None:
    """Give the password once more where a page asks for it."""
    page.fill("[name=password]", PASSWORD)
    page.locator("main button.primary").click()


def sign_out(seat: Seat) -> None:
    seat.go("account_logout")
    seat.page.locator("main button.primary").click()
    expect(seat.page.locator("[name=login]")).to_be_visible()


def press(seat: Seat, words: str) -> None:
    seat.page.get_by_role("button", name=seat.words(words)).click()


def test_a_passkey_is_made_and_opens_the_desk_alone(
    front: Front, house: House, language: str
) -> None:
    """Made once, it signs in without a password, and after one; then it is renamed and removed."""
    seat = front.as_("handler", language)
    give_authenticator(seat.page)
    page = seat.go("mfa_index")
    page.get_by_role("link", name=seat.words("Add a passkey")).click()
    confirm_password(page)
    seat.shot("sign-in-1-add-passkey")
    page.fill("[name=name]", "Work phone 工作手机")
    press(seat, "Make the passkey")
    expect(page.get_by_role("heading", name=seat.words("Recovery codes"))).to_be_visible()
    seat.go("mfa_index")
    expect(page.locator("main")).to_contain_text("Work phone 工作手机")
    seat.shot("sign-in-2-passkeys")
    sign_out(seat)
    seat.shot("sign-in-3-sign-in")
    press(seat, "Sign in with a passkey")
    expect(page.locator("#nav")).to_be_attached()
    sign_out(seat)
    page.fill("[name=login]", seat.user.username)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    seat.shot("sign-in-4-second-step")
    press(seat, "Use the passkey")
    expect(page.locator("#nav")).to_be_attached()
    seat.go("accounts:profile")
    expect(page.locator("main")).to_contain_text(seat.words("with the second factor"))
    rename_and_remove(seat)


def rename_and_remove(seat: Seat) -> None:
    """The key itself is asked for once more before something delicate."""
    page = seat.go("mfa_index")
    with page.expect_navigation():
        page.get_by_role("link", name=seat.words("Rename")).click()
    if page.locator("form[data-passkey]").count() == 0 and page.locator("[name=code]").count():
        with page.expect_navigation():
            page.get_by_role("link", name=seat.words("Use your passkey instead")).click()
    if page.locator("[name=password]").count():
        confirm_password(page)
    elif page.locator("form[data-passkey]").count():
        press(seat, "Use the passkey")
    page.fill("[name=name]", "New phone")
    page.locator("main button.primary").click()
    expect(page.locator("main")).to_contain_text("New phone")
    page.get_by_role("link", name=seat.words("Remove")).click()
    page.locator("main button.danger").click()
    expect(page.locator("main")).not_to_contain_text("New phone")


def test_a_key_that_is_not_given_is_told_and_may_be_tried_again(
    front: Front, house: House, language: str
) -> None:
    """Somebody cancels in the browser's question: a plain sentence, and nothing was sent."""
    seat = Seat(front.window(language), front.base, house.people["handler"], language)
    seat.page.add_init_script(
        "navigator.credentials.get = () => Promise.reject(new DOMException('no', 'AbortError'))"
    )
    page = seat.go("account_login")
    press(seat, "Sign in with a passkey")
    expect(page.locator("[data-passkey-failed]")).to_be_visible()
    expect(page.locator("[name=login]")).to_be_visible()
    press(seat, "Sign in with a passkey")
    expect(page.locator("[data-passkey-failed]")).to_be_visible()


@pytest.fixture(scope="module")
def provider() -> Iterator[oidc.Provider]:
    """Return a provider of sign-ins on this machine."""
    with oidc.running() as one:
        yield one


def test_single_sign_on_leads_to_the_provider_and_back(
    front: Front, house: House, language: str, provider: oidc.Provider, settings: Any
) -> None:
    """Somebody new is let in with the role of their group; who turns back is told."""
    settings.OIDC = provider.settings(roles=[("desk", "agent", "north", "")])
    who = f"nan.{language[:2]}"
    provider.knows(
        who,
        preferred_username=who,
        name="Nan Li 李楠",
        email=f"{who}@acme.example",
        email_verified=True,
        groups=["desk"],
    )
    context = front.window(language)
    seat = Seat(context, front.base, house.people["agent"], language)
    page = seat.go("account_login")
    name = settings.OIDC["name"][language.startswith("zh")]
    page.get_by_role("link", name=name).click()
    page.fill("[name=sub]", who)
    page.locator("button, input[type=submit]").first.click()
    expect(page.locator("#nav")).to_be_attached()
    seat.go("accounts:profile")
    expect(page.locator("main")).to_contain_text(seat.words("Service-desk agent"))
    seat.shot("sign-in-5-single-sign-on")
    page.goto(f"{front.base}{reverse('openid_connect_callback', args=['oidc'])}?code=x&state=y")
    expect(page.locator("h1")).to_have_text(seat.words("You were not signed in"))
    seat.shot("sign-in-6-refused")


@pytest.mark.clause("CM-8.3")
def test_who_leaves_hands_their_work_over(front: Front, house: House, language: str) -> None:
    """The administrator names the day, the manager hears of it and hands everything over."""
    cases = [house.case(State.INVESTIGATING), house.case(State.ASSESSED)]
    leaver = house.people["handler"]
    admin = front.as_("administrator", language)
    page = admin.go("accounts:person", leaver.pk)
    expect(page.locator("#open-work")).to_be_visible()
    page.get_by_text(admin.words("This person leaves"), exact=True).click()
    day = timezone.localdate() + timedelta(days=7)
    page.fill("[name=leaves_on]", day.isoformat())
    page.locator("form[action$='/leaving/'] button.primary").click()
    expect(page.locator("h1 .badge")).to_be_visible()
    admin.shot("leaver-1-person")
    house.deliver()
    manager = front.as_("manager", language)
    page = manager.go("complaints:notices")
    expect(page.locator(".notices")).to_contain_text(
        manager.words("To be handed over: who handles it leaves")
    )
    manager.shot("leaver-2-notices")
    page = manager.go("complaints:handovers")
    page.get_by_role("link", name=str(leaver)).click()
    manager.shot("leaver-3-hand-over")
    page.select_option("[name=owner]", str(house.people["colleague"].pk))
    page.fill("[name=note]", "Thank you for taking these over. 感谢接手。")
    page.locator("main button.primary").click()
    expect(page.locator("main")).to_contain_text(manager.words("No open complaints"))
    for case in cases:
        assert house.again(case).owner == house.people["colleague"]
    admin.go("complaints:handovers")
    admin.shot("leaver-4-administrator")


@pytest.mark.clause("CM-8.3")
def test_acting_for_an_absent_colleague_is_shown_as_such(
    front: Front, house: House, language: str
) -> None:
    """The absent says who stands in; the deputy finds the queue, and the record names both."""
    case = house.case(State.INVESTIGATING)
    absent, deputy = front.as_("handler", language), house.people["manager"]
    page = absent.go("accounts:absences")
    now = timezone.localtime()
    page.select_option("[name=deputy]", str(deputy.pk))
    page.fill("[name=starts_at]", (now - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M"))
    page.fill("[name=ends_at]", (now + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M"))
    page.locator("form[data-guard] button.primary").click()
    expect(page.locator("main table")).to_contain_text(str(deputy))
    absent.shot("acting-1-absences")
    seat = front.as_("manager", language)
    page = seat.go("complaints:queue")
    tab = seat.words("Acting for %(name)s") % {"name": house.people["handler"]}
    page.get_by_role("link", name=tab).click()
    seat.lists(case.reference)
    seat.shot("acting-2-queue")
    seat.go("complaints:note", case.reference)
    page.locator("main form textarea").first.fill("Called the customer. 已致电顾客。")
    page.locator("main form button.primary").first.click()
    both = seat.words("%(deputy)s (for %(absent)s)") % {
        "deputy": deputy,
        "absent": house.people["handler"],
    }
    expect(page.locator("ol.timeline")).to_contain_text(both)
    seat.shot("acting-3-timeline")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_are_accessible(front: Front, house: House, language: str) -> None:
    """Absences, handing over, a person's page, passkeys, an invitation that is over."""
    case = house.case(State.INVESTIGATING)
    with house.still():
        now = timezone.now()
        set_absence(
            person=case.owner or house.people["handler"],
            deputy=house.people["agent"],
            starts_at=now,
            ends_at=now + timedelta(days=2),
            actor=None,
            at=now,
        )
        people = {user.username: user.pk for user in User.objects.all()}
    manager, admin = front.as_("manager", language), front.as_("administrator", language)
    pages = [
        reverse("accounts:absences"),
        reverse("complaints:handovers"),
        reverse("complaints:handover", args=[people["handler"]]),
        reverse("mfa_index"),
        reverse("accounts:invitation", args=["nothing"]),
    ]
    assert faults_of(manager, *pages) == []
    assert faults_of(admin, reverse("accounts:person", args=[people["handler"]])) == []
