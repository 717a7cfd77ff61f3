"""What was found out, as deep as the severity asks, or a second person's leave to do without."""

from typing import Any

import pytest

from complaints import events
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint, Investigation
from complaints.services.investigation import (
    FoundOut,
    investigate_complaint,
    record_findings,
)
from complaints.services.response import (
    grant_approval,
    propose_response,
    propose_skipping,
    return_approval,
)
from complaints.states import ApprovalKind, Depth, State
from journal.selectors import history_of
from tests.complaints.desk import Desk, clock_of, decision, found_out
from tests.complaints.factories import NOW, make_user

pytestmark = pytest.mark.django_db

NOTHING = FoundOut(findings="")
ONLY_FINDINGS = FoundOut(findings="The seal is worn out.")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def write(desk: Desk, complaint: Complaint, **found: Any) -> Investigation:
    return record_findings(
        complaint_id=complaint.pk, found=found_out(**found), actor=desk.handler, at=NOW
    )


def test_beginning_to_investigate_is_the_first_action(desk):
    complaint = desk.case("assessed")
    investigate_complaint(complaint_id=complaint.pk, actor=desk.handler, at=NOW)
    complaint.refresh_from_db()
    assert complaint.state == State.INVESTIGATING
    assert clock_of(complaint, "first_action").met
    assert complaint.next_due_stage == "progress"


@pytest.mark.parametrize("state", ["received", "acknowledged", "investigating", "responded"])
def test_investigating_follows_the_assessment(desk, state):
    complaint = desk.case(state)
    with pytest.raises(MoveRefused):
        investigate_complaint(complaint_id=complaint.pk, actor=desk.manager, at=NOW)


def test_an_agent_does_not_investigate(desk):
    complaint = desk.case("assessed")
    for verb, given in (
        (investigate_complaint, {}),
        (record_findings, {"found": ONLY_FINDINGS}),
        (propose_skipping, {"reason": "Clear."}),
    ):
        with pytest.raises(NotAllowed):
            verb(complaint_id=complaint.pk, actor=desk.agent, at=NOW, **given)


@pytest.mark.clause("CM-8.3+")
def test_the_record_holds_facts_evidence_cause_and_that_similar_cases_were_looked_for(desk):
    complaint = desk.case("assessed")
    row = write(desk, complaint, subject_statement="I did not know.")
    assert (row.findings, row.cause_code) == ("The seal is worn out.", "material")
    assert (row.evidence, row.similar_cases) == ("Photo of the seal.", "Four more of this batch.")
    assert row.subject_statement == "I did not know."
    assert row.depth == Depth.FULL
    complaint.refresh_from_db()
    assert (complaint.state, complaint.depth_done) == (State.INVESTIGATING, Depth.FULL)
    assert complaint.cause_code == "material"
    payload = history_of(complaint).get(kind=events.INVESTIGATED).payload
    assert (payload["depth"], len(payload["sha256"])) == ("full", 64)


@pytest.mark.parametrize(
    ("found", "depth"),
    [
        (NOTHING, Depth.NONE),
        (ONLY_FINDINGS, Depth.FINDINGS),
        (FoundOut(findings="x", cause="y"), Depth.FINDINGS),  # no class of cause
        (FoundOut(findings="x", cause="y", cause_code="design"), Depth.CAUSE),
        (FoundOut(findings="x", cause="y", cause_code="design", evidence="z"), Depth.CAUSE),
        (
            FoundOut(
                findings="x", cause="y", cause_code="design", evidence="z", similar_cases="none"
            ),
            Depth.FULL,
        ),
    ],
)
def test_how_deep_it_goes_depends_on_what_was_written_down(found, depth):
    assert found.depth == depth


def test_what_is_written_down_in_several_goes_counts_together(desk):
    complaint = desk.case("assessed")
    write(desk, complaint, evidence="", similar_cases="")
    write(desk, complaint, cause="", cause_code="")
    complaint.refresh_from_db()
    assert complaint.depth_done == Depth.FULL
    assert complaint.cause_code == "material"


