"""The catalogue of key figures: ONE table (CM-9.1, domain brief 3.2).

A figure is added here and nowhere else: its words, its formula, the day by which it counts, where
its data come from, how often and by whom it is looked at. Raise `version` when what it counts
changes, and say so in docs/figures.md. What waits for its data stands in `WAITING`, and on the page
of all figures; K31 is the provider's scorecard. K13 counts repeats as the desk has linked them
within the policy's window.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from monitoring.rules import shapes
from monitoring.rules.kpi import Basis, Kpi, Of, Shape, Span, Unit

_COMPLAINTS = _("Complaints and the record of what happened to them")
_ALERTS = _("Alerts and the work on them")
_CLOCKS = _("Clocks of the first cycle; of several of a stage the one that ends first")
_REMEDIES = _("Remedies that were carried out")
_DAILY, _WEEKLY, _MONTHLY = _("daily"), _("weekly"), _("monthly")
COUNT, PERCENT, DAYS, MINUTES = Unit.COUNT, Unit.PERCENT, Unit.DAYS, Unit.MINUTES


def _number_of(measure: str, span: Span) -> Shape:
    return Shape(shapes.over(span, measure))


def _of(part: str, whole: str, span: Span) -> Shape:
    return shapes.share(span, (part,), (whole,))


# What a dashboard shows first, by what its reader is there for; twelve of them at most.
OPERATIONS = (
    *("K09", "K09L", "K24", "K01", "K10", "K03"),
    *("K06", "K08c", "K12", "K13", "K14", "K17"),
)
QUALITY = (
    *("K05a", "K05b", "K06L", "K27", "K29", "K12"),
    *("K13", "K25", "K25a", "K15b", "K16", "K17"),
)
MANAGEMENT = (
    *("K01", "K09", "K06", "K08c", "K03", "K12"),
    *("K17", "K16", "K15b", "K25", "K24", "K18"),
)
COMPARED = ("K01", "K03", "K06", "K08c", "K12")  # by which providers are set side by side
CATALOGUE: tuple[Kpi, ...] = (
    Kpi(
        "K01",
        _("Complaints received"),
        _(
            "Registered complaints by the day of receipt. What was entered late counts on the "
            "day it was received, so the figure may still grow."
        ),
        _("number received in the period"),
        Basis.RECEIVED,
        COUNT,
        shapes.received,
        _COMPLAINTS,
        _DAILY,
        "manager",
        better=0,
        pairs=("K32",),
    ),
    Kpi(
        "K02",
        _("Complaints per thousand"),
        _(
            "Complaints received for each thousand customers (the average of the months), orders "
            "or units sold (of the days of the period). Where the number of any month is not "
            "known, there is no value: no month stands for another."
        ),
        _("1,000 × received ÷ customers, orders or units"),
        Basis.RECEIVED,
        Unit.PER_THOUSAND,
        shapes.rate,
        _("Complaints, and the numbers taken in under “What is watched”"),
        _MONTHLY,
        "manager",
        better=-1,
        pairs=("K01",),
    ),
    Kpi(
        "K03",
        _("Acknowledged on time"),
        _(
            "Of the acknowledgements whose last day lies in the period, those that went out in "
            "time. What is still unacknowledged after its last day is missed; who cannot be "
            "reached is left out."
        ),
        _("acknowledged in time ÷ all due"),
        Basis.DUE,
        PERCENT,
        partial(shapes.on_time, "ack"),
        _CLOCKS,
        _WEEKLY,
        "manager",
        better=1,
        kept=True,
    ),
    Kpi(
        "K04",
        _("Time to acknowledgement"),
        _("Median time from receipt to acknowledgement, gross. Who cannot be reached is left out."),
        _("median of the minutes from receipt to acknowledgement"),
        Basis.RECEIVED,
        MINUTES,
        partial(shapes.time_of, "ack_time"),
        _COMPLAINTS,
        _WEEKLY,
        "manager",
        better=-1,
    ),
    Kpi(
        "K05a",
        _("Assessed on time"),
        _("Of the assessments whose last day lies in the period, those that were made in time."),
        _("assessed in time ÷ all due"),
        Basis.DUE,
        PERCENT,
        partial(shapes.on_time, "assess"),
        _CLOCKS,
        _WEEKLY,
        "manager",
        better=1,
        kept=True,
    ),
    Kpi(
        "K05b",
        _("Priority changed later"),
        _(
            "Of the complaints first assessed in the period, those whose priority is another by"
            " now."
        ),
        _("priority changed ÷ assessed"),
        Basis.EVENT,
        PERCENT,
        partial(_of, "reprioritised", "assessed"),
        _COMPLAINTS,
        _MONTHLY,
        "quality_manager",
        better=-1,
        kept=True,
    ),
    Kpi(
        "K06",
        _("Answered on time"),
        _(
            "Of the final responses whose last day lies in the period, those that went out in "
            "time. What is still unanswered after its last day is missed; an extension counts "
            "only as the clock has it."
        ),
        _("answered in time ÷ all due"),
        Basis.DUE,
        PERCENT,
        partial(shapes.on_time, "respond"),
        _CLOCKS,
        _WEEKLY,
        "manager",
        better=1,
        pairs=("K12",),
        kept=True,
    ),
    Kpi(
        "K06L",
        _("Answered within the law"),
        _("As answered on time, for the clocks that a law or contract sets."),
        _("answered within the binding time ÷ all due by it"),
        Basis.DUE,
        PERCENT,
        partial(shapes.on_time, "legal"),
        _CLOCKS,
        _MONTHLY,
        "quality_manager",
        better=1,
        kept=True,
    ),
    Kpi(
        "K07",
        _("Closed within three working days"),
        _(
            "Complaints closed in the period by how long it took from receipt: three working "
            "days (Monday to Friday), four weeks, eight weeks, longer."
        ),
        _("closed within the band ÷ all closed"),
        Basis.CLOSED,
        PERCENT,
        shapes.banded,
        _COMPLAINTS,
        _MONTHLY,
        "manager",
        better=1,
        kept=True,
    ),
    Kpi(
        "K08c",
        _("Time to closing"),
        _(
            "Median days from receipt to closing of what was closed in the period, gross. "
            "Simple, and too good where what takes long is still open: see the cohort beside "
            "it."
        ),
        _("median of the days from receipt to closing"),
        Basis.CLOSED,
        DAYS,
        partial(shapes.time_of, "close_time"),
        _COMPLAINTS,
        _WEEKLY,
        "manager",
        better=-1,
        pairs=("K20",),
    ),
    Kpi(
        "K08a",
        _("Time to final response"),
        _(
            "Median days from receipt to the final response of what was answered in the period,"
            " gross."
        ),
        _("median of the days from receipt to final response"),
        Basis.EVENT,
        DAYS,
        partial(shapes.time_of, "answer_time"),
        _COMPLAINTS,
        _WEEKLY,
        "manager",
        better=-1,
        pairs=("K20",),
    ),
    Kpi(
        "K09",
        _("Open complaints"),
        _(
            "What was open when the period ended, or is open now. What is on hold or with "
            "somebody outside is included, and told apart."
        ),
        _("number open at the end of the period"),
        Basis.SNAPSHOT,
        COUNT,
        shapes.open_at,
        _COMPLAINTS,
        _DAILY,
        "manager",
        better=-1,
    ),
    Kpi(
        "K09L",
        _("Late now"),
        _("Open complaints whose next time limit has passed: its last day is over."),
        _("number open after the last day of their next time limit"),
        Basis.SNAPSHOT,
        COUNT,
        shapes.late,
        _CLOCKS,
        _DAILY,
        "manager",
        better=-1,
    ),
    Kpi(
        "K10",
        _("Clearance"),
        _(
            "Closings for each complaint that came in or was reopened; each closing and each "
            "reopening counts. Below 100 % the backlog grows."
        ),
        _("closings ÷ (registered + reopenings)"),
        Basis.EVENT,
        PERCENT,
        shapes.clearance,
        _COMPLAINTS,
        _WEEKLY,
        "manager",
        better=1,
        several=True,
    ),
    Kpi(
        "K12",
        pgettext_lazy("figure", "Reopened"),
        _(
            "Of the complaints closed for the first time in the period, at least 30 days ago, "
            "those reopened within 30 days. Several times count once."
        ),
        _("reopened within 30 days ÷ first closed"),
        Basis.CLOSED,
        PERCENT,
        shapes.reopened,
        _COMPLAINTS,
        _MONTHLY,
        "quality_manager",
        better=-1,
        pairs=("K06",),
        kept=True,
    ),
    Kpi(
        "K13",
        _("Repeated complaints"),
        _(
            "Of the complaints received, those in which the same person complains of the same "
            "matter again within the window that the handling policy sets."
        ),
        _("repeats ÷ received"),
        Basis.RECEIVED,
        PERCENT,
        partial(_of, "repeats", "received"),
        _COMPLAINTS,
        _MONTHLY,
        "quality_manager",
        better=-1,
        pairs=("K11",),
        kept=True,
    ),
    Kpi(
        "K14",
        pgettext_lazy("figure", "Escalated"),
        _(
            "Of the complaints closed in the period, those that had climbed to the second level "
            "or higher, by what made them climb there first: a time limit, somebody of the staff, "
            "or an emergency; and how high they came."
        ),
        _("escalated ÷ closed"),
        Basis.CLOSED,
        PERCENT,
        shapes.escalated,
        _COMPLAINTS,
        _MONTHLY,
        "manager",
        better=-1,
        kept=True,
        version=2,
    ),
    Kpi(
        "K15a",
        _("Taken outside"),
        _(
            "Complaints first taken to a mediator, regulator, arbitrator or court in the "
            "period, for each final response sent in it."
        ),
        _("taken outside ÷ final responses"),
        Basis.EVENT,
        PERCENT,
        shapes.referred,
        _COMPLAINTS,
        _MONTHLY,
        "quality_manager",
        better=-1,
    ),
    Kpi(
        "K15b",
        _("Taken outside within six months"),
        _(
            "Of the final responses sent in the period, at least six months ago, those that "
            "were taken outside within six months."
        ),
        _("taken outside within six months ÷ final responses"),
        Basis.EVENT,
        PERCENT,
        shapes.referred_later,
        _COMPLAINTS,
        _MONTHLY,
        "quality_manager",
        better=-1,
        kept=True,
    ),
    Kpi(
        "K16",
        _("Overturned outside"),
        _(
            "Of the decisions on the merits made outside in the period, those that change ours,"
            " wholly or partly. What was settled or withdrawn before is left out."
        ),
        _("overturned ÷ decided outside"),
        Basis.EVENT,
        PERCENT,
        partial(_of, "overturned", "outside"),
        _COMPLAINTS,
        _MONTHLY,
        "quality_manager",
        better=-1,
        pairs=("K17",),
        kept=True,
    ),
    Kpi(
        "K17",
        _("Upheld"),
        _(
            "Of the decisions on the merits in the period, those that uphold the complaint, "
            "wholly or partly. What could not be determined is left out."
        ),
        _("(upheld + partly upheld) ÷ decided on the merits"),
        Basis.EVENT,
        PERCENT,
        shapes.upheld,
        _COMPLAINTS,
        _MONTHLY,
        "quality_manager",
        pairs=("K16",),
        kept=True,
    ),
    Kpi(
        "K18",
        _("Redress paid"),
        _(
            "Money paid as a remedy, each payment by its day; what was only promised does not "
            "count, what is taken back is negative, and currencies are not mixed."
        ),
        _("sum of what was paid"),
        Basis.EVENT,
        Unit.MONEY,
        partial(shapes.time_of, "paid"),
        _REMEDIES,
        _MONTHLY,
        "manager",
        better=-1,
        version=2,
        several=True,
    ),
    Kpi(
        "K18u",
        _("Redress for each upheld complaint"),
        _(
            "Money paid as a remedy in the period, for each complaint upheld in it, wholly or "
            "partly; by currency."
        ),
        _("sum of what was paid ÷ upheld"),
        Basis.EVENT,
        Unit.MONEY,
        shapes.redress_of_upheld,
        _REMEDIES,
        _MONTHLY,
        "manager",
        pairs=("K18", "K17"),
        several=True,
    ),
    Kpi(
        "K22",
        _("Cause unknown"),
        _(
            "Of the complaints upheld in the period, wholly or partly, those of which nobody has "
            "found the class of cause. Above 15 % the distribution of causes says little."
        ),
        _("without a cause ÷ upheld"),
        Basis.EVENT,
        PERCENT,
        shapes.cause_unknown,
        _COMPLAINTS,
        _MONTHLY,
        "quality_manager",
        better=-1,
        kept=True,
    ),
    Kpi(
        "K24",
        pgettext_lazy("figure", "Emergencies"),
        _("Complaints declared an emergency in the period."),
        _("number declared"),
        Basis.EVENT,
        COUNT,
        partial(_number_of, "emergencies"),
        _COMPLAINTS,
        _DAILY,
        "manager",
        better=-1,
    ),
    Kpi(
        "K24a",
        _("Time until somebody takes charge"),
        _(
            "Median minutes from declaring an emergency to somebody taking charge of it, round "
            "the clock."
        ),
        _("median of the minutes from declaring to taking"),
        Basis.EVENT,
        MINUTES,
        partial(shapes.emergency_time, "take_time", "not_taken"),
        _COMPLAINTS,
        _MONTHLY,
        "manager",
        better=-1,
    ),
    Kpi(
        "K24d",
        _("Time until an emergency is declared"),
        _("Median minutes from receipt to declaring the emergency, round the clock."),
        _("median of the minutes from receipt to declaring"),
        Basis.EVENT,
        MINUTES,
        partial(shapes.time_of, "declare_time"),
        _COMPLAINTS,
        _MONTHLY,
        "quality_manager",
        better=-1,
    ),
    Kpi(
        "K24e",
        _("Time until the first action"),
        _(
            "Median minutes from declaring an emergency to the first decision that contains the "
            "danger, round the clock."
        ),
        _("median of the minutes from declaring to the first action"),
        Basis.EVENT,
        MINUTES,
        partial(shapes.emergency_time, "act_time", "not_acted"),
        _COMPLAINTS,
        _MONTHLY,
        "manager",
        better=-1,
    ),
    Kpi(
        "K24f",
        _("Time until the danger is contained"),
        _("Median minutes from declaring an emergency to its containment, round the clock."),
        _("median of the minutes from declaring to containment"),
        Basis.EVENT,
        MINUTES,
        partial(shapes.emergency_time, "contain_time", "not_contained"),
        _COMPLAINTS,
        _MONTHLY,
        "manager",
        better=-1,
    ),
    Kpi(
        "K24m",
        _("Emergencies missed at first"),
        _(
            "Of the emergencies declared in the period, those that an assessment had taken for "
            "none before."
        ),
        _("declared after the first assessment ÷ declared"),
        Basis.EVENT,
        PERCENT,
        partial(_of, "declared_late", "emergencies"),
        _COMPLAINTS,
        _MONTHLY,
        "quality_manager",
        better=-1,
        kept=True,
    ),
    Kpi(
        "K24b",
        _("False alarms"),
        _("Of the emergencies declared in the period, those that were taken back."),
        _("taken back ÷ declared"),
        Basis.EVENT,
        PERCENT,
        partial(_of, "false_alarms", "emergencies"),
        _COMPLAINTS,
        _MONTHLY,
        "quality_manager",
        kept=True,
    ),
    Kpi(
        "K25",
        pgettext_lazy("figure", "Alerts"),
        _(
            "Alerts raised in the period by early warning, as far as they are the reader's. What "
            "was long over when history was looked through is left out."
        ),
        _("number raised"),
        Basis.EVENT,
        COUNT,
        partial(_number_of, "alerts"),
        _ALERTS,
        _WEEKLY,
        "quality_manager",
        of=Of.ALERTS,
    ),
    Kpi(
        "K25a",
        _("Alerts confirmed"),
        _(
            "Of the alerts raised in the period and decided on, those that led to an action or "
            "belong to an incident; the others were dismissed with a reason."
        ),
        _("confirmed ÷ decided on"),
        Basis.EVENT,
        PERCENT,
        shapes.alerts_confirmed,
        _ALERTS,
        _MONTHLY,
        "quality_manager",
        pairs=("K25", "K25d"),
        kept=True,
        of=Of.ALERTS,
    ),
    Kpi(
        "K25b",
        _("Time until an alert is taken"),
        _("Median time from raising an alert to somebody taking it, round the clock."),
        _("median of the minutes from raising to taking"),
        Basis.EVENT,
        MINUTES,
        partial(shapes.alert_time, "alert_acknowledge_time", "unacknowledged"),
        _ALERTS,
        _MONTHLY,
        "quality_manager",
        better=-1,
        of=Of.ALERTS,
    ),
    Kpi(
        "K25c",
        _("Time until an alert is ended"),
        _("Median time from raising an alert to its being closed or dismissed."),
        _("median of the minutes from raising to the end"),
        Basis.EVENT,
        MINUTES,
        partial(shapes.alert_time, "alert_close_time", "unended"),
        _ALERTS,
        _MONTHLY,
        "quality_manager",
        better=-1,
        of=Of.ALERTS,
    ),
    Kpi(
        "K25d",
        _("Incidents found by people first"),
        _(
            "Of the incidents suspected in the period, those that somebody came upon before an "
            "alert or a suggestion pointed at them. The fewer, the better early warning works."
        ),
        _("found by people first ÷ incidents"),
        Basis.EVENT,
        PERCENT,
        shapes.found_by_people,
        _("Incidents, alerts, suggestions"),
        _MONTHLY,
        "quality_manager",
        better=-1,
        pairs=("K25", "K25a"),
        kept=True,
        of=Of.INCIDENTS,
    ),
    Kpi(
        "K26",
        _("Progress told on time"),
        _(
            "Of the progress reports whose last day lies in the period, those that went out in "
            "time."
        ),
        _("told in time ÷ all due"),
        Basis.DUE,
        PERCENT,
        partial(shapes.on_time, "progress"),
        _CLOCKS,
        _MONTHLY,
        "manager",
        better=1,
        kept=True,
    ),
    Kpi(
        "K27",
        _("Remedies carried out on time"),
        _(
            "Of the promised remedies whose last day lies in the period, those that were "
            "carried out by then."
        ),
        _("carried out in time ÷ all due"),
        Basis.DUE,
        PERCENT,
        partial(shapes.on_time, "remedy"),
        _("Promised remedies"),
        _MONTHLY,
        "manager",
        better=1,
        kept=True,
    ),
    Kpi(
        "K29",
        _("Complete records"),
        _(
            "Of the complaints closed in the period, those in which nothing is missing that the"
            " handling policy wants."
        ),
        _("nothing missing ÷ closed"),
        Basis.CLOSED,
        PERCENT,
        partial(_of, "closed_complete", "closed"),
        _COMPLAINTS,
        _MONTHLY,
        "quality_manager",
        better=1,
        kept=True,
    ),
)
BY_CODE: Mapping[str, Kpi] = {kpi.code: kpi for kpi in CATALOGUE}
SCORECARD = "K31"  # of each provider, on pages of its own


@dataclass(frozen=True)
class Waiting:
    """A figure of the domain brief that has no data here yet, and what it waits for."""

    code: str
    name: Any
    wants: Any


WAITING: tuple[Waiting, ...] = (
    Waiting(
        "K11",
        _("Resolved in the first contact"),
        _("the desk noting that a matter was settled while the complainant was still there"),
    ),
    Waiting("K19", _("Cost per complaint"), _("hours worked on a complaint, and their rate")),
    Waiting("K20", _("Satisfaction with the handling"), _("surveys")),
    Waiting("K21", _("Satisfaction with the outcome"), _("surveys")),
    Waiting("K23", _("Corrective action"), _("corrective actions and the check of their effect")),
    Waiting(
        "K28",
        _("Gap of vulnerable customers"),
        _("a mark for customers who need particular care"),
    ),
    Waiting("K30", _("Training"), _("records of training")),
    Waiting("K32", _("What never became a complaint"), _("surveys")),
)
