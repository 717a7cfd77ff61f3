"""Monthly reports: frozen once and for all, restated beside, each reader within their places."""

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pikepdf
import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import User
from accounts.services import system_user
from complaints.errors import BadInput, Conflict
from complaints.models import Complaint
from journal.selectors import history_of
from monitoring import events, tasks
from monitoring.demo import tell_reports
from monitoring.kpis import BY_CODE, CATALOGUE
from monitoring.models import Report, ReportFile
from monitoring.packs.report_words import flow_blocks, flow_series
from monitoring.rules.periods import month_of
from monitoring.selectors import reports as asking
from monitoring.selectors.report_data import Whole, report_data
from monitoring.selectors.reports import (
    Restated,
    freezes_at,
    months_to_freeze,
    places_of,
    report_of,
    restated,
)
from monitoring.services import reports as verbs
from monitoring.services.exporting import note_export, note_report_taken
from monitoring.services.folding import fold_all
from monitoring.services.reports import (
    data_text,
    freeze_due_months,
    freeze_month,
    preview_report,
    print_missing,
    print_report,
)
from monitoring.services.targets import set_target
from monitoring.views.charts import CHARTS
from monitoring.views.paper import DRAWN
from tests.complaints.desk import Desk, category
from tests.complaints.factories import make_complaint, make_site, make_team, make_user

pytestmark = pytest.mark.django_db
MAY = date(2026, 5, 1)
IN_MAY = datetime(2026, 5, 12, 3, tzinfo=UTC)
# The tenth working day after May 2026 ends at the midnight after Friday the 12th in Shanghai.
DUE = datetime(2026, 6, 12, 16, tzinfo=UTC)
AFTER = DUE + timedelta(hours=1)


@pytest.fixture
def may() -> list[Complaint]:
    """Return four complaints of May: one of a site, one confidential, two of nobody."""
    site = make_site("north")
    desk = Desk()
    found = [
        desk.case("closed", at=IN_MAY, site=site, received_at=IN_MAY),
        desk.case("received", at=IN_MAY, confidential=True, received_at=IN_MAY),
        desk.case("closed", at=IN_MAY, received_at=IN_MAY),
        make_complaint(at=IN_MAY, received_at=IN_MAY),
    ]
    fold_all(at=IN_MAY)
    return found


def _freeze(at: datetime = AFTER) -> list[Report]:
    return freeze_month(month=MAY, actor=system_user(), at=at)


def _figure(report: Report, code: str) -> dict[str, Any]:
    return next(one for one in json.loads(report.data)["figures"] if one["code"] == code)


def _today(line: Restated) -> Mapping[str, Any]:
    assert line.today is not None
    return line.today


def _whole(**changes: Any) -> Whole:
    return Whole(**{"site": None, "confidential": True, **changes})


def _report(**changes: Any) -> Report:
    found = report_of(_whole(**changes), MAY)
    assert found is not None
    return found


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _address(name: str = "report", month: str = "2026-05", **query: str) -> str:
    args = [month] if name != "reports" else []
    return reverse(f"monitoring:{name}", args=args, query=query or None)


# --- freezing ------------------------------------------------------------------------------------


@pytest.mark.clause("CM-9.1")
def test_a_frozen_report_holds_every_figure_with_what_it_takes_to_judge_it(may: Any) -> None:
    quality = make_user("quality_manager")
    set_target(
        kpi="K29",
        direction="at_least",
        value=Decimal(90),
        first=MAY,
        actor=quality,
        at=IN_MAY,
    )
    _freeze()
    report = _report()
    data = json.loads(report.data)
    assert [one["code"] for one in data["figures"]] == [kpi.code for kpi in CATALOGUE]
    upheld = _figure(report, "K29")
    assert {
        "value",
        "numerator",
        "denominator",
        "low",
        "high",
        "excluded",
        "basis",
        "edition",
    } <= set(upheld)
    assert upheld["target"] == {"direction": "at_least", "value": "90.00"}
    assert upheld["verdict"] is None  # of few cases there is no verdict
    assert upheld["name"] == {"en": "Complete records", "zh-hans": "记录完整率"}
    assert (data["as_of"], data["first"], data["last"]) == (
        "2026-06-13T01:00:00+08:00",
        "2026-05-01",
        "2026-05-31",
    )
    assert _figure(report, "K01")["value"] == 4
    assert _figure(report, "K01")["before"]["value"] == 0
    assert report.sha256 == sha256(report.data.encode()).hexdigest()


