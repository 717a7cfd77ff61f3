"""Tables in and tables out, through the pages: import with bad rows, export of what is shown."""

import csv
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import FilePayload, expect

from complaints.models import Complaint
from complaints.services.importing import run_next_import
from journal.services import utc_now
from tests.journeys.people import Front, House, Seat

MAP = """
source: shop
names: {en: Shop, zh: 商店}
fields:
  external_id: id
  channel: {value: web}
  description: text
  name: who
  received_at: in
"""
TABLE = """id,text,who,in
1,The lid does not close. 盖子合不上。,王芳,2026-01-05
2,,Anna Li,2026-01-05
3,Arrived from the future.,Anna Li,2999-01-01
4,=The handle broke.,Anna Li,2026-01-06
"""


@pytest.mark.clause("CM-8.2")
@pytest.mark.parametrize("language", ["zh-hans"])
def test_good_rows_of_a_table_go_in_and_bad_ones_are_told_by_line(
    front: Front, house: House, language: str, settings: Any, tmp_path: Path
) -> None:
    """Handed in on the page, taken by the worker; bad rows have reasons; nobody is mailed."""
    settings.MEDIA_ROOT = tmp_path
    manager = front.as_("manager", language)
    page = manager.go("complaints:imports")
    manager.shot("12-import")
    page.set_input_files("[name=file]", _file("shop.csv", "text/csv", TABLE))
    page.locator("select[name=map]").select_option("own")
    page.set_input_files("[name=map_file]", _file("shop.yaml", "text/yaml", MAP))
    with page.expect_navigation():
        page.locator("main form button.primary").click()
    with house.still():
        run_next_import(now=utc_now())
    page.reload()
    problems = page.locator("#main table [data-row]")
    expect(problems).to_have_count(2)
    expect(problems.nth(0).locator("th")).to_have_text("3")
    expect(problems.nth(1).locator("th")).to_have_text("4")
    manager.shot("12-import-result")
    house.deliver()
    assert house.letters_outside() == []
    with house.still():
        made = dict(Complaint.objects.values_list("external_id", "reference"))
    assert made.keys() == {"1", "4"}
    manager.go("complaints:list")
    manager.lists(*made.values())
    manager.go("complaints:search", q="盖子")
    manager.lists(made["1"])


@pytest.mark.clause("CM-7.5")
def test_the_list_goes_out_as_it_is_filtered(front: Front, house: House) -> None:
    """CSV and XLSX hold what the list shows, and no formula; what is confidential stays."""
    shown = house.received(product="Kettle K2", description="=2+5, it leaks.")
    house.received(product="Toaster", channel="letter")
    house.received(product="Kettle K2", confidential=True)
    colleague = front.as_("colleague")
    colleague.go("complaints:list", channel="phone")
    colleague.lists(shown.reference)
    [row] = csv.DictReader(StringIO(_download(colleague, "csv").decode("utf-8-sig")))
    assert shown.reference in row.values()
    assert "'=2+5, it leaks." in row.values()
    sheet = load_workbook(BytesIO(_download(colleague, "xlsx"))).worksheets[0]
    cells = [cell for line in sheet.iter_rows() for cell in line]
    assert shown.reference in [cell.value for cell in cells]
    assert all(cell.data_type != "f" for cell in cells)


def _file(name: str, kind: str, text: str) -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": text.encode()}


def _download(seat: Seat, kind: str) -> bytes:
    with seat.page.expect_download() as download:
        seat.page.locator(f'form[data-download] button[value="{kind}"]').click()
    return Path(download.value.path()).read_bytes()