def test_a_later_shorter_entry_takes_nothing_back(desk):
    complaint = desk.case("investigating")
    record_findings(complaint_id=complaint.pk, found=ONLY_FINDINGS, actor=desk.handler, at=NOW)
    complaint.refresh_from_db()
    assert complaint.depth_done == Depth.FULL


@pytest.mark.clause("CM-8.3+")
@pytest.mark.parametrize(
    ("judged", "enough", "too_little"),
    [
        ({"severity": "low"}, ONLY_FINDINGS, None),
        (
            {"severity": "moderate"},
            found_out(evidence="", similar_cases=""),
            ONLY_FINDINGS,
        ),
        ({"severity": "high"}, found_out(), found_out(evidence="")),
    ],
)
def test_the_depth_asked_for_fits_the_severity(desk, judged, enough, too_little):
    complaint = desk.case("assessed", judged=judged)
    answer = {"complaint_id": complaint.pk, "decision": decision(), "actor": desk.handler}
    if too_little is not None:
        record_findings(complaint_id=complaint.pk, found=too_little, actor=desk.handler, at=NOW)
    with pytest.raises(MoveRefused) as refusal:
        propose_response(**answer, at=NOW)
    assert "not yet as deep" in str(refusal.value.reasons[0])
    record_findings(complaint_id=complaint.pk, found=enough, actor=desk.handler, at=NOW)
    assert propose_response(**answer, at=NOW).pk


@pytest.mark.parametrize(
    ("found", "field"),
    [({"findings": " "}, "findings"), ({"cause_code": "bad_luck"}, "cause_code")],
)
def test_a_bad_entry_is_refused_by_the_name_of_its_field(desk, found, field):
    complaint = desk.case("assessed")
    with pytest.raises(BadInput) as refusal:
        write(desk, complaint, **found)
    assert refusal.value.field == field
    complaint.refresh_from_db()
    assert complaint.state == State.ASSESSED


@pytest.mark.parametrize("state", ["received", "acknowledged", "responded", "closed"])
def test_findings_belong_to_what_is_being_handled(desk, state):
    complaint = desk.case(state)
    with pytest.raises(MoveRefused):
        record_findings(complaint_id=complaint.pk, found=ONLY_FINDINGS, actor=desk.manager, at=NOW)


# --- doing without -----------------------------------------------------------------------------


def test_without_an_investigation_it_is_answered_once_a_second_person_agrees(desk):
    complaint = desk.case("assessed")
    asked = propose_skipping(
        complaint_id=complaint.pk, reason="The courier admits it.", actor=desk.handler, at=NOW
    )
    assert asked.kind == ApprovalKind.SKIP_INVESTIGATION
    grant_approval(approval_id=asked.pk, actor=desk.manager, at=NOW)
    complaint.refresh_from_db()
    assert complaint.investigation_skipped
    desk.respond(complaint, NOW)
    complaint.refresh_from_db()
    assert complaint.state == State.RESPONDED


def test_when_the_second_person_does_not_agree_it_is_investigated(desk):
    complaint = desk.case("assessed")
    asked = propose_skipping(complaint_id=complaint.pk, reason="Clear.", actor=desk.handler, at=NOW)
    return_approval(approval_id=asked.pk, note="Ask the courier.", actor=desk.manager, at=NOW)
    complaint.refresh_from_db()
    assert (complaint.investigation_skipped, complaint.pending_approval) == (False, "")


def test_doing_without_takes_a_reason_and_an_assessed_complaint(desk):
    complaint = desk.case("assessed")
    with pytest.raises(BadInput) as refusal:
        propose_skipping(complaint_id=complaint.pk, reason=" ", actor=desk.handler, at=NOW)
    assert refusal.value.field == "reason"
    early = desk.case("acknowledged")
    with pytest.raises(MoveRefused):
        propose_skipping(complaint_id=early.pk, reason="Clear.", actor=desk.manager, at=NOW)


def test_a_handler_of_nobodys_team_does_not_investigate_what_a_colleague_owns(desk):
    complaint = desk.case("assessed")
    with pytest.raises(NotAllowed):
        investigate_complaint(complaint_id=complaint.pk, actor=make_user("handler"), at=NOW)
