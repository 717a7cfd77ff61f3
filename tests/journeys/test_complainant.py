"""Complaining and following it up: no account, no JavaScript, a narrow screen."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from complaints.models import Complaint
from complaints.services.closure import close_complaint
from complaints.states import State
from tests.journeys.people import SMALL, Front, House, Outside, Seat, fill_in
from tests.journeys.test_accessible import RULES
from tests.portal.factories import issued_for

SAID = {"en": "The kettle leaks, and nobody answers.", "zh-hans": "水壶漏水，客服一直没人接听。"}
MORE = {"en": "It also hums.", "zh-hans": "还有异响。"}
WHY = {"en": "The seal is not the cause.", "zh-hans": "密封圈并不是原因。"}


@pytest.mark.clause("CM-8.2", "CM-8.6d")
def test_complain_follow_refuse_and_ask_again(front: Front, house: House, language: str) -> None:
    """From the first word to the request to reopen, which a person grants; then accepted, asked."""
    outside = Outside(front, house, language)
    reference, mine = complains(outside, language)
    decided(house, reference)
    outside.page.goto(mine)
    refuses(outside, language)
    assert house.known(reference).answer == "refused"
    outside.press("reopen", reason=WHY[language])
    outside.shot("portal-6-asked")
    grants(front.as_("manager", language), reference, language)
    decided(house, reference, again=True)
    outside.page.goto(mine)
    outside.press("answer", answer="accept")
    outside.sure()
    with house.still():
        closed = house.known(reference)
        close_complaint(complaint_id=closed.pk, actor=house.people["handler"], at=house.ago())
    outside.page.goto(mine)
    outside.fits()
    outside.press("follow-up", handling_score="9", outcome_score="4", comment=MORE[language])
    expect(outside.page.locator("main .alert.ok")).to_be_visible()
    assert house.known(reference).state == State.FOLLOWED_UP
    outside.shot("portal-8-end")


def complains(outside: "Outside", language: str) -> tuple[str, str]:
    """Complain, go to one's page, add something; return number and address."""
    outside.go("portal:form")
    outside.fits()
    outside.shot("portal-1-form")
    reference = outside.send(description=SAID[language], unreachable=True, product="K2")
    outside.fits()
    outside.shot("portal-2-receipt")
    mine = outside.to_page()
    outside.fits()
    outside.press("add", text=MORE[language])
    expect(outside.page.locator("main")).to_contain_text(MORE[language])
    outside.shot("portal-3-status")

    return reference, mine


def decided(house: House, reference: str, *, again: bool = False) -> None:
    """Let the desk decide."""
    with house.still():
        complaint = house.known(reference)
        if not again:
            house.desk.assess(complaint, house.ago())
        house.desk.find_out(complaint, house.ago())
        house.desk.respond(complaint, house.ago())


def refuses(outside: "Outside", language: str) -> None:
    """Refuse the decision, asked back once; other remedies show."""
    outside.fits()
    outside.shot("portal-4-decided")
    outside.press("answer", answer="refuse", reason=WHY[language])
    expect(outside.page.locator("main")).to_contain_text(WHY[language])
    outside.shot("portal-5-sure")
    outside.sure()
    expect(outside.page.locator("main")).to_contain_text("12315")


def grants(manager: Seat, reference: str, language: str) -> None:
    """Find the request among those that wait for a decision, and reopen."""
    manager.go("complaints:reopenings")
    expect(manager.page.locator("main")).to_contain_text(WHY[language])
    manager.shot("portal-7-desk")
    manager.go("complaints:complaint", reference)
    manager.take("decide_reopening", verdict="grant", reason=WHY[language])
    manager.stands("investigating")


@pytest.mark.clause("CM-8.2b")
def test_danger_from_the_public_form_reaches_the_banner(
    front: Front, house: House, language: str
) -> None:
    """The numbers show with the tick, without a script; the people on call see it at once."""
    manager = front.as_("manager", language)
    outside = Outside(front, house, language)
    outside.go("portal:form")
    expect(outside.page.locator(".danger .now")).to_be_hidden()
    outside.page.locator("[name=danger][value=yes]").check()
    expect(outside.page.locator('.danger .now a[href="tel:120"]')).to_be_visible()
    outside.shot("portal-9-danger")
    reference = outside.send(danger="yes", description=SAID[language], phone="13800001234")
    expect(outside.page.locator('main .alert.bad a[href="tel:120"]')).to_be_visible()
    outside.shot("portal-9-danger-receipt")
    manager.go("complaints:queue")
    expect(manager.page.locator(f'[data-emergency="{reference}"]')).to_be_visible()


def test_number_and_code_find_the_page_again(front: Front, house: House, language: str) -> None:
    """Somebody without e-mail comes back with what they wrote down; a wrong code is refused."""
    outside = Outside(front, house, language)
    reference = outside.send(description=SAID[language], unreachable=True)
    code = outside.page.locator("#code").inner_text()
    outside.go("portal:lookup")
    find = outside.page.locator(f'form[action="{reverse("portal:lookup")}"]')
    fill_in(find, {"reference": reference, "code": "AAAA-BBBB-CCCC"})
    find.locator("button").click()
    expect(outside.page.locator("#errors")).to_be_visible()
    fill_in(find, {"code": code.lower()})
    find.locator("button").click()
    expect(outside.page.locator("main")).to_contain_text(SAID[language])