def test_a_month_is_frozen_for_everything_and_each_site_with_and_without_confidential_ones(
    may: Any,
) -> None:
    reports = _freeze()
    got = {
        (report.site and report.site.code, report.confidential): _figure(report, "K01")["value"]
        for report in reports
    }
    assert got == {
        (None, True): 4,
        (None, False): 3,
        ("north", True): 1,
        ("north", False): 1,
    }
    for report in reports:
        entry = history_of(report).get()
        assert entry.kind == events.REPORT_FROZEN
        assert entry.payload["sha256"] == report.sha256


def test_a_report_names_nobody(may: Any) -> None:
    _freeze()
    complaint = may[0]
    names = {complaint.complainant.name, complaint.reference, str(complaint.owner)}
    for report in Report.objects.all():
        assert not [name for name in names if name and name in report.data]


@pytest.mark.parametrize(
    ("month", "at"),
    [
        (date(2026, 6, 1), AFTER),  # it runs
        (date(2026, 9, 1), AFTER),  # it has not begun
        (date(2026, 5, 2), AFTER),  # no month at all
        (MAY, DUE - timedelta(seconds=1)),  # the tenth working day is not over
    ],
)
def test_a_month_is_refused_before_its_time(may: Any, month: date, at: datetime) -> None:
    with pytest.raises(BadInput) as refusal:
        freeze_month(month=month, actor=system_user(), at=at)
    assert refusal.value.field == "month"
    assert not Report.objects.exists()


def test_a_month_is_frozen_once(may: Any) -> None:
    _freeze()
    with pytest.raises(Conflict):
        _freeze(AFTER + timedelta(days=1))
    assert Report.objects.count() == 4


def test_the_tenth_working_day_is_that_of_the_working_calendar(may: Any) -> None:
    assert freezes_at(MAY, now=AFTER) == DUE
    # National Day: the eighth of October 2026 is the first working day of the month.
    october = freezes_at(date(2026, 9, 1), now=AFTER)
    assert october > datetime(2026, 10, 18, tzinfo=UTC)


def test_months_that_were_missed_are_caught_up_with_the_oldest_first(may: Any) -> None:
    later = datetime(2026, 8, 20, tzinfo=UTC)
    assert freeze_due_months(at=later) == [MAY, date(2026, 6, 1), date(2026, 7, 1)]
    assert freeze_due_months(at=later) == []
    assert months_to_freeze(now=later) == []


def test_old_history_is_not_caught_up_with_but_can_be_frozen_by_name(may: Any) -> None:
    later = datetime(2029, 8, 20, tzinfo=UTC)
    assert min(months_to_freeze(now=later)) == date(2027, 8, 1)
    assert freeze_month(month=MAY, actor=system_user(), at=later)


def test_where_there_are_no_complaints_nothing_is_frozen() -> None:
    assert freeze_due_months(at=AFTER) == []


def test_the_worker_freezes_and_prints(may: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "utc_now", lambda: AFTER)
    tasks.freeze_reports()
    tasks.freeze_reports()
    assert Report.objects.count() == 4
    monkeypatch.setattr(verbs, "_PRINTED_AT_ONCE", 4)
    tasks.print_reports()
    assert ReportFile.objects.count() == 4
    assert print_missing(at=AFTER) == 4
    assert print_missing(at=AFTER) == 0


