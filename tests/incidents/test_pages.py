"""The pages of incidents: what they show to whom, and the doors to the steps."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from complaints.errors import NotAllowed
from complaints.states import State
from incidents import tasks
from incidents.models import Incident, Suggestion
from incidents.services.exporting import export_linked
from incidents.services.suggesting import sweep_suggestions
from incidents.views.acts_table import ACTS
from journal.models import Entry
from tests.complaints.factories import NOW, make_policy, make_site, make_user
from tests.incidents.table import Table

pytestmark = pytest.mark.django_db
TABS = (
    *("incident", "complaints", "messages", "finding", "statements", "customers"),
    *("representatives", "record", "link"),
)


def page(actor, name, *args, client=None, **query):
    client = client or Client()
    client.force_login(actor)
    return client.get(reverse(f"incidents:{name}", args=args), query)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("tab", TABS)
def test_each_page_of_an_incident_opens_in_both_languages(table: Table, tab, language):
    cases = table.cases(3, State.INVESTIGATING)
    incident = table.incident(*cases, state="contained")
    finding = table.finding(incident)
    table.confirm(finding, cases[0])
    table.manager.language = language
    table.manager.save()
    response = page(table.manager, tab, incident.reference)
    assert response.status_code == 200
    assert incident.title in response.content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("act", sorted(name for name, act in ACTS.items() if act.find is None))
def test_each_step_opens_as_a_page_and_in_place(table: Table, act, language):
    incident = table.incident(*table.cases(1), state="contained")
    table.manager.language = language
    table.manager.save()
    whole = page(table.manager, "act", incident.reference, act)
    client = Client(headers={"HX-Request": "true"})
    part = page(table.manager, "act", incident.reference, act, client=client)
    assert (whole.status_code, part.status_code) == (200, 200)
    assert b"<html" in whole.content
    assert b"<html" not in part.content


def test_a_refused_step_keeps_what_was_typed_and_says_why(table: Table):
    incident = table.incident(*table.cases(1), state="contained")
    client = Client()
    client.force_login(table.manager)
    address = reverse("incidents:act", args=[incident.reference, "resolve"])
    refused = client.post(address, {"how": "Seals replaced."})
    assert refused.status_code == 409
    assert "has not been told an outcome" in refused.content.decode()
    assert "Seals replaced." in refused.content.decode()
    empty = client.post(address, {"how": ""})
    assert empty.status_code == 422
    assert "Say how the cause was dealt with." in empty.content.decode()


def test_a_stale_page_gets_a_conflict_and_the_next_try_counts(table: Table):
    incident = table.incident(*table.cases(1), state="declared")
    client = Client()
    client.force_login(table.manager)
    address = reverse("incidents:act", args=[incident.reference, "contain"])
    stale = client.post(address, {"how": "Stopped.", "expected_version": incident.version - 1})
    assert stale.status_code == 409
    assert f'value="{incident.version}"' in stale.content.decode()
    done = client.post(address, {"how": "Stopped.", "expected_version": incident.version})
    assert done.status_code == 302


def test_what_a_reader_may_not_see_is_neither_listed_nor_counted(table: Table):
    here, elsewhere = make_site(), make_site()
    own = table.cases(1, site=here)[0]
    others = table.cases(3, site=elsewhere)
    incident = table.incident(own, *others)
    agent = make_user("agent", site=here)
    shown = page(agent, "incident", incident.reference).content.decode()
    assert '<span class="figure" data-figure="linked">1</span>' in shown
    assert "1 complaint linked" in shown
    listed = page(agent, "complaints", incident.reference).content.decode()
    assert own.reference in listed
    assert not any(case.reference in listed for case in others)
    row = page(agent, "list").content.decode()
    assert ">1<" in row
    assert ">4<" not in row
    stranger = make_user("agent", site=make_site())
    assert page(stranger, "incident", incident.reference).status_code == 404


def test_a_confidential_complaint_stays_masked(table: Table):
    case = table.case(name="Fang Wang", description="A secret.", confidential=True)
    incident = table.incident(case)
    shown = page(table.manager, "complaints", incident.reference).content.decode()
    assert case.reference in shown
    assert "Fang Wang" not in shown
    assert "A secret." not in shown


def test_the_list_is_narrowed_by_its_address(table: Table):
    first = table.incident(severity="critical", title="Kettles leak")
    second = table.incident(commander=None, title="Pans burn", product="Pan P1")
    for query, expected in (
        ({"q": "kettle"}, {first}),
        ({"severity": "critical"}, {first}),
        ({"mine": "1"}, {first}),
        ({"state": "open"}, {first, second}),
        ({"state": "closed"}, set()),
        ({"severity": "nonsense"}, {first, second}),
    ):
        shown = page(table.manager, "list", **query).content.decode()
        found = {item for item in (first, second) if item.reference in shown}
        assert found == expected, query


def test_complaints_are_linked_from_what_fits_and_from_a_filter(table: Table):
    first, second, third = table.cases(3)
    (other,) = table.cases(1, product="Pan P1")
    incident = table.incident(first)
    client = Client()
    client.force_login(table.manager)
    address = reverse("incidents:link", args=[incident.reference])
    offered = client.get(address).content.decode()
    assert second.reference in offered
    assert first.reference not in offered
    assert other.reference not in offered
    assert client.post(address, {"query": "fit=1"}).status_code == 302  # none chosen
    moved: dict[str, Any] = {"query": "fit=1", "everything": "1", "count": "9"}
    client.post(address, moved)
    assert incident.links.count() == 1  # the list has changed meanwhile
    client.post(address, {**moved, "count": "2"})
    assert incident.links.count() == 3
    client.post(address, {"query": "", "ids": [other.pk]})
    assert incident.links.filter(complaint=other).exists()
    assert third in [link.complaint for link in incident.links.all()]


def test_the_panel_links_unlinks_and_answers(table: Table):
    case, linked = table.cases(2, State.ASSESSED)
    incident = table.incident(linked)
    client = Client()
    client.force_login(table.handler)

    def post(name, **data):
        return client.post(reverse(f"incidents:{name}", args=[case.reference]), data)

    assert page(table.handler, "panel", case.reference).status_code == 200
    assert post("panel_link", incident="I00-NONE").status_code == 404
    assert post("panel_link", incident=incident.reference).status_code == 302
    assert incident.links.count() == 2
    finding = table.finding(incident)
    assert post("panel_confirm", finding="0").status_code == 404
    assert post("panel_reject", finding=finding.pk, reason="").status_code == 422
    assert post("panel_reject", finding=finding.pk, reason="Another batch.").status_code == 302
    shown = page(table.handler, "panel", case.reference).content.decode()
    assert "Another batch." in shown  # and offered as the reason for taking it out
    assert post("panel_unlink", reason="").status_code == 422
    assert post("panel_unlink", reason="Another batch.").status_code == 302
    assert incident.links.filter(unlinked_at__isnull=True).count() == 1
    assert post("panel_jointly", persons="3").status_code == 422
    assert post("panel_jointly", persons="33").status_code == 302


def test_a_new_incident_begins_with_the_complaint_it_came_from(table: Table):
    (case,) = table.cases(1)
    client = Client()
    client.force_login(table.manager)
    asked = client.get(reverse("incidents:new"), {"complaint": case.reference}).content.decode()
    assert case.reference in asked
    data: dict[str, Any] = {"title": "Leaks", "severity": "high", "complaint": case.reference}
    assert client.post(reverse("incidents:new"), {**data, "title": ""}).status_code == 422
    assert client.post(reverse("incidents:new"), data).status_code == 302
    assert Incident.objects.get().links.get().complaint == case


def test_a_suggestion_is_dismissed_on_its_page(table: Table):
    table.cases(5)
    sweep_suggestions(now=NOW)
    client = Client()
    client.force_login(table.manager)
    (found,) = Suggestion.objects.all()
    dismiss = reverse("incidents:suggestion_dismiss", args=[found.pk])
    assert client.post(dismiss, {"reason": " "}).status_code == 422
    assert client.post(dismiss, {"reason": "Five causes."}).status_code == 302
    assert client.get(reverse("incidents:suggestion", args=[found.pk])).status_code == 404


def test_bad_rows_of_a_list_come_back_to_be_corrected(table: Table):
    incident = table.incident(*table.cases(1))
    client = Client()
    client.force_login(table.manager)
    address = reverse("incidents:act", args=[incident.reference, "customers"])
    answer = client.post(address, {"text": "Li Ming, 13800001111\nWang Fang, none"})
    shown = answer.content.decode()
    assert "1 customer added." in shown
    assert "Line 2: this is no phone number." in shown
    assert "Wang Fang, none</textarea>" in shown
    upload = SimpleUploadedFile("list.csv", "姓名,手机\n王芳,13800002222".encode("gb18030"))
    assert client.post(address, {"file": upload}).status_code == 302
    assert incident.customers.count() == 2
    names = page(table.manager, "customers", incident.reference).content.decode()
    assert "王芳" in names
    hidden = page(make_user("top_management"), "customers", incident.reference).content.decode()
    assert "王芳" not in hidden


def test_the_linked_complaints_are_exported_with_the_rights_of_the_desk(table: Table):
    case, other = table.cases(2)
    incident = table.incident(case)
    client = Client()
    client.force_login(table.manager)
    address = reverse("incidents:export", args=[incident.reference])
    answer = client.post(address, {"format": "csv"})
    text = answer.getvalue().decode()
    assert case.reference in text
    assert other.reference not in text
    assert Entry.objects.filter(kind="incident.exported").exists()
    with pytest.raises(NotAllowed):
        export_linked(
            incident=incident,
            fmt="csv",
            language="en",
            actor=make_user("top_management"),
            at=NOW,
        )


def test_no_page_asks_more_for_more_complaints(table: Table):
    incident = table.incident(*table.cases(2))
    client = Client()
    for tab in ("incident", "complaints", "list"):
        args = [] if tab == "list" else [incident.reference]
        page(table.manager, tab, *args, client=client)
        with CaptureQueriesContext(connection) as few:
            page(table.manager, tab, *args, client=client)
        table.link(incident, *table.cases(6))
        with CaptureQueriesContext(connection) as many:
            page(table.manager, tab, *args, client=client)
        assert len(many) <= len(few), tab


def test_the_worker_has_its_doors():
    make_policy()
    for task in (tasks.sweep_suggestions, tasks.run_joint, tasks.sweep_approvals):
        task()