def test_the_language_is_switched_without_losing_a_word(front: Front, house: House) -> None:
    """The switch of the form takes what was typed along."""
    outside = Outside(front, house, "en")
    outside.go("portal:form")
    outside.page.fill("[name=description]", "Half a sentence")
    outside.page.locator("button[name=speak]").click()
    expect(outside.page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(outside.page.locator("[name=description]")).to_have_value("Half a sentence")


def faults_of(page: Page) -> list[str]:
    """Return what axe finds on a page."""
    found: dict[str, Any] = Axe().run(page, options=RULES).response
    return [
        f"{page.url} {item['id']}: {node['html'][:160]}"
        for item in found["violations"]
        for node in item["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_public_pages_are_accessible(
    front: Front, house: House, language: str, scheme: str
) -> None:
    """Form with and without errors, receipt, page in several states, how to complain, dead link."""
    cases = [
        house.case(state)
        for state in (State.RECEIVED, State.RESPONDED, State.CLOSED, State.WITHDRAWN)
    ]
    with house.still():
        tokens = [issued_for(case, at=house.ago()).token for case in cases]
    outside = Outside(
        front, house, language, color_scheme=scheme, bypass_csp=True, java_script_enabled=True
    )
    found = []
    for name in ("portal:form", "portal:how", "portal:lookup", "portal:shop"):
        outside.go(name)
        found += faults_of(outside.page)
        width = outside.page.evaluate("document.documentElement.scrollWidth")
        assert width <= SMALL["width"], (name, width)
    outside.go("portal:how")
    outside.shot(f"portal-how-{scheme}")
    outside.go("portal:form")
    outside.page.locator("#complaint > button.primary").click()
    expect(outside.page.locator("#errors")).to_be_visible()
    found += faults_of(outside.page)
    outside.shot(f"portal-errors-{scheme}")
    for token in (*tokens, "made-up"):
        for name in ("portal:status", "portal:receipt"):
            outside.page.goto(f"{front.base}{reverse(name, args=[token])}")
            found += faults_of(outside.page)
            assert outside.page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
    outside.page.goto(f"{front.base}{reverse('portal:status', args=[tokens[1]])}")
    outside.shot(f"portal-responded-{scheme}")
    assert found == []


def test_the_form_is_filled_in_by_keyboard_alone(front: Front, house: House) -> None:
    """Tab by tab; the field for programs is not on the way."""
    outside = Outside(front, house, "en", java_script_enabled=True)
    page = outside.go("portal:form")
    seen = []
    for _step in range(40):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.name || document.activeElement.tagName")
        if name == "description":
            page.keyboard.type("By keyboard.")
        if name == "unreachable":
            page.keyboard.press("Space")
        seen.append(name)
        text = page.evaluate("document.activeElement.className")
        if "primary" in text and name == "BUTTON":
            page.keyboard.press("Enter")
            break
    assert "website" not in seen
    expect(page.locator("#reference")).to_be_visible()
    with house.still():
        assert Complaint.objects.get().description == "By keyboard."


# --- the intake of shops --------------------------------------------------------------------------


def test_a_shop_writes_down_without_a_line_and_sends_when_it_is_back(
    front: Front, house: House, language: str
) -> None:
    """Opens offline, keeps, sends with the device's own key; received when it was heard."""
    agent = front.as_("agent", language)
    page = agent.go("portal:shop")
    expect(page.locator("body")).to_have_attribute("data-ready", "yes")
    assert page.evaluate("navigator.serviceWorker.ready.then(worker => Boolean(worker.active))")
    expect(page.locator("#me")).to_contain_text("Mei Chen")
    agent.context.set_offline(True)
    page.reload()  # the worker has the page
    expect(page.locator("body")).to_have_attribute("data-ready", "yes")
    fill_in(page.locator("#intake"), {"description": SAID[language], "phone": "13800001234"})
    page.locator("#intake button.primary").click()
    row = page.locator("#waiting .row")
    expect(row).to_have_attribute("data-now", "queued")
    agent.shot("portal-shop-offline")
    agent.context.set_offline(False)
    page.locator("#send").click(force=True)
    expect(row).to_have_attribute("data-now", "sent")
    agent.shot("portal-shop-sent")
    with house.still():
        complaint = Complaint.objects.get()
        assert complaint.recorded_by == agent.user
        assert complaint.received_at < complaint.recorded_at
    expect(row.locator("[data-number]")).to_have_text(complaint.reference)


def test_what_a_shop_wrote_down_survives_a_sign_out(front: Front, house: House) -> None:
    """Kept, asked to sign in, and sent after that; another person must take it over on purpose."""
    agent = front.as_("agent")
    page = agent.go("portal:shop")
    expect(page.locator("#me")).to_contain_text("Mei Chen")
    agent.context.clear_cookies()
    page.fill("[name=description]", "Signed out meanwhile.")
    page.locator("#intake button.primary").click()
    expect(page.locator("#sign-in")).to_be_visible()
    row = page.locator("#waiting .row")
    expect(row).to_have_attribute("data-now", "queued")
    other = Seat(agent.context, front.base, house.people["colleague"], "en")
    other.sign_in()
    page.locator("#send").click()
    expect(row).to_have_attribute("data-now", "conflict")
    agent.shot("portal-shop-conflict")
    row.locator("[data-do=take]").click()
    expect(row).to_have_attribute("data-now", "sent")
    with house.still():
        assert Complaint.objects.get().recorded_by == house.people["colleague"]
