"""How a complaint becomes a fact: days, times and flags from what the desk has written down."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from monitoring.rules.rows import Hanging, PaymentRow, Row, StretchRow

SOON_REOPENED = timedelta(days=30)
SOON_REFERRED = timedelta(days=183)  # six months after the final response
# Closed within three working days, four weeks, eight weeks, later. Monday to Friday count as
# working days here: a holiday that is entered later must not move what was reported.
BANDS = (3, 28, 56)
_WEEKDAYS = 5
_DECIDED = frozenset({"upheld", "partly", "overturned"})
_REVIEW = "internal"


class Case(NamedTuple):
    """A complaint's own columns, in the order in which they are read."""

    pk: int
    state: str
    is_open: bool
    cycle: int
    confidential: bool
    anonymous: bool
    unreachable: bool
    site_id: int | None
    team_id: int | None
    provider_id: int | None
    category_id: int | None
    owner_id: int | None
    subject_person_id: int | None
    product: str
    channel: str
    priority: str
    received_at: datetime
    recorded_at: datetime
    acknowledged_at: datetime | None
    assessed_at: datetime | None
    decided_at: datetime | None
    decision_sent_at: datetime | None
    closed_at: datetime | None
    finding: str
    cause_code: str
    repeat_of_id: int | None
    missing: list[str]
    escalation_level: int
    referred_outside_at: datetime | None
    emergency: bool
    emergency_declared_at: datetime | None
    emergency_taken_at: datetime | None
    next_due_at: datetime | None
    paused: bool


class ClockRow(NamedTuple):
    """A clock of the first cycle that was not dropped."""

    stage: str
    hard: bool
    due_at: datetime
    due_date: date
    paused_at: datetime | None
    stopped_at: datetime | None
    met: bool | None


class Turn(NamedTuple):
    """A closing or reopening of a complaint that has been reopened, as the journal has it."""

    reopened: bool
    at: datetime
    was_closed: bool  # a reopening: whether it stood closed before


class Answer(NamedTuple):
    """A decision that went out, of a complaint that has been reopened."""

    finding: str
    at: datetime


class Promise(NamedTuple):
    """A promised remedy."""

    due_at: datetime | None
    done_at: datetime | None
    cents: int
    currency: str


class Outside(NamedTuple):
    """A case outside that was decided or settled."""

    kind: str
    result: str
    decided_at: datetime


class Climb(NamedTuple):
    """A rung of the ladder that was climbed, and what made it climb."""

    level: int
    trigger: str


class Danger(NamedTuple):
    """The course of a declared emergency, as the fast channel has it."""

    declared_at: datetime
    first_action_at: datetime | None
    contained_at: datetime | None


@dataclass
class Source:
    """A complaint with what hangs on it, as far as it is counted."""

    case: Case
    clocks: list[ClockRow] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    outside: list[Outside] = field(default_factory=list)
    climbs: list[Climb] = field(default_factory=list)
    dangers: list[Danger] = field(default_factory=list)
    first_priority: str = ""  # of its first assessment
    first_assessed_at: datetime | None = None


_ENDING = {
    "closed": "closed",
    "followed_up": "closed",
    "withdrawn": "withdrawn",
    "not_a_complaint": "dismissed",
    "merged": "merged",
}
_Due = tuple[date | None, bool | None]


def product_key(product: str) -> str:
    """Return the form of a product's name by which complaints are counted together."""
    return " ".join(unicodedata.normalize("NFKC", product).casefold().split())[:200]


