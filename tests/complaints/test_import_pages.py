"""The pages of import and export: forms, faults, progress, downloads."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.http import urlencode

from complaints import events
from complaints.models import Complaint, ImportJob
from complaints.services.importing import path_of, run_next_import
from journal.models import Entry
from journal.services import utc_now
from tests.complaints.factories import make_complaint, make_policy, make_user

pytestmark = pytest.mark.django_db

MAP = """
source: shop
names: {en: Shop, zh: 商店}
fields:
  external_id: id
  channel: {value: web}
  description: text
  received_at: in
"""
TABLE = "id,text,in,extra\n1,good,2026-01-05,a\n2,,2026-01-05,b\n3,=late,2999-01-01,c\n"


@pytest.fixture(autouse=True)
def _place(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    make_policy()


@pytest.fixture
def actor(client):
    """Sign in somebody who may import and export."""
    user = make_user("quality_manager", username="quality", language="en")
    client.force_login(user)
    return user


def hand_in(client, *, table=TABLE, table_map=MAP, **fields):
    """Send the form."""
    data = {"file": SimpleUploadedFile("shop.csv", table.encode()), "map": "own", **fields}
    if table_map is not None:
        data["map_file"] = SimpleUploadedFile("shop.yaml", table_map.encode())
    return client.post(reverse("complaints:imports"), data)


def test_a_file_handed_in_is_imported_by_the_worker_and_shown(client, actor):
    response = hand_in(client)
    job = ImportJob.objects.get()
    assert response["Location"] == reverse("complaints:import_detail", args=[job.pk])
    page = client.get(response["Location"]).content.decode()
    assert "Queued" in page
    assert 'hx-trigger="every 2s"' in page
    run_next_import(now=utc_now())
    page = client.get(response["Location"]).content.decode()
    assert 'hx-trigger="every 2s"' not in page
    for words in (
        "Done",
        "shop.csv",
        "What happened",
        "This is missing.",
        "This lies in the future",
    ):
        assert words in page
    assert Complaint.objects.get().recorded_by == actor
    assert "shop.csv" in client.get(reverse("complaints:imports")).content.decode()


def test_a_poll_gets_only_the_progress_and_reloads_at_the_end(client, actor):
    hand_in(client)
    job = ImportJob.objects.get()
    address = reverse("complaints:import_detail", args=[job.pk])
    running = client.get(address, headers={"HX-Request": "true"})
    assert b"<html" not in running.content
    assert "HX-Refresh" not in running
    run_next_import(now=utc_now())
    assert client.get(address, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_a_trial_is_told_as_such(client, actor):
    hand_in(client, dry_run="on")
    run_next_import(now=utc_now())
    page = client.get(reverse("complaints:import_detail", args=[ImportJob.objects.get().pk]))
    assert "only tried" in page.content.decode()
    assert not Complaint.objects.exists()


def test_a_shipped_map_can_be_chosen_and_fetched(client, actor):
    table = "row,product,narrative\n1,Credit card,A long story\n"
    assert hand_in(client, table=table, table_map=None, map="cfpb_narratives").status_code == 302
    got = client.get(reverse("complaints:import_map", args=["cfpb_narratives"]))
    assert b"source: cfpb-narratives" in got.content
    assert client.get(reverse("complaints:import_map", args=["nothing"])).status_code == 404


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"table_map": None}, "Choose the file of your map."),
        ({"table_map": "a: [unclosed"}, "This is not YAML"),
        ({"table_map": "fields: {nonsense: x}"}, "fields.nonsense"),
        ({"table_map": MAP.replace("text", "wanted")}, "lacks columns that the map reads: wanted"),
        ({"table": ""}, "empty"),
        ({"table": "\n\n"}, "holds no names of columns"),
        ({"map": "unknown"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_told_in_the_form(client, actor, sent, words):
    response = hand_in(client, **sent)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not ImportJob.objects.exists()


def test_a_fault_of_a_map_names_its_line(client, actor):
    wrong = MAP.replace("{value: web}", "{value: web, colour: red}")
    page = hand_in(client, table_map=wrong).content.decode()
    assert "line 6, fields.channel.colour: A map has no such field." in page


def bad_rows(client, job):
    """Fetch the bad rows."""
    response = client.get(reverse("complaints:import_bad_rows", args=[job.pk]))
    data = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(data)))


def test_bad_rows_come_as_a_table_with_their_cells(client, actor):
    hand_in(client)
    run_next_import(now=utc_now())
    header, first, second = bad_rows(client, ImportJob.objects.get())
    assert header == ["Line", "Field", "Reason", "Value", "id", "text", "in", "extra"]
    assert first[:3] == ["3", "What happened", "This is missing."]
    assert first[4:] == ["2", "", "2026-01-05", "b"]
    assert second[5] == "'=late"


def test_bad_rows_are_told_without_the_file_too(client, actor):
    hand_in(client)
    run_next_import(now=utc_now())
    job = ImportJob.objects.get()
    path_of(job).unlink()
    header, first, _second = bad_rows(client, job)
    assert header == ["Line", "Field", "Reason", "Value"]
    assert first[0] == "3"


def test_many_bad_rows_are_shown_page_by_page(client, actor):
    rows = "".join(f"{number},,2026-01-05,x\n" for number in range(60))
    hand_in(client, table="id,text,in,extra\n" + rows)
    run_next_import(now=utc_now())
    address = reverse("complaints:import_detail", args=[ImportJob.objects.get().pk])
    first = client.get(address)
    assert len(first.context["problems"]) == 50
    second = client.get(first.context["pager"]["next_url"])
    assert len(second.context["problems"]) == 10
    assert second.context["problems"][0][0] == 52
    assert client.get(f"{address}?after=nonsense").status_code == 200


def test_a_failed_import_says_why(client, actor):
    hand_in(client)
    actor.memberships.all().delete()
    run_next_import(now=utc_now())
    other = make_user("quality_manager")
    client.force_login(other)
    page = client.get(reverse("complaints:import_detail", args=[ImportJob.objects.get().pk]))
    assert "may no longer import" in page.content.decode()


def export(client, query="", fmt="csv"):
    """Send the button of the list."""
    return client.post(f"{reverse('complaints:export')}?{query}", {"format": fmt})


def references(response):
    """Return the references in an exported CSV."""
    data = b"".join(response.streaming_content).decode("utf-8-sig")
    return {row["Reference"] for row in csv.DictReader(io.StringIO(data))}


def test_the_list_is_exported_as_it_is_filtered(client, actor):
    web = make_complaint(channel="web", description="水壶漏水")
    phone = make_complaint(channel="phone", description="水壶漏水")
    make_complaint(channel="web", description="something else")
    assert references(export(client, "channel=phone")) == {phone.reference}
    found = references(export(client, urlencode({"q": "漏水"})))
    assert found == {web.reference, phone.reference}
    both = references(export(client, urlencode({"q": "漏水", "channel": "web"})))
    assert both == {web.reference}


def test_an_export_is_a_download_and_is_recorded(client, actor):
    make_complaint()
    response = export(client, urlencode({"q": "王芳", "state": "received"}), fmt="xlsx")
    assert response["Content-Type"].startswith("application/vnd.openxmlformats")
    assert response["Content-Disposition"].startswith('attachment; filename="complaints-')
    assert response["Cache-Control"] == "no-store"
    payload = Entry.objects.get(kind=events.EXPORTED).payload
    assert payload["filters"] == {"state": ["received"]}
    assert payload["rows"] == 0
    assert b"".join(response.streaming_content).startswith(b"PK")


def test_another_kind_of_file_is_refused(client, actor):
    assert export(client, fmt="pdf").status_code == 422


def test_exports_speak_the_readers_language(client, actor):
    make_complaint()
    client.cookies["django_language"] = "zh-hans"
    actor.language = "zh-hans"
    actor.save()
    data = b"".join(export(client).streaming_content).decode("utf-8-sig")
    assert not data.startswith("Reference,State")
