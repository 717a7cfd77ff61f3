"""Mail that came in, decided about in the browser: a complaint, part of one, or none."""

import re
from typing import Any

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from complaints.models import Complaint
from complaints.selectors.messages import message_id_of
from complaints.services.messages import write_message
from complaints.states import MessageChannel, Occasion
from mailroom.models import Mail
from mailroom.services.taking_in import take_in
from mailroom.states import MailState
from tests.journeys.people import TURN, Front, House, Seat, fill_in
from tests.journeys.test_accessible import faults_of
from tests.mailroom.mails import mail

ANN = "fang@example.cn"
WORDS = {"en": "The kettle exploded on the table.", "zh-hans": "水壶在桌上爆炸了，碎片溅了一地。"}


def come_in(house: House, raw: Any) -> Mail:
    """Let a mail come in, as the worker would."""
    with TURN:
        row, _new = take_in(
            chunks=[raw.as_bytes()], door="imap", arrived_at=house.ago(minutes=20), at=house.now
        )
    house.deliver()
    with TURN:
        row.refresh_from_db()
    return row


def asked(house: House) -> tuple[Complaint, str]:
    """Return a complaint whose complainant was written to, and the letter's Message-ID."""
    complaint = house.received(name="Fang Wang", email=ANN)
    with TURN:
        letter = write_message(
            complaint_id=complaint.pk,
            occasion=Occasion.INFORMATION_REQUEST,
            channel=MessageChannel.EMAIL,
            subject="",
            text="请补充购买凭证。",
            actor=house.people["agent"],
            at=timezone.now(),
        )
        header = message_id_of(letter)
    house.deliver()
    return complaint, header


def test_mail_is_decided_about_in_both_languages(front: Front, house: House, language: str) -> None:
    """The oldest first: a stranger's becomes a complaint, a relative's goes onto one, one aside."""
    complaint, header = asked(house)
    come_in(house, mail(WORDS[language], subject="Kettle 水壶", to="info@localhost"))
    relative = come_in(
        house, mail("我是他爱人。", sender="林晓 <lin@example.net>", In_Reply_To=header)
    )
    come_in(
        house,
        mail("早鸟价。", subject="Expo", sender="expo@example.com", List_Id="<news.example.com>"),
    )
    agent = front.as_("agent", language)
    page = agent.go("mailroom:triage")
    expect(page.locator("tbody [data-row]")).to_have_count(3)
    agent.shot("mail-1-triage")
    make(agent, house)
    put_onto(agent, complaint, relative)
    put_aside_and_back(agent)
    read_beside_the_complaint(agent, complaint)
    narrow_and_accessible(front, language, complaint, relative)


def make(agent: Seat, house: House) -> None:
    """Open the oldest with the keyboard alone, see the danger, record it."""
    page = agent.page
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".alert.bad")).to_contain_text(re.compile("爆炸|explo"))
    agent.shot("mail-2-danger")
    with page.expect_navigation(url="**/complaint/"):
        page.keyboard.press("c")
    expect(page.locator("[name=description]")).to_have_value(
        re.compile(re.escape(WORDS[agent.language]))
    )
    expect(page.locator("[name=email]")).to_have_value("ann@example.com")
    fill_in(page.locator("main"), {"product": "Kettle K2", "category": house.category()})
    agent.shot("mail-3-make")
    with page.expect_navigation():
        page.locator("main button.primary").click()
    expect(page.locator("#reference")).to_be_visible()
    made = house.known(page.locator("#reference").inner_text())
    assert made.channel == "email"
    assert made.received_at < made.recorded_at


def put_onto(agent: Seat, complaint: Complaint, relative: Mail) -> None:
    """A mail from another address is warned of; a person puts it onto its complaint."""
    page = agent.go("mailroom:mail", relative.pk)
    expect(page.locator(".alert.bad")).to_be_visible()
    expect(page.locator("[name=reference]")).to_have_value(complaint.reference)
    agent.shot("mail-4-other-sender")
    with page.expect_navigation():
        page.locator("form[action$='/add/'] button").click()
    expect(page.locator("#correspondence")).to_contain_text("我是他爱人。")
    agent.shot("mail-5-on-the-complaint")


def put_aside_and_back(agent: Seat) -> None:
    """A newsletter is put aside with a reason, found again, and taken back."""
    page = agent.go("mailroom:triage")
    with page.expect_navigation():  # keys are heard once the page has its scripts
        page.locator("tbody [data-row] a").first.click()
    page.keyboard.press("x")
    expect(page.locator("[name=why]")).to_be_focused()
    fill_in(page.locator("form[action$='/aside/']"), {"why": "newsletter"})
    with page.expect_navigation():
        page.locator("form[action$='/aside/'] button").click()
    agent.said("Put aside. It can be taken back at any time.")
    expect(page.locator(".empty")).to_be_visible()
    agent.go("mailroom:triage", state="aside").locator("tbody [data-row] a").first.click()
    with page.expect_navigation():
        page.locator("form[action$='/back/'] button").click()
    expect(page.locator(f'[data-state="{MailState.WAITING.value}"]')).to_be_visible()


def read_beside_the_complaint(agent: Seat, complaint: Complaint) -> None:
    """Both directions stand side by side, and a third party is added only with agreement."""
    page = agent.go("mailroom:correspondence", complaint.reference)
    expect(page.locator(".exchange > .out")).to_have_count(1)
    expect(page.locator(".exchange > .in")).to_have_count(1)
    page.locator("main details.fold > summary").last.click()
    form = page.locator("form[action$='/third-parties/']")
    given = {"name": "林晓", "address": "lin@example.net", "reason": "代为沟通"}
    fill_in(form, {**given, "copied": True})
    form.locator("button.primary").click()
    said = agent.words(
        "Without the complainant's agreement their data must not be given to others."
    )
    expect(form).to_contain_text(said)
    agent.shot("mail-6-third-party")
    fill_in(form, {"agreed": True})
    with page.expect_navigation():
        form.locator("button.primary").click()
    expect(page.locator("main")).to_contain_text("lin@example.net")


def narrow_and_accessible(front: Front, language: str, complaint: Complaint, mail: Mail) -> None:
    """The pages pass axe, and nothing scrolls sideways on a phone."""
    seat = front.as_("manager", language, bypass_csp=True)
    with TURN:
        waiting = Mail.objects.waiting().latest("pk")
    pages = [
        reverse("mailroom:triage"),
        f"{reverse('mailroom:triage')}?state=filed",
        reverse("mailroom:mail", args=[mail.pk]),
        reverse("mailroom:mail", args=[waiting.pk]),
        reverse("mailroom:make", args=[waiting.pk]),
        reverse("mailroom:correspondence", args=[complaint.reference]),
    ]
    assert faults_of(seat, *pages) == []
    seat.page.set_viewport_size({"width": 320, "height": 800})
    for number, address in enumerate(pages):
        seat.page.goto(f"{seat.base}{address}")
        seat.shot(f"mail-narrow-{number}")
        menu, buttons = (seat.page.locator(f".topbar {part}") for part in (".nav-toggle", ".bell"))
        at, beside = menu.bounding_box(), buttons.bounding_box()
        assert at is not None
        assert beside is not None
        assert abs(at["y"] - beside["y"]) < 2, "the bar is one row, with the search below"