def fact_of(source: Source, zone: tzinfo) -> tuple[Row, list[Hanging]]:
    """Return the fact of a complaint with what hangs on it; days are those of the zone."""
    case = source.case
    ending = "" if case.is_open else _ENDING[case.state]
    received = _day(case.received_at, zone)
    spans = _spans(source, ending, zone)
    first = spans[0]
    ended = spans[-1].ends_day
    answered = _answered(source)
    answered_day = _day_or_none(answered, zone)
    decided_at, finding = _decided(source)
    first_closed = first.ends_day if first.ending == "closed" else None
    reopened = spans[1].begins_day if len(spans) > 1 else None
    referred = _day_or_none(case.referred_outside_at, zone)
    outside = _outside(source.outside)
    counted = ending not in {"dismissed", "merged"}
    row = Row(
        complaint_id=case.pk,
        counted=counted,
        ending=ending,
        confidential=case.confidential,
        reachable=not (case.anonymous and case.unreachable),
        site_id=case.site_id,
        team_id=case.team_id,
        provider_id=case.provider_id,
        category_id=case.category_id,
        owner_id=case.owner_id,
        subject_person_id=case.subject_person_id,
        product=product_key(case.product) if case.product else "",
        channel=case.channel,
        priority=case.priority,
        received_day=received,
        repeat=case.repeat_of_id is not None,
        complete=not case.missing,
        escalated=case.escalation_level > 1,
        escalated_by=next((one.trigger for one in source.climbs if one.level > 1), ""),
        peak_level=case.escalation_level,
        **_dues(source, zone),
        ack_minutes=_minutes(case.received_at, case.acknowledged_at),
        assessed_day=_day_or_none(case.assessed_at, zone),
        reprioritised=source.first_priority not in {"", case.priority},
        decided_day=_day_or_none(decided_at, zone),
        finding=finding,
        cause=case.cause_code,
        answered_day=answered_day,
        answer_days=_days(received, answered_day),
        first_ended_day=first.ends_day,
        first_ending=first.ending,
        first_closed_day=first_closed,
        reopened_soon=bool(first_closed and reopened and reopened - first_closed <= SOON_REOPENED),
        ended_day=ended,
        ended_days=_days(received, ended),
        band=band_of(received, ended) if ended and ending == "closed" else None,
        referred_day=referred,
        referred_soon=bool(
            referred and answered_day and timedelta(0) <= referred - answered_day <= SOON_REFERRED
        ),
        outside_day=_day(outside.decided_at, zone) if outside else None,
        overturned=bool(outside and outside.result != "upheld"),
        **_emergency(source, zone),
        next_due_day=_last_day(case.next_due_at, zone) if case.is_open else None,
        on_hold=case.is_open and case.paused,
    )
    payments = _payments(source.promises, zone) if counted else []
    return row, [*spans[1:], *payments]


def band_of(received: date, closed: date) -> int:
    """Return in which band of BANDS a complaint was closed; 3 is later than all."""
    days = (closed - received).days
    if working_days(received, closed) <= BANDS[0]:
        return 0
    return 1 if days <= BANDS[1] else 2 if days <= BANDS[2] else 3


def working_days(first: date, last: date) -> int:
    """Return how many days from Monday to Friday lie after `first`, up to and with `last`."""
    weeks, rest = divmod((last - first).days, 7)
    odd = sum((first.weekday() + 1 + step) % 7 < _WEEKDAYS for step in range(rest))
    return weeks * _WEEKDAYS + odd


def _spans(source: Source, ending: str, zone: tzinfo) -> list[StretchRow]:
    """Return the times in which the complaint was open, the first one first."""
    case = source.case
    received = _day(case.received_at, zone)
    spans, began, is_open = [], received, True
    for turn in source.turns:
        day = max(began, _day(turn.at, zone))
        if is_open and (not turn.reopened or turn.was_closed):
            # An imported closing has no entry of its own: the reopening says that there was one.
            spans.append(StretchRow(began, day, "closed"))
            is_open = False
        if turn.reopened and not is_open:
            began, is_open = day, True
    if is_open:
        if case.is_open:
            spans.append(StretchRow(began, None, ""))
        else:
            end = max(began, _day(case.closed_at or case.recorded_at, zone))
            spans.append(StretchRow(began, end, ending))
    return spans


_STAGES = {"ack": "acknowledge", "assess": "assess", "respond": "respond", "progress": "progress"}


