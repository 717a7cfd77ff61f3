"""A complaint's whole life in the browser, by those who lead it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from complaints.models import Complaint
from complaints.states import State
from tests.journeys.people import Front, House, Seat, fill_in

JUDGED = {
    "severity": "moderate",
    "safety_hazard": "none",
    "complexity": "normal",
    "impact": "one",
    "immediate_action_needed": "no",
    "immediate_action_possible": "no",
}
FOUND = {
    "findings": "The seal is worn out. 密封圈老化。",
    "cause": "A batch of brittle seals.",
    "cause_code": "material",
}
WORDS = {
    "en": "The kettle leaks at the seal again, and nobody called me back.",
    "zh-hans": "水壶的密封圈又漏水了，一直没有人给我回电话。",
}


def answer_by_mail(seat: Seat, *, amount: str = "80", finding: str = "upheld") -> None:
    """Fill in the response, with a letter drafted from what is decided."""
    seat.begin("respond")
    due = timezone.localdate() + timedelta(days=7)
    seat.fill(channel="email", finding=finding, remedy_kind="refund", amount=amount)
    seat.fill(remedy_due=due.isoformat(), reasons="The seal was faulty. 密封圈有问题。")
    seat.place.locator("[name=reasons]").blur()
    expect(seat.place.locator("[name=text]")).to_have_value(_holding("密封圈有问题"))
    expect(seat.place.locator("[name=text]")).to_have_value(_holding(amount))


def _holding(text: str) -> re.Pattern[str]:
    return re.compile(f".*{re.escape(text)}.*", re.DOTALL)


@pytest.mark.clause("CM-8.2")
@pytest.mark.clause("CM-8.2c")
@pytest.mark.clause("CM-8.3")
@pytest.mark.clause("CM-8.5")
@pytest.mark.clause("CM-8.6a")
@pytest.mark.clause("CM-8.6b")
@pytest.mark.clause("CM-8.6c")
def test_a_complaint_from_the_call_to_the_follow_up(
    front: Front, house: House, language: str
) -> None:
    """Taken on the phone, handled, answered by mail, accepted, closed, followed up."""
    caller = {"name": "Fang Wang", "phone": "13800001234", "email": "fang@example.cn"}
    settled = house.case(State.CLOSED, at=house.ago(days=20), product="Kettle K2", **caller)
    waiting = house.received(at=house.ago(days=3), product="Toaster", **caller)
    agent = front.as_("agent", language)
    complaint = take_the_call(agent, house, settled, waiting)
    read_it_out(agent, complaint)
    expect(agent.page.locator(".repeat a")).to_have_text(settled.reference)
    handle(front.as_("handler", language), house, complaint)
    settle(front, house, complaint, language)


def take_the_call(agent: Seat, house: House, settled: Complaint, waiting: Complaint) -> Complaint:
    """Write down what the caller says, with the keyboard alone."""
    page = agent.page
    agent.go("complaints:queue")
    agent.shot("1-queue")
    page.keyboard.press("n")
    expect(page.locator("[name=description]")).to_be_focused()
    page.keyboard.insert_text(WORDS[agent.language])
    page.keyboard.press("Tab")
    expect(page.locator("[name=channel][value=phone]")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("[name=phone]")).to_be_focused()
    page.keyboard.insert_text("138 0000 1234")
    beside = page.locator("#intake-help")
    expect(beside.locator("section", has=beside.page.locator("#duplicates-title"))).to_contain_text(
        waiting.reference
    )
    expect(beside).to_contain_text(settled.reference)
    beside.locator("[data-use-person]").press("Enter")
    expect(page.locator("[name=email]")).to_have_value("fang@example.cn")
    expect(page.locator("#chosen-person")).to_contain_text("Fang Wang")
    page.locator("[name=product]").focus()
    page.keyboard.insert_text("Kettle K2")
    fill_in(page.locator("#intake"), {"category": house.category()})
    agent.shot("1-intake")
    with page.expect_navigation(url="**/acknowledge/"):
        page.keyboard.press("Control+Enter")
    return house.known(page.locator("#reference").inner_text())


def read_it_out(agent: Seat, complaint: Complaint) -> None:
    """Acknowledge on the phone: the words stand there, one click records them."""
    expect(agent.page.locator("#read-out")).to_contain_text(complaint.reference)
    expect(agent.page.locator("#read-out")).to_contain_text(str(timezone.localdate().year))
    agent.shot("1-acknowledge")
    agent.commit("button[name=told_now]")
    agent.stands(State.ACKNOWLEDGED)
    agent.said("The acknowledgement is recorded.")


def handle(handler: Seat, house: House, complaint: Complaint) -> None:
    """Find it by its reference, take it, judge it, find out, answer by mail."""
    page = handler.page
    handler.go("complaints:queue")
    page.keyboard.press("/")
    page.keyboard.insert_text(complaint.reference)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    handler.take("take")
    handler.begin("assess")
    handler.fill(**JUDGED)
    expect(handler.place.locator("#preview strong").first).to_be_visible()
    handler.shot("1-assess")
    handler.commit()
    handler.stands(State.ASSESSED)
    handler.take("investigate")
    handler.take("findings", **FOUND)
    handler.stands(State.INVESTIGATING)
    answer_by_mail(handler)
    handler.shot("1-respond")
    handler.commit()
    handler.stands(State.RESPONDED)
    house.deliver()
    [letter] = house.letters_to("fang@example.cn")
    assert complaint.reference in letter.subject
    assert letter.extra_headers["X-Delivery-ID"]
    assert "80" in letter.body
    assert "密封圈有问题" in letter.body
    house.deliver()
    assert len(house.letters_to("fang@example.cn")) == 1


def settle(front: Front, house: House, complaint: Complaint, language: str) -> None:
    """The complainant accepts; it is closed; the desk asks how it went."""
    agent, handler = front.as_("agent", language), front.as_("handler", language)
    agent.open(complaint)
    agent.take("record_decision", answer="accepted", note="Thank you. 谢谢。")
    handler.open(complaint)
    handler.take("close", lessons="Check the seals of this batch.")
    handler.stands(State.CLOSED)
    agent.open(complaint)
    agent.begin("follow_up")
    agent.refused("This field is required.")
    agent.fill(outcome="answered", handling_score="9", outcome_score="8", comment="Good. 很好。")
    agent.shot("1-follow-up")
    agent.commit()
    agent.stands(State.FOLLOWED_UP)
    assert {
        "complaint.received",
        "complaint.acknowledged",
        "complaint.assigned",
        "complaint.assessed",
        "complaint.investigated",
        "complaint.responded",
        "message.sent",
        "complaint.decision_recorded",
        "complaint.closed",
        "complaint.followed_up",
    } <= set(agent.kinds())
    agent.page.locator("#proof a").click()
    expect(agent.page.locator("#proof .ok")).to_be_visible()
    agent.shot("1-done")


@pytest.mark.clause("CM-8.6d")
@pytest.mark.clause("CM-8.6b")
def test_a_refused_answer_stays_open_until_other_remedies_were_told_and_may_come_back(
    front: Front, house: House, language: str
) -> None:
    """Refused, not to be closed, remedies told, closed, dissatisfied, reopened: a second cycle."""
    complaint = house.case(State.RESPONDED, email="fang@example.cn", name="Fang Wang")
    agent, handler = front.as_("agent", language), front.as_("handler", language)
    agent.open(complaint)
    agent.take("record_decision", answer="refused", note="That is not enough. 我不接受。")
    agent.stands(State.RESPONDED)
    handler.open(complaint)
    reason = "The response was refused: tell the complainant of the other remedies first."
    expect(handler.not_now()).to_contain_text(handler.words(reason))
    handler.shot("2-refused")
    tell_remedies(agent, house, complaint)
    handler.open(complaint)
    handler.take("close")
    handler.stands(State.CLOSED)
    come_back(agent, complaint)
    handler.open(complaint)
    handler.take("findings", **FOUND)
    answer_by_mail(handler, amount="120")
    handler.commit()
    handler.stands(State.RESPONDED)
    house.deliver()
    assert len(house.letters_to("fang@example.cn")) == 2
    assert house.again(complaint).cycle == 2
    assert {"complaint.remedies_told", "complaint.reopened"} <= set(handler.kinds())
    handler.shot("2-second-cycle")


def tell_remedies(agent: Seat, house: House, complaint: Complaint) -> None:
    """Write where else the complainant can turn."""
    agent.open(complaint)
    agent.begin("remedies")
    agent.fill(channel="email")
    expect(agent.place.locator("[name=subject]")).to_be_visible()
    agent.shot("2-remedies")
    agent.commit()
    house.deliver()
    [letter] = house.letters_to("fang@example.cn")
    assert complaint.reference in f"{letter.subject} {letter.body}"


def come_back(agent: Seat, complaint: Complaint) -> None:
    """Hear that it is still not right, and open it again."""
    agent.open(complaint)
    scores = {"handling_score": "2", "outcome_score": "1"}
    agent.take("follow_up", outcome="answered", comment="Still broken.", **scores)
    agent.said("Recorded. The complainant is not satisfied: offer to reopen the complaint.")
    agent.take("reopen", reason="The new seal leaks as well. 换了还漏。")
    agent.stands(State.INVESTIGATING)


def find_out(handler: Seat) -> None:
    """Take the complaint on this page, judge it, investigate."""
    handler.take("take")
    handler.take("assess", **JUDGED)
    handler.take("investigate")
    handler.take("findings", **FOUND)


@pytest.mark.clause("CM-8.2c")
@pytest.mark.clause("CM-8.6c")
def test_nobody_can_be_told_about_an_anonymous_complaint_and_it_is_handled_all_the_same(
    front: Front, house: House, language: str
) -> None:
    """No contact: the acknowledgement is impossible, for a reason; it closes as not reachable."""
    agent, handler = front.as_("agent", language), front.as_("handler", language)
    page = agent.go("complaints:intake")
    fill_in(page.locator("#intake"), {"description": WORDS[language]})
    page.locator("[data-save]").click()
    expect(page.locator("[data-summary]")).to_be_visible()
    fill_in(page.locator("#intake"), {"anonymous": True, "category": house.category()})
    with page.expect_navigation(url="**/acknowledge/"):
        page.locator("[data-save]").click()
    complaint = house.known(page.locator("#reference").inner_text())
    expect(page.locator("[name=channel][value=none]")).to_be_checked()
    agent.fill(reason="Left no name. 未留姓名。")
    agent.shot("3-anonymous")
    agent.commit()
    agent.stands(State.ACKNOWLEDGED)
    handler.open(complaint)
    find_out(handler)
    handler.begin("respond")
    handler.fill(finding="upheld", remedy_kind="change", reasons="The seal was faulty.")
    handler.place.locator("[name=reasons]").blur()
    expect(handler.place.locator("[name=text]")).to_have_value(re.compile("The seal was faulty"))
    handler.commit()
    handler.stands(State.RESPONDED)
    handler.take("close")
    handler.stands(State.CLOSED)
    assert house.again(complaint).closure_basis == "no_contact"
    house.deliver()
    assert house.letters_outside() == []
    handler.shot("3-closed")


@pytest.mark.clause("CM-8.5")
def test_redress_above_the_limit_goes_out_once_a_second_person_has_approved(
    front: Front, house: House, language: str
) -> None:
    """The owner asks and cannot approve; the manager approves on the page; then the letter goes."""
    found = {"found": {}, "at": house.ago(hours=2)}
    complaint = house.case(State.INVESTIGATING, name="Fang", email="fang@example.cn", **found)
    handler, manager = front.as_("handler", language), front.as_("manager", language)
    handler.open(complaint)
    answer_by_mail(handler, amount="900")
    expect(handler.place.locator(".alert.warn")).to_be_visible()
    handler.shot("6-above-the-limit")
    handler.commit()
    handler.said("Sent for approval. The answer goes out once a second person has approved it.")
    handler.stands(State.INVESTIGATING)
    reason = "A second person must decide: not who asked, not who owns the complaint."
    expect(handler.page.locator(".next-step")).to_contain_text(handler.words(reason))
    house.deliver()
    assert house.letters_to("fang@example.cn") == []
    assert handler.status("complaints:approvals") == 403
    page = manager.go("complaints:approvals")
    card = page.locator("article.request")
    expect(card).to_contain_text(complaint.reference)
    expect(card).to_contain_text("900.00")
    manager.shot("6-approvals")
    card.locator("form[action$='/grant/'] button").click()
    expect(page.locator("#main")).to_contain_text(
        manager.words("Approved: %(reference)s goes on.") % {"reference": complaint.reference}
    )
    house.deliver()
    assert len(house.letters_to("fang@example.cn")) == 1
    handler.open(complaint)
    handler.stands(State.RESPONDED)
    assert "complaint.approval_granted" in handler.kinds()


@pytest.mark.clause("CM-8.5")
def test_an_answer_is_sent_back_with_a_remark_and_nothing_is_typed_twice(
    front: Front, house: House
) -> None:
    """The manager returns it on the complaint's own page; the form opens as it was."""
    complaint = house.case(State.INVESTIGATING, name="Fang", email="fang@example.cn")
    handler, manager = front.as_("handler"), front.as_("manager")
    handler.open(complaint)
    answer_by_mail(handler, amount="900")
    handler.commit()
    manager.open(complaint)
    manager.take("approve", verdict="return", note="Offer a repair first.")
    manager.said("Returned, with your remark.")
    handler.open(complaint)
    handler.begin("respond")
    expect(handler.place.locator("[name=amount]")).to_have_value("900.00")
    handler.fill(amount="80")
    handler.place.locator("[name=amount]").blur()
    expect(handler.place.locator(".alert.warn")).to_have_count(0)
    handler.commit()
    house.deliver()
    assert len(house.letters_to("fang@example.cn")) == 1


