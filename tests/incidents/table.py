"""An incident at work: complaints, an incident, brought by the verbs to where a test begins."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from accounts.models import User
from complaints.models import Complaint
from complaints.states import State
from incidents.models import CommonFinding, Incident
from incidents.services.findings import (
    Position,
    approve_finding,
    confirm_finding,
    propose_finding,
)
from incidents.services.lifecycle import Scope, contain_incident, declare_incident, open_incident
from incidents.services.linking import link_complaints
from tests.complaints.desk import Desk, category
from tests.complaints.factories import NOW, make_user

PRODUCT = "Kettle K2"


class Table(Desk):
    """The people around an incident, and the incidents they handle."""

    @cached_property
    def quality(self) -> User:
        """Return who approves what the manager writes."""
        return make_user("quality_manager", username="ping")

    @cached_property
    def boss(self) -> User:
        """Return top management."""
        return make_user("top_management", username="lan")

    def cases(self, count: int, state: str = State.RECEIVED, **fields: Any) -> list[Complaint]:
        """Return several complaints about one product, each by somebody of their own."""
        fields.setdefault("product", PRODUCT)
        return [self.case(state, **fields) for _ in range(count)]

    def mailed(self, count: int, state: str = State.RECEIVED, **fields: Any) -> list[Complaint]:
        """Return several complaints whose complainants have an e-mail address."""
        found = []
        for number in range(count):
            address = f"kunde{number}.{Complaint.objects.count()}@example.cn"
            found += self.cases(1, state, email=address, name=f"Kunde {number}", **fields)
        return found

    def scope(self, **changes: Any) -> Scope:
        """Return what an incident is about."""
        plain: dict[str, Any] = {
            "title": "Kettles leak at the seal",
            "severity": "high",
            "hypothesis": "A batch of brittle seals.",
            "commander": self.manager,
            "product": PRODUCT,
            "category": category(),
        }
        return Scope(**(plain | changes))

    def incident(
        self, *complaints: Complaint, state: str = "suspected", at: datetime = NOW, **scope: Any
    ) -> Incident:
        """Return an incident in this state, with these complaints linked."""
        incident = open_incident(scope=self.scope(**scope), actor=self.manager, at=at)
        if complaints:
            self.link(incident, *complaints, at=at)
        if state in {"declared", "contained"}:
            declare_incident(incident_id=incident.pk, actor=self.manager, at=at)
        if state == "contained":
            contain_incident(
                incident_id=incident.pk, how="Sales stopped.", actor=self.manager, at=at
            )
        incident.refresh_from_db()
        return incident

    def link(self, incident: Incident, *complaints: Complaint, at: datetime = NOW) -> None:
        """Link complaints."""
        ids = [complaint.pk for complaint in complaints]
        link_complaints(incident_id=incident.pk, complaint_ids=ids, actor=self.manager, at=at)

    def position(self, **changes: Any) -> Position:
        """Return what was found out for all."""
        plain: dict[str, Any] = {
            "findings": "The seals of batch A3 crack.",
            "cause": "The supplier changed the rubber.",
            "cause_code": "supplier",
            "finding": "upheld",
            "reasons": "The seal was faulty from the beginning.",
            "remedy_kind": "replacement",
            "remedy_detail": "We bring you a new kettle.",
            "evidence": "Laboratory report 17.",
            "amount": Decimal(0),
            "remedy_days": 10,
        }
        return Position(**(plain | changes))

    def finding(self, incident: Incident, at: datetime = NOW, **changes: Any) -> CommonFinding:
        """Return a common finding in force."""
        finding = propose_finding(
            incident_id=incident.pk, position=self.position(**changes), actor=self.manager, at=at
        )
        approve_finding(finding_id=finding.pk, actor=self.quality, at=at)
        finding.refresh_from_db()
        return finding

    def confirm(self, finding: CommonFinding, *complaints: Complaint, at: datetime = NOW) -> None:
        """Let the handler confirm the finding for these complaints."""
        for complaint in complaints:
            confirm_finding(
                finding_id=finding.pk, complaint_id=complaint.pk, actor=self.handler, at=at
            )


def later(**time: float) -> datetime:
    """Return a moment after NOW."""
    return NOW + timedelta(**time)
