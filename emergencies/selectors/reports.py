"""The duties to report: which must be decided about, how each stands, when somebody is warned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from compliance.rules.presets import Clock, Preset, StartEvent
from compliance.selectors.calendars import load_calendar
from compliance.selectors.explanations import Explanation, explain
from compliance.selectors.presets import presets
from emergencies.models import Emergency, ReportDecision, Review
from emergencies.states import Reportable

# Clocks that begin with the emergency itself; the others follow from what an authority does.
AT_ONCE = frozenset({StartEvent.DISCOVERED, StartEvent.SUSPECTED, StartEvent.OCCURRED})
WARN_AT = 0.75
AGAIN = timedelta(days=1)


@dataclass(frozen=True)
class Duty:
    """A duty to report in one emergency, with the decisions that hold about it."""

    code: str
    preset: Preset
    clocks: Sequence[Clock]
    decisions: Sequence[ReportDecision]
    wanted: bool  # by the policy: must be decided about

    @property
    def decided(self) -> bool:
        """Return whether it was answered with yes or no, and approved."""
        return bool(self.decisions) and all(_settled(one) for one in self.decisions)


def clocks_of(code: str) -> list[Clock]:
    """Return the clocks of a preset that an emergency sets going."""
    return [clock for clock in presets()[code].clocks if clock.start_event in AT_ONCE] or list(
        presets()[code].clocks
    )


def _settled(decision: ReportDecision) -> bool:
    return decision.approved_at is not None and decision.reportable != Reportable.OPEN


def duties_of(row: Emergency) -> list[Duty]:
    """Return the duties that the policy names, and any other that somebody decided about."""
    people = ("decided_by", "approved_by", "reported_by")
    held = list(row.reports.filter(holds=True).select_related(*people).order_by("pk"))
    wanted = [code for code in row.complaint.policy.says.fast_channel.reports if code in presets()]
    others = dict.fromkeys(
        d.preset for d in held if d.preset not in wanted and d.preset in presets()
    )
    return [
        Duty(
            code,
            presets()[code],
            clocks_of(code),
            [decision for decision in held if decision.preset == code],
            wanted=code in wanted,
        )
        for code in (*wanted, *others)
    ]


def missing_decisions(row: Emergency) -> list[str]:
    """Return the duties that the policy names and that nobody has decided about for good."""
    return [duty.code for duty in duties_of(row) if duty.wanted and not duty.decided]


def explain_due(decision: ReportDecision) -> Explanation | None:
    """Work the due date of a report out again, with its steps, by the calendar as it was then."""
    if decision.counts_from is None or not decision.clock:
        return None
    clock = presets()[decision.preset].clock(decision.clock)
    calendar = load_calendar(clock.calendar, decision.calendar_revision)
    return explain(clock.spec, decision.counts_from, calendar)


def next_warning(row: Emergency, *, after: datetime) -> datetime | None:
    """Return when somebody is to be warned next: at three quarters, at the end, then daily.

    None when nothing is left to warn of.
    """
    spans: list[tuple[datetime, datetime]] = []
    if row.reports_due_at is not None and missing_decisions(row):
        spans.append((row.declared_at, row.reports_due_at))
    for decision in row.reports.filter(
        holds=True, reportable=Reportable.YES, reported_at__isnull=True
    ):
        end = decision.due_at or row.reports_due_at
        if end is not None:
            spans.append((decision.counts_from or row.declared_at, end))
    review = Review.objects.filter(emergency=row, done_at__isnull=True).first()
    if review is not None:
        spans.append((review.opened_at, review.due_at))
    if not spans:
        return None
    moments = [moment for start, end in spans for moment in (start + (end - start) * WARN_AT, end)]
    ahead = [moment for moment in moments if moment > after]
    overdue = any(end <= after for _start, end in spans)
    return min([*ahead, *([after + AGAIN] if overdue else [])])
