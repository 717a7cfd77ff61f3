"""What is counted: ONE table. A measure counts facts on a day where some of their fields say so.

Cells are kept by it, figures of several filters count facts by it, and the complaints behind a
figure are found by it; so the three cannot disagree.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from monitoring.rules.quantiles import bucket_of
from monitoring.rules.rows import FIELDS, Hanging, PaymentRow, Row, StretchRow

# Cells are kept by each of these alone; what is filtered by two is counted from the facts.
DIMENSIONS: Mapping[str, str] = {
    "site": "site_id",
    "team": "team_id",
    "category": "category_id",
    "product": "product",
    "channel": "channel",
    "provider": "provider_id",
}
ALL = "all"
CLOCKS = ("ack", "assess", "respond", "legal", "progress", "remedy")
_TOLD = frozenset({"ack", "respond", "legal"})  # these need somebody who can be told
ENDED_WELL = ("closed", "withdrawn")


@dataclass(frozen=True)
class Measure:
    """Counts facts on the day `day` whose fields have these values (one, or any of a tuple).

    With `by`, counts are kept for each bucket of that field under `code:bucket`; with `named`, for
    each value of that field under `code:value`. With `money`, the amounts are summed as well.
    """

    code: str
    day: str
    where: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""
    named: str = ""
    money: bool = False


def _clock(name: str) -> Iterator[Measure]:
    about: dict[str, Any] = {"counted": True}
    if name in _TOLD:
        about["reachable"] = True
        unreachable = {"counted": True, "reachable": False}
        yield Measure(f"{name}_unreachable", f"{name}_due_day", unreachable)
    for state, met in (("met", True), ("missed", False), ("running", None)):
        yield Measure(f"{name}_{state}", f"{name}_due_day", {**about, f"{name}_met": met})


_C = {"counted": True}
_CLOSED = {"counted": True, "ending": "closed"}
_UPHELD = ("upheld", "partly")
# Nobody wrote a class of cause down, or they wrote that none was found (complaints/defaults).
UNKNOWN_CAUSES = ("", "unknown")
# What made a complaint climb to the second level or higher for the first time.
CLIMBED_BY: Mapping[str, tuple[str, ...]] = {
    "time": ("warning", "breach"),
    "staff": ("person",),
    "emergency": ("emergency",),
}
HIGHEST = 5  # levels from here on are counted together
LEVELS: Mapping[str, tuple[int, ...]] = {
    **{f"level_{level}": (level,) for level in range(2, HIGHEST)},
    f"level_{HIGHEST}": tuple(range(HIGHEST, 10)),
}
MEASURES: tuple[Measure, ...] = (
    Measure("registered", "received_day"),
    Measure("received", "received_day", _C),
    Measure("since_dismissed", "received_day", {"ending": "dismissed"}),
    Measure("since_merged", "received_day", {"ending": "merged"}),
    Measure("repeats", "received_day", {**_C, "repeat": True}),
    Measure("ack_time", "received_day", {**_C, "reachable": True}, by="ack_minutes"),
    *(measure for name in CLOCKS for measure in _clock(name)),
    Measure("assessed", "assessed_day", _C),
    Measure("reprioritised", "assessed_day", {**_C, "reprioritised": True}),
    Measure("answered", "answered_day", _C),
    Measure("answer_time", "answered_day", _C, by="answer_days"),
    Measure("answered_referred", "answered_day", {**_C, "referred_soon": True}),
    Measure("referred", "referred_day", _C),
    Measure("upheld", "decided_day", {**_C, "finding": "upheld"}),
    Measure("partly", "decided_day", {**_C, "finding": "partly"}),
    Measure("not_upheld", "decided_day", {**_C, "finding": "not_upheld"}),
    Measure("upheld_for", "decided_day", {**_C, "finding": _UPHELD}, named="cause"),
    Measure("cause_unknown", "decided_day", {**_C, "finding": _UPHELD, "cause": UNKNOWN_CAUSES}),
    Measure("undetermined", "decided_day", {**_C, "finding": "undetermined"}),
    Measure("closed", "ended_day", _CLOSED),
    Measure("closed_complete", "ended_day", {**_CLOSED, "complete": True}),
    Measure("closed_escalated", "ended_day", {**_CLOSED, "escalated": True}),
    *(
        Measure(f"closed_by_{name}", "ended_day", {**_CLOSED, "escalated_by": triggers})
        for name, triggers in CLIMBED_BY.items()
    ),
    *(
        Measure(f"closed_{name}", "ended_day", {**_CLOSED, "peak_level": levels})
        for name, levels in LEVELS.items()
    ),
    Measure("close_time", "ended_day", _CLOSED, by="ended_days"),
    *(Measure(f"band_{number}", "ended_day", {**_CLOSED, "band": number}) for number in range(4)),
    Measure("withdrawn", "ended_day", {"ending": "withdrawn"}),
    Measure("first_closed", "first_closed_day", _C),
    Measure("first_reopened", "first_closed_day", {**_C, "reopened_soon": True}),
    Measure("outside", "outside_day", _C),
    Measure("overturned", "outside_day", {**_C, "overturned": True}),
    Measure("emergencies", "emergency_day", _C),
    Measure("false_alarms", "emergency_day", {**_C, "false_alarm": True}),
    Measure("declare_time", "emergency_day", _C, by="declare_minutes"),
    Measure("take_time", "emergency_day", _C, by="take_minutes"),
    Measure("act_time", "emergency_day", _C, by="act_minutes"),
    Measure("contain_time", "emergency_day", _C, by="contain_minutes"),
    *(
        Measure(f"not_{name}", "emergency_day", {**_C, "false_alarm": False, column: None})
        for name, column in (
            ("taken", "take_minutes"),
            ("acted", "act_minutes"),
            ("contained", "contain_minutes"),
        )
    ),
    Measure("declared_late", "emergency_day", {**_C, "declared_late": True}),
    # What flows out of the backlog; reopenings and later ends are in STRETCHES.
    Measure("closings", "first_ended_day", {"first_ending": ENDED_WELL}),
    Measure("dismissals", "first_ended_day", {"first_ending": "dismissed"}),
    Measure("mergers", "first_ended_day", {"first_ending": "merged"}),
    # How it stands now, by the day of receipt and by the day on which the next clock runs out.
    Measure("open", "received_day", {"ended_day": None}),
    Measure("on_hold", "received_day", {"ended_day": None, "on_hold": True}),
    Measure("due", "next_due_day", {"ended_day": None}),
)
STRETCHES: tuple[Measure, ...] = (
    Measure("reopenings", "begins_day"),
    Measure("closings", "ends_day", {"ending": ENDED_WELL}),
    Measure("dismissals", "ends_day", {"ending": "dismissed"}),
    Measure("mergers", "ends_day", {"ending": "merged"}),
)
PAYMENTS: tuple[Measure, ...] = (Measure("paid", "day", named="currency", money=True),)
KEPT_BY_VALUE = frozenset(one.code for one in (*MEASURES, *PAYMENTS) if one.by or one.named)
BY_CODE: Mapping[str, Measure] = {measure.code: measure for measure in MEASURES}
BY_CODE_OF_STRETCHES: Mapping[str, Measure] = {measure.code: measure for measure in STRETCHES}
BY_CODE_OF_PAYMENTS: Mapping[str, Measure] = {measure.code: measure for measure in PAYMENTS}

Place = tuple[str, date]  # measure, day
Payment = tuple[Place, int]  # where, cents
Added = tuple[list[Place], list[Payment]]
_Prepared = tuple[str, list[tuple[int, tuple[Any, ...]]], int, int, int]
_ByDay = list[tuple[int, list[_Prepared]]]


def _prepared(measures: Sequence[Measure], fields: Sequence[str]) -> _ByDay:
    """Return the measures by the place of their day: most complaints lack most days."""
    place = {name: number for number, name in enumerate(fields)}
    found: dict[int, list[_Prepared]] = {}
    for measure in measures:
        conditions = [
            (place[name], wanted if isinstance(wanted, tuple) else (wanted,))
            for name, wanted in measure.where.items()
        ]
        by = place[measure.by] if measure.by else -1
        named = place[measure.named] if measure.named else -1
        amount = place["cents"] if measure.money else -1
        prepared = (measure.code, conditions, by, named, amount)
        found.setdefault(place[measure.day], []).append(prepared)
    return list(found.items())


_OF_FACTS = _prepared(MEASURES, FIELDS)
_OF_STRETCHES = _prepared(STRETCHES, StretchRow._fields)
_OF_PAYMENTS = _prepared(PAYMENTS, PaymentRow._fields)


def counts_of(row: Row, hanging: Sequence[Hanging] = ()) -> Added:
    """Return where one complaint counts in cells of any dimension, and how much was paid there."""
    found: Added = ([], [])
    _add(found, _OF_FACTS, row)
    for one in hanging:
        _add(found, _OF_STRETCHES if isinstance(one, StretchRow) else _OF_PAYMENTS, one)
    return found


def _add(found: Added, measures: _ByDay, row: tuple[Any, ...]) -> None:
    for day_at, of_day in measures:
        day = row[day_at]
        if day is not None:
            _add_day(found, day, of_day, row)


def _add_day(found: Added, day: date, measures: list[_Prepared], row: tuple[Any, ...]) -> None:
    places, payments = found
    for code, conditions, by, named, amount in measures:
        for at, wanted in conditions:
            if row[at] not in wanted:
                break
        else:
            if by >= 0:
                if row[by] is not None:
                    places.append((f"{code}:{bucket_of(row[by])}", day))
            elif named >= 0:
                place = (f"{code}:{row[named]}", day)
                places.append(place)
                if amount >= 0:
                    payments.append((place, row[amount]))
            else:
                places.append((code, day))


# By what cells are kept, and where in a fact it stands.
KEPT: Sequence[tuple[str, int]] = [(name, FIELDS.index(at)) for name, at in DIMENSIONS.items()]


def member_of(value: Any) -> str:
    """Return by what name a member is counted in cells; "" stands for none."""
    return "" if value is None else str(value)
