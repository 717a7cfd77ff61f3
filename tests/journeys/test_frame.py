"""What the scripts of every page do, in a real browser on the style page."""

import re
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def page(context: BrowserContext, live_server: Any) -> Page:
    """Return the style page, nothing focused."""
    page = context.new_page()
    page.goto(f"{live_server.url}/styleguide/")
    page.evaluate("document.activeElement.blur()")
    return page


def test_keys_move_through_the_rows_and_rest_while_typing(page: Page) -> None:
    """j, k, x, / and ? work; in a field they are letters; they can be switched off."""
    row = "document.activeElement.textContent"
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate(row) == "C-2026-001041"
    page.keyboard.press("k")
    assert page.evaluate(row) == "C-2026-001042"
    page.keyboard.press("x")
    expect(page.locator("[data-bulk-count]")).to_have_text("1 chosen")
    page.focus("#f-q")
    page.keyboard.type("jx?")
    expect(page.locator("#f-q")).to_have_value("jx?")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    page.locator("[data-shortcuts]").uncheck()
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_hidden()


def test_shift_chooses_a_range_of_rows(page: Page) -> None:
    """The bar shows how many are chosen, and goes when none is."""
    boxes = page.locator("[data-pick]")
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(page.locator("[data-bulk-count]")).to_have_text("4 chosen")
    page.locator("[data-pick-none]").click()
    expect(page.locator("[data-bulk-bar]")).to_be_hidden()


def test_a_step_that_asks_first_is_not_taken_without_a_yes(page: Page) -> None:
    """Escape means no; the address stays."""
    before = page.url
    page.locator("form[data-confirm] button").click()
    expect(page.locator("#confirm [data-text]")).to_have_text("The complaint stays in the record.")
    page.keyboard.press("Escape")
    expect(page.locator("#confirm")).to_be_hidden()
    assert page.url == before
    page.locator("form[data-confirm] button").click()
    with page.expect_navigation():
        page.locator("#confirm [data-yes]").click()


def test_a_fault_behind_a_fragment_is_told_in_words(page: Page) -> None:
    """What is gone, what is broken and what cannot be reached each has its bar."""
    ask = page.get_by_role("button", name="Ask for what is gone")
    trouble = page.locator("#trouble")
    ask.click()
    expect(trouble.locator("[data-bar=gone]")).to_be_visible()
    page.route("**/nowhere/", lambda route: route.fulfill(status=500, body="no"))
    ask.click()
    expect(trouble.locator("[data-bar=fault]")).to_be_visible()
    page.unroute("**/nowhere/")
    page.route("**/nowhere/", lambda route: route.abort())
    ask.click()
    expect(trouble.locator("[data-bar=offline]")).to_be_visible()


def test_a_refusal_lands_where_the_form_shows_errors(page: Page) -> None:
    """A 409 fragment is shown instead of swallowed."""
    refusal = '<div class="alert warn" data-refusal>Somebody was faster.</div>'
    page.route("**/nowhere/", lambda route: route.fulfill(status=409, body=refusal))
    page.get_by_role("button", name="Ask for what is gone").click()
    expect(page.locator("[data-refusal]")).to_have_text("Somebody was faster.")
    expect(page.locator("[data-refusal]")).to_be_focused()


def test_a_draft_survives_a_lost_connection(context: BrowserContext, page: Page) -> None:
    """Kept on the device while away, brought back after a reload, saved when the server answers."""
    state = page.locator("[data-draft-state]")
    page.fill("#id_name", "王芳")
    expect(state).to_contain_text("Draft saved")
    context.set_offline(True)
    page.fill("#id_description", "冒烟了")
    expect(state).to_contain_text("No connection")
    page.route("**/styleguide/", _no_post)
    page.on("dialog", lambda dialog: dialog.accept())
    context.set_offline(False)
    page.reload()
    expect(page.locator("#id_description")).to_have_value("冒烟了")
    expect(page.locator("#id_name")).to_have_value("王芳")
    page.unroute("**/styleguide/")
    page.fill("#id_email", "wang@example.cn")
    expect(state).to_contain_text("Draft saved")
    page.wait_for_function("localStorage.length === 0")


def test_a_draft_is_saved_at_the_time_of_the_desk(browser: Browser, live_server: Any) -> None:
    """Whoever sits elsewhere reads one time on the whole page."""
    context = browser.new_context(locale="en-GB", timezone_id="America/New_York")
    page = context.new_page()
    page.goto(f"{live_server.url}/styleguide/")
    page.fill("#id_name", "王芳")
    state = page.locator("[data-draft-state]")
    expect(state).to_contain_text("Draft saved")
    around = [timezone.localtime() - timedelta(minutes=ago) for ago in (0, 1)]
    expect(state).to_contain_text(re.compile("|".join(f"{at:%H:%M}" for at in around)))
    context.close()


def test_a_draft_survives_a_sign_out_and_the_form_does_not_leave(page: Page) -> None:
    """Sent to the sign-in page instead of saved, the form says so and stays."""
    page.fill("#id_name", "王芳")
    page.fill("#id_description", "冒烟了")
    page.fill("#id_received_at", "2026-03-06T10:00")
    page.check("#id_channel_1")
    expect(page.locator("[data-draft-state]")).to_contain_text("Draft saved")
    page.route("**/styleguide/", _signed_out)
    before = page.url
    page.locator("form[data-draft-url] button.primary").click()
    expect(page.locator("[data-draft-state]")).to_contain_text("You are signed out")
    assert page.url == before
    expect(page.locator("#id_description")).to_have_value("冒烟了")


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_component_is_accessible(
    browser: Browser, live_server: Any, width: int, scheme: Any
) -> None:
    """WCAG 2.2 AA by axe, in both themes, wide and narrow; nothing scrolls sideways."""
    page = browser.new_page(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    page.goto(f"{live_server.url}/styleguide/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.evaluate("scrollTo(0, 0)")  # a focused field may have left a button half under the bar
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.context.close()


def _no_post(route: Route) -> None:
    if route.request.method == "POST":
        route.abort()
    else:
        route.continue_()


def _signed_out(route: Route) -> None:
    if route.request.method == "POST":
        route.fulfill(status=302, headers={"location": "/accounts/login/"})
    else:
        route.continue_()
