"""An incident of sixty complaints, from the suggestion to the last outcome, in both languages."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, expect

from complaints.models import Complaint
from complaints.states import Answer, Occasion, State
from incidents.models import CommonFinding, FindingAnswer, Incident, JointRun, Suggestion
from incidents.services.customers import add_customers
from incidents.services.findings import confirm_finding
from incidents.services.joint import continue_oldest_joint, prepare_joint
from incidents.services.joint_letters import first_texts
from incidents.services.statements import add_fact, submit_statement, write_statement
from incidents.services.suggesting import sweep_suggestions
from tests.incidents.table import Table
from tests.journeys.people import Front, House, Seat, fill_in
from tests.journeys.test_accessible import faults_of

SIZE, MAILED = 60, 57
PRODUCT = "Kettle K2"


class Command:
    """The commander's screen: the pages of one incident."""

    def __init__(self, seat: Seat, incident: Incident) -> None:
        """Sit down before an incident."""
        self.seat, self.incident, self.page = seat, incident, seat.page

    def go(self, tab: str = "incident", *parts: object) -> None:
        """Open a page of the incident."""
        self.seat.go(f"incidents:{tab}", self.incident.reference, *parts)

    @property
    def place(self) -> Locator:
        """Return where a step opens."""
        return self.page.locator("#step")

    def begin(self, opener: str) -> None:
        """Open a step in place."""
        link = self.page.locator(opener).first
        link.wait_for(state="attached")
        if not link.is_visible():
            self.page.locator(".next-step details.menu > summary").click()
        link.click()
        expect(self.place.locator("form")).to_be_visible()

    def take(self, opener: str, **values: object) -> None:
        """Open a step, fill it in, take it."""
        self.begin(opener)
        fill_in(self.place, values)
        with self.page.expect_navigation():
            self.place.locator("button.primary, button.danger.solid").first.click()

    def act(self, name: str, **values: object) -> None:
        """Take the step of this name."""
        self.take(f'[data-act="{name}"]', **values)

    def figure(self, name: str) -> Locator:
        """Return a number of the overview."""
        return self.page.locator(f'[data-figure="{name}"]')

    def stands(self, state: str) -> None:
        """Expect the incident in this state."""
        expect(self.page.locator(f'.incident-head [data-incident-state="{state}"]')).to_be_visible()


def sixty(house: House) -> list[Complaint]:
    """Return the complaints of one batch; some complainants have no e-mail."""
    cases = []
    for number in range(SIZE):
        way = (
            {"email": f"kunde{number}@example.cn"}
            if number < MAILED
            else {"phone": f"1380000{number:04d}"}
        )
        at = house.ago(hours=SIZE + 2 - number)
        cases.append(
            house.case(
                State.INVESTIGATING if number % 2 else State.ASSESSED,
                product=PRODUCT,
                name=f"Kunde {number}",
                at=at,
                **way,
            )
        )
    return cases


def outbox(house: House) -> None:
    """Let the worker go on with joint messages and post, as it does every few seconds."""
    with house.still():
        while continue_oldest_joint(now=house.ago(seconds=0)):
            pass
    house.deliver()


@pytest.mark.clause("CM-7.4")
def test_sixty_complaints_are_one_incident_and_none_is_lost(
    front: Front, house: House, language: str
) -> None:
    """Suggested, declared, told, found, confirmed, answered, resolved, closed."""
    cases = sixty(house)
    manager = front.as_("manager", language)
    desk = take_up(house, manager)
    quality = Command(front.as_("quality_manager", language), desk.incident)
    gone = declare(house, desk)
    left = [case for case in cases if case.pk != gone.pk]
    speak(desk, quality)
    find_out(desk, quality)
    confirm(house, front.as_("handler", language), left)
    by_hand = sum(case.pk in {late.pk for late in cases[MAILED:]} for case in left)
    tell(house, desk, left, by_hand)
    tell_by_phone(desk, by_hand)
    finish(house, desk, left)
    nobody_is_lost(house, left, gone)


def take_up(house: House, manager: Seat) -> Command:
    """See the notice and the suggestion, and make a suspected incident of it."""
    with house.still():
        assert sweep_suggestions(now=house.ago(seconds=0)) == 1
    manager.go("complaints:notices")
    said = manager.words("Several complaints may have one cause")
    expect(manager.page.locator("main")).to_contain_text(said)
    manager.go("incidents:suggestions")
    manager.shot("incident-1-suggested")
    manager.page.locator("[data-suggestion] h2 a").click()
    take = manager.page.locator("#take")
    expect(take).to_contain_text(str(SIZE))
    form = manager.page.locator("form").filter(has=take)
    fill_in(form, {"title": "Kettles leak", "hypothesis": "A batch of brittle seals."})
    with manager.page.expect_navigation():
        take.click()
    with house.still():
        incident = Incident.objects.get()
    desk = Command(manager, incident)
    desk.stands("suspected")
    expect(desk.figure("linked")).to_have_text(str(SIZE))
    return desk


