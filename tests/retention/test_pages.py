"""The pages of retention: what they show, and how a refusal is told on each of them."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from complaints.models import Complaint
from complaints.services.disposing import anonymise_complaint
from complaints.states import State
from retention.models import DisposalItem, Hold, SubjectExport, SubjectRequest
from retention.services.disposal import carry_out_disposal, propose_disposal, review_disposal
from retention.services.packages import prepare_packages
from retention.services.schedule import change_schedule, draft_schedule, submit_schedule
from tests.complaints.factories import NOW, make_complaint, make_user
from tests.retention.access import _draft_form
from tests.retention.desk import LATER, Archive, post_is_out
from tests.retention.test_rights import taken, verified


def seen_by(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def text(client: Client, door: str, *args: object, query: str = "", status: int = 200) -> str:
    response = client.get(reverse(f"retention:{door}", args=args) + query)
    assert response.status_code == status
    return response.getvalue().decode()


def post(client: Client, door: str, /, *args: object, status: int = 302, **data: Any) -> str:
    response = client.post(reverse(f"retention:{door}", args=args), data)
    assert response.status_code == status, response.content.decode()[-1500:]
    return response.content.decode()


# --- schedule ------------------------------------------------------------------------------------


@pytest.mark.clause("CM-7.5")
def test_the_schedule_says_how_long_and_why_in_both_languages(archive):
    english = text(seen_by(archive.quality), "schedule")
    assert "Nobody has approved a schedule yet." in english
    assert "6 years" in english
    assert "Two certification cycles" in english
    chinese = text(seen_by(archive.quality, "zh-hans"), "schedule")
    assert "两个认证周期" in chinese
    assert "6 年" in chinese


def test_a_version_shows_what_it_changes(archive):
    archive.approved()
    draft = draft_schedule(actor=archive.quality, at=NOW)
    content = dict(draft.content)
    content["rules"][0]["count"] = 8
    change_schedule(
        schedule_id=draft.pk, content=content, note="Longer.", actor=archive.quality, at=NOW
    )
    page = text(seen_by(archive.top), "version", draft.version)
    assert "8 years" in page
    assert "now 6 years" in page


def test_a_draft_is_written_on_its_page_and_faults_stand_at_their_field(archive):
    client = seen_by(archive.quality)
    post(client, "draft")
    form = _draft_form()
    wrong = post(client, "edit", 1, status=422, **{**form, "closed-count": 0})
    assert 'id="id_closed-count-error"' in wrong or "closed-count" in wrong
    too_long = post(client, "edit", 1, status=422, **{**form, "closed-count": 500})
    assert "This period is too long." in too_long
    post(client, "edit", 1, **{**form, "closed-count": 7})
    assert "7 years" in text(client, "version", 1)
    post(client, "submit", 1)
    assert "somebody else approves it" in text(client, "version", 1)
    top = seen_by(archive.top)
    refused = post(top, "return", 1, status=422, note=" ")
    assert "required" in refused or "should be changed" in refused
    post(top, "approve", 1)
    assert "in force" in text(client, "version", 1)
    assert client.get(reverse("retention:edit", args=[1])).status_code == 302


def test_whoever_wrote_it_is_told_so_when_they_post_anyway(archive):
    both = make_user("quality_manager", "top_management")
    draft = draft_schedule(actor=both, at=NOW)
    change_schedule(schedule_id=draft.pk, content=draft.content, note="Ours.", actor=both, at=NOW)
    submit_schedule(schedule_id=draft.pk, actor=both, at=NOW)
    assert "does not approve it" in post(seen_by(both), "approve", 1, status=403)


# --- holds ---------------------------------------------------------------------------------------


def holding(**given: Any) -> dict[str, Any]:
    review = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
    return {
        "reason": "A court asked.",
        "authority": "District court",
        "review_on": review,
        **given,
    }


def test_a_hold_is_laid_on_its_page_and_shown_with_the_complaint(archive):
    complaint = archive.closed()
    client = seen_by(archive.desk.manager)
    assert complaint.reference in text(
        client, "hold_new", query=f"?complaint={complaint.reference}"
    )
    post(client, "hold_new", **holding(complaint=complaint.reference))
    hold = Hold.objects.get()
    panel = text(client, "panel", complaint.reference)
    assert "A court asked." in panel
    agent = text(seen_by(archive.desk.agent), "panel", complaint.reference)
    assert "must stay as it is" in agent
    assert "A court asked." not in agent
    assert str(hold) in text(client, "holds")
    assert "somebody else releases it" in text(client, "hold", hold.pk)
    refused = post(client, "hold_release", hold.pk, status=403, reason="No more.")
    assert "does not release it" in refused


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"complaint": "C00-NONE-NONE"}, "no such complaint"),
        ({"query": ""}, "narrow the list first"),
        ({"query": "?owner=me"}, "changes by itself"),
        ({"query": "state=closed", "review_on": "2020-01-01"}, "after today"),
        ({"query": "state=closed", "reason": "No"}, "must stay"),
    ],
)
def test_a_hold_at_fault_says_so_at_its_field(archive, given, said):
    archive.closed()
    page = post(seen_by(archive.quality), "hold_new", status=422, **holding(**given))
    assert said in page
    assert not Hold.objects.exists()


def test_a_whole_person_is_held_unless_nobody_is_known(archive):
    known, nobody = archive.closed(), make_complaint(anonymous=True)
    client = seen_by(archive.quality)
    post(client, "hold_new", **holding(complaint=known.reference, whole_person="on"))
    assert Hold.objects.get().complainant_id == known.complainant_id
    page = post(
        client,
        "hold_new",
        status=422,
        **holding(complaint=nobody.reference, whole_person="on"),
    )
    assert "Nobody is known" in page
    top = text(seen_by(archive.top), "holds")
    assert "Li Ming" not in top
    assert "Everything of one complainant" in top


def test_a_hold_is_looked_at_again_and_released(archive):
    hold = archive.hold(complaint_id=archive.closed().pk)
    client = seen_by(archive.second_quality)
    assert "overdue" in text(client, "holds")
    assert "within the next two years" in post(
        client, "hold_review", hold.pk, status=422, review_on="2020-01-01"
    )
    post(client, "hold_review", hold.pk, review_on=holding()["review_on"])
    assert "no longer needed" in post(client, "hold_release", hold.pk, status=422, reason="x")
    post(client, "hold_release", hold.pk, reason="Case dropped.")
    assert "Case dropped." in text(client, "hold", hold.pk)
    assert str(hold) in text(client, "holds", query="?released=1")


# --- disposal ------------------------------------------------------------------------------------


def test_a_list_goes_through_both_reviewers_to_its_certificate(archive):
    archive.approved(at=NOW)
    goes, stays = archive.closed(), archive.closed()
    run = archive.listed()
    first, second = seen_by(archive.quality), seen_by(archive.top)
    page = text(first, "run", run.pk)
    assert goes.reference in page
    assert "complaints that were decided and closed" in page.lower()
    item = run.items.get(complaint=stays)
    assert "required" in post(first, "take_out", run.pk, item.pk, status=422, reason=" ")
    post(first, "take_out", run.pk, item.pk, reason="A book is written.")
    post(first, "run_review", run.pk)
    assert "You are the first reviewer" in text(first, "run", run.pk)
    assert "first reviewer" in post(first, "run_review", run.pk, status=403)
    post(second, "run_review", run.pk)
    assert "Being carried out" in text(first, "run", run.pk)
    assert first.get(reverse("retention:certificate", args=[run.pk])).status_code == 302
    post_is_out()
    carry_out_disposal(now=LATER)
    page = text(first, "certificate", run.pk)
    assert "The log is the one that was written into the record" in page
    log = text(first, "run_log", run.pk)
    rows = list(csv.DictReader(io.StringIO(log.lstrip("\ufeff"))))
    assert [(row["Reference"], row["What became of it"]) for row in rows] == [
        (goes.reference, "Disposed of"),
        (stays.reference, "Taken out"),
    ]
    DisposalItem.objects.filter(pk=item.pk).update(outcome="disposed")
    assert "The log is NOT the one" in text(first, "certificate", run.pk)


def test_what_is_confidential_is_masked_to_whoever_may_not_know_it(archive):
    archive.approved()
    secret = archive.closed(confidential=True)
    run = archive.listed()
    assert secret.reference in text(seen_by(archive.quality), "run", run.pk)
    top = text(seen_by(archive.top), "run", run.pk)
    assert secret.reference not in top
    assert "confidential" in top
    assert secret.reference not in text(seen_by(archive.top), "run_log", run.pk)


def test_a_list_is_rejected_with_a_reason(archive):
    archive.approved()
    archive.closed()
    run = archive.listed()
    client = seen_by(archive.top)
    assert "required" in post(client, "run_reject", run.pk, status=422)
    post(client, "run_reject", run.pk, note="Wrong schedule.")
    assert "Wrong schedule." in text(client, "run", run.pk)


def test_whoever_made_the_list_is_told_that_others_review_it(archive):
    archive.approved()
    archive.closed()
    run = propose_disposal(actor=archive.quality, at=LATER)
    client = seen_by(archive.quality)
    assert "two others review it" in text(client, "run", run.pk)
    assert "two others review it" in post(client, "run_review", run.pk, status=403)


def test_rows_come_page_by_page(archive, monkeypatch):
    monkeypatch.setattr("retention.selectors.disposal.PAGE", 2)
    archive.approved()
    for _ in range(3):
        archive.closed()
    run = archive.listed()
    client = seen_by(archive.quality)
    references = [item.complaint.reference for item in run.items.select_related("complaint")]
    assert references[2] not in text(client, "run", run.pk)
    after = run.items.all()[1].pk
    assert references[2] in text(client, "run", run.pk, query=f"?after={after}")
    assert all(reference in text(client, "run_log", run.pk) for reference in references)


def test_nothing_due_is_said_so(archive):
    archive.approved()
    client = seen_by(archive.quality)
    response = client.post(reverse("retention:propose"), follow=True)
    assert "Nothing is due" in response.content.decode()


@pytest.mark.clause("CM-7.5")
def test_the_page_of_a_complaint_says_disposed_of_and_not_broken(archive):
    archive.approved()
    complaint = archive.closed(description="Zhuang says it leaks.", name="Zhuang")
    run = archive.carried_out()
    client = seen_by(archive.desk.manager)
    page = client.get(reverse("complaints:complaint", args=[complaint.reference])).content.decode()
    assert "Zhuang" not in page
    assert f"under run {run}" in page
    assert "that is no break" in page
    assert "Record intact" in page
    assert "BROKEN" not in page
    assert "texts and personal data erased" in page
    proof = client.get(reverse("complaints:verify", args=[complaint.reference]), follow=True)
    assert "that is no break" in proof.content.decode()
    assert "was erased" in text(client, "panel", complaint.reference)
    chinese = seen_by(archive.desk.manager, "zh-hans")
    answer = chinese.get(reverse("complaints:complaint", args=[complaint.reference]))
    assert "并非记录链断裂" in answer.content.decode()


def test_a_step_on_what_was_disposed_of_is_refused_on_its_page(archive):
    complaint = archive.closed()
    post_is_out()
    from_system = User.objects.get(is_system=True)
    anonymise_complaint(complaint_id=complaint.pk, under="D-9", actor=from_system, at=LATER)
    client = seen_by(archive.desk.agent)
    response = client.post(
        reverse("complaints:note", args=[complaint.reference]), {"text": "Hello."}
    )
    assert response.status_code == 409
    assert "was disposed of" in response.content.decode()


# --- requests ------------------------------------------------------------------------------------


def test_a_request_goes_from_the_register_to_its_answer(archive):
    complaint = archive.closed(name="Li Min", phone="13900001111")
    client = seen_by(archive.quality)
    now = datetime.now(UTC).strftime("%Y-%m-%dT00:00")
    assert "Say who asks" in post(client, "request_new", status=422, kind="access", received_at=now)
    post(client, "request_new", kind="access", contact="139 0000 1111", received_at=now)
    pk = SubjectRequest.objects.get().pk
    page = text(client, "request", pk)
    assert "Li Min" in page
    person = complaint.complainant_id
    assert "valid choice" in post(
        client, "request_verify", pk, status=422, people=999, proof="document"
    )
    post(client, "request_verify", pk, people=person, proof="document")
    assert complaint.reference in text(client, "request", pk)
    assert "No copy was prepared yet." in post(
        client, "request_answer", pk, status=422, answer="granted"
    )
    assert "Nothing was changed." in post(
        client, "request_rectify", pk, status=422, complaint=complaint.pk, reason="Misspelt."
    )
    post(client, "request_rectify", pk, complaint=complaint.pk, name="Li Ming", reason="Misspelt.")
    assert "<ins>Li Ming</ins>" in text(client, "request", pk)
    post(client, "request_package", pk, language="en")
    assert prepare_packages(now=datetime.now(UTC)) == 1
    taken_out = client.post(
        reverse("retention:package_open", args=[pk, SubjectExport.objects.get().pk])
    )
    assert taken_out.headers["Content-Type"] == "application/zip"
    assert taken_out.headers["Cache-Control"] == "no-store"
    assert b"".join(taken_out)[:2] == b"PK"
    assert "needs" not in post(client, "request_answer", pk, answer="granted")
    assert "Granted" in text(client, "request", pk)
    assert "answered already" in post(client, "request_answer", pk, status=409, answer="granted")
    assert "1 answered so far, 1 of them in time." in text(client, "requests", query="?all=1")


def test_a_refusal_without_ground_or_reasons_is_told_at_its_field(archive):
    request = taken(archive, "erasure")
    client = seen_by(archive.quality)
    assert "Name the ground" in post(
        client, "request_answer", request.pk, status=422, answer="refused"
    )
    assert "law asks for reasons" in post(
        client, "request_answer", request.pk, status=422, answer="refused", ground="duty"
    )


def test_the_auditor_reads_the_register_and_does_nothing(archive):
    request = verified(archive, archive.closed(phone="13900001111"))
    auditor = seen_by(make_user("auditor"))
    page = text(auditor, "request", request.pk)
    assert "<form" not in page.partition('<main id="main"')[2].partition("</main>")[0]
    assert "late" in text(auditor, "requests")


def test_early_erasure_offers_what_is_closed_and_free(archive):
    archive.approved()
    closed = archive.closed(phone="13900001111")
    archive.desk.case(complainant=closed.complainant)
    request = verified(archive, closed, "erasure")
    client = seen_by(archive.quality)
    page = text(client, "request", request.pk)
    assert page.count('name="complaints"') == 1
    post(client, "request_answer", request.pk, answer="granted", complaints=closed.pk)
    page = text(client, "request", request.pk)
    assert "Erasure before its time" in page
    run = request.runs.get()
    assert "go before their time" in text(client, "run", run.pk)
    review_disposal(run_id=run.pk, actor=archive.top, at=NOW)
    assert Complaint.objects.get(pk=closed.pk).state == State.CLOSED


def test_the_administrator_has_no_way_in(archive: Archive):
    admin = seen_by(make_user("administrator"))
    for name in ("schedule", "holds", "runs", "requests"):
        assert admin.get(reverse(f"retention:{name}")).status_code == 403
    menu = admin.get(reverse("accounts:people")).content.decode()
    assert reverse("retention:schedule") not in menu