def test_the_command_freezes_what_is_due_or_one_month_and_refuses_in_words(
    may: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = "monitoring.management.commands.freeze_reports.utc_now"
    monkeypatch.setattr(command, lambda: DUE - timedelta(hours=1))
    with pytest.raises(CommandError, match="not before 13 Jun 2026"):
        call_command("freeze_reports", month="2026-05")
    monkeypatch.setattr(command, lambda: AFTER)
    with pytest.raises(CommandError, match="not over"):
        call_command("freeze_reports", month="2026-06")
    with pytest.raises(CommandError, match="2026-05"):
        call_command("freeze_reports", month="May")
    call_command("freeze_reports", month="2026-05")
    with pytest.raises(CommandError, match="are frozen"):
        call_command("freeze_reports", month="2026-05")
    call_command("freeze_reports")
    assert capsys.readouterr().out == "frozen: 2026-05\nnothing is due\n"


def test_the_demo_leaves_frozen_months_and_a_letter_that_was_found_later(may: Any) -> None:
    make_user("agent", username="emma.clark")
    make_site("guangzhou")
    category("product.defective")
    said: list[str] = []
    tell_reports(now=AFTER + timedelta(days=9), say=said.append)
    report = _report()
    assert (said, report.frozen_at) == (["monthly reports: 1"], AFTER)
    lines, late = restated(report, kpis=CATALOGUE, now=AFTER + timedelta(days=9))
    assert late == 1
    assert {line.frozen["code"] for line in lines if line.differs} >= {"K01", "K09"}


# --- nobody changes it ---------------------------------------------------------------------------


@pytest.mark.clause("CM-9.1")
def test_the_database_refuses_to_change_or_delete_a_report_or_a_file_of_one(may: Any) -> None:
    report = _freeze()[0]
    file = print_report(report_id=report.pk, language="en", at=AFTER)
    for row in (report, file):
        rows = type(row)._default_manager.filter(pk=row.pk)
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            rows.update(sha256="0" * 64)
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            rows._raw_delete(using="default")
        with pytest.raises(DatabaseError), transaction.atomic():
            row.save(force_insert=True)


# --- printing ------------------------------------------------------------------------------------


@pytest.mark.clause("CM-9.1")
def test_a_printed_report_carries_its_data_and_is_kept_as_it_was_printed(
    may: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = _freeze()[0]
    file = print_report(report_id=report.pk, language="zh-hans", at=AFTER)
    with pikepdf.open(io.BytesIO(file.content)) as pdf:
        assert set(pdf.attachments) == {"report-2026-05.json", "report-2026-05.csv"}
        data = pdf.attachments["report-2026-05.json"].get_file().read_bytes()
        assert data == report.data.encode()
        with pdf.open_metadata() as meta:
            assert (meta["pdfaid:part"], meta["pdfuaid:part"]) == ("3", "1")
    assert file.sha256 == sha256(file.content).hexdigest()
    printed = history_of(report).get(kind=events.REPORT_PRINTED)
    assert printed.payload["sha256"] == file.sha256

    def press(**_given: Any) -> bytes:
        raise AssertionError("it was printed before")

    monkeypatch.setattr(verbs, "render_paper", press)
    again = print_report(report_id=report.pk, language="zh-hans", at=AFTER + timedelta(days=1))
    assert again.pk == file.pk


def test_a_preview_is_marked_and_not_kept(may: Any) -> None:
    text = data_text(_whole(), MAY, at=IN_MAY)
    paper = preview_report(text=text, language="en", at=IN_MAY)
    assert paper.startswith(b"%PDF")
    assert not Report.objects.exists()
    assert not ReportFile.objects.exists()


# --- restating -----------------------------------------------------------------------------------


def test_what_came_later_stands_beside_the_frozen_figure_with_its_reason(may: Any) -> None:
    _freeze()
    make_complaint(at=AFTER + timedelta(days=3), received_at=IN_MAY)
    fold_all(at=AFTER + timedelta(days=3))
    lines, late = restated(_report(), kpis=CATALOGUE, now=AFTER + timedelta(days=4))
    found = {line.frozen["code"]: line for line in lines}
    assert late == 1
    received = found["K01"]
    assert (received.frozen["value"], _today(received)["value"]) == (4, 5)
    assert (received.changed, list(received.reasons)) == (1, ["late"])
    assert not found["K16"].differs
    assert found["K09L"].today is None  # it is so only at the moment it is asked


def test_what_could_not_be_judged_yet_is_told_as_the_reason() -> None:
    # What was closed late in June is not thirty days old when June is frozen.
    desk = Desk()
    june = datetime(2026, 6, 25, 3, tzinfo=UTC)
    desk.case("closed", at=june, received_at=june - timedelta(days=1))
    fold_all(at=june)
    at = datetime(2026, 7, 16, tzinfo=UTC)
    freeze_month(month=date(2026, 6, 1), actor=system_user(), at=at)
    report = report_of(_whole(), date(2026, 6, 1))
    assert report is not None
    lines, late = restated(report, kpis=CATALOGUE, now=at + timedelta(days=30))
    reopened = next(line for line in lines if line.frozen["code"] == "K12")
    assert (late, reopened.frozen["value"], _today(reopened)["value"]) == (0, None, 0)
    assert list(reopened.reasons) == ["matured"]
    assert reopened.changed is None


def test_a_correction_and_another_definition_are_told_as_reasons(may: Any) -> None:
    _freeze()
    later = AFTER + timedelta(days=3)
    Complaint.objects.filter(pk=may[0].pk).update(
        emergency=True, emergency_declared_at=IN_MAY, emergency_trigger="personal_safety"
    )
    changed = SimpleNamespace(**{**vars(BY_CODE["K13"]), "version": 2})
    kpis = [changed if kpi.code == "K13" else kpi for kpi in CATALOGUE]
    call_command("rebuild_figures")
    lines, _late = restated(_report(), kpis=kpis, now=later)  # type: ignore[arg-type]
    found = {line.frozen["code"]: line for line in lines}
    assert list(found["K24"].reasons) == ["corrected"]
    assert list(found["K13"].reasons) == ["definition"]


# --- who sees what -------------------------------------------------------------------------------


@pytest.mark.clause("CM-9.1")
def test_each_sees_the_reports_of_places_whose_whole_board_they_see(may: Any) -> None:
    site = may[0].site
    local = make_user("manager", site=site)
    plain = make_user("top_management")
    boss = make_user("manager")
    part = make_user("manager", team=make_team("red"))
    assert places_of(boss) == [_whole(), _whole(site=site)]
    assert places_of(plain) == [_whole(confidential=False), _whole(site=site, confidential=False)]
    assert [whole.site for whole in places_of(local)] == [site]
    assert places_of(part) == []


def test_whoever_sees_no_confidential_ones_gets_the_report_without_them(may: Any) -> None:
    _freeze()
    told = {}
    for name in ("manager", "top_management"):
        client = _client(make_user(name))
        page = client.get(_address())
        told[name] = next(row for row in page.context["rows"] if row["code"] == "K01")["value"]
        text = client.post(_address("report_file"), {"format": "json"}).content
        assert json.loads(text)["confidential"] is (name == "manager")
    assert told == {"manager": "4", "top_management": "3"}


def test_a_place_of_others_does_not_exist_and_a_part_of_a_place_has_no_report(may: Any) -> None:
    _freeze()
    other = make_site("south")
    local = _client(make_user("manager", site=other))
    assert local.get(_address("reports", site="north")).status_code == 404
    assert local.get(_address(site="north")).status_code == 404
    assert local.post(_address("report_file", site="north"), {"format": "csv"}).status_code == 404
    part = _client(make_user("manager", team=make_team("red")))
    assert "you see a part of them" in part.get(_address("reports")).content.decode()
    assert part.get(_address()).status_code == 404


# --- pages and files -----------------------------------------------------------------------------


@pytest.fixture
def at_freeze(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.views.reports.timezone.now", lambda: AFTER)


@pytest.mark.usefixtures("at_freeze")
def test_the_list_and_a_report_open_in_both_languages(may: Any) -> None:
    _freeze()
    client = _client(make_user("manager"))
    for language, words in (("en", "May 2026"), ("zh-hans", "2026年5月")):
        client.cookies["django_language"] = language
        assert words in client.get(_address("reports")).content.decode()
        for address in (_address(), _address(site="north"), _address(month="2026-06")):
            assert client.get(address).status_code == 200, address


@pytest.mark.usefixtures("at_freeze")
def test_a_month_that_is_not_frozen_is_shown_as_provisional_and_an_old_one_not_at_all(
    may: Any,
) -> None:
    client = _client(make_user("manager"))
    page = client.get(_address())
    assert "Provisional" in page.content.decode()
    assert "Restated" not in page.content.decode()
    response = client.post(_address("report_file"), {"format": "csv"})
    assert "provisional" in response["Content-Disposition"]
    for month in ("2026-04", "2026-07", "2026-13", "x"):
        assert client.get(_address(month=month)).status_code == 404, month


def test_every_file_of_a_report_is_handed_out_and_recorded(may: Any) -> None:
    _freeze()
    boss = make_user("manager")
    client = _client(boss)
    files = {
        fmt: client.post(_address("report_file"), {"format": fmt, "language": "en"})
        for fmt in ("pdf", "json", "csv", "xlsx")
    }
    report = _report()
    assert files["json"].content == report.data.encode()
    assert files["pdf"].content == bytes(report.files.get(language="en").content)
    rows = list(csv.DictReader(io.StringIO(files["csv"].content.decode("utf-8-sig"))))
    assert [row["Figure"] for row in rows] == [kpi.code for kpi in CATALOGUE]
    sheet = load_workbook(io.BytesIO(files["xlsx"].content)).active
    assert sheet.max_row == len(CATALOGUE) + 1
    taken = [entry for entry in history_of(report) if entry.kind == events.REPORT_TAKEN]
    assert [entry.payload["format"] for entry in taken] == ["pdf", "json", "csv", "xlsx"]
    assert taken[1].payload["sha256"] == report.sha256
    assert {entry.actor_id for entry in taken} == {boss.pk}


@pytest.mark.parametrize(
    ("given", "status"),
    [({"format": "docx"}, 422), ({}, 422), ({"format": "pdf", "language": "fr"}, 422)],
)
def test_a_file_in_another_form_or_language_is_refused(
    may: Any, given: dict[str, str], status: int
) -> None:
    _freeze()
    client = _client(make_user("manager"))
    assert client.post(_address("report_file"), given).status_code == status


def test_to_take_figures_away_needs_the_right_to_see_them(may: Any) -> None:
    agent = make_user("agent")
    with pytest.raises(PermissionDenied):
        note_export(what="board", fmt="pdf", asked={}, actor=agent, at=AFTER)
    report = _freeze()[0]
    with pytest.raises(PermissionDenied):
        note_report_taken(report=report, fmt="pdf", language="en", sha256="", actor=agent, at=AFTER)


def test_boards_and_charts_are_handed_out_as_the_reader_sees_them_and_recorded(may: Any) -> None:
    boss = make_user("manager")
    client = _client(boss)
    asked = {"site": "north", "product": "Aqua"}
    board = client.post(reverse("monitoring:board_paper", query={**asked, "board": "quality"}))
    assert board.content.startswith(b"%PDF")
    for chart in ("flow", "ageing", "heat", "workload", "providers", "causes"):
        address = reverse("monitoring:chart_paper", args=[chart], query=asked)
        response = client.post(address, {"format": "png"})
        assert response.content.startswith(b"\x89PNG"), chart
    flow = reverse("monitoring:chart_paper", args=["flow"])
    assert client.post(flow, {"format": "pdf"}).content.startswith(b"%PDF")
    assert client.post(flow, {"format": "gif"}).status_code == 422
    assert client.post(reverse("monitoring:chart_paper", args=["pie"])).status_code == 404
    found = [entry for entry in history_of(boss) if entry.kind == events.FIGURES_EXPORTED]
    assert [entry.payload["what"] for entry in found][:2] == ["board quality", "chart flow"]
    assert found[0].payload["asked"]["site"] == "north"
    assert "Aqua" not in json.dumps(found[0].payload).lower().title()


def test_every_chart_of_a_board_has_its_paper() -> None:
    assert set(DRAWN) == set(CHARTS)


# --- gathering -----------------------------------------------------------------------------------


def test_gathering_a_report_takes_few_statements(may: Any) -> None:
    kpis, compare = CATALOGUE, [BY_CODE["K01"]]
    report_data(_whole(), MAY, kpis=kpis, compare=compare, at=AFTER)
    with CaptureQueriesContext(connection) as asked:
        report_data(_whole(), MAY, kpis=kpis, compare=compare, at=AFTER)
    assert len(asked) <= 18, [query["sql"][:90] for query in asked]


def test_ages_at_the_end_of_the_month_add_up_to_what_was_open_then(may: Any) -> None:
    _freeze()
    for report in Report.objects.all():
        ages = json.loads(report.data)["ages"]
        assert sum(ages.values()) == _figure(report, "K09")["value"]


def test_weeks_say_what_was_left_open_and_reports_from_before_do_without(may: Any) -> None:
    report = _freeze()[0]
    weeks = json.loads(report.data)["weeks"]
    assert weeks[-1]["week"] == "2026-05-25"  # its Sunday is the last day of the month
    assert weeks[-1]["open"] == _figure(report, "K09")["value"] > 0
    assert list(flow_series(weeks)) == ["received", "closed", "open"]
    before = [{name: row[name] for name in ("week", "received", "closed")} for row in weeks]
    assert list(flow_series(before)) == ["received", "closed"]
    paper = [block["kind"] for block in flow_blocks(before)]
    assert paper == [block["kind"] for block in flow_blocks(weeks)] == ["bars_and_line", "table"]


def test_months_are_written_in_one_way() -> None:
    assert month_of("2026-05") == MAY
    assert [month_of(text) for text in ("2026-5", "2026-13", "", "26-05", "x")] == [None] * 5
    assert asking.FREEZE_AFTER == 10
