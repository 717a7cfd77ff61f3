"""Refused, taken to the regulator, overturned there, reopened, answered anew."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from complaints.models import Complaint
from complaints.states import State
from tests.journeys.people import Front, House, Seat, fill_in

BODY = {"en": "Market regulator of Xuhui", "zh-hans": "徐汇区市场监督管理局"}


def step(seat: Seat, act: str, **values: object) -> None:
    """Open a step of the case, fill it in, take it."""
    seat.page.locator(f'a.button[href$="/{act}/"]').click()
    fill_in(seat.place, values)
    with seat.page.expect_navigation():
        seat.place.locator("button.primary").click()


@pytest.mark.clause("CM-8.6d")
def test_refused_taken_to_the_regulator_overturned_reopened_and_answered_anew(
    front: Front, house: House, language: str
) -> None:
    """The handler notes the case; the manager, who had no part in it, says what follows."""
    complaint = house.case(State.RESPONDED, at=house.ago(days=9))
    handler, manager = front.as_("handler", language), front.as_("manager", language)
    refused_and_taken_outside(handler, complaint)
    lost_there(handler)
    decided_by_another(manager)
    answered_anew(handler, complaint)
    kinds = handler.kinds()
    for kind in ("outside.opened", "outside.decided", "outside.effect_decided"):
        assert kind in kinds
    assert house.again(complaint).cycle == 2


def refused_and_taken_outside(handler: Seat, complaint: Complaint) -> None:
    """Record the refusal, tell the other remedies, note the regulator's case."""
    handler.open(complaint)
    handler.take("record_decision", answer="refused")
    handler.begin("remedies")
    handler.commit("button[name=told_now]")

    panel = handler.page.locator("#outside")
    panel.scroll_into_view_if_needed()
    panel.locator('a.button[href$="/open/"]').click()
    opened = timezone.localtime() - timedelta(days=5)
    form = handler.page.locator("main form")
    fill_in(
        form,
        {
            "where": "regulator_12315",
            "body": BODY[handler.language],
            "reference_there": "2026-1187",
            "opened_at": opened.strftime("%Y-%m-%dT%H:%M"),
        },
    )
    handler.shot("9-open")
    with handler.page.expect_navigation():
        form.locator("button.primary").click()


def lost_there(handler: Seat) -> None:
    """Answer the regulator, keep its time limit, note what it decided."""
    step(handler, "answer", text="Statement and report handed in. 已提交说明和检测报告。")
    day = timezone.localdate() - timedelta(days=3)
    step(handler, "date", regime="CN-12315-MEDIATION:mediation", started_on=day.isoformat())
    handler.shot("9-case")
    handler.page.locator('a[href*="/dates/"]').first.click()
    expect(handler.page.locator("main ol")).to_contain_text("60")
    handler.page.go_back()
    step(
        handler, "decide", result="overturned", decision="A defect of the compressor. 压缩机缺陷。"
    )
    expect(handler.page.locator('a.button[href$="/effect/"]')).to_have_count(0)


def decided_by_another(manager: Seat) -> None:
    """Say what the result means: the complaint is reopened."""
    manager.go("referrals:cases", tab="effect")
    manager.shot("9-cases")
    manager.page.locator("#rows th a").click()
    manager.page.locator('a.button[href$="/effect/"]').click()
    fill_in(manager.place, {"effect": "reopened", "reason": "As found. 按检测结论重新处理。"})
    manager.shot("9-effect")
    with manager.page.expect_navigation():
        manager.place.locator("button.primary").click()


def answered_anew(handler: Seat, complaint: Complaint) -> None:
    """Investigate again, and answer as was found outside."""
    handler.open(complaint)
    handler.stands(State.INVESTIGATING)
    expect(handler.page.locator("#outside")).to_contain_text(BODY[handler.language])
    handler.shot("9-reopened")
    handler.take(
        "findings", findings="A defect. 压缩机缺陷。", cause="Material.", cause_code="material"
    )
    handler.begin("respond")
    handler.fill(finding="upheld", remedy_kind="replacement", reasons="As the regulator found.")
    handler.place.locator("[name=reasons]").blur()
    expect(handler.place.locator("#letter")).to_contain_text("As the regulator found.")
    handler.commit("button[name=told_now]")
    handler.stands(State.RESPONDED)
