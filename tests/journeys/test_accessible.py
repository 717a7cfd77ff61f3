"""Every page of the desk against WCAG 2.2 AA, in both themes, and on a narrow screen."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import NoReverseMatch, reverse

from complaints.states import State
from tests.journeys.people import Front, House, Seat

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
NARROW = {"width": 390, "height": 844}
WIDE = {"width": 1280, "height": 900}


def faults_of(seat: Seat, *addresses: str) -> list[str]:
    """Return what is wrong with these pages: by axe, and what scrolls sideways when narrow."""
    found = []
    for address in addresses:
        seat.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        seat.page.goto(f"{seat.base}{address}", wait_until="networkidle")  # with all its panels
        checked: dict[str, Any] = Axe().run(seat.page, options=RULES).response
        found += [
            f"{address} {item['id']}: {node['html'][:160]}"
            for item in checked["violations"]
            for node in item["nodes"]
        ]
        seat.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        width = seat.page.evaluate("document.documentElement.scrollWidth")
        if width > NARROW["width"]:
            found.append(f"{address} is {width} pixels wide on a narrow screen")
    return found


def addresses(*names: str) -> list[str]:
    """Return the addresses of pages that stand alone."""
    return [reverse(name) for name in names]


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh-hans", "dark")])
def test_the_pages_of_the_desk_are_accessible(
    front: Front, house: House, language: str, scheme: str
) -> None:
    """Lists, intake, complaints in several states, steps, approvals, policy."""
    cases = [
        house.case(State.RECEIVED, product="Kettle K2", name="Fang Wang", phone="13800001234"),
        house.case(State.INVESTIGATING),
        house.case(State.RESPONDED, email="fang@example.cn"),
        house.case(State.FOLLOWED_UP),
        house.received(emergency_trigger="personal_safety", emergency_facts="Burnt hand."),
    ]
    secret = house.received(confidential=True)
    pages = [reverse("complaints:complaint", args=[case.reference]) for case in (*cases, secret)]
    steps = [
        reverse("complaints:move", args=[cases[0].reference, "acknowledge"]),
        reverse("complaints:move", args=[cases[1].reference, "respond"]),
        reverse("complaints:move", args=[cases[2].reference, "record_decision"]),
    ]
    lists = addresses(
        "complaints:queue",
        "complaints:list",
        "complaints:intake",
        "complaints:approvals",
        "complaints:notices",
        "complaints:messages_unsettled",
    )
    search = f"{reverse('complaints:search')}?q=kettle"
    manager = front.as_("manager", language, color_scheme=scheme, bypass_csp=True)
    assert faults_of(manager, *lists, search, *pages, *steps) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_about_the_desk_are_accessible(front: Front, house: House, scheme: str) -> None:
    """Sign-in, policy and its draft, templates, calendars, glossary, import, people, operations."""
    outside = Seat(
        front.window(color_scheme=scheme, bypass_csp=True), front.base, house.people["agent"], "en"
    )
    found = faults_of(outside, reverse("account_login"))
    quality = front.as_("quality_manager", color_scheme=scheme, bypass_csp=True)
    quality.go("complaints:policy_list")
    quality.page.locator("form[action$='/policy/draft/'] button").click()
    quality.page.locator("#section").wait_for()
    policy = [
        reverse("complaints:policy", args=[1]),
        reverse("complaints:policy_edit", args=[2]),
        reverse("complaints:policy_edit", args=[2, "clocks"]),
        reverse("complaints:policy_diff", args=[2]),
    ]
    about = addresses(
        "complaints:policy_list",
        "complaints:templates",
        "complaints:glossary",
        "compliance:calendars",
        "journal:record",
        "accounts:profile",
    )
    found += faults_of(quality, *policy, *about, *_if_there("complaints:imports"))
    administrator = front.as_("administrator", color_scheme=scheme, bypass_csp=True)
    found += faults_of(
        administrator, *addresses("accounts:people", "journal:operations", "complaints:first_hour")
    )
    assert found == []


def _if_there(name: str) -> list[str]:
    try:
        return [reverse(name)]
    except NoReverseMatch:
        return []
