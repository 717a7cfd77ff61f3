"""The common finding: written once, approved by another, confirmed case by case."""

from decimal import Decimal
from typing import Any

import pytest

from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint
from complaints.states import State
from incidents.models import FindingAnswer
from incidents.services.findings import (
    approve_finding,
    confirm_finding,
    propose_finding,
    reject_finding,
    return_finding,
)
from tests.complaints.factories import NOW, make_site, make_user
from tests.incidents.table import Table

pytestmark = pytest.mark.django_db


def propose(table, incident, **changes):
    return propose_finding(
        incident_id=incident.pk, position=table.position(**changes), actor=table.manager, at=NOW
    )


def test_nobody_approves_their_own_finding(table: Table):
    incident = table.incident(*table.cases(1))
    finding = propose(table, incident)
    with pytest.raises(NotAllowed):
        approve_finding(finding_id=finding.pk, actor=table.manager, at=NOW)
    with pytest.raises(NotAllowed):
        approve_finding(finding_id=finding.pk, actor=table.handler, at=NOW)
    approve_finding(finding_id=finding.pk, actor=table.quality, at=NOW)
    with pytest.raises(MoveRefused):
        approve_finding(finding_id=finding.pk, actor=table.quality, at=NOW)


def test_a_later_version_replaces_the_one_in_force(table: Table):
    incident = table.incident(*table.cases(1))
    first = table.finding(incident)
    second = propose(table, incident, findings="The seals of A3 and A4 crack.")
    with pytest.raises(MoveRefused, match="still waiting"):
        propose(table, incident)
    first.refresh_from_db()
    assert first.state == "approved"  # until the new one is approved
    approve_finding(finding_id=second.pk, actor=table.quality, at=NOW)
    first.refresh_from_db()
    assert (first.state, second.number) == ("superseded", 2)


def test_a_version_is_returned_with_a_reason(table: Table):
    incident = table.incident(*table.cases(1))
    finding = propose(table, incident)
    with pytest.raises(BadInput) as refusal:
        return_finding(finding_id=finding.pk, note="", actor=table.quality, at=NOW)
    assert refusal.value.field == "note"
    returned = return_finding(
        finding_id=finding.pk, note="Which batch?", actor=table.quality, at=NOW
    )
    assert (returned.state, returned.note) == ("returned", "Which batch?")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"findings": ""}, "findings"),
        ({"cause": " "}, "cause"),
        ({"reasons": ""}, "reasons"),
        ({"cause_code": "moon"}, "cause_code"),
        ({"finding": "maybe"}, "finding"),
        ({"remedy_kind": "cake"}, "remedy_kind"),
        ({"amount": Decimal(-1)}, "amount"),
        ({"amount": Decimal(5), "remedy_kind": "none"}, "remedy_kind"),
        ({"amount": Decimal(10**9)}, "amount"),
    ],
)
def test_a_position_that_makes_no_sense_is_refused(table: Table, changes, field):
    incident = table.incident(*table.cases(1))
    with pytest.raises(BadInput) as refusal:
        propose(table, incident, **changes)
    assert refusal.value.field == field


@pytest.mark.clause("CM-7.4")
def test_a_finding_is_never_applied_by_itself(table: Table):
    case, other = table.cases(2, State.ASSESSED)
    incident = table.incident(case, other)
    finding = table.finding(incident)
    assert not case.investigations.exists()
    answer = confirm_finding(
        finding_id=finding.pk,
        complaint_id=case.pk,
        addition="Photo of the seal.",
        actor=table.handler,
        at=NOW,
    )
    case.refresh_from_db()
    found = case.investigations.get()
    assert answer.investigation == found
    assert found.findings == "The seals of batch A3 crack.\n\nPhoto of the seal."
    assert (found.cause_code, found.depth, case.state) == ("supplier", "full", "investigating")
    assert incident.reference in found.similar_cases
    assert not other.investigations.exists()
    with pytest.raises(MoveRefused, match="answered"):
        confirm_finding(finding_id=finding.pk, complaint_id=case.pk, actor=table.handler, at=NOW)


def test_a_complaint_that_is_not_far_enough_is_not_confirmed(table: Table):
    (case,) = table.cases(1, State.ACKNOWLEDGED)
    finding = table.finding(table.incident(case))
    with pytest.raises(MoveRefused, match="being investigated"):
        confirm_finding(finding_id=finding.pk, complaint_id=case.pk, actor=table.manager, at=NOW)
    assert not FindingAnswer.objects.exists()


def test_a_finding_is_rejected_with_a_reason(table: Table):
    (case,) = table.cases(1, State.ASSESSED)
    finding = table.finding(table.incident(case))
    who: dict[str, Any] = {
        "finding_id": finding.pk,
        "complaint_id": case.pk,
        "actor": table.handler,
        "at": NOW,
    }
    with pytest.raises(BadInput) as refusal:
        reject_finding(reason=" ", **who)
    assert refusal.value.field == "reason"
    answer = reject_finding(reason="Another batch.", **who)
    assert (answer.verdict, answer.investigation) == ("rejected", None)
    assert "Another batch." in case.notes.last().text
    assert not case.investigations.exists()


def test_others_do_not_answer_for_the_handler(table: Table):
    (case,) = table.cases(1, State.ASSESSED)
    (unlinked,) = table.cases(1, State.ASSESSED)
    incident = table.incident(case)
    finding = table.finding(incident)
    asked: dict[str, Any] = {"finding_id": finding.pk, "at": NOW}
    with pytest.raises(NotAllowed):
        confirm_finding(complaint_id=case.pk, actor=table.agent, **asked)
    with pytest.raises(NotAllowed):
        reject_finding(complaint_id=case.pk, reason="No.", actor=table.agent, **asked)
    with pytest.raises(Complaint.DoesNotExist):
        confirm_finding(complaint_id=unlinked.pk, actor=table.manager, **asked)
    stranger = make_user("manager", site=make_site())
    with pytest.raises(Complaint.DoesNotExist):
        confirm_finding(complaint_id=case.pk, actor=stranger, **asked)
    waiting = propose(table, incident)
    with pytest.raises(MoveRefused, match="not in force"):
        confirm_finding(finding_id=waiting.pk, complaint_id=case.pk, actor=table.handler, at=NOW)
