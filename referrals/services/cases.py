"""Cases outside: opened, answered, decided, closed (CM-8.6d)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.errors import BadInput, NotAllowed
from complaints.models import Complaint
from complaints.selectors.involved import involved_in
from complaints.selectors.people import people_with
from complaints.services.follow_ups import hold_follow_up, release_follow_up
from complaints.services.moves import digest, take, write_down
from complaints.services.notices import tell
from complaints.services.outside import decided_outside, referred_outside
from complaints.states import FollowUpHold
from referrals import events
from referrals.models import OutsideCase
from referrals.permissions import DECIDE, RECORD, may_review
from referrals.services.moves import keep, make, take_case, tell_chain
from referrals.states import ASKS_FOR_AN_EFFECT, Kind, Opener, Result

NOT_INVOLVED = _("A review is done by somebody who had no part in the decision before.")


@dataclass(frozen=True)
class Opening:
    """What is known of a case when it is written down. `route` is a code of the policy, or none."""

    kind: str
    body: str
    opened_by: str
    opened_at: datetime
    route: str = ""
    reference_there: str = ""
    contact: str = ""
    demand: str = ""


@transaction.atomic
def open_outside_case(
    *,
    complaint_id: int,
    opening: Opening,
    reviewer: User | None = None,
    actor: User,
    at: datetime,
) -> OutsideCase:
    """Write down that the complaint is being looked at elsewhere; a review is given to a person.

    While it is open, nobody is invited to say how satisfied they are. Raises NotAllowed, BadInput
    naming `kind`, `body`, `opened_by`, `opened_at` or `reviewer`.
    """
    complaint = take(complaint_id, actor=actor, permission=RECORD)
    _check(complaint, opening, at)
    if opening.kind == Kind.INTERNAL:
        _check_reviewer(complaint, reviewer)
    case = OutsideCase.objects.create(
        complaint=complaint,
        cycle=complaint.cycle,
        kind=opening.kind,
        route=opening.route,
        body=opening.body.strip(),
        reference_there=opening.reference_there.strip(),
        opened_by=opening.opened_by,
        opened_at=opening.opened_at,
        recorded_by=actor,
        recorded_at=at,
        contact=opening.contact.strip(),
        demand=opening.demand.strip(),
        reviewer=reviewer if opening.kind == Kind.INTERNAL else None,
    )
    tell_chain(
        events.OPENED,
        case,
        actor=actor,
        at=at,
        payload={
            "opened_by": case.opened_by,
            "opened_at": case.opened_at.isoformat(),
            "reviewer": case.reviewer_id,
            "sha256": digest(case.body, case.reference_there, case.demand),
        },
    )
    if not case.is_review:
        referred_outside(complaint, at=case.opened_at)
    hold = FollowUpHold.OUTSIDE_CASE
    hold_follow_up(complaint_id=complaint.pk, hold=hold, actor=actor, at=at)
    if case.reviewer is not None:
        tell([case.reviewer], complaint, kind="outside_review", by=actor, at=at)
    return case


def _check(complaint: Complaint, opening: Opening, at: datetime) -> None:
    if opening.kind not in Kind.values:
        raise BadInput(_("Say what kind of case it is."), field="kind")
    if opening.opened_by not in Opener.values:
        raise BadInput(_("Say who took the matter there."), field="opened_by")
    if not opening.body.strip():
        raise BadInput(_("Say who deals with it there."), field="body")
    if opening.opened_at > at:
        raise BadInput(_("This lies in the future."), field="opened_at")
    known = {route.code for route in complaint.policy.says.routes}
    if opening.route and opening.route not in known:
        raise BadInput(_("The handling policy knows no such route."), field="body")


def _check_reviewer(complaint: Complaint, reviewer: User | None) -> None:
    if reviewer is None:
        raise BadInput(_("Say who reviews the decision."), field="reviewer")
    if not may_review(reviewer, complaint, involved=involved_in(complaint)):
        raise BadInput(NOT_INVOLVED, field="reviewer")


@dataclass(frozen=True)
class Particulars:
    """What may become known of a case later."""

    body: str
    reference_there: str = ""
    contact: str = ""
    demand: str = ""


@transaction.atomic
def correct_outside_case(
    *,
    case_id: int,
    particulars: Particulars,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> OutsideCase:
    """Complete or correct what is known of a case. Raises NotAllowed, BadInput naming `body`."""
    _complaint, case = take_case(
        case_id, actor=actor, permission=RECORD, expected_version=expected_version
    )
    if not particulars.body.strip():
        raise BadInput(_("Say who deals with it there."), field="body")
    fields = ("body", "reference_there", "contact", "demand")
    for name in fields:
        setattr(case, name, getattr(particulars, name).strip())
    keep(case, *fields)
    sha256 = digest(*(getattr(case, name) for name in fields))
    tell_chain(events.CORRECTED, case, actor=actor, at=at, payload={"sha256": sha256})
    return case


@transaction.atomic
def answer_outside_case(
    *,
    case_id: int,
    text: str,
    answered_at: datetime,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> OutsideCase:
    """Note what was answered to the body, and when. Raises MoveRefused, BadInput (`text`, …)."""
    complaint, case = take_case(
        case_id, actor=actor, permission=RECORD, expected_version=expected_version
    )
    if not text.strip():
        raise BadInput(_("Say in a few words what was answered."), field="text")
    _check_moment(case, answered_at, at, "answered_at")
    make("answer", case, at=answered_at)
    keep(case, "answered_at")
    said = write_down(complaint, text, actor=actor, at=at)
    tell_chain(events.ANSWERED, case, actor=actor, at=at, payload=said)
    return case


def _check_moment(case: OutsideCase, moment: datetime, at: datetime, field: str) -> None:
    if moment > at:
        raise BadInput(_("This lies in the future."), field=field)
    if moment < case.opened_at:
        raise BadInput(_("This lies before the case was opened."), field=field)


@transaction.atomic
def decide_outside_case(
    *,
    case_id: int,
    result: Result,
    decision: str,
    decided_at: datetime,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> OutsideCase:
    """Note what came of it. A review is decided by its reviewer, who had no part in it before.

    What changes our decision waits for a person to say what it means for the complaint; those who
    may are told. Raises NotAllowed, MoveRefused, BadInput (`result`, `decision`, `decided_at`).
    """
    complaint, case = take_case(
        case_id, actor=actor, permission=RECORD, expected_version=expected_version
    )
    involved = involved_in(complaint)
    if case.is_review and (
        actor.pk != case.reviewer_id or not may_review(actor, complaint, involved=involved)
    ):
        raise NotAllowed(NOT_INVOLVED)
    if result not in Result.values:
        raise BadInput(_("Say what came of it."), field="result")
    if not decision.strip():
        raise BadInput(_("Say in a few words what was decided."), field="decision")
    _check_moment(case, decided_at, at, "decided_at")
    make("decide", case, result=result, at=decided_at)
    case.decision = decision.strip()
    _let_dates_go(case, decided_at)
    keep(case, "result", "decided_at", "decision", "next_date_at")
    tell_chain(
        events.DECIDED,
        case,
        actor=actor,
        at=at,
        payload={
            "outside_result": str(result),
            "decided_at": decided_at.isoformat(),
            "sha256": digest(case.decision),
        },
    )
    if not case.is_review and result != Result.NOT_ACCEPTED:
        decided_outside(complaint, at=decided_at)
    if result in ASKS_FOR_AN_EFFECT:
        people = [who for who in people_with(DECIDE, complaint) if who.pk not in involved]
        tell(people, complaint, kind="outside_decided", by=actor, at=at)
    return case


def _let_dates_go(case: OutsideCase, at: datetime) -> None:
    """Let what was still ahead lapse with the decision; what was missed stays missed."""
    case.dates.filter(done_at__isnull=True, due_at__gt=at).update(
        done_at=at, done_note=str(_("Lapsed with the decision."))
    )
    case.next_date_at = None


@transaction.atomic
def close_outside_case(
    *,
    case_id: int,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> OutsideCase:
    """Put a case away once nothing more follows from it. Raises MoveRefused."""
    complaint, case = take_case(
        case_id, actor=actor, permission=RECORD, expected_version=expected_version
    )
    finish(complaint, case, actor=actor, at=at)
    return case


def finish(complaint: Complaint, case: OutsideCase, *, actor: User, at: datetime) -> None:
    """Close a locked case; with the last one, people may be asked how satisfied they are."""
    make("close", case, at=at)
    keep(case, "effect", "closed_at")
    tell_chain(
        events.CLOSED, case, actor=actor, at=at, payload={"outside_effect": str(case.effect)}
    )
    if not complaint.outside_cases.unfinished().exists():
        hold = FollowUpHold.OUTSIDE_CASE
        release_follow_up(complaint_id=complaint.pk, hold=hold, actor=actor, at=at)
