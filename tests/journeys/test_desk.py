"""The desk under real conditions: emergencies, lost lines, two at once, many at once."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from complaints.models import Complaint
from complaints.states import State
from tests.journeys.people import Front, House, Seat, fill_in
from tests.journeys.test_handling import FOUND

DANGER = {
    "en": "The charger caught fire and my daughter burnt her hand.",
    "zh-hans": "充电器起火，女儿的手被烧伤了。",
}


def count(house: House) -> int:
    """Return how many complaints there are."""
    with house.still():
        return Complaint.objects.count()


# --- emergencies ----------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2b")
def test_an_emergency_stands_on_every_page_until_somebody_takes_it(
    front: Front, house: House, language: str
) -> None:
    """Suggested from the words, declared with one click, taken with one click."""
    agent, manager = front.as_("agent", language), front.as_("manager", language)
    page = agent.go("complaints:intake")
    fill_in(page.locator("#intake"), {"description": DANGER[language], "phone": "13800001234"})
    page.locator("#emergency-hint [data-use-emergency=personal_safety]").click()
    expect(page.locator("#emergency-hint .alert.bad")).to_contain_text(
        agent.words("This is recorded as an emergency.")
    )
    fill_in(page.locator("#intake"), {"emergency_facts": "Burnt hand. 手部烧伤。"})
    agent.shot("8-declare")
    with page.expect_navigation():
        page.locator("[data-save]").click()
    reference = page.locator("#reference").inner_text()
    banner = manager.page.locator(f'[data-emergency="{reference}"]')
    for name in ("complaints:queue", "complaints:policy_list", "complaints:glossary"):
        manager.go(name)
        expect(banner).to_be_visible()
    manager.shot("8-banner")
    auditor = front.as_("auditor", language)
    auditor.go("complaints:queue")
    expect(auditor.page.locator("[data-emergency]")).to_have_count(0)
    with manager.page.expect_navigation():
        banner.locator("button").click()
    expect(manager.page.locator("#reference")).to_have_text(reference)
    manager.said("You have taken charge of this emergency.")
    manager.go("complaints:queue")
    expect(banner).to_have_count(0)
    assert house.known(reference).priority == "P0"


@pytest.mark.clause("CM-8.2b")
def test_a_colleague_who_sees_danger_later_declares_it_on_the_complaint(
    front: Front, house: House
) -> None:
    """Clocks of minutes start; the step is gone once it is done."""
    complaint = house.case(State.ACKNOWLEDGED)
    colleague = front.as_("colleague")
    colleague.open(complaint)
    colleague.begin("emergency")
    colleague.fill(trigger="media_attention", facts="A newspaper called.")
    colleague.commit()
    expect(colleague.page.locator("main .alert.bad")).to_contain_text("Media attention")
    expect(colleague.page.locator(".clocks .clock").first).to_be_visible()
    assert "complaint.emergency_declared" in colleague.kinds()


# --- what gets lost elsewhere ---------------------------------------------------------------------


@pytest.mark.clause("CM-8.2")
@pytest.mark.parametrize("language", ["zh-hans"])
def test_a_draft_outlives_a_lost_line_and_a_sign_out(
    front: Front, house: House, language: str
) -> None:
    """Kept here while away, saved when the line is back; signed out, it waits; then it is taken."""
    agent = front.as_("agent", language)
    page = agent.go("complaints:intake")
    state = page.locator("[data-draft-state]")
    page.fill("[name=phone]", "13800001234")
    expect(state).to_have_attribute("data-now", "saved")
    agent.context.set_offline(True)
    page.fill("[name=description]", "Before the line broke. 断线之前。")
    expect(state).to_have_attribute("data-now", "kept")
    page.keyboard.press("Control+Enter")
    expect(state).to_have_attribute("data-now", "kept")
    agent.shot("9-offline")
    agent.context.set_offline(False)
    expect(state).to_have_attribute("data-now", "saved")

    other = agent.context.new_page()
    other.goto(f"{front.base}{reverse('complaints:queue')}")
    other.locator("header details.menu summary").click()
    other.locator(f"form[action='{reverse('account_logout')}'] button").click()
    expect(other.locator("#nav")).to_have_count(0)
    page.fill("[name=name]", "Fang Wang")
    expect(state).to_have_attribute("data-now", "signedOut")
    page.keyboard.press("Control+Enter")
    agent.shot("9-signed-out")
    expect(page.locator("[name=description]")).to_have_value("Before the line broke. 断线之前。")
    again = Seat(agent.context, front.base, agent.user, language)
    again.sign_in()
    with page.expect_navigation(url="**/acknowledge/"):
        page.locator("[data-save]").click()
    expect(page.locator(".person")).to_contain_text("Fang Wang")
    assert count(house) == 1


@pytest.mark.clause("CM-8.2")
def test_saving_twice_makes_one_complaint(front: Front, house: House) -> None:
    """Neither a double click nor the same form sent again."""
    agent = front.as_("agent")
    page = agent.go("complaints:intake")
    fill_in(page.locator("#intake"), {"description": "It leaks.", "phone": "13800001234"})
    sent = page.locator("#intake").evaluate("form => Object.fromEntries(new FormData(form))")
    with page.expect_navigation(url="**/acknowledge/"):
        page.locator("[data-save]").dblclick()
    assert count(house) == 1
    url = f"{front.base}{reverse('complaints:intake')}"
    answer = agent.context.request.post(url, form=sent, headers={"referer": url})
    assert answer.url.endswith("/acknowledge/")
    assert count(house) == 1


@pytest.mark.clause("CM-8.1")
@pytest.mark.parametrize("language", ["en"])
def test_of_two_at_once_the_second_is_told_and_loses_nothing(
    front: Front, house: House, language: str
) -> None:
    """The conflict says what has changed; the input stays; pressing again goes on."""
    complaint = house.case(State.INVESTIGATING, found={"cause": "", "findings": "Looked at."})
    handler, manager = front.as_("handler", language), front.as_("manager", language)
    handler.open(complaint)
    handler.begin("findings")
    handler.fill(**FOUND)
    manager.open(complaint)
    manager.take("correct", product="Kettle K9", reason="Typed wrongly.")
    handler.refused("If you still want to go on, press the button again.")
    expect(handler.place.locator("[data-summary] .changes")).to_contain_text("Lin Gao")
    expect(handler.place.locator("[name=findings]")).to_have_value(FOUND["findings"])
    handler.shot("10-conflict")
    handler.commit()
    handler.said("The findings are recorded.")
    expect(handler.page.locator("main")).to_contain_text("Kettle K9")


# --- many at once ---------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.1")
@pytest.mark.parametrize("language", ["zh-hans"])
def test_many_are_assigned_at_once_and_each_answers_for_itself(
    front: Front, house: House, language: str
) -> None:
    """What is at its end is refused with the reason; the other gets its owner."""
    ready, ended = house.case(State.ACKNOWLEDGED), house.case(State.CLOSED)
    manager = front.as_("manager", language)
    page = manager.go("complaints:list")
    for complaint in (ready, ended):
        page.locator(f'[data-pick][value="{complaint.pk}"]').check()
    page.locator("#bulk-action").select_option("assign")
    manager.shot("12-bulk-choice")
    page.locator("[data-bulk-bar] button.primary").click()
    page.locator("#b-owner").select_option(str(house.people["handler"].pk))
    manager.shot("12-bulk")
    page.locator("form.bulk-form button.primary").click()
    done = page.locator("#run tr", has=page.locator('[data-outcome="done"]'))
    refused = page.locator("#run tr", has=page.locator('[data-outcome="refused"]'))
    expect(done).to_contain_text(ready.reference)
    expect(refused).to_contain_text(ended.reference)
    manager.shot("12-bulk-result")
    assert house.again(ready).owner_id == house.people["handler"].pk


# --- language, keys, no scripts -------------------------------------------------------------------


def test_the_language_is_switched_at_hand_and_kept_with_the_person(
    front: Front, house: House
) -> None:
    """The page comes back in Chinese; so does another browser that speaks English."""
    agent = front.as_("agent")
    page = agent.go("complaints:list", standing="open")
    page.locator("form.language button[value=zh-hans]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    assert page.url.endswith("standing=open")
    elsewhere = Seat(front.window("en"), front.base, agent.user, "zh-hans")
    elsewhere.sign_in()
    expect(elsewhere.page.locator("html")).to_have_attribute("lang", "zh-hans")


@pytest.mark.parametrize("language", ["en"])
def test_the_desk_is_led_by_single_keys(front: Front, house: House, language: str) -> None:
    """? lists them, j and k walk, Enter opens, n begins anew, / searches."""
    cases = [house.received(received_at=house.ago(hours=hour)) for hour in (2, 3, 4)]
    agent = front.as_("agent", language)
    page = agent.go("complaints:list")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    agent.shot("13-shortcuts")
    page.keyboard.press("Escape")
    for key in "jjjk":
        page.keyboard.press(key)
    focused = page.locator("[data-row] a:focus")
    expect(focused).to_have_text(cases[1].reference)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#reference")).to_have_text(cases[1].reference)
    page.keyboard.press("/")
    expect(page.locator("#site-search")).to_be_focused()
    page.locator("#site-search").blur()
    page.keyboard.press("n")
    expect(page.locator("[name=description]")).to_be_focused()


@pytest.mark.parametrize("language", ["zh-hans"])
def test_the_main_steps_work_without_scripts(front: Front, house: House, language: str) -> None:
    """Known complainants are looked up, the complaint is taken, acknowledged and noted upon."""
    known = house.received(name="Fang Wang", phone="13800001234")
    agent = front.as_("agent", language, java_script_enabled=False)
    page = agent.go("complaints:intake")
    page.fill("[name=description]", "It leaks again. 又漏水了。")
    page.fill("[name=phone]", "13800001234")
    page.click("button[name=look]")
    expect(page.locator("#intake-help")).to_contain_text(known.reference)
    page.locator("#intake-help button[name=use]").click()
    expect(page.locator("#chosen-person")).to_contain_text("Fang Wang")
    agent.shot("13-no-scripts")
    page.click("[data-save]")
    expect(page.locator("#read-out")).to_be_visible()
    reference = page.locator("#reference").inner_text()
    page.click("button[name=told_now]")
    agent.stands(State.ACKNOWLEDGED)
    agent.go("complaints:note", reference)
    page.locator("#step [name=text]").fill("Calls back on Monday. 周一回电。")
    page.locator("#step button[type=submit]").click()
    expect(page.locator("ol.timeline")).to_contain_text("Calls back on Monday.")
