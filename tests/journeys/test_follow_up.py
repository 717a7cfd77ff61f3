"""Asked on the phone how it went, by somebody else; dissatisfied, and another person decides."""

import pytest
from playwright.sync_api import expect

from complaints.models import Complaint
from complaints.states import State
from tests.journeys.people import Front, House, Seat, fill_in

REASONS = {
    "en": "It leaks again after three days, and nobody looked at the hose.",
    "zh-hans": "修好三天后又漏水，根本没有检查水管。",
}


@pytest.mark.clause("CM-8.6b")
@pytest.mark.clause("CM-8.6d")
def test_called_from_the_list_dissatisfied_and_reopened_by_another(
    front: Front, house: House, language: str
) -> None:
    """The handler may not ask; the agent calls twice, hears why; the manager decides."""
    complaint = house.case(State.CLOSED, name="Fang Wang", phone="13800001234")
    not_the_handler(front.as_("handler", language))
    called_twice(front.as_("agent", language), complaint)
    decided_by_another(front.as_("manager", language), complaint)


def not_the_handler(handler: Seat) -> None:
    """The handler sees it due, and that somebody else asks."""
    handler.go("complaints:follow_ups", tab="all")
    handler.shot("8-follow-ups-handler")
    expect(handler.page.locator("#rows")).to_contain_text(handler.words("for somebody else"))
    expect(handler.page.locator("#rows a.button")).to_have_count(0)


def called_twice(agent: Seat, complaint: Complaint) -> None:
    """Call from the list: nobody answers; then hear why somebody is dissatisfied."""
    agent.go("complaints:follow_ups")
    expect(agent.page.locator('#rows a[href="tel:13800001234"]')).to_be_visible()
    agent.shot("8-follow-ups")
    agent.page.locator("#rows a.button").click()
    expect(agent.page.locator("#step .read-out")).to_contain_text(complaint.reference)
    agent.shot("8-follow-up-step")
    fill_in(agent.place, {"outcome": "unreachable"})
    agent.commit()
    expect(agent.page.locator("#rows")).to_contain_text(agent.words("Not reached", "follow-up"))

    agent.page.locator("#rows a.button").click()
    scores = {"outcome": "answered", "handling_score": "7", "outcome_score": "2"}
    fill_in(agent.place, {**scores, "reopen_reason": REASONS[agent.language]})
    agent.commit()
    expect(agent.page.locator("main")).to_contain_text(agent.words("Nobody is to be asked now"))


def decided_by_another(manager: Seat, complaint: Complaint) -> None:
    """Find the wish in the list, reopen, and tell when the new answer comes."""
    manager.go("complaints:reopenings")
    expect(manager.page.locator(".request")).to_contain_text(REASONS[manager.language])
    manager.shot("8-reopenings")
    manager.page.locator(".request .buttons a").click()
    expect(manager.place.locator("#letter")).to_contain_text(complaint.reference)
    manager.shot("8-decide-reopening")
    manager.commit("button[name=told_now]")
    manager.stands(State.INVESTIGATING)
    assert "complaint.reopening_granted" in manager.kinds()
    manager.shot("8-reopened")


@pytest.mark.clause("CM-8.6d")
def test_a_wish_that_is_declined_is_told_with_the_other_remedies(
    front: Front, house: House, language: str
) -> None:
    """Passed on by the agent, declined by the manager; a second wish is not taken."""
    complaint = house.case(State.FOLLOWED_UP)
    agent, manager = front.as_("agent", language), front.as_("manager", language)
    agent.open(complaint)
    agent.take("request_reopening", reason=REASONS[language])
    manager.open(complaint)
    manager.begin("decide_reopening")
    manager.place.locator("[name=verdict][value=decline]").check()
    expect(manager.place.locator("#letter")).to_contain_text("12315")
    manager.fill(reason="Nothing new. 没有新的情况。")
    manager.place.locator("[name=reason]").blur()
    expect(manager.place.locator("#letter")).to_contain_text("没有新的情况")
    manager.shot("8-declined")
    manager.commit("button[name=told_now]")
    manager.stands(State.FOLLOWED_UP)
    agent.open(complaint)
    expect(agent.not_now()).to_contain_text(
        agent.words("The complainant has asked for this closing already: it is decided once.")
    )
