"""A complaint that was refused, and somebody outside who looks at it."""

from datetime import timedelta
from functools import cached_property
from typing import Any

from accounts.models import User
from complaints.models import Complaint
from referrals.models import OutsideCase
from referrals.services.cases import Opening, decide_outside_case, open_outside_case
from referrals.states import Result
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_user

DAY = timedelta(days=1)


class Scene:
    """The desk of the tests, and a manager who had no hand in the complaint."""

    def __init__(self, state: str = "closed", desk: Desk | None = None, **fields: Any) -> None:
        self.desk = desk or Desk()
        self.complaint: Complaint = self.desk.case(state, **fields)

    @cached_property
    def second(self) -> User:
        """Return a manager who had no hand in it."""
        return make_user("manager", username="second")

    def open(self, **changes: Any) -> OutsideCase:
        """Open a regulator's case."""
        given: dict[str, Any] = {
            "kind": "regulator",
            "body": "Market regulator of Xuhui",
            "opened_by": "complainant",
            "opened_at": NOW + DAY,
            "reference_there": "SH-2026-118",
        }
        reviewer = changes.pop("reviewer", None)
        actor = changes.pop("actor", self.desk.handler)
        return open_outside_case(
            complaint_id=self.complaint.pk,
            opening=Opening(**(given | changes)),
            reviewer=reviewer,
            actor=actor,
            at=NOW + DAY,
        )

    def decide(self, case: OutsideCase, result: Result, **changes: Any) -> OutsideCase:
        """Note what came of it."""
        given: dict[str, Any] = {
            "decision": "The seal was faulty.",
            "decided_at": NOW + 9 * DAY,
            "actor": self.desk.handler,
            "at": NOW + 9 * DAY,
        }
        return decide_outside_case(case_id=case.pk, result=result, **(given | changes))
