"""What those see who look at it all: figures that open their complaints, and alerts."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Position, expect

from complaints.states import State
from journal.services import deliver_pending
from monitoring.models import Alert
from monitoring.services.folding import fold_all
from tests.journeys.people import Front, House
from tests.journeys.test_accessible import faults_of

_PAGES = (
    *("dashboard", "catalogue", "targets", "reports"),
    *("analysis", "analysis_complaints", "words", "analyses"),
)


def alert_of(house: House) -> Alert:
    """Declare an emergency, which is an alert at once."""
    house.received(emergency_trigger="personal_safety", emergency_facts="Burnt hand.")
    with house.still():
        while deliver_pending():
            pass
    return Alert.objects.get()


@pytest.mark.journey
@pytest.mark.clause("CM-9.1")
def test_a_tile_opens_the_complaints_that_it_counts(front: Front, house: House) -> None:
    """The manager goes from the board to a figure and on to a complaint behind it."""
    case = house.case(State.INVESTIGATING)
    with house.still():
        fold_all(at=house.now)  # as the worker does every few seconds
    manager = front.as_("manager")
    page = manager.go("monitoring:dashboard")
    page.get_by_role("link", name="Complaints received").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Complaints received")
    page.get_by_role("link", name=case.reference).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(case.reference)


@pytest.mark.journey
@pytest.mark.clause("CM-9.1")
def test_the_report_of_the_running_month_is_taken_away_as_a_file(
    front: Front, house: House
) -> None:
    """From the board to the report, marked as provisional, and to its PDF."""
    house.case(State.INVESTIGATING)
    with house.still():
        fold_all(at=house.now)
    page = front.as_("manager").go("monitoring:dashboard")
    page.get_by_role("link", name="Monthly reports").click()
    page.get_by_role("link", name="provisional").last.click()
    expect(page.get_by_text("Provisional: this month is not frozen")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="PDF").click()
    assert download.value.suggested_filename.endswith("provisional-en.pdf")


@pytest.mark.journey
@pytest.mark.clause("CM-9.1")
def test_charts_are_drawn_from_their_tables_and_open_what_these_open(
    front: Front, house: House
) -> None:
    """A click on a bar leads where the table's link leads; the content policy forbids nothing."""
    cases = [house.case(State.INVESTIGATING), house.case(State.INVESTIGATING)]
    with house.still():
        fold_all(at=house.now)
    seat = front.as_("manager")
    page = seat.page
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    seat.go("monitoring:dashboard")
    for name in ("flow", "ageing", "heat", "workload"):
        chart = page.locator(f".chart.{name}")
        expect(chart.locator(".canvas canvas").first).to_be_visible()
        expect(chart.locator("details.fold")).not_to_have_attribute("open", "")
    page.locator(".chart.ageing summary").click()
    wanted = page.locator(".chart.ageing tbody a").first.get_attribute("href")
    page.locator(".chart.ageing .canvas").click(position=on_the_first_bar(page, ".ageing"))
    page.wait_for_url(f"**{wanted}")
    for case in cases:
        expect(page.get_by_role("link", name=case.reference)).to_be_visible()
    expect(page.locator(".chart.trend .canvas canvas")).to_be_visible()
    assert refused == []


def on_the_first_bar(page: Page, chart: str) -> Position:
    """Return a place on the bar of the first line, which is the longest."""
    box = page.locator(f"{chart} .canvas").bounding_box()
    assert box
    return {"x": box["width"] / 2, "y": box["height"] / 14}


@pytest.mark.journey
def test_a_chart_follows_the_theme_and_goes_to_paper_in_ink(front: Front, house: House) -> None:
    """Dark on the screen, it is drawn anew for light and for paper, where its table stands too."""
    house.case(State.INVESTIGATING)
    with house.still():
        fold_all(at=house.now)
    page = front.as_("manager", color_scheme="dark").go("monitoring:chart", "ageing")
    drawings = [drawn_unlike(page, [])]
    for media in ({"color_scheme": "light"}, {"color_scheme": "dark", "media": "print"}):
        page.emulate_media(**media)  # type: ignore[arg-type]
        drawings.append(drawn_unlike(page, drawings))


def drawn_unlike(page: Page, drawings: list[str]) -> str:
    """Return the drawing once it has ink and is none of these: the page hears of a change late."""
    unlike = """others => {
        const canvas = document.querySelector(".canvas canvas");
        const ink = canvas?.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return ink?.some(Boolean) && !others.includes(canvas.toDataURL()) && canvas.toDataURL();
    }"""
    return str(page.wait_for_function(unlike, arg=drawings).json_value())


@pytest.mark.journey
def test_without_a_script_a_chart_is_its_table(front: Front, house: House) -> None:
    """Everything it says can be read and opened."""
    case = house.case(State.INVESTIGATING)
    with house.still():
        fold_all(at=house.now)
    seat = front.as_("manager", java_script_enabled=False)
    page = seat.go("monitoring:dashboard")
    page.get_by_role("link", name="Age of what is open").click()
    expect(page.locator(".canvas")).to_have_count(0)
    page.locator(".drawn tbody a").first.click()
    expect(page.get_by_role("link", name=case.reference)).to_be_visible()


@pytest.mark.journey
@pytest.mark.clause("CM-8.4")
def test_an_alert_is_taken_looked_into_and_ended_with_a_reason(front: Front, house: House) -> None:
    """From the list to its end, as the manager works on it."""
    alert = alert_of(house)
    page = front.as_("manager").go("warnings:alerts")
    page.locator("#rows").get_by_text(alert.reference).wait_for()
    page.locator("#rows th a").click()
    for step in ("Take it", "Begin to investigate"):
        page.get_by_role("link", name=step).click()
        with page.expect_navigation():
            page.get_by_role("button", name=step, exact=True).click()
    with house.still():
        alert.refresh_from_db()
    assert alert.state == "investigating"


@pytest.mark.journey
@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh-hans", "dark")])
def test_figures_and_alerts_are_accessible(
    front: Front, house: House, language: str, scheme: Any
) -> None:
    """Boards, the catalogue, figures, charts, targets; alerts, what is watched, summaries."""
    house.case(State.FOLLOWED_UP)
    alert = alert_of(house)
    pages = [
        *(reverse(f"monitoring:{name}") for name in _PAGES),
        *(reverse("monitoring:figure", args=[code]) for code in ("K01", "K06", "K09")),
        *(reverse("monitoring:chart", args=[name]) for name in ("flow", "heat", "workload")),
        reverse("monitoring:trend", args=["K01"]),
        reverse("monitoring:report", args=[f"{house.now:%Y-%m}"]),
        *(reverse(f"warnings:{name}") for name in ("alerts", "settings", "digest")),
        reverse("warnings:alert", args=[alert.reference]),
    ]
    manager = front.as_("quality_manager", language, color_scheme=scheme, bypass_csp=True)
    assert faults_of(manager, *pages) == []
