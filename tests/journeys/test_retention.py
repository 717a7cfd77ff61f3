"""Retention in the browser: a list, a hold, two reviewers, a skipped row, a whole record."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from complaints.models import Complaint
from complaints.states import State
from journal.services import verify_journal
from retention.models import DisposalRun
from retention.services.disposal import carry_out_disposal, propose_disposal
from tests.journeys.people import Front, House, Seat

WORDS = "The kettle leaks, says Zhuang Weilin. 庄先生说水壶漏水。"


@pytest.mark.clause("CM-7.5")
@pytest.mark.clause("KB-16")
def test_what_is_over_its_time_goes_and_what_is_held_stays(
    front: Front, house: House, language: str
) -> None:
    """From the schedule to the certificate; the held complaint is skipped and says so."""
    goes = house.case(State.CLOSED, description=WORDS, name="Zhuang Weilin")
    held = house.case(State.CLOSED, description=WORDS, name="Fang Wang")
    house.deliver()
    quality, top = front.as_("quality_manager", language), front.as_("top_management", language)
    approve_a_schedule(quality, top)
    with house.still():
        later = house.now + timedelta(days=6 * 366 + 2)
        run = propose_disposal(actor=None, at=later)
        assert run is not None
    lay_a_hold(front.as_("manager", language), held)
    review(quality, top, run)
    with house.still():
        carry_out_disposal(now=later)
    read_the_certificate(front.as_("auditor", language), run)
    page = front.as_("manager", language).open(goes)
    expect(page.locator("body")).not_to_contain_text("Zhuang")
    expect(page.locator("#proof .ok")).to_be_visible()
    expect(page.locator("#disposed-title")).to_be_visible()
    front.as_("manager", language).shot("14-disposed-of")
    page = front.as_("manager", language).open(held)
    expect(page.locator(".statement")).to_have_text(WORDS)
    with house.still():
        assert verify_journal().intact
        assert Complaint.objects.get(pk=goes.pk).complainant.name == ""


def approve_a_schedule(quality: Seat, top: Seat) -> None:
    """Begin with the proposal, say why, hand it in; somebody else approves."""
    page = quality.go("retention:schedule")
    quality.shot("14-proposal")
    page.locator("form[action$='/versions/begin/'] button").click()
    page.locator("[name=note]").fill("Adopted as proposed. 按建议采用。")
    page.locator("main button.primary").click()
    with page.expect_navigation():
        page.locator("form[action$='/submit/'] button").click()
    expect(page.locator(".blocked")).to_be_visible()
    page = top.go("retention:version", 1)
    top.shot("14-decide")
    with page.expect_navigation():
        page.locator("form[action$='/approve/'] button.primary").click()
    top.said("The version is approved and in force.")


def lay_a_hold(manager: Seat, complaint: Complaint) -> None:
    """From the page of the complaint; it stands there afterwards."""
    page = manager.open(complaint)
    page.locator("#hold-title ~ p a.button").click()
    expect(page.locator("[name=complaint]")).to_have_value(complaint.reference)
    page.locator("[name=reason]").fill("The court asked for the file. 法院调取材料。")
    page.locator("[name=authority]").fill("District court 区人民法院")
    page.locator("[name=review_on]").fill(
        (complaint.received_at + timedelta(days=100)).date().isoformat()
    )
    manager.shot("14-hold")
    with page.expect_navigation():
        page.locator("main button.primary").click()
    manager.said("The hold is in force.")
    page = manager.open(complaint)
    expect(page.locator("#hold-title ~ .alert")).to_contain_text("District court")
    manager.shot("14-held")


def review(quality: Seat, top: Seat, run: DisposalRun) -> None:
    """The first agrees and cannot be the second; the second is asked once more."""
    page = quality.go("retention:run", run.pk)
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody .badge.warn")).to_have_count(1)
    quality.shot("14-list")
    with page.expect_navigation():
        page.locator("form[action$='/review/'] button").click()
    expect(page.locator("form[action$='/review/']")).to_have_count(0)
    page = top.go("retention:run", run.pk)
    page.locator("form[action$='/review/'] button").click()
    top.shot("14-sure")
    with page.expect_navigation():
        page.locator("dialog[open] button.danger, dialog[open] button.solid").first.click()
    top.said("Both reviewers agree: it is being carried out.")


def read_the_certificate(auditor: Seat, run: DisposalRun) -> None:
    """One went, one was skipped; the log is the one in the record."""
    page = auditor.go("retention:run", run.pk)
    expect(page.locator("tbody tr").nth(1)).to_contain_text(auditor.words("on legal hold"))
    auditor.shot("14-carried-out")
    page = auditor.go("retention:certificate", run.pk)
    expect(page.locator(".alert.ok")).to_have_count(2)
    expect(page.locator(".alert.bad")).to_have_count(0)
    auditor.shot("14-certificate")