def _dues(source: Source, zone: tzinfo) -> dict[str, Any]:
    found: dict[str, Any] = {}
    of_stage: dict[str, list[ClockRow]] = {}
    for clock in source.clocks:
        of_stage.setdefault(clock.stage, []).append(clock)
    for name, stage in _STAGES.items():
        found[f"{name}_due_day"], found[f"{name}_met"] = _strictest(of_stage.get(stage, ()))
    legal = [clock for clock in of_stage.get("respond", ()) if clock.hard]
    found["legal_due_day"], found["legal_met"] = _strictest(legal)
    found["remedy_due_day"], found["remedy_met"] = _remedy(source.promises, zone)
    return found


def _strictest(clocks: Sequence[ClockRow]) -> _Due:
    """Return last day and result of the clock that ends first; none of one that stands still."""
    if not clocks:
        return None, None
    first = clocks[0]
    if len(clocks) > 1:
        first = min(clocks, key=lambda clock: (clock.due_at, not clock.hard))
    if first.paused_at is not None and first.stopped_at is None:
        return None, None
    return first.due_date, first.met


def _remedy(promises: Sequence[Promise], zone: tzinfo) -> _Due:
    due = next((promise for promise in promises if promise.due_at is not None), None)
    if due is None or due.due_at is None:
        return None, None
    return _day(due.due_at, zone), None if due.done_at is None else due.done_at <= due.due_at


def _payments(promises: Sequence[Promise], zone: tzinfo) -> list[PaymentRow]:
    """Return what was paid, each by its day and in its currency; a promise alone is none."""
    paid = [
        PaymentRow(_day(one.done_at, zone), one.cents, one.currency)
        for one in promises
        if one.done_at is not None and one.cents
    ]
    return sorted(paid)


def _emergency(source: Source, zone: tzinfo) -> dict[str, Any]:
    """Return what is counted of the last declaration."""
    case, declared = source.case, source.case.emergency_declared_at
    course = next((one for one in source.dangers if one.declared_at == declared), None)
    assessed = source.first_assessed_at
    return {
        "emergency_day": _day_or_none(declared, zone),
        "declare_minutes": _minutes(case.received_at, declared),
        "take_minutes": _minutes(declared, case.emergency_taken_at),
        "act_minutes": _minutes(declared, course.first_action_at) if course else None,
        "contain_minutes": _minutes(declared, course.contained_at) if course else None,
        "declared_late": bool(declared and assessed and assessed < declared),
        "false_alarm": declared is not None and not case.emergency,
    }


def _answered(source: Source) -> datetime | None:
    """Return when the first final response went out, or was made where nobody can be told."""
    case = source.case
    if case.cycle > 1 and source.answers:
        return source.answers[0].at
    if case.decision_sent_at is None and case.unreachable:
        return case.decided_at
    return case.decision_sent_at


def _decided(source: Source) -> tuple[datetime | None, str]:
    """Return when the decision that stands was taken, and what it was."""
    case = source.case
    if case.decided_at is not None:
        return case.decided_at, case.finding
    if case.cycle > 1 and source.answers:
        return source.answers[-1].at, source.answers[-1].finding
    return None, ""


def _outside(cases: Sequence[Outside]) -> Outside | None:
    """Return the last decision on the merits by somebody outside the house."""
    decided = [one for one in cases if one.result in _DECIDED and one.kind != _REVIEW]
    return max(decided, key=lambda one: one.decided_at, default=None)


def _day(moment: datetime, zone: tzinfo) -> date:
    return moment.astimezone(zone).date()


def _day_or_none(moment: datetime | None, zone: tzinfo) -> date | None:
    return None if moment is None else moment.astimezone(zone).date()


def _last_day(due_at: datetime | None, zone: tzinfo) -> date | None:
    """Return the last day on which what is due then is in time: midnight belongs to the day."""
    return None if due_at is None else _day(due_at - timedelta.resolution, zone)


def _days(first: date, last: date | None) -> int | None:
    return None if last is None else max(0, (last - first).days)


def _minutes(first: datetime | None, last: datetime | None) -> int | None:
    if first is None or last is None:
        return None
    return max(0, int((last - first).total_seconds() // 60))
