"""The pages of cases outside: beside the complaint, as a list by dates, one case and its steps."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from complaints.models import Complaint
from complaints.states import State
from referrals.models import OutsideCase, OutsideDate
from referrals.selectors.cases import PAGE, Asked, case_page
from referrals.services.dates import NewDate, set_outside_date
from referrals.states import CaseState, Result
from tests.complaints.factories import NOW, make_site, make_user
from tests.referrals.scene import DAY, Scene

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def scene() -> Scene:
    return Scene()


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def body(client: Client, address: str, **more: Any) -> str:
    answer = client.get(address, **more)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def post(client: Client, case: OutsideCase, act: str, **data: Any) -> int:
    return client.post(f"/outside-cases/{case.pk}/{act}/", data).status_code


def panel(complaint: Complaint) -> str:
    return f"/outside-cases/of/{complaint.reference}/panel/"


def test_the_complaints_page_asks_for_the_panel_and_it_tells_how_things_stand(scene):
    case = scene.open()
    client = as_(scene.desk.handler)
    assert panel(scene.complaint) in body(client, f"/complaints/{scene.complaint.reference}/")
    shown = body(client, panel(scene.complaint), headers=HTMX)
    assert f"/outside-cases/{case.pk}/" in shown
    assert "Market regulator of Xuhui" in shown
    assert "<html" not in shown
    assert "<html" in body(client, panel(scene.complaint))


def test_a_case_is_noted_from_the_policys_routes_or_freely(scene):
    client = as_(scene.desk.handler)
    address = f"/outside-cases/of/{scene.complaint.reference}/open/"
    assert "12315" in body(client, address)
    told = {"opened_by": "complainant", "opened_at": "2026-03-04T10:00"}
    assert client.post(address, {"where": "regulator_12315", **told}).status_code == 302
    free = {"where": "other", "kind": "mediation", "body": "Chamber of commerce", **told}
    assert client.post(address, free).status_code == 302
    kinds = OutsideCase.objects.order_by("pk").values_list("kind", "route", "body")
    assert next(iter(kinds))[:2] == ("regulator", "regulator_12315")
    assert list(kinds)[1] == ("mediation", "", "Chamber of commerce")
    lacking = client.post(address, {"where": "other", "kind": "court", "body": "", **told})
    assert lacking.status_code == 422
    assert "Say who deals with it there." in lacking.content.decode()


def test_a_review_offers_only_people_who_had_no_part_in_it(scene):
    second, manager = scene.second, scene.desk.manager
    Complaint.objects.filter(pk=scene.complaint.pk).update(owner=manager)
    shown = body(as_(manager), f"/outside-cases/of/{scene.complaint.reference}/open/")
    assert f'<option value="{second.pk}"' in shown
    assert f'<option value="{manager.pk}"' not in shown


@pytest.mark.clause("CM-8.6d")
def test_from_the_answer_to_the_reopened_complaint_on_the_page(scene):
    case, client = scene.open(opened_at=NOW), as_(scene.desk.handler)
    assert post(client, case, "answer", text="Sent.", answered_at="2026-03-06T10:00") == 302
    regime = {"regime": "CN-12315-MEDIATION:mediation", "started_on": "2026-05-06"}
    assert post(client, case, "date", **regime) == 302
    row = OutsideDate.objects.get()
    assert "60" in body(client, f"/outside-cases/{case.pk}/dates/{row.pk}/")
    decided = {"result": "overturned", "decision": "Faulty.", "decided_at": "2026-06-01T10:00"}
    assert post(client, case, "decide", **decided) == 302
    assert post(client, case, "close") == 409
    effect = {"effect": "reopened", "reason": "As decided."}
    assert post(client, case, "effect", **effect) == 403
    decider = as_(scene.second)
    assert "decides what follows" in body(decider, f"/outside-cases/{case.pk}/")
    assert post(decider, case, "effect", **effect) == 302
    scene.complaint.refresh_from_db()
    case.refresh_from_db()
    assert (scene.complaint.state, case.state) == (State.INVESTIGATING, CaseState.CLOSED)


def test_a_date_that_lacks_its_moment_is_refused_at_its_field(scene):
    case = scene.open()
    client = as_(scene.desk.handler)
    refused = client.post(f"/outside-cases/{case.pk}/date/", {"kind": "hearing", "name": "Talk"})
    assert refused.status_code == 422
    assert "Say when it is" in refused.content.decode()


def test_a_date_is_ticked_off_and_the_page_says_so(scene):
    case = scene.open()
    row = set_outside_date(
        case_id=case.pk,
        date=NewDate("hearing", "First hearing", NOW + 9 * DAY, "Room 3"),
        actor=scene.desk.handler,
        at=NOW + DAY,
    )
    client = as_(scene.desk.handler)
    assert "Room 3" in body(client, f"/outside-cases/{case.pk}/")
    done = client.post(f"/outside-cases/{case.pk}/dates/{row.pk}/done/")
    assert done.status_code == 302
    row.refresh_from_db()
    assert row.done_at is not None


def test_somebody_quicker_is_a_conflict_and_the_input_stays(scene):
    case = scene.open()
    client = as_(scene.desk.handler)
    answer = client.post(
        f"/outside-cases/{case.pk}/correct/",
        {"body": "Another office", "expected_version": case.version + 3},
    )
    assert answer.status_code == 409
    assert "Another office" in answer.content.decode()


def test_the_steps_offered_are_those_that_can_be_taken(scene):
    case = scene.open()
    shown = body(as_(scene.desk.handler), f"/outside-cases/{case.pk}/")
    assert f"/outside-cases/{case.pk}/decide/" in shown
    assert f"/outside-cases/{case.pk}/effect/" not in shown
    assert f"/outside-cases/{case.pk}/decide/" not in body(
        as_(make_user("auditor")), f"/outside-cases/{case.pk}/"
    )


# --- the list -------------------------------------------------------------------------------


def listed(actor: User, now: Any = NOW + DAY, **asked: Any) -> list[OutsideCase]:
    return [line.case for line in case_page(Asked(**asked), actor, now=now).lines]


def date(scene: Scene, case: OutsideCase, days: int) -> None:
    set_outside_date(
        case_id=case.pk,
        date=NewDate("deadline", "Answer", NOW + days * DAY),
        actor=scene.desk.handler,
        at=NOW + DAY,
    )


def test_the_earliest_date_stands_first_and_what_has_none_last(scene):
    none, later, sooner = (scene.open() for _number in range(3))
    date(scene, later, 9)
    date(scene, sooner, 3)
    assert listed(scene.desk.manager) == [sooner, later, none]
    assert listed(scene.desk.manager, NOW + 5 * DAY, late=True) == [sooner]
    assert listed(scene.desk.manager, kind="court") == []


def test_tabs_part_what_is_open_from_what_waits_for_a_decision(scene):
    won, lost = scene.open(), scene.open()
    scene.decide(won, Result.UPHELD)
    scene.decide(lost, Result.OVERTURNED)
    assert listed(scene.desk.manager) == []
    assert listed(scene.desk.manager, tab="effect") == [lost]
    assert set(listed(scene.desk.manager, tab="all")) == {won, lost}
    assert Asked.parse({"tab": "x", "kind": "y", "late": "z"}) == Asked()


def test_each_sees_the_cases_of_complaints_they_see(scene):
    scene.open()
    stranger = make_user("handler", site=make_site())
    assert listed(stranger) == []
    page = body(as_(stranger), "/outside-cases/")
    assert "Xuhui" not in page
    assert '<span class="count">0</span>' in page


def test_a_confidential_one_names_neither_body_nor_complainant(scene):
    scene.open()
    Complaint.objects.filter(pk=scene.complaint.pk).update(confidential=True)
    page = body(as_(scene.second), "/outside-cases/")
    assert scene.complaint.reference in page
    assert "Xuhui" not in page


def test_pages_go_on_by_key_through_dated_and_undated(scene):
    made = OutsideCase.objects.bulk_create(
        OutsideCase(
            complaint=scene.complaint,
            kind="court",
            body=f"Court {number}",
            opened_by="complainant",
            opened_at=NOW,
            recorded_by=scene.desk.handler,
            recorded_at=NOW,
            next_date_at=NOW + number * DAY if number < PAGE + 5 else None,
        )
        for number in range(2 * PAGE + 10)
    )
    seen: list[int] = []
    after = ""
    for _page in range(4):
        page = case_page(Asked(), scene.desk.manager, now=NOW, after=after)
        seen += [line.case.pk for line in page.lines]
        after = page.after
        if not after:
            break
    assert len(seen) == len(set(seen)) == len(made)
    assert case_page(Asked(), scene.desk.manager, now=NOW, after="x.y").lines


def test_a_long_list_costs_no_more_statements(scene):
    client = as_(scene.desk.manager)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            body(client, "/outside-cases/")
        return len(asked)

    scene.open()
    statements()
    few = statements()
    for _number in range(5):
        scene.open()
    assert statements() == few