def declare(house: House, desk: Command) -> Complaint:
    """Declare and contain; one complaint does not belong and is taken out with a reason."""
    desk.act("declare")
    desk.stands("declared")
    desk.act("contain", how="Sales stopped, batch A3 recalled.")
    desk.stands("contained")
    expect(desk.figure("without")).to_contain_text(str(SIZE))
    desk.seat.shot("incident-2-contained")
    desk.go("complaints")
    desk.seat.shot("incident-2-complaints")
    desk.act("unlink", reason="A hairdryer, not a kettle.")
    with house.still():
        return desk.incident.links.get(unlinked_at__isnull=False).complaint


def speak(desk: Command, quality: Command) -> None:
    """Write facts and a statement down; another person approves it in time; it is released."""
    desk.go("statements")
    desk.act("fact", text="Batch A3 cracks.", source="Report 17", confirmed=True)
    desk.act("fact", text="Another model leaks too.", source="A post", confirmed=False)
    desk.act(
        "statement",
        audience="staff",
        channel="briefing",
        title="What we tell callers",
        text="[F1] [F2] Do not use it.",
    )
    desk.act("statement_submit")
    expect(desk.page.locator('[data-step-status="waiting"]')).to_be_visible()
    quality.go("statements")
    mark = quality.seat.words("%(fact)s (not confirmed yet)", "a fact in a statement")
    said = mark % {"fact": "Another model leaks too."}
    expect(quality.page.locator(".statement-card")).to_contain_text(said)
    quality.act("statement_approve", note="Fine.")
    desk.go("statements")
    desk.act("statement_release")
    expect(desk.page.locator('[data-statement="released"]')).to_be_visible()
    desk.seat.shot("incident-3-statements")


def find_out(desk: Command, quality: Command) -> None:
    """Write the common finding; nobody approves their own."""
    desk.go("finding")
    desk.act(
        "finding",
        findings="The seals of batch A3 crack.",
        cause="The supplier changed the rubber.",
        cause_code="supplier",
        finding="upheld",
        reasons="The seal was faulty from the beginning.",
        remedy_kind="replacement",
        remedy_detail="We bring you a new kettle.",
        remedy_days="10",
    )
    expect(desk.page.locator('[data-act="finding_approve"]')).to_have_count(0)
    quality.go("finding")
    quality.act("finding_approve")


def confirm(house: House, handler: Seat, cases: list[Complaint]) -> None:
    """Let the handler confirm on the complaint's page, and for the others by the same verb."""
    handler.open(cases[0])
    expect(handler.page.locator('[data-proposal="open"]')).to_be_visible()
    handler.page.fill("#finding-addition", "Photo of the seal.")
    handler.shot("incident-4-proposed")
    with handler.page.expect_navigation():
        handler.page.click("#confirm-finding")
    expect(handler.page.locator('[data-proposal="confirmed"]')).to_be_visible()
    with house.still():
        finding = CommonFinding.objects.get()
        for case in cases[1:]:
            confirm_finding(
                finding_id=finding.pk,
                complaint_id=case.pk,
                actor=house.people["handler"],
                at=house.ago(seconds=0),
            )
        assert FindingAnswer.objects.filter(verdict="confirmed").count() == len(cases)


def tell(house: House, desk: Command, cases: list[Complaint], by_hand: int) -> None:
    """Tell the decision jointly: a draft to look at, an exception, one letter for each."""
    desk.go("messages")
    desk.take('[data-kind="decision"]')
    expect(desk.page.locator("#run")).to_have_attribute("data-run", "draft")
    expect(desk.page.locator(".letters")).to_contain_text(cases[0].reference)
    desk.seat.shot("incident-5-draft")
    desk.act("joint_exception", text="{name}: {reference} {finding} {reasons} {remedy}")
    desk.act("joint_start")
    outbox(house)
    with house.still():
        run = JointRun.objects.get()
        sent = len(cases) - by_hand
        found = {
            outcome: run.items.filter(outcome=outcome).count()
            for outcome in ("sent", "by_hand", "refused", "waiting")
        }
        refused = list(run.items.filter(outcome="refused").values_list("reason", flat=True))
    assert found == {"sent": sent, "by_hand": by_hand, "refused": 0, "waiting": 0}, refused
    assert len(house.letters_outside()) == sent
    desk.go()
    expect(desk.figure("without")).to_contain_text(str(by_hand))


