"""An emergency at night, in the browser, by those who are called out of bed."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from complaints.models import Complaint
from complaints.services.sending import confirm_told
from complaints.states import State
from emergencies.models import Emergency, Exercise
from emergencies.services.calling import sweep_calls
from emergencies.services.rota import plan_shift, set_duty
from tests.journeys.people import TURN, Front, House, Outside, Seat, fill_in
from tests.journeys.test_accessible import faults_of

PAGES = ("declare", "rota", "ways", "situation", "answer")
FACTS = {
    "en": "The kettle caught fire, a child has burned its hand.",
    "zh-hans": "电热水壶起火，孩子的手被烫伤。",
}


def keep_rota(house: House) -> None:
    """Put the handler and, above, the manager on call around now."""
    keeper, now = house.people["quality_manager"], timezone.now()
    levels = (("handler", "Duty officer", "值班员"), ("manager", "Manager on duty", "值班主管"))
    for level, (name, en, zh) in enumerate(levels, start=1):
        duty = set_duty(level=level, name_en=en, name_zh=zh, actor=keeper, at=now)
        plan_shift(
            duty=duty,
            person=house.people[name],
            deputy=None,
            starts_at=now - timedelta(hours=1),
            ends_at=now + timedelta(days=2),
            actor=keeper,
            at=now,
        )


@pytest.mark.clause("CM-8.2b")
def test_an_emergency_at_night_from_the_call_to_the_review(
    front: Front, house: House, language: str
) -> None:
    """Declared by an agent, called, taken, contained, decided, answered, closed, reviewed."""
    with TURN:
        keep_rota(house)
    complaint = declare(front.as_("agent", language), house)
    with house.still():
        house.desk.acknowledge(complaint, timezone.now())
    from_call_to_review(front, house, complaint, language)


@pytest.mark.clause("CM-8.2b")
def test_an_emergency_at_night_from_the_public_form_to_the_review(
    front: Front, house: House, language: str
) -> None:
    """Said by somebody without an account or a script: the same people are called at once."""
    with TURN:
        keep_rota(house)
    outside = Outside(front, house, language)
    reference = outside.send(danger="yes", description=FACTS[language], phone="13800001234")
    expect(outside.page.locator('main .alert.bad a[href="tel:120"]')).to_be_visible()
    from_call_to_review(front, house, house.known(reference), language)


def from_call_to_review(front: Front, house: House, complaint: Complaint, language: str) -> None:
    """Let everybody do their part once the emergency is declared."""
    is_called(house, complaint, "handler")
    nobody_answers(house, complaint)
    is_called(house, complaint, "manager")
    take(front.as_("manager", language), complaint)
    contain(front.as_("manager", language), house, complaint)
    decide_on_reports(front, complaint, language)
    answer_before_assessing(front, house, complaint, language)
    review(front.as_("quality_manager", language), complaint)


def declare(agent: Seat, house: House) -> Complaint:
    """Press `e` on whatever page is open, say what is dangerous, with the keyboard alone."""
    page = agent.page
    agent.go("complaints:queue")
    with page.expect_navigation():
        page.keyboard.press("e")
    expect(page.locator("[name=facts]")).to_be_focused()
    page.keyboard.insert_text(FACTS[agent.language])
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("[name=trigger][value=personal_safety]")).to_be_checked()
    agent.shot("emergency-1-declare")
    with page.expect_navigation():
        page.locator("main button.danger.solid").press("Enter")
    agent.said("The fast channel is open, and the people on call have been told.")
    expect(page.locator("#emergencies [data-emergency]")).to_be_visible()
    return house.known(page.locator("#reference").inner_text())


def is_called(house: House, complaint: Complaint, name: str) -> None:
    """Let the outbox work: the person's mail links to the page on which to take it."""
    house.deliver()
    house.deliver()
    letters = house.letters_to(house.people[name].email)
    assert any(f"/emergencies/{complaint.reference}/answer/" in str(one.body) for one in letters)


def nobody_answers(house: House, complaint: Complaint) -> None:
    """Let a quarter of an hour pass without anybody."""
    with house.still():
        row = Emergency.objects.get(complaint=complaint)
        assert not row.pages.filter(person=house.people["manager"]).exists()
        sweep_calls(now=row.declared_at + timedelta(minutes=15))


def take(manager: Seat, complaint: Complaint) -> None:
    """Follow the link of the call; it only shows. Then press the button."""
    page = manager.page
    manager.go("emergencies:answer", complaint.reference)
    expect(page.locator("#emergencies [data-emergency]")).to_be_visible()
    manager.shot("emergency-2-answer")
    with page.expect_navigation():
        page.locator("main button.danger.solid").click()
    manager.said("You have taken charge of this emergency.")
    expect(page.locator("#emergencies [data-emergency]")).to_have_count(0)


def contain(manager: Seat, house: House, complaint: Complaint) -> None:
    """Decide, call the complainant, write the facts, say that it is contained."""
    house.deliver()
    page = manager.page
    manager.open(complaint)
    expect(page.locator("#emergency-title")).to_be_visible()
    manager.shot("emergency-3-panel")
    manager.go("emergencies:situation", complaint.reference)
    step(manager, "contain", measure="stop_sale", details="All shops. 全部门店停售。")
    step(manager, "first_call", reached="yes", note="Safe at home. 已安全在家。")
    step(manager, "facts", confirmed="Model K2. 型号 K2。", unconfirmed="Dry? 是否干烧待查。")
    step(manager, "contained")
    manager.shot("emergency-4-situation")


