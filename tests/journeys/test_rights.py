"""Who sees what in the browser: confidential complaints, merged ones, changes of the policy."""

import pytest
from playwright.sync_api import expect

from complaints.models import Complaint
from complaints.services.closure import merge_complaint
from complaints.states import State
from tests.journeys.people import Front, House, Seat

SECRET = "The cashier keeps the change."


@pytest.mark.clause("CM-7.5")
def test_a_confidential_complaint_does_not_exist_for_those_who_need_not_know(
    front: Front, house: House, language: str
) -> None:
    """Neither page nor list nor search nor number tells a colleague; a manager says why."""
    open_one = house.case(name="Anna Li")
    secret = house.received(
        description=SECRET,
        name="Fang Wang",
        confidential=True,
        subject_person=house.people["handler"],
    )
    for name in ("colleague", "handler"):
        knows_nothing(front.as_(name, language), secret, other=open_one.reference)
    colleague = front.as_("colleague", language)
    colleague.go("complaints:search", q="cashier")
    colleague.shot("4-nothing-found")
    read_for_a_reason(front.as_("manager", language), secret)


def knows_nothing(seat: Seat, secret: Complaint, *, other: str) -> None:
    """Neither page nor list nor search nor number gives it away."""
    assert seat.status("complaints:complaint", secret.reference) == 404
    assert seat.status("complaints:note", secret.reference) == 404
    assert seat.status("complaints:timeline", secret.reference) == 404
    seat.go("complaints:list")
    seat.lists(other)
    for words in ("cashier", secret.reference, "Fang Wang"):
        seat.go("complaints:search", q=words)
        expect(seat.page.locator("#main")).to_be_visible()
        assert seat.page.locator("#main [data-row]").count() == 0
    counts = seat.go("complaints:queue", tab="all").locator("#queue-head [aria-current=page]")
    expect(counts.locator(".count")).to_have_text("1")


def read_for_a_reason(manager: Seat, secret: Complaint) -> None:
    """Say why, read, and find the reading in the record."""
    page = manager.open(secret)
    expect(page.locator("#reason")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text(SECRET)
    page.locator("#reason").fill(" ")
    page.locator("main button.primary").click()
    expect(page.locator("#reason-error")).to_be_visible()
    manager.shot("4-reason")
    page.locator("#reason").fill("The works council asked. 工会询问。")
    page.locator("main button.primary").click()
    expect(page.locator(".statement")).to_have_text(SECRET)
    line = page.locator('ol.timeline > li[data-kind="complaint.confidential_read"]').first
    expect(line).to_contain_text("The works council asked.")
    expect(line).to_contain_text("Lin Gao")
    manager.shot("4-confidential")


def test_merging_keeps_both_references_and_can_be_undone(
    front: Front, house: House, language: str
) -> None:
    """The same matter of the same complainant; another person's complaint is not even offered."""
    matter = {"phone": "13800001234", "name": "Fang Wang", "product": "Kettle K2"}
    first = house.case(State.ACKNOWLEDGED, at=house.ago(days=2), **matter)
    second = house.case(State.ACKNOWLEDGED, **matter)
    strange = house.case(name="Anna Li", product="Kettle K2")
    manager = front.as_("manager", language)
    manager.open(second)
    manager.begin("merge")
    choices = manager.place.locator("label").filter(has_text="C")
    expect(manager.place).to_contain_text(first.reference)
    expect(manager.place).not_to_contain_text(strange.reference)
    assert choices.count() >= 1
    manager.fill(into=first.pk)
    manager.shot("5-merge")
    manager.commit()
    manager.stands(State.MERGED)
    expect(manager.page.locator(".alert.info")).to_contain_text(first.reference)
    manager.shot("5-merged")
    manager.page.locator(f'.alert.info a[href$="/{first.reference}/"]').click()
    expect(manager.page.locator("#reference")).to_have_text(first.reference)
    expect(manager.page.locator("#related-title + *, .others").first).to_be_visible()
    manager.open(second)
    manager.take("unmerge")
    manager.stands(State.ACKNOWLEDGED)
    assert {"complaint.merged", "complaint.unmerged"} <= set(manager.kinds())


def test_a_merge_stands_after_thirty_days(front: Front, house: House) -> None:
    """Later the page says why it cannot be undone."""
    matter = {"phone": "13800001234", "name": "Fang Wang", "product": "Kettle K2"}
    first = house.case(at=house.ago(days=40), **matter)
    second = house.case(at=house.ago(days=39), **matter)
    with house.still():
        merge_complaint(
            complaint_id=second.pk,
            into_id=first.pk,
            actor=house.people["manager"],
            at=house.ago(days=31),
        )
    manager = front.as_("manager")
    manager.open(second)
    against = manager.not_now()
    expect(against).to_contain_text("A merge can be undone for 30 days only.")


@pytest.mark.clause("CM-7.5")
@pytest.mark.clause("CM-8.1")
def test_a_change_of_the_policy_is_approved_by_another_and_never_rewrites_the_past(
    front: Front, house: House, language: str
) -> None:
    """Drafted by the quality manager, approved by top management; the old keeps its version."""
    before = house.received()
    writer, top = front.as_("quality_manager", language), front.as_("top_management", language)
    draft_a_change(writer)
    page = top.go("complaints:policy", 2)
    top.shot("11-decide")
    with page.expect_navigation():
        page.locator("form[action$='/approve/'] button.primary").click()
    top.said("The version is approved.")
    now = house.ago()
    after = house.received(at=now, received_at=now)
    with house.still():
        assert house.again(before).policy.version == 1
        assert house.again(after).policy.version == 2
    auditor = front.as_("auditor", language)
    auditor.open(after).locator(".clocks summary").first.click()
    expect(auditor.page.locator(".why-due .steps li").first).to_be_visible()
    expect(auditor.page.locator(".why-due").first).to_contain_text(
        auditor.words("handling policy v%(version)s") % {"version": 2}
    )
    auditor.shot("11-new-version")


def draft_a_change(writer: Seat) -> None:
    """Begin a version, change a limit, hand it in; whoever wrote it cannot approve it."""
    page = writer.go("complaints:policy_list")
    writer.shot("11-policy")
    page.locator("form[action$='/policy/draft/'] button").click()
    limit = page.locator("[name$=owner]")
    expect(limit).to_have_value("500.00")
    limit.fill("800")
    writer.shot("11-draft")
    page.locator("#section button.primary").click()
    writer.said("Saved in the draft.")
    page = writer.go("complaints:policy", 2)
    page.locator("#hand-in ~ form [name=note]").first.fill("More leeway. 放宽权限。")
    with page.expect_navigation():
        page.locator("#hand-in ~ form button.primary").click()
    expect(page.locator("#decide ~ .blocked")).to_be_visible()
    assert page.locator("form[action$='/approve/']").count() == 0
    writer.shot("11-waits")