def tell_by_phone(desk: Command, by_hand: int) -> None:
    """Call those who have no e-mail, and note it where they are listed."""
    for number in range(by_hand):
        desk.go("messages")
        for link in ("table [data-row] a", '.tabs a[href*="outcome=by_hand"]'):
            with desk.page.expect_navigation():
                desk.page.locator(link).first.click()
        if number == 0:
            desk.seat.shot("incident-6-by-hand")
        desk.act("joint_told", channel="phone")


def finish(house: House, desk: Command, cases: list[Complaint]) -> None:
    """Each has an outcome of their own now: they accept, are closed; the incident ends."""
    desk.go()
    expect(desk.figure("without")).to_have_text("0")
    with house.still():
        for case in cases:
            house.desk.answer(case, Answer.ACCEPTED, house.ago(seconds=0))
    desk.go("messages")
    desk.take('[data-kind="close"]', lessons="Test seals on receipt.")
    desk.act("joint_start")
    outbox(house)
    desk.go()
    expect(desk.figure("open")).to_have_text("0")
    desk.act("resolve", how="Batch A3 replaced.")
    desk.act("close", lessons="Test seals on receipt.")
    desk.stands("closed")
    desk.seat.shot("incident-7-closed")


def nobody_is_lost(house: House, cases: list[Complaint], gone: Complaint) -> None:
    """Expect that each complaint kept its own number, decision, letter and end."""
    with house.still():
        for case in Complaint.objects.filter(pk__in=[case.pk for case in cases]):
            assert case.state == State.CLOSED
            told = case.messages.filter(occasion=Occasion.DECISION)
            assert told.count() == 1
            assert case.reference in told.get().body
            assert case.responses.count() == 1
        gone.refresh_from_db()
        assert gone.is_open
        assert not gone.messages.filter(occasion=Occasion.DECISION).exists()


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh-hans", "dark")])
def test_the_pages_of_incidents_are_accessible(
    front: Front, house: House, language: str, scheme: str
) -> None:
    """By axe, in both themes, and none scrolls sideways on a narrow screen."""
    cases = [
        house.case(State.INVESTIGATING, product=PRODUCT, email=f"kunde{number}@example.cn")
        for number in range(5)
    ]
    with house.still():
        sweep_suggestions(now=house.ago(seconds=0))
        table, now = Table(), house.ago(minutes=30)
        table.__dict__.update(
            manager=house.people["manager"], quality=house.people["quality_manager"]
        )
        waiting = Suggestion.objects.get()
        incident = table.incident(*cases[:3], state="contained", at=now)
        table.finding(incident, at=now)
        who: dict[str, Any] = {"incident_id": incident.pk, "actor": table.manager, "at": now}
        add_fact(text="A3 cracks.", source="Report 17", confirmed=True, **who)
        version = write_statement(
            audience="media",
            channel="press",
            title="Kettles",
            text="[F1]",
            language="en",
            **who,
        )
        submit_statement(version_id=version.pk, actor=table.manager, at=now)
        add_customers(text="Li Ming, 13800001111", **who)
        texts = first_texts("decision")
        run = prepare_joint(kind="decision", texts=texts, language="en", **who)
    seat = front.as_("manager", language, color_scheme=scheme)
    tabs = (
        *("incident", "complaints", "link", "messages", "finding", "statements"),
        *("customers", "representatives", "record"),
    )
    pages = [reverse(f"incidents:{tab}", args=[incident.reference]) for tab in tabs]
    pages += [
        reverse("incidents:message", args=[incident.reference, run.pk]),
        reverse("incidents:act", args=[incident.reference, "finding"]),
        reverse("incidents:act", args=[incident.reference, "representative"]),
        reverse("incidents:suggestion", args=[waiting.pk]),
        reverse("incidents:panel", args=[cases[0].reference]),
        *(reverse(f"incidents:{name}") for name in ("list", "new", "suggestions")),
    ]
    assert faults_of(seat, *pages) == []
    for tab in ("incident", "statements", "complaints"):
        seat.page.set_viewport_size({"width": 375, "height": 800})
        seat.go(f"incidents:{tab}", incident.reference)
        seat.shot(f"incident-narrow-{tab}")