def step(seat: Seat, name: str, **values: str) -> None:
    """Take a step of the situation page."""
    form = seat.page.locator(f'form[action$="/steps/{name}/"]').first
    fold = seat.page.locator("details:not([open])", has=form)
    if fold.count():
        fold.locator("> summary").click()
    fill_in(form, values)
    with seat.page.expect_navigation():
        form.locator("button").click()


def decide_on_reports(front: Front, complaint: Complaint, language: str) -> None:
    """One decides that it is to be reported, another approves, the report is recorded."""
    manager = front.as_("manager", language)
    step(manager, "report", reportable="yes", clock="report", reason="A child. 儿童受伤。")
    approver = front.as_("top_management", language)
    approver.go("emergencies:situation", complaint.reference)
    with approver.page.expect_navigation():
        approver.page.locator('form[action$="/approve/"] button').click()
    approver.said("The decision is approved.")
    manager.go("emergencies:situation", complaint.reference)
    form = manager.page.locator('form[action$="/reported/"]')
    manager.page.locator("details", has=form).locator("> summary").click()
    fill_in(form, {"reference": "SAMR 17"})
    with manager.page.expect_navigation():
        form.locator("button").click()
    expect(manager.page.locator(".decision")).to_contain_text("SAMR 17")
    manager.shot("emergency-5-reports")


def answer_before_assessing(
    front: Front, house: House, complaint: Complaint, language: str
) -> None:
    """Answer at once, without an assessment; a second person approves; accepted, closed."""
    manager, handler = front.as_("manager", language), front.as_("handler", language)
    manager.open(complaint)
    manager.take("assign", owner=str(house.people["handler"].pk))
    handler.open(complaint)
    handler.begin("respond")
    due = timezone.localdate() + timedelta(days=7)
    handler.fill(channel="phone", finding="undetermined", remedy_kind="refund", amount="80")
    handler.fill(remedy_due=due.isoformat(), reasons="It is at the laboratory. 正在送检。")
    handler.place.locator("[name=reasons]").blur()
    expect(handler.place.locator("[name=text]")).to_have_value(re.compile("正在送检", re.DOTALL))
    handler.place.evaluate("step => step.querySelectorAll('details').forEach(d => d.open = true)")
    handler.fill(text="It is being examined. You get your money back. 正在送检，货款退还。")
    handler.shot("emergency-6-respond")
    handler.commit()
    manager.open(complaint)
    manager.take("approve", verdict="grant")
    manager.stands(State.RESPONDED)
    assert house.again(complaint).assessed_at is None
    with house.still():
        for message in complaint.messages.filter(state="queued", channel="phone"):
            now = timezone.now()
            confirm_told(message_id=message.pk, told_at=now, actor=house.people["agent"], at=now)
        house.desk.close(complaint, timezone.now())
    house.deliver()
    handler.open(complaint)
    handler.stands(State.CLOSED)


def review(quality: Seat, complaint: Complaint) -> None:
    """Somebody who did not handle it writes down what was learnt."""
    quality.go("emergencies:situation", complaint.reference)
    step(
        quality,
        "review",
        went_well="Quick. 反应快。",
        went_badly="One phone was off. 有人未开机。",
        actions="Two phones each, by Friday. 周五前每人登记两个号码。",
    )
    quality.said("The review is recorded.")
    quality.shot("emergency-7-review")
    quality.go("emergencies:rota")
    expect(quality.page.locator("main")).to_contain_text(complaint.reference)
    quality.shot("emergency-8-rota")
    quality.page.set_viewport_size({"width": 320, "height": 700})
    for name in PAGES:  # on a phone, too, nothing lies outside
        args = [complaint.reference] if name in {"situation", "answer"} else []
        quality.go(f"emergencies:{name}", *args)
        assert quality.page.evaluate("document.documentElement.scrollWidth") <= 320, name
        quality.shot(f"emergency-9-{name}")


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh-hans", "dark")])
def test_the_pages_of_the_fast_channel_are_accessible(
    front: Front, house: House, language: str, scheme: str
) -> None:
    """Declaring, the call, the situation, the rota, the ways, a test and a drill."""
    with TURN:
        keep_rota(house)
        now = timezone.now()
        test = Exercise.objects.create(kind="rota_test", opened_at=now, due_at=now)
        drill = Exercise.objects.create(kind="drill", opened_at=now, due_at=now)
    complaint = house.received(emergency_trigger="personal_safety", emergency_facts="Burnt.")
    house.deliver()
    manager = front.as_("manager", language, color_scheme=scheme, bypass_csp=True)
    pages = [
        reverse(f"emergencies:{name}", args=args)
        for name, args in (
            ("declare", []),
            ("rota", []),
            ("ways", []),
            ("situation", [complaint.reference]),
            ("answer", [complaint.reference]),
            ("exercise", [test.pk]),
            ("exercise", [drill.pk]),
        )
    ]
    assert faults_of(manager, *pages) == []
    manager.page.set_viewport_size({"width": 320, "height": 700})
    manager.go("emergencies:declare")
    tops = manager.page.locator(".topbar-end > :visible").evaluate_all(
        "items => items.map(item => Math.round(item.getBoundingClientRect().top / 40))"
    )
    assert len(set(tops)) == 1  # both buttons fit beside the rest
    manager.shot("emergency-10-bar")