@pytest.mark.parametrize("language", ["zh-hans"])
def test_what_is_not_a_complaint_needs_a_second_person_to_say_so(
    front: Front, house: House, language: str
) -> None:
    """The handler proposes; not they themselves, but the quality manager agrees; all is kept."""
    complaint = house.case(State.ACKNOWLEDGED)
    handler, second = front.as_("handler", language), front.as_("quality_manager", language)
    handler.open(complaint)
    handler.take("take")
    handler.begin("dismiss")
    handler.fill(reason="Asks for the opening hours. 询问营业时间。")
    handler.shot("7-not-a-complaint")
    handler.commit("button:not([data-step-close])")
    handler.stands(State.ACKNOWLEDGED)
    second.open(complaint)
    second.take("approve", verdict="grant")
    second.stands(State.NOT_A_COMPLAINT)
    assert "complaint.dismissed" in second.kinds()


@pytest.mark.parametrize("language", ["en"])
def test_a_complaint_is_withdrawn_with_its_reason_and_stays_in_the_record(
    front: Front, house: House, language: str
) -> None:
    """Without a reason it is refused; withdrawn, it is still found."""
    complaint = house.case(State.ACKNOWLEDGED)
    agent = front.as_("agent", language)
    agent.open(complaint)
    agent.begin("withdraw")
    agent.place.locator("form .buttons button").first.click()
    expect(agent.place.locator("[data-summary], .errorlist").first).to_be_visible()
    agent.fill(reason="Settled in the shop. 已在门店解决。")
    agent.commit("form .buttons button")
    agent.stands(State.WITHDRAWN)
    agent.go("complaints:list")
    agent.lists(complaint.reference)
