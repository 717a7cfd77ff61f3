"""Whether authorities are told: decided within hours, by two people, with the law's own clocks."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import system_user
from complaints.models import Complaint
from complaints.selectors.people import Circle
from complaints.services.moves import digest, note_down
from complaints.services.notices import tell
from compliance.rules import deadline
from compliance.selectors.calendars import load_calendar
from compliance.selectors.presets import presets
from emergencies import events
from emergencies.errors import BadInput, MoveRefused, NotAllowed
from emergencies.models import Emergency, ReportDecision, Review
from emergencies.selectors.reports import clocks_of, missing_decisions, next_warning
from emergencies.services.opening import since_declared, take_row
from emergencies.states import Reportable
from journal.origin import origin

APPROVE = "emergencies.approve_report"


@dataclass(frozen=True)
class Verdict:
    """A decision: which duty, whether it applies, why, and from when its clock counts."""

    preset: str
    reportable: Reportable
    reason: str
    clock: str = ""
    counts_from: datetime | None = None


@transaction.atomic
def decide_report(
    *, complaint_id: int, verdict: Verdict, actor: User, at: datetime
) -> ReportDecision:
    """Decide whether a duty to report applies; somebody else approves it.

    The due date is worked out by the duty's own clock and calendar. An earlier decision about the
    same duty stays on record. Raises BadInput naming `preset`, `reportable`, `clock`, `reason` or
    `counts_from`, MoveRefused when it was reported already.
    """
    row = take_row(complaint_id, actor=actor)
    _check(verdict, at)
    earlier = row.reports.filter(holds=True, preset=verdict.preset).select_for_update()
    # A “no” or “not known” is about the whole duty; a “yes” about one of its clocks.
    same = [
        decision
        for decision in earlier
        if verdict.reportable != Reportable.YES or decision.clock in {"", verdict.clock}
    ]
    if any(decision.reported_at is not None for decision in same):
        raise MoveRefused([_("This has been reported: the decision stays.")])
    ReportDecision.objects.filter(pk__in=[decision.pk for decision in same]).update(holds=False)
    decision = _decided(row, verdict, actor, at)
    _moved(row, at)
    note_down(
        events.REPORT_DECIDED,
        row.complaint,
        actor=actor,
        at=at,
        payload={
            "report": decision.pk,
            "preset": decision.preset,
            "clock_code": decision.clock,
            "reportable": str(decision.reportable),
            "due": decision.due_at.isoformat() if decision.due_at else None,
            "sha256": digest(decision.reason),
        },
    )
    return decision


def _check(verdict: Verdict, at: datetime) -> None:
    if verdict.preset not in presets():
        raise BadInput(_("There is no such duty to report."), field="preset")
    if verdict.reportable not in Reportable.values:
        raise BadInput(_("Decide: yes, no, or not yet known."), field="reportable")
    if not verdict.reason.strip():
        raise BadInput(_("Say why, so that it can be understood later."), field="reason")
    if verdict.reportable != Reportable.YES:
        return
    clocks = clocks_of(verdict.preset)
    if clocks and verdict.clock not in {clock.code for clock in clocks}:
        raise BadInput(_("Choose which time limit applies."), field="clock")
    if clocks and not (verdict.counts_from and verdict.counts_from <= at):
        raise BadInput(_("Say since when it was known; not in the future."), field="counts_from")


def _decided(row: Emergency, verdict: Verdict, actor: User, at: datetime) -> ReportDecision:
    decision = ReportDecision(
        emergency=row,
        preset=verdict.preset,
        reportable=verdict.reportable,
        reason=verdict.reason.strip(),
        decided_by=actor,
        decided_at=at,
    )
    if verdict.reportable == Reportable.YES and clocks_of(verdict.preset):
        clock = presets()[verdict.preset].clock(verdict.clock)
        calendar = load_calendar(clock.calendar)
        decision.clock = clock.code
        decision.counts_from = verdict.counts_from
        decision.calendar_revision = calendar.revision
        if verdict.counts_from is not None:
            decision.due_at = deadline(clock.spec, verdict.counts_from, calendar).due_at
    decision.save()
    return decision


def _moved(row: Emergency, at: datetime) -> None:
    """Work out anew when the next warning about this emergency is due."""
    row.next_warning_at = next_warning(row, after=at)
    row.save(update_fields=["next_warning_at"])


def _held(report_id: int, actor: User, permission: str) -> tuple[Emergency, ReportDecision]:
    complaint_id = ReportDecision.objects.values_list("emergency__complaint", flat=True).get(
        pk=report_id
    )
    row = take_row(complaint_id, actor=actor, permission=permission)
    decision = ReportDecision.objects.select_for_update(of=("self",)).get(
        pk=report_id, emergency=row
    )
    if not decision.holds:
        raise MoveRefused([_("This was decided anew since.")])
    return row, decision


def _for_approval(report_id: int, actor: User) -> tuple[Emergency, ReportDecision]:
    row, decision = _held(report_id, actor, APPROVE)
    if decision.approved_at is not None or decision.returned_at is not None:
        raise MoveRefused([_("This decision has been answered already.")])
    if decision.decided_by_id == actor.pk:
        raise NotAllowed(_("Somebody else approves what you decided."))
    return row, decision


@transaction.atomic
def approve_report(*, report_id: int, actor: User, at: datetime) -> ReportDecision:
    """Approve a decision of somebody else. Raises NotAllowed, MoveRefused."""
    row, decision = _for_approval(report_id, actor)
    decision.approved_by, decision.approved_at = actor, at
    decision.save(update_fields=["approved_by", "approved_at"])
    _moved(row, at)
    _note(events.REPORT_APPROVED, row, decision, actor, at)
    return decision


@transaction.atomic
def return_report(*, report_id: int, why: str, actor: User, at: datetime) -> ReportDecision:
    """Send a decision back: it has to be made anew. Raises BadInput naming `why`."""
    row, decision = _for_approval(report_id, actor)
    if not why.strip():
        raise BadInput(_("Say what is missing or wrong."), field="why")
    decision.returned_at, decision.returned_why, decision.holds = at, why.strip(), False
    decision.save(update_fields=["returned_at", "returned_why", "holds"])
    _moved(row, at)
    _note(events.REPORT_RETURNED, row, decision, actor, at)
    return decision


@transaction.atomic
def note_reported(
    *, report_id: int, reported_at: datetime, reference: str, actor: User, at: datetime
) -> ReportDecision:
    """Note that the authority was told: when, and under which reference.

    It may come before the approval: a law does not wait for a signature. Raises MoveRefused,
    BadInput naming `reported_at` or `reference`.
    """
    row, decision = _held(report_id, actor, "complaints.take_emergency")
    if decision.reportable != Reportable.YES or decision.reported_at is not None:
        raise MoveRefused([_("There is nothing to report here, or it was reported already.")])
    reported_at = since_declared(row, reported_at, at, field="reported_at")
    if not reference.strip():
        raise BadInput(
            _("Give the authority's reference, or whom you spoke to."), field="reference"
        )
    decision.reported_at, decision.reported_by = reported_at, actor
    decision.reference = reference.strip()
    decision.save(update_fields=["reported_at", "reported_by", "reference"])
    _moved(row, at)
    _note(events.REPORTED, row, decision, actor, at)
    return decision


def _note(kind: str, row: Emergency, decision: ReportDecision, actor: User, at: datetime) -> None:
    payload = {"report": decision.pk, "preset": decision.preset, "clock_code": decision.clock}
    note_down(kind, row.complaint, actor=actor, at=at, payload=payload)


# --- warnings ----------------------------------------------------------------------------------


def sweep_warnings(*, now: datetime) -> int:
    """Warn of reports and reviews that are due; return of how many emergencies was told."""
    due = Emergency.objects.filter(next_warning_at__lte=now).order_by("next_warning_at", "pk")
    told = 0
    with origin("scheduler"):
        for pk, complaint_id in list(due.values_list("pk", "complaint")[:200]):
            with transaction.atomic():
                complaint = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
                told += _warn(pk, complaint, now)
    return told


def _warn(pk: int, complaint: Complaint, now: datetime) -> int:
    row = Emergency.objects.select_for_update(of=("self",)).get(pk=pk)
    row.complaint = complaint
    if row.next_warning_at is None or row.next_warning_at > now:
        return 0
    news = []
    if missing_decisions(row) or _unreported(row):
        news.append(("emergency_report", events.REPORTS_WARNED, APPROVE))
    late = Review.objects.filter(emergency=row, done_at__isnull=True, due_at__lte=now)
    if late.exists():
        news.append(("emergency_review", events.REVIEW_REMINDED, "emergencies.review"))
    system, circle = system_user(), Circle()
    for kind, entry, permission in news:
        people = circle.of(permission, complaint)
        if kind == "emergency_report" and row.taken_by is not None and row.taken_by.is_active:
            people = [row.taken_by, *people]
        tell(people, complaint, kind=kind, by=system, at=now)
        told = sorted({person.pk for person in people})
        payload = {"emergency": row.pk, "told": told}
        note_down(entry, complaint, actor=system, at=now, payload=payload)
    _moved(row, now)
    return int(bool(news))


def _unreported(row: Emergency) -> bool:
    waiting = row.reports.filter(holds=True, reportable=Reportable.YES, reported_at__isnull=True)
    return waiting.exists()
